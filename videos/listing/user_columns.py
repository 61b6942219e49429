"""What one viewer made of the videos, as arrays by slot."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from django.db import connection

from videos.listing.columns import NEVER, Facts, microseconds
from videos.listing.loader import Part
from videos.models import Favorite, Rating, View

NO_ROW = -1
_COLUMNS: dict[Part, tuple[type[Any], str]] = {
    Part.STARS: (Rating, "stars, NULL, NULL, NULL"),
    Part.VIEWS: (View, "view_count, last_viewed, position_seconds, is_watched"),
    Part.FAVORITES: (Favorite, "NULL, NULL, NULL, NULL"),
}

_EMPTY = {"stars": 0, "views": NO_ROW, "viewed": NEVER, "is_begun": 0, "is_watched": 0, "is_favorite": 0}


class Marks:
    """Stars (0: none), views (NO_ROW: no row), when last viewed, whether begun, whether watched, and favorites."""

    def __init__(self, viewer_id: int, facts: Facts) -> None:
        self.viewer_id = viewer_id
        self.stars = np.zeros(0, np.uint8)
        self.views = np.zeros(0, np.int64)
        self.viewed = np.zeros(0, np.int64)
        self.is_begun = np.zeros(0, bool)
        self.is_watched = np.zeros(0, bool)
        self.is_favorite = np.zeros(0, bool)
        self.grow(len(facts))
        self._sorted: dict[str, np.ndarray] = {}
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(map(_select, _COLUMNS)), [viewer_id] * len(_COLUMNS))
            for part, rows in groupby(cursor.fetchall(), key=itemgetter(0)):
                self._fill(Part(part), facts, [row[1:] for row in rows])

    def grow(self, length: int) -> None:
        """Make room for videos that came."""
        for name, empty in _EMPTY.items():
            array = getattr(self, name)
            more = np.full(length - len(array), empty, array.dtype)
            setattr(self, name, np.concatenate([array, more]))

    def follow(self, part: Part, ids: Collection[int], found: list[tuple[Any, ...]], facts: Facts) -> None:
        """Take one kind of marks of these videos as they were found: (viewer, video, …), of all viewers."""
        self._empty(part, facts.slots(ids))
        self._fill(part, facts, [row[1:] for row in found if row[0] == self.viewer_id])

    def _empty(self, part: Part, slots: np.ndarray) -> None:
        if part is Part.STARS:
            self.stars[slots] = 0
            self._sorted.pop("rating", None)
        elif part is Part.FAVORITES:
            self.is_favorite[slots] = False
        else:
            for name in ("views", "viewed", "is_begun", "is_watched"):
                getattr(self, name)[slots] = _EMPTY[name]
            self._sorted.pop("views", None)
            self._sorted.pop("viewed", None)

    def in_order(self, sort: str) -> np.ndarray:
        """Return the slots that have such a mark, the lowest first, among equals the lowest id."""
        if sort not in self._sorted:
            columns: dict[str, np.ndarray] = {"rating": self.stars, "views": self.views, "viewed": self.viewed}
            values, none = columns[sort], {"rating": 0, "views": NO_ROW, "viewed": NEVER}[sort]
            slots = np.flatnonzero(values != none)
            self._sorted[sort] = slots[np.argsort(values[slots], kind="stable")].astype(np.int32)
        return self._sorted[sort]

    def _fill(self, part: Part, facts: Facts, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        video_ids, *values = list[tuple[Any, ...]](zip(*rows, strict=True))
        wanted = np.array(video_ids, np.int64)
        slots = np.searchsorted(facts.ids, wanted)
        known = slots < len(facts)
        known[known] = facts.ids[slots[known]] == wanted[known]
        slots = slots[known]
        if part is Part.STARS:
            self.stars[slots] = np.array(values[0], np.uint8)[known]
        elif part is Part.FAVORITES:
            self.is_favorite[slots] = True
        else:
            self.views[slots] = np.array(values[0], np.int64)[known]
            self.viewed[slots] = microseconds(values[1])[known]
            self.is_begun[slots] = np.array([bool(seconds) and seconds > 0 for seconds in values[2]])[known]
            self.is_watched[slots] = np.array(values[3], bool)[known]


def _select(part: Part) -> str:
    """Return the statement for (part, video, and its columns) of the marks of one viewer."""
    model, columns = _COLUMNS[part]
    return f"SELECT '{part}', video_id, {columns} FROM {model._meta.db_table} WHERE viewer_id = %s"
