"""Views: how often and when a viewer played a video, where they stopped, and whether they watched it to the end."""

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

from django.db import connection
from django.db.models import Case, F, PositiveBigIntegerField, When
from django.utils import timezone

from videos.db.transactions import as_stored, insert_rows
from videos.models import MAX_COUNT, MonthlyViews, Video, View
from videos.userdata.journal import Entry, Kind, UndoableChange
from videos.userdata.saving import Viewer, existing, require, saving
from videos.userdata.watch_progress import NOT_STARTED, progress_at

_TABLE = View._meta.db_table
# At the largest count it stays there: SQLite would go on with a floating-point number.
_ONE_MORE = Case(
    When(view_count__lt=MAX_COUNT, then=F("view_count") + 1),
    default=F("view_count"),
    output_field=PositiveBigIntegerField(),
)


class ViewState(NamedTuple):
    """What marking as watched or unwatched changes of a view. Count and date of plays are history and stay."""

    view_count: int = 0
    position_seconds: float | None = None
    is_watched: bool = False


class ViewRecord(NamedTuple):
    """All that a view holds."""

    view_count: int = 0
    last_viewed: datetime | None = None
    position_seconds: float | None = None
    is_watched: bool = False


def count_play(viewer: Viewer, video_id: int) -> int:
    """Count one more play, now, and return the new count. Raises Video.DoesNotExist."""
    with saving():
        require(video_id)
        views = View.objects.filter(viewer=viewer.pk, video=video_id)
        once_more = {"view_count": _ONE_MORE, "last_viewed": timezone.now()}
        if not views.update(**once_more):
            View.objects.bulk_create([View(viewer_id=viewer.pk, video_id=video_id)], ignore_conflicts=True)
            views.update(**once_more)
        count_by_month(viewer, {timezone.localdate(): 1})
        return views.values_list("view_count", flat=True).get()


def save_position(viewer: Viewer, video_id: int, seconds: float, duration_seconds: float | None = None) -> float | None:
    """Keep where the viewer stopped, and return where to resume, or None for the start.

    From where it counts as finished (userdata/watch_progress.py), the video is marked as watched. `duration_seconds`
    is the player's, for a video whose length the library does not know. Raises ValueError, Video.DoesNotExist.
    """
    if not (math.isfinite(seconds) and seconds >= 0):
        raise ValueError("a position is a number of seconds from the start")
    with saving():
        known_seconds, chapters = Video.objects.values_list("duration", "details__chapters").get(pk=video_id)
        progress = progress_at(seconds, known_seconds or duration_seconds, chapters or ())
        if progress == NOT_STARTED:
            View.objects.filter(viewer=viewer.pk, video=video_id).update(position_seconds=None)
        else:
            # Finishing sets "watched"; starting again never takes it away.
            finished = ", is_watched = excluded.is_watched" if progress.is_finished else ""
            insert_rows(
                View,
                ["viewer_id", "video_id", "view_count", "position_seconds", "is_watched"],
                [(viewer.pk, video_id, 0, progress.resume_seconds, progress.is_finished)],
                f"(viewer_id, video_id) DO UPDATE SET position_seconds = excluded.position_seconds{finished}",
            )
    return progress.resume_seconds


def set_watched(viewer: Viewer, video_id: int, watched: bool) -> None:
    """Mark the video as watched, with one view at least, or as unwatched; forget where the viewer stopped.

    How often and when it was viewed stays. Raises Video.DoesNotExist.
    """
    with saving():
        require(video_id)
        if watched:
            mark_watched(viewer.pk, [video_id])
        else:
            mark_unwatched(viewer.pk, [video_id])


def states(viewer_id: int, video_ids: Collection[int]) -> dict[int, ViewState]:
    """Return {video id: state} of those that the viewer has a view of."""
    rows = View.objects.filter(viewer=viewer_id, video__in=video_ids).values_list("video_id", *ViewState._fields)
    return {video: ViewState(*state) for video, *state in rows}


def mark_watched(viewer_id: int, video_ids: Iterable[int]) -> None:
    """Mark these videos, all of which exist, as watched.

    They get no date: nobody knows it, and "last viewed" lists what was played.
    """
    insert_rows(
        View,
        ["viewer_id", "video_id", "view_count", "is_watched"],
        ((viewer_id, video, 1, True) for video in video_ids),
        f"(viewer_id, video_id) DO UPDATE SET position_seconds = NULL, is_watched = excluded.is_watched,"
        f" view_count = CASE WHEN {_TABLE}.view_count < 1 THEN 1 ELSE {_TABLE}.view_count END",
    )


def mark_unwatched(viewer_id: int, video_ids: Collection[int]) -> None:
    """Take the mark of being watched away, and forget where the viewer stopped. Counts and dates stay."""
    views = View.objects.filter(viewer=viewer_id, video__in=video_ids)
    views.update(is_watched=False, position_seconds=None)


def restore_states(viewer_id: int, before: Mapping[int, ViewState | None]) -> None:
    """Give these views their earlier state. None: there was no view; one that was played since then stays."""
    never = [video for video, state in before.items() if state is None]
    View.objects.filter(viewer=viewer_id, video__in=never, last_viewed=None).delete()
    with connection.cursor() as cursor:
        cursor.executemany(
            "UPDATE videos_view SET view_count = %s, position_seconds = %s, is_watched = %s"
            " WHERE viewer_id = %s AND video_id = %s",
            [(*state, viewer_id, video) for video, state in before.items() if state is not None],
        )


def set_records(viewer_id: int, records: Mapping[int, ViewRecord]) -> None:
    """Let the views of these videos, all of which exist, hold this."""
    insert_rows(
        View,
        ["viewer_id", "video_id", *ViewRecord._fields],
        (
            (viewer_id, video, each.view_count, as_stored(each.last_viewed), each.position_seconds, each.is_watched)
            for video, each in records.items()
        ),
        "(viewer_id, video_id) DO UPDATE SET view_count = excluded.view_count,"
        " last_viewed = excluded.last_viewed, position_seconds = excluded.position_seconds,"
        " is_watched = excluded.is_watched",
    )


def remove(viewer_id: int, video_ids: Collection[int]) -> None:
    """Forget that the viewer viewed these videos. The months that they were viewed in keep their numbers."""
    View.objects.filter(viewer=viewer_id, video__in=video_ids).delete()


def count_by_month(viewer: Viewer, views: Mapping[date, int]) -> None:
    """Add views to the months that they were in: {any day of the month: number}."""
    MonthlyViews.objects.add(viewer, views)


class _WatchedStateChanged(UndoableChange):
    """A mark is a video, its value a ViewState."""

    kinds = (Kind.WATCHED, Kind.UNWATCHED)

    def values(self, marks: Collection[int]) -> dict[int, tuple[Any, ...]]:
        return {video: tuple(state) for video, state in states(self.viewer_id, marks).items()}

    def restore(self, entries: Sequence[Entry]) -> None:
        earlier = {video: None if before is None else ViewState(*before) for video, before, _ in entries}
        restore_states(self.viewer_id, earlier)


class MarkedWatched(_WatchedStateChanged):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = states(self.viewer_id, video_ids)
        now = {video: known.get(video, ViewState()) for video in sorted(existing(video_ids))}
        after = {video: ViewState(max(state.view_count, 1), None, True) for video, state in now.items()}
        changed = [video for video in now if known.get(video) != after[video]]
        mark_watched(self.viewer_id, changed)
        return [Entry(video, known.get(video), after[video]) for video in changed]


class MarkedUnwatched(_WatchedStateChanged):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = states(self.viewer_id, video_ids)
        changed = {video: state for video, state in known.items() if state.is_watched or state.position_seconds}
        mark_unwatched(self.viewer_id, changed.keys())
        return [Entry(video, state, ViewState(state.view_count)) for video, state in changed.items()]
