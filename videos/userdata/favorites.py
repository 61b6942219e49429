"""Favorites: what a viewer gave a heart, and when."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from videos.db.transactions import as_stored, insert_rows
from videos.models import Favorite
from videos.userdata.journal import Entry, Kind, UndoableChange
from videos.userdata.saving import Viewer, existing, require, saving

_COLUMNS = ["viewer_id", "video_id", "added_date"]


def set_favorite(viewer: Viewer, video_id: int, favorite: bool) -> None:
    """Add the video to the viewer's favorites, or take it out. Raises Video.DoesNotExist."""
    with saving():
        require(video_id)
        if favorite:
            add(viewer.pk, [video_id], timezone.now())
        else:
            remove(viewer.pk, [video_id])


def replace(viewer: Viewer, video_ids: Collection[int]) -> None:
    """Make these the viewer's favorites, and only these; those that stay keep their date."""
    with saving():
        Favorite.objects.filter(viewer=viewer.pk).exclude(video__in=video_ids).delete()
        add(viewer.pk, video_ids, timezone.now())


def hearts(viewer_id: int, video_ids: Collection[int]) -> dict[int, tuple[int, datetime]]:
    """Return {video id: (id of the favorite, when it was added)} of those that are this viewer's favorites."""
    rows = Favorite.objects.filter(viewer=viewer_id, video__in=video_ids).values_list("video_id", "pk", "added_date")
    return {video: (heart, added) for video, heart, added in rows}


def add(viewer_id: int, video_ids: Iterable[int], added: datetime) -> None:
    """Make these videos, all of which exist, favorites. Those that are favorites keep their date."""
    rows = ((viewer_id, video, as_stored(added)) for video in video_ids)
    insert_rows(Favorite, _COLUMNS, rows, "(viewer_id, video_id) DO NOTHING")


def set_dates(viewer_id: int, added: Mapping[int, datetime]) -> None:
    """Make these videos, all of which exist, favorites since these dates, whatever their date was."""
    rows = ((viewer_id, video, as_stored(moment)) for video, moment in added.items())
    insert_rows(Favorite, _COLUMNS, rows, "(viewer_id, video_id) DO UPDATE SET added_date = excluded.added_date")


def restore(viewer_id: int, favorites: Iterable[tuple[int, int, datetime | None]]) -> None:
    """Make these (id of the favorite, video id, date) again, as they were before they were removed."""
    rows: Iterable[tuple[Any, ...]] = ((heart, viewer_id, video, as_stored(added)) for heart, video, added in favorites)
    insert_rows(Favorite, ["id", *_COLUMNS], rows)


def remove(viewer_id: int, video_ids: Collection[int]) -> None:
    Favorite.objects.filter(viewer=viewer_id, video__in=video_ids).delete()


def remove_hearts(hearts: Collection[int]) -> None:
    """Remove favorites by their own ids: one that was added anew later is another."""
    Favorite.objects.filter(pk__in=hearts).delete()


class _FavoritesChanged(UndoableChange):
    """A mark is a video, its value the id and the date of the favorite: one that was added anew later is another."""

    kinds = (Kind.FAVORITE, Kind.UNFAVORITE)

    def values(self, marks: Collection[int]) -> dict[int, tuple[int, str]]:
        return {video: (heart, added.isoformat()) for video, (heart, added) in hearts(self.viewer_id, marks).items()}

    def restore(self, entries: Sequence[Entry]) -> None:
        remove_hearts([after[0] for _, _, after in entries if after])
        there = existing(video for video, before, _ in entries if before)
        earlier = [(before[0], video, before[1]) for video, before, _ in entries if before and video in there]
        restore(self.viewer_id, [(heart, video, parse_datetime(added)) for heart, video, added in earlier])


class FavoritesAdded(_FavoritesChanged):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        new = sorted(existing(video_ids) - self.values(video_ids).keys())
        add(self.viewer_id, new, self.action.began_at)
        return [Entry(video, None, heart) for video, heart in self.values(new).items()]


class FavoritesRemoved(_FavoritesChanged):
    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        known = self.values(video_ids)
        remove(self.viewer_id, video_ids)
        return [Entry(video, heart, None) for video, heart in known.items()]
