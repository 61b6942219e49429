"""Sets of videos and tags: what a page, the admin and a command all ask for, chainable."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import Case, Exists, F, OrderBy, OuterRef, Prefetch, Q, When
from django.db.models.functions import Collate, Lower

from videos.tag_names import fold_tag_name

if TYPE_CHECKING:
    from videos.models import Tag, Video

SORTS = ("added", "title", "rating", "views", "viewed", "duration", "size", "random")
# A prime near 2**31, and a multiplier that makes a slope of each seed; products of both stay below 2**63.
SHUFFLE_PRIME, SHUFFLE_MULTIPLIER = 2_147_483_647, 1_103_515_245


class Chained:
    """Two parts of a queryset, one after the other. Both walk an index; a LEFT JOIN would sort them all."""

    def __init__(self, whole: "VideoQuerySet", first: "VideoQuerySet", second: "VideoQuerySet") -> None:
        self.whole, self.first, self.second = whole, first, second
        self._count: int | None = None

    def count(self) -> int:
        if self._count is None:
            self._count = self.whole.count()
        return self._count

    def __getitem__(self, key: slice) -> list["Video"]:
        start, stop = key.start or 0, key.stop
        # The first page, which is nearly all that anybody asks for, needs no count.
        split = self.first.count() if start else stop
        head = list(self.first[start : min(stop, split)]) if start < split else []
        if start + len(head) == stop:
            return head
        split = split if start else len(head)
        return head + self._from_second(start + len(head) - split, stop - split, split)

    def _from_second(self, start: int, stop: int, split: int) -> list["Video"]:
        """Return rows of the second part; those of its later half are read from its end, past fewer others."""
        size = self.count() - split if start else 0
        if start <= size // 2:
            return list(self.second[start:stop])
        stop = min(stop, size)
        return list(self.second.reverse()[size - stop : size - start])[::-1] if start < stop else []


def below(rows: Any, folder: str) -> Any:
    """Return those of a queryset of files whose `filename` lies in the folder ("trips/"; "": all) or below it."""
    if not folder:
        return rows
    # A range of the index. By bytes, as "/" and "0" follow each other; PostgreSQL would sort as a language does.
    name = F("filename") if connection.vendor == "sqlite" else Collate("filename", "C")
    return rows.alias(name_in_bytes=name).filter(name_in_bytes__gte=folder, name_in_bytes__lt=f"{folder[:-1]}0")


class MarkQuerySet(models.QuerySet[Any]):
    def get_by_natural_key(self, username: str, filename: str) -> Any:
        return self.get(viewer__username=username, video__filename=filename)


class MarkerQuerySet(MarkQuerySet):
    def get_by_natural_key(self, username: str, filename: str, seconds: float, name: str) -> Any:  # type: ignore[override]
        return self.get(viewer__username=username, video__filename=filename, seconds=seconds, name=name)

    def of(self, viewer: Any, video: "Video") -> "MarkerQuerySet":
        """Return the markers that a viewer set in a video, from its start to its end."""
        return self.filter(viewer=viewer, video=video)


class VideoQuerySet(models.QuerySet["Video"]):
    def get_by_natural_key(self, filename: str) -> "Video":
        return self.get(filename=filename)

    def present(self) -> "VideoQuerySet":
        return self.filter(missing_since=None)

    def missing(self) -> "VideoQuerySet":
        return self.exclude(missing_since=None)

    def below(self, folder: str) -> "VideoQuerySet":
        """Return the videos in a folder ("trips/") and in those below it. A range of the index of names."""
        return below(self, folder)

    def to_be_looked_into(self) -> "VideoQuerySet":
        """Return the videos whose file a scan has seen and that is to be looked into, now or later."""
        return self.present().filter(look_due__isnull=False, file_size__isnull=False, modified_ns__isnull=False)

    def due(self, now: datetime) -> "VideoQuerySet":
        """Return the videos whose file is to be looked into by now, the newest first."""
        return self.to_be_looked_into().filter(look_due__lte=now).order_by("-look_due", "-id")

    def with_content(self) -> "VideoQuerySet":
        """Return the videos whose file is there and has been looked into: those with a fingerprint, by its index."""
        return self.present().exclude(fingerprint="")

    def with_problem(self) -> "VideoQuerySet":
        """Return the videos whose file is there and could not be looked into."""
        return self.present().exclude(problem="")

    def without_marks(self, ids: Iterable[int]) -> set[int]:
        """Return those of a few videos that nobody rated, watched, tagged or made a favorite."""
        videos = self.filter(pk__in=list(ids), ratings=None, views=None, favorites=None, tags=None)
        return set(videos.values_list("pk", flat=True))

    def tagged(self, *names: str) -> "VideoQuerySet":
        """Return the videos that carry all these tags, in any case."""
        videos = self
        for name in names:
            videos = videos.filter(tags__folded_name=fold_tag_name(name))
        return videos

    def rated_at_least(self, viewer: User, stars: int) -> "VideoQuerySet":
        return self.filter(ratings__viewer=viewer, ratings__stars__gte=stars)

    def favorites_of(self, viewer: User) -> "VideoQuerySet":
        return self.filter(favorites__viewer=viewer)

    def matching(self, text: str) -> "VideoQuerySet":
        """Return the videos that hold every word of `text` in their title, file name or tags."""
        videos = self
        for word in text.split():
            # From the tags to their videos, once: looking at the tags of each video takes twice as long in all.
            all_tags = self.model.tags.rel.model._default_manager
            tags = all_tags.filter(folded_name__contains=fold_tag_name(word) or word)
            tagged = self.model.tags.through.objects.filter(tag__in=tags).values("video")
            videos = videos.filter(Q(title__icontains=word) | Q(filename__icontains=word) | Q(pk__in=tagged))
        return videos

    def for_viewer(self, viewer: User) -> "VideoQuerySet":
        """Fetch tags and this viewer's stars, views and heart beside the videos, by four queries more in all."""
        marks = [
            Prefetch(name, getattr(self.model, name).rel.related_model.objects.filter(viewer=viewer), f"viewer_{name}")
            for name in ("ratings", "views", "favorites")
        ]
        return self.prefetch_related("tags", *marks)

    def in_order(self, sort: str, viewer: User, *, descending: bool = True, seed: int = 0) -> "VideoQuerySet | Chained":
        """Return the videos sorted by one of SORTS. Those that the viewer never marked stand after those that are."""
        if sort == "rating":
            return self._by_mark("ratings", "stars", viewer, descending)
        if sort == "views":
            return self._by_mark("views", "view_count", viewer, descending)
        if sort == "viewed":
            return self._by_mark("views", "last_viewed", viewer, descending)
        if sort == "random":
            # The square tears neighbours apart: a line alone would list every second video, one after the other.
            slope = (seed + 1) * SHUFFLE_MULTIPLIER % SHUFFLE_PRIME or SHUFFLE_MULTIPLIER
            line = (F("id") * slope + seed) % SHUFFLE_PRIME
            return self.order_by((line * line) % SHUFFLE_PRIME, "id")
        column = {"added": "added_date", "duration": "duration", "size": "file_size"}.get(sort)
        key = F(column) if column else Lower("title")
        return self.order_by(OrderBy(key, descending=descending), "-id" if descending else "id")

    def _by_mark(self, relation: str, field: str, viewer: User, descending: bool) -> Chained:
        sign = "-" if descending else ""
        marks = getattr(self.model, relation).rel.related_model.objects
        marked = {f"{relation}__viewer": viewer, f"{relation}__{field}__isnull": False}
        own_marks = marks.filter(viewer=viewer, video=OuterRef("pk"))
        if marks.model._meta.get_field(field).null:
            own_marks = own_marks.filter(**{f"{field}__isnull": False})
        return Chained(
            self,
            self.filter(**marked).order_by(f"{sign}{relation}__{field}", f"{sign}{relation}__video"),
            self.filter(~Exists(own_marks)).order_by("-added_date", "-id"),
        )


class TagQuerySet(models.QuerySet["Tag"]):
    def get_by_natural_key(self, name: str) -> "Tag":
        return self.get(folded_name=fold_tag_name(name))

    def update(self, **values: Any) -> int:
        """Update as any queryset does; a new name takes its key along."""
        if "name" in values:
            if not isinstance(values["name"], str):
                raise TypeError("a tag's key is made from its name: give the name as a text, or save each tag")
            values["folded_name"] = fold_tag_name(values["name"])
        return super().update(**values)

    def unused(self) -> "TagQuerySet":
        return self.filter(videos=None)

    def merge(self, tags: Iterable["Tag"], target: "Tag") -> None:
        """Give the videos of `tags` the target instead, and remove `tags`. To be called in a transaction."""
        links = self.model.videos.through.objects
        for tag in tags:
            carriers = links.filter(tag=tag).values_list("video_id", flat=True)
            links.bulk_create(
                [links.model(video_id=video_id, tag_id=target.pk) for video_id in carriers],
                ignore_conflicts=True,
                batch_size=400,
            )
            tag.delete()

    def with_names(self, names: Iterable[str]) -> "TagQuerySet":
        """Return those of these tags, in any case, that there are."""
        return self.filter(folded_name__in=[fold_tag_name(name) for name in names])

    def suggested(self, text: str) -> "TagQuerySet":
        """Return the tags that hold a text in any case, those that begin with it first."""
        folded = fold_tag_name(text) or text
        begins = Case(When(folded_name__startswith=folded, then=0), default=1)
        return self.filter(folded_name__contains=folded).order_by(begins, "folded_name")

    def named(self, names: Iterable[str]) -> list["Tag"]:
        """Return the tags with these names in any case, in the order given, each once; missing ones are made."""
        wanted: dict[str, str] = {}
        for name in names:
            wanted.setdefault(fold_tag_name(name), name)
        self.bulk_create(
            [self.model(name=wanted[key]) for key in wanted.keys() - set(self._by_key(wanted))], ignore_conflicts=True
        )
        found = self._by_key(wanted)
        return [found[key] for key in wanted]

    def _by_key(self, keys: Iterable[str]) -> dict[str, "Tag"]:
        return {tag.folded_name: tag for tag in self.filter(folded_name__in=list(keys))}
