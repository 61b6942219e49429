"""Chainable queries for videos that pages, the admin and commands share."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import models
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    OuterRef,
    Prefetch,
    Q,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Concat

from videos.core.sort_keys import title_key
from videos.core.tag_names import fold_tag_name
from videos.models.queries import below

if TYPE_CHECKING:
    from videos.models.video import Video


class _GroupCount(Func):
    """The number of groups, as a window function: Django's Count counts rows within a group."""

    template, window_compatible, output_field = "COUNT(*)", True, models.BigIntegerField()


# The disk and inode of a file; one that was never scanned counts as a place of its own.
_DISK, _PLACE = Coalesce(F("device"), Value(0)), Coalesce(F("inode"), -F("pk"))


class VideoQuerySet(models.QuerySet["Video"]):
    def get_by_natural_key(self, filename: str) -> "Video":
        return self.get(filename=filename)

    def update(self, **values: Any) -> int:
        """Update like any queryset; a new title or name also updates the sort key."""
        if "title" in values and "title_key" not in values:
            if not (isinstance(values["title"], str) and values["title"]):
                raise TypeError("a video's key is made from its title: give the title as a text, or save each video")
            values["title_key"] = title_key(values["title"], "")
        elif "filename" in values and "title_key" not in values:
            # A video without a title sorts by its name.
            key = Value(title_key("", values["filename"]))
            values["title_key"] = Case(
                When(title="", then=key), default=F("title_key"), output_field=models.CharField()
            )
        return super().update(**values)

    def with_positions(self, viewer: Any) -> "VideoQuerySet":
        """Return these videos, each with `position_seconds`: where the viewer stopped, or None.

        Never cache it: a position changes every few seconds, without a new revision (videos/db/triggers/change_log.py).
        """
        own_view = FilteredRelation("views", condition=Q(views__viewer=viewer))
        return self.alias(own_view=own_view).annotate(position_seconds=F("own_view__position_seconds"))

    def by_ids(self, ids: Iterable[int]) -> list["Video"]:
        """Return the videos with these ids in this order, without those that no longer exist."""
        found = self.in_bulk(wanted := list(ids))
        return [found[video_id] for video_id in wanted if video_id in found]

    def with_twins(self) -> "VideoQuerySet":
        """Return these videos, each with `has_twin`: whether another present file has the same content."""
        same = self.model._default_manager.with_content().filter(
            fingerprint=OuterRef("fingerprint"), file_size=OuterRef("file_size")
        )
        other = same.exclude(pk=OuterRef("pk")).alias(disk=_DISK, place=_PLACE)
        # Two names of one file, by a link or a second mount, are not duplicates: removing one would lose both.
        own_disk, own_place = Coalesce(OuterRef("device"), Value(0)), Coalesce(OuterRef("inode"), -OuterRef("pk"))
        return self.annotate(has_twin=Exists(other.exclude(disk=own_disk, place=own_place)))

    def with_newest(self, ids: Iterable[int], newest: int) -> dict[int, "Video"]:
        """Return {id: video} of the videos with these ids and of the `newest` last added ones. One query."""
        wanted = Q(pk__in=list(ids))
        if newest:
            wanted |= Q(pk__in=self.present().order_by("-added_date", "-id").values("pk")[:newest])
        return {video.pk: video for video in self.filter(wanted)}

    def present(self) -> "VideoQuerySet":
        return self.filter(missing_since=None)

    def missing(self) -> "VideoQuerySet":
        return self.exclude(missing_since=None)

    def below(self, folder: str) -> "VideoQuerySet":
        """Return the videos in a folder ("trips/") or below it, by a range of the index of names."""
        return below(self, folder)

    def named(self, filenames: Iterable[str]) -> "VideoQuerySet":
        return self.filter(filename__in=list(filenames))

    def around(self, folder: str, filename: str, limit: int) -> tuple["VideoQuerySet", "VideoQuerySet"]:
        """Return the `limit` videos before a name and those after it, in a folder or below it, nearest first.

        In the order of file names, by ranges of the index.
        """
        near = self.below(folder)
        before = near.filter(filename__lt=filename).order_by("-filename")
        after = near.filter(filename__gt=filename).order_by("filename")
        return before[:limit], after[:limit]

    def analyze_again(self, now: datetime) -> int:
        """Mark the present files as due for analysis, and return how many. A `problem` stays until then.

        Pictures are remade even where the old ones could be kept.
        """
        return self.present().update(analysis_due_at=now, facts_version=self.model.PICTURES_TO_BE_REMADE)

    def awaiting_analysis(self) -> "VideoQuerySet":
        """Return the scanned videos that are due for analysis, now or later."""
        return self.present().filter(analysis_due_at__isnull=False, file_size__isnull=False, modified_ns__isnull=False)

    def due(self, now: datetime) -> "VideoQuerySet":
        """Return the videos that are due for analysis now, the newest first."""
        return self.awaiting_analysis().filter(analysis_due_at__lte=now).order_by("-analysis_due_at", "-id")

    def with_content(self) -> "VideoQuerySet":
        """Return the present, analyzed videos: those with a fingerprint, by its index."""
        return self.present().exclude(fingerprint="")

    def contents_of_several(self) -> models.QuerySet[Any, Any]:
        """Return each (fingerprint, file_size) of several files, with the number of all such `groups`.

        Several names of one file on disk count once.
        """
        contents = self.with_content().values("fingerprint", "file_size")
        # First by the index alone; then the few that are one file under several names are left out.
        repeated = contents.annotate(copies=Count("pk")).filter(copies__gt=1).values("fingerprint")
        on_disk = Count(Concat(_DISK, Value("-"), _PLACE, output_field=models.TextField()), distinct=True)
        several = contents.filter(fingerprint__in=repeated).annotate(copies=on_disk).filter(copies__gt=1)
        return several.annotate(groups=Window(_GroupCount()))

    def with_problem(self) -> "VideoQuerySet":
        """Return the present videos with a problem."""
        return self.present().exclude(problem="")

    def without_marks(self, ids: Iterable[int]) -> set[int]:
        """Return the ids of videos without ratings, views, tags, markers and favorites."""
        videos = self.filter(pk__in=list(ids), ratings=None, views=None, favorites=None, tags=None, markers=None)
        return set(videos.values_list("pk", flat=True))

    def tagged(self, *names: str) -> "VideoQuerySet":
        """Return the videos that have all these tags, in any case."""
        videos = self
        for name in names:
            videos = videos.filter(tags__folded_name=fold_tag_name(name))
        return videos

    def favorites_of(self, viewer: User) -> "VideoQuerySet":
        return self.filter(favorites__viewer=viewer)

    def for_viewer(self, viewer: User) -> "VideoQuerySet":
        """Prefetch the tags and this viewer's rating, view and favorite of each video: four more queries."""
        marks = [
            Prefetch(name, getattr(self.model, name).rel.related_model.objects.filter(viewer=viewer), f"viewer_{name}")
            for name in ("ratings", "views", "favorites")
        ]
        return self.prefetch_related("tags", *marks)
