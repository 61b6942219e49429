"""Sets of videos and tags: what a page, the admin and a command all ask for, chainable."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Protocol

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.db.models import Exists, F, OuterRef, Prefetch, Q
from django.db.models.functions import Lower, Mod

from videos.tag_names import fold_tag_name

if TYPE_CHECKING:
    from videos.models import Tag, Video

SORTS = ("added", "title", "rating", "views", "viewed", "duration", "size", "random")
# A prime near 2**31, and a multiplier that scatters neighbouring ids over it: (id * multiplier + seed) % prime.
SHUFFLE_PRIME, SHUFFLE_MULTIPLIER = 2_147_483_647, 1_103_515_245


class Countable(Protocol):
    """What a paginator needs of a list of videos."""

    def count(self) -> int: ...
    def __getitem__(self, key: slice, /) -> Any: ...


class Chained:
    """Two querysets one after the other. Both walk an index; one query with a LEFT JOIN would sort the library."""

    def __init__(self, first: "VideoQuerySet", second: "VideoQuerySet") -> None:
        self.first, self.second = first, second
        self._first_count: int | None = None

    def first_count(self) -> int:
        if self._first_count is None:
            self._first_count = self.first.count()
        return self._first_count

    def count(self) -> int:
        return self.first_count() + self.second.count()

    def __getitem__(self, key: slice) -> list["Video"]:
        split = self.first_count()
        head = list(self.first[key.start : min(key.stop, split)]) if key.start < split else []
        tail = list(self.second[max(key.start - split, 0) : key.stop - split]) if key.stop > split else []
        return head + tail


class VideoQuerySet(models.QuerySet["Video"]):
    def present(self) -> "VideoQuerySet":
        return self.filter(missing_since=None)

    def missing(self) -> "VideoQuerySet":
        return self.exclude(missing_since=None)

    def tagged(self, *names: str) -> "VideoQuerySet":
        """Return the videos that carry all these tags, in any case."""
        videos = self
        for name in names:
            videos = videos.filter(tags__folded_name=fold_tag_name(name))
        return videos

    def rated_at_least(self, viewer: AbstractBaseUser, stars: int) -> "VideoQuerySet":
        return self.filter(ratings__viewer=viewer, ratings__stars__gte=stars)

    def favorites_of(self, viewer: AbstractBaseUser) -> "VideoQuerySet":
        return self.filter(favorites__viewer=viewer)

    def matching(self, text: str) -> "VideoQuerySet":
        """Return the videos that hold every word of `text` in their title, file name or tags."""
        videos = self
        for word in text.split():
            tagged = self.model.tags.through.objects.filter(
                video=OuterRef("pk"), tag__folded_name__contains=fold_tag_name(word) or word
            )
            videos = videos.filter(Q(title__icontains=word) | Q(filename__icontains=word) | Exists(tagged))
        return videos

    def for_viewer(self, viewer: AbstractBaseUser) -> "VideoQuerySet":
        """Fetch tags and this viewer's stars, views and heart beside the videos: four more queries, however many rows."""
        marks = [
            Prefetch(name, getattr(self.model, name).rel.related_model.objects.filter(viewer=viewer), f"viewer_{name}")
            for name in ("ratings", "views", "favorites")
        ]
        return self.prefetch_related("tags", *marks)

    def in_order(
        self, sort: str, viewer: AbstractBaseUser, *, descending: bool = True, seed: int = 0
    ) -> "VideoQuerySet | Chained":
        """Return the videos sorted by one of SORTS. Those that the viewer never marked stand after those that are."""
        if sort == "rating":
            return self._by_mark("ratings", "stars", viewer, descending)
        if sort == "views":
            return self._by_mark("views", "view_count", viewer, descending)
        if sort == "viewed":
            return self._by_mark("views", "last_viewed", viewer, descending)
        if sort == "random":
            return self.order_by(Mod(F("id") * SHUFFLE_MULTIPLIER + seed, SHUFFLE_PRIME), "id")
        key = {"added": F("added_date"), "title": Lower("title"), "duration": F("duration"), "size": F("file_size")}[sort]
        return self.order_by(*([key.desc(), "-id"] if descending else [key.asc(), "id"]))

    def _by_mark(self, relation: str, field: str, viewer: AbstractBaseUser, descending: bool) -> Chained:
        sign = "-" if descending else ""
        marks = getattr(self.model, relation).rel.related_model.objects
        marked = {f"{relation}__viewer": viewer, f"{relation}__{field}__isnull": False}
        own_marks = marks.filter(viewer=viewer, video=OuterRef("pk"), **{f"{field}__isnull": False})
        return Chained(
            self.filter(**marked).order_by(f"{sign}{relation}__{field}", f"{sign}{relation}__video"),
            self.filter(~Exists(own_marks)).order_by("-added_date", "-id"),
        )


class TagQuerySet(models.QuerySet["Tag"]):
    def unused(self) -> "TagQuerySet":
        return self.filter(videos=None)

    def with_names(self, names: Iterable[str]) -> "TagQuerySet":
        """Return those of these tags, in any case, that there are."""
        return self.filter(folded_name__in=[fold_tag_name(name) for name in names])

    def named(self, names: Iterable[str]) -> list["Tag"]:
        """Return the tags with these names in any case, in the order given, each once; missing ones are made."""
        wanted = {fold_tag_name(name): name for name in reversed(list(names))}
        self.bulk_create(
            [self.model(name=wanted[key]) for key in wanted.keys() - set(self._by_key(wanted))], ignore_conflicts=True
        )
        found = self._by_key(wanted)
        return [found[key] for key in reversed(wanted)]

    def _by_key(self, keys: Iterable[str]) -> dict[str, "Tag"]:
        return {tag.folded_name: tag for tag in self.filter(folded_name__in=list(keys))}


