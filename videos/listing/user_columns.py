"""The marks of one viewer, as arrays by slot."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from django.db import connection

from videos.listing.columns import NEVER, VideoColumns, microseconds
from videos.listing.loader import Part
from videos.models import Favorite, Rating, View

NO_ROW = -1
_COLUMNS: dict[Part, tuple[type[Any], str]] = {
    Part.STARS: (Rating, "stars, NULL, NULL, NULL"),
    Part.VIEWS: (View, "view_count, last_viewed, position_seconds, is_watched"),
    Part.FAVORITES: (Favorite, "NULL, NULL, NULL, NULL"),
}

_EMPTY = {"stars": 0, "views": NO_ROW, "viewed": NEVER, "is_begun": 0, "is_watched": 0, "is_favorite": 0}


class UserColumns:
    """Stars (0: none), views (NO_ROW: no row), last view in microseconds (NEVER), in progress, watched, favorite."""

    def __init__(self, viewer_id: int, columns: VideoColumns) -> None:
        self.viewer_id = viewer_id
        self.stars = np.zeros(0, np.uint8)
        self.views = np.zeros(0, np.int64)
        self.viewed = np.zeros(0, np.int64)
        self.is_begun = np.zeros(0, bool)
        self.is_watched = np.zeros(0, bool)
        self.is_favorite = np.zeros(0, bool)
        self.grow(len(columns))
        self._sorted: dict[str, np.ndarray] = {}
        with connection.cursor() as cursor:
            cursor.execute(" UNION ALL ".join(map(_select, _COLUMNS)), [viewer_id] * len(_COLUMNS))
            for part, rows in groupby(cursor.fetchall(), key=itemgetter(0)):
                self._fill(Part(part), columns, [row[1:] for row in rows])

    def grow(self, length: int) -> None:
        """Extend the arrays for added videos."""
        for name, empty in _EMPTY.items():
            array = getattr(self, name)
            more = np.full(length - len(array), empty, array.dtype)
            setattr(self, name, np.concatenate([array, more]))

    def update(self, part: Part, ids: Collection[int], found: list[tuple[Any, ...]], columns: VideoColumns) -> None:
        """Replace one kind of marks of these videos by the rows found: (viewer, video, …), of all viewers."""
        self._empty(part, columns.slots(ids))
        self._fill(part, columns, [row[1:] for row in found if row[0] == self.viewer_id])

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
        """Return the slots that have such a mark, by ascending mark, and by id for equal ones."""
        if sort not in self._sorted:
            columns: dict[str, np.ndarray] = {"rating": self.stars, "views": self.views, "viewed": self.viewed}
            values, none = columns[sort], {"rating": 0, "views": NO_ROW, "viewed": NEVER}[sort]
            slots = np.flatnonzero(values != none)
            self._sorted[sort] = slots[np.argsort(values[slots], kind="stable")].astype(np.int32)
        return self._sorted[sort]

    def _fill(self, part: Part, columns: VideoColumns, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        video_ids, *values = list[tuple[Any, ...]](zip(*rows, strict=True))
        wanted = np.array(video_ids, np.int64)
        slots = np.searchsorted(columns.ids, wanted)
        known = slots < len(columns)
        known[known] = columns.ids[slots[known]] == wanted[known]
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
    """Return the SELECT of (part, video, columns) for the marks of one viewer."""
    model, columns = _COLUMNS[part]
    return f"SELECT '{part}', video_id, {columns} FROM {model._meta.db_table} WHERE viewer_id = %s"
