"""The sort orders of all videos: arrays of slots by ascending key, and by id for equal keys."""

# ruff: noqa: S608  the statements are made of our own names

import numpy as np
from django.db import connection

from videos.listing.columns import GONE, VideoColumns
from videos.models import Video

SORTS = ("added", "title", "rating", "views", "viewed", "duration", "size", "random")
# A prime near 2**31, and a multiplier that makes a slope of each seed; products of both stay below 2**63.
SHUFFLE_PRIME, SHUFFLE_MULTIPLIER = 2_147_483_647, 1_103_515_245
_TABLE = Video._meta.db_table
# For more changed titles than this, the database sorts all titles again, which is faster than finding each place.
_MAX_PLACES = 2_000


class Order:
    """The slots by one column, sorted when they are first needed."""

    def __init__(self, column: str) -> None:
        self.column = column
        self._slots: np.ndarray | None = None
        self._moved: list[np.ndarray] = []

    def move(self, slots: np.ndarray) -> None:
        """Note that the keys of these slots changed."""
        if self._slots is not None and len(slots):
            self._moved.append(slots)

    def slots(self, columns: VideoColumns) -> np.ndarray:
        """Return all slots in order, including those of removed videos."""
        if self._slots is None:
            self._slots = self._sorted(columns)
        elif self._moved:
            self._slots = self._with_moved(columns, self._slots, self.moved())
        self._moved = []
        return self._slots

    def moved(self) -> np.ndarray:
        """Return the slots whose new places are not determined yet."""
        return np.unique(np.concatenate(self._moved)) if self._moved else np.empty(0, np.int32)

    def _sorted(self, columns: VideoColumns) -> np.ndarray:
        return np.argsort(getattr(columns, self.column), kind="stable").astype(np.int32)

    def _with_moved(self, columns: VideoColumns, slots: np.ndarray, moved: np.ndarray) -> np.ndarray:
        rest, keys = _without(slots, moved, len(columns)), getattr(columns, self.column)
        moved = moved[np.argsort(keys[moved], kind="stable")]
        sorted_keys = keys[rest]
        low, high = (np.searchsorted(sorted_keys, keys[moved], side) for side in ("left", "right"))
        # Equal keys are ordered by id, and slots are in the order of ids.
        places = [
            first + int(np.searchsorted(rest[first:end], slot))
            for first, end, slot in zip(low.tolist(), high.tolist(), moved.tolist(), strict=True)
        ]
        return np.insert(rest, places, moved)


class TitleOrder(Order):
    """The slots by title, and by file name for equal titles, as the database sorts them.

    The titles are not kept in memory.
    """

    def __init__(self) -> None:
        super().__init__("title")
        # The number of the newest change that the last places may reflect. None: unknown.
        self.newest_change: int | None = None

    def _sorted(self, columns: VideoColumns) -> np.ndarray:
        self.newest_change = None
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT id FROM {_TABLE} ORDER BY title_key, filename")
            ids = np.fromiter((row[0] for row in cursor), np.int64)
        places = np.searchsorted(columns.ids, ids)
        # A video that was added during this query has no slot yet. It comes with the next update.
        known = places < len(columns)
        known[known] = columns.ids[places[known]] == ids[known]
        return places[known].astype(np.int32)

    def _with_moved(self, columns: VideoColumns, slots: np.ndarray, moved: np.ndarray) -> np.ndarray:
        if len(moved) > _MAX_PLACES:
            return self._sorted(columns)
        self.newest_change = 0
        rest = _without(slots, moved, len(columns))
        rank = np.full(len(columns), -1, np.int64)
        rank[rest] = np.arange(len(rest))
        places: dict[int, int] = {}
        for video_id, before_id, newest_change in _by_title(columns.ids[moved[columns.state[moved] != GONE]].tolist()):
            self.newest_change = newest_change
            slot, before = columns.slot(video_id), _slot_at_or_before(columns, before_id)
            if slot is not None:
                places[slot] = 0 if before is None else places.get(before, int(rank[before]) + 1)
        return np.insert(rest, list(places.values()), list(places)) if places else rest


def _by_title(ids: list[int]) -> list[tuple[int, int | None, int | None]]:
    """Return (id, id of the video before it, number of the newest change) by title, all as of one moment."""
    if not ids:
        return []
    before = (
        f"SELECT other.id FROM {_TABLE} AS other WHERE (other.title_key, other.filename) <"
        " (video.title_key, video.filename) ORDER BY other.title_key DESC, other.filename DESC LIMIT 1"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id, ({before}), (SELECT max(number) FROM videos_change) FROM {_TABLE} AS video"
            f" WHERE id IN ({', '.join(['%s'] * len(ids))}) ORDER BY title_key, filename",
            ids,
        )
        return list(cursor.fetchall())


def _slot_at_or_before(columns: VideoColumns, video_id: int | None) -> int | None:
    """Return the slot of a video, or of the nearest one before it if it is too new to have one, or None."""
    while video_id is not None:
        slot = columns.slot(video_id)
        if slot is not None:
            return slot
        found = _by_title([video_id])
        video_id = found[0][1] if found else None
    return None


def _without(slots: np.ndarray, moved: np.ndarray, length: int) -> np.ndarray:
    is_moved = np.zeros(length, bool)
    is_moved[moved] = True
    return slots[~is_moved[slots]]


def shuffled_keys(ids: np.ndarray, seed: int) -> np.ndarray:
    """Return the sort keys of a random order, all different.

    A linear function alone would list every n-th video in sequence. Squaring it separates neighbors.
    """
    slope = (seed + 1) * SHUFFLE_MULTIPLIER % SHUFFLE_PRIME or SHUFFLE_MULTIPLIER
    # Both factors are below 2**31, so the product does not overflow.
    line = (ids % SHUFFLE_PRIME * slope + seed) % SHUFFLE_PRIME
    keys: np.ndarray = line * line % SHUFFLE_PRIME
    return (keys << 32) | np.arange(len(ids))
