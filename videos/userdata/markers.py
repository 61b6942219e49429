"""Markers: moments of a video that a viewer gave a name."""

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Any

from django.utils.translation import gettext

from videos.core import timecode
from videos.core.errors import LibraryError
from videos.db.transactions import insert_rows
from videos.models import BulkAction, Marker
from videos.userdata import journal
from videos.userdata.journal import Entry, Kind, UndoableChange
from videos.userdata.saving import Viewer, existing, require, saving

# Nobody writes so many by hand, and each is a row of the page.
MAX_MARKERS = 500
UNDOABLE_FOR = timedelta(hours=1)
_COLUMNS = ["id", "viewer_id", "video_id", "seconds", "name"]


class TooManyMarkers(LibraryError, ValueError):
    """The video has as many markers as it can; the message is a sentence for the viewer."""


def add(viewer: Viewer, video_id: int, seconds: float, name: str) -> None:
    """Add a marker, named for its moment where `name` is "". One that is there already stays the only one.

    Raises TooManyMarkers, Video.DoesNotExist.
    """
    seconds = round(seconds, 3)
    with saving():
        require(video_id)
        own = Marker.objects.filter(viewer=viewer.pk, video=video_id)
        if own.count() >= MAX_MARKERS:
            said = gettext("This video already has %(most)d markers. Remove one first.")
            raise TooManyMarkers(said % {"most": MAX_MARKERS})
        own.get_or_create(
            seconds=seconds,
            name=name or timecode.clock(seconds),
            defaults={"viewer_id": viewer.pk, "video_id": video_id},
        )


def rename(marker: Marker, name: str) -> None:
    """Give a marker another name, or with "" that of its moment. Where one of that name is there, nothing changes."""
    name = name or timecode.clock(marker.seconds)
    with saving():
        own = Marker.objects.filter(viewer=marker.viewer_id, video=marker.video_id)
        if not own.filter(seconds=marker.seconds, name=name).exists():
            Marker.objects.filter(pk=marker.pk).update(name=name)


def remove(viewer: Viewer, marker: Marker) -> BulkAction:
    """Remove a marker, and return the action that undoes it."""
    with saving():
        details = {"video": marker.video_id, "seconds": marker.seconds, "name": marker.name}
        action = journal.begin(viewer, Kind.REMOVE_MARKER, details, UNDOABLE_FOR)
        entry = Entry(marker.pk, (marker.viewer_id, marker.video_id, marker.seconds, marker.name), None)
        Marker.objects.filter(pk=marker.pk).delete()
        journal.record(action, [entry], [marker.video_id])
        journal.save_progress(action, action.began_at, UNDOABLE_FOR)
    return action


def move(from_video_id: int, to_video_id: int) -> None:
    """Give the markers of one video to another, but for those that it has already."""
    known = set(Marker.objects.filter(video=to_video_id).values_list("viewer_id", "seconds", "name"))
    rows = Marker.objects.filter(video=from_video_id).values_list("pk", "viewer_id", "seconds", "name")
    Marker.objects.filter(pk__in=[pk for pk, *mark in rows if tuple(mark) not in known]).update(video=to_video_id)


class MarkerRemoved(UndoableChange):
    """A mark is the id of a marker, its value (viewer, video, seconds, name)."""

    kinds = (Kind.REMOVE_MARKER,)

    def values(self, marks: Collection[int]) -> dict[int, tuple[Any, ...]]:
        rows = Marker.objects.filter(pk__in=marks).values_list(*_COLUMNS)
        return {marker: tuple(rest) for marker, *rest in rows}

    def restore(self, entries: Sequence[Entry]) -> None:
        there = existing(before[1] for _, before, _ in entries)
        rows = [(marker, *before) for marker, before, _ in entries if before[1] in there]
        insert_rows(Marker, _COLUMNS, rows)
