"""Operations on many rows: bulk actions, which can be undone, and imports from the old application."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from videos.models.limits import MAX_FILENAME_LENGTH

# An interrupted undo can be resumed for a day (userdata/undo.py), and nothing can be undone for longer.
LONGEST_UNDOABLE = timedelta(days=1, minutes=1)


class BulkActionQuerySet(models.QuerySet[Any]):
    def undoable(self, viewer: Any, now: datetime) -> "BulkActionQuerySet":
        """Return the actions that a viewer can undo, the latest first, including interrupted undos."""
        changes = self.model.changes.rel.related_model._default_manager.filter(action=OuterRef("pk"))
        can_be = self.filter(viewer=viewer, undoable_until__range=(now, now + LONGEST_UNDOABLE))
        return can_be.filter(Q(undone_at=None) | Q(Exists(changes)))

    def later_with_tags(self, action: Any) -> "BulkActionQuerySet":
        """Return later actions that can be undone and that gave or took tags."""
        kind = self.model.Kind
        kinds = kind.ADD_TAGS, kind.REMOVE_TAGS, kind.MERGE_TAGS, kind.DELETE_TAG
        with_parts = Exists(self.model.changes.rel.related_model._default_manager.filter(action=OuterRef("pk")))
        return self.filter(with_parts, pk__gt=action.pk, kind__in=kinds).order_by("pk")

    def over(self, now: datetime) -> "BulkActionQuerySet":
        """Return expired actions; one that expires too far ahead was made while the clock was wrong."""
        return self.exclude(undoable_until__range=(now, now + LONGEST_UNDOABLE))


class BulkAction(models.Model):
    """What a viewer did, mostly to many videos at once, for as long as it can be undone (videos/userdata/)."""

    class Kind(models.TextChoices):
        ADD_TAGS = "add_tags", "tags added"
        REMOVE_TAGS = "remove_tags", "tags removed"
        STARS = "stars", "stars given"
        FAVORITE = "favorite", "made favorites"
        UNFAVORITE = "unfavorite", "taken from the favorites"
        WATCHED = "watched", "marked as watched"
        UNWATCHED = "unwatched", "marked as unwatched"
        RENAME_TAG = "rename_tag", "tag renamed"
        MERGE_TAGS = "merge_tags", "tags merged"
        DELETE_TAG = "delete_tag", "tag deleted"
        REMOVE_MARKER = "remove_marker", "marker removed"
        RELINK = "relink", "found again"

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    details = models.JSONField(default=dict, help_text="The tags, as [id, name], the stars, or what else undo needs.")
    video_count = models.PositiveIntegerField(default=0, help_text="Videos that it changed.")
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, help_text="Empty while it runs, and if it was interrupted.")
    undoable_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = BulkActionQuerySet.as_manager()

    class Meta:
        default_related_name = "bulk_actions"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.video_count:,} videos"


class BulkChangeQuerySet(models.QuerySet[Any]):
    def later_than(self, part: Any, kinds: Sequence[str], viewer_id: Any | None) -> "BulkChangeQuerySet":
        """Return the later changes that other actions of these kinds made to the same range of videos, in order.

        `viewer_id` limits them to one viewer; None: of all viewers. Each action changes its videos in the order of
        their ids, so ranges of ids are compared.
        """
        same_videos = self.filter(first_video__lte=part.last_video, last_video__gte=part.first_video)
        later = same_videos.filter(pk__gt=part.pk, action__kind__in=kinds).exclude(action=part.action_id).order_by("pk")
        return later if viewer_id is None else later.filter(action__viewer=viewer_id)


class BulkChange(models.Model):
    """A part of a bulk action: what one transaction changed, with the values before and after."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="changes")
    entries = models.JSONField(help_text="[mark, value before, value after], as videos/userdata/bulk_changes.py says.")
    first_video = models.BigIntegerField(help_text="The lowest id of the videos in it.")
    last_video = models.BigIntegerField(help_text="The highest.")

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"part {self.pk} of action {self.action_id}"


class OldAppImportQuerySet(models.QuerySet[Any]):
    def sources_done(self) -> set[str]:
        return set(self.values_list("source", flat=True))


class OldAppImport(models.Model):
    """An imported source of the old application, recorded in the transaction of the import."""

    source = models.CharField(max_length=MAX_FILENAME_LENGTH, unique=True, help_text="Path below the data folder.")
    imported_at = models.DateTimeField(default=timezone.now)
    summary = models.TextField(blank=True, help_text="What came.")

    objects = OldAppImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import from the old app"
        verbose_name_plural = "imports from the old app"

    def __str__(self) -> str:
        return self.source
