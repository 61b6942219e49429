"""What one viewer made of the videos, as arrays by slot."""

# ruff: noqa: S608  the statements are made of our own names

from collections.abc import Collection, Mapping
from itertools import groupby, islice
from operator import itemgetter
from typing import Any

import numpy as np
from django.db import connection

from videos.catalog.facts import IDS_AT_ONCE, NEVER, Facts, microseconds
from videos.models import Favorite, Rating, View

NO_ROW = -1
_COLUMNS: dict[type[Any], str] = {
    Rating: "stars, NULL, NULL",
    View: "view_count, last_viewed, position_seconds",
    Favorite: "1, NULL, NULL",
}


_MODELS = {model.__name__: model for model in _COLUMNS}


class Marks:
    """Stars (0: none), views (NO_ROW: none, not even a position), when last viewed, whether begun, and favorites."""

    def __init__(self, viewer_id: int, facts: Facts) -> None:
        self.viewer_id = viewer_id
        self.stars = np.zeros(0, np.uint8)
        self.views = np.zeros(0, np.int64)
        self.viewed = np.zeros(0, np.int64)
        self.is_begun = np.zeros(0, bool)
        self.is_favorite = np.zeros(0, bool)
        self.grow(len(facts))
        self._sorted: dict[str, np.ndarray] = {}
        rows = _read(" UNION ALL ".join(_select(model) for model in _COLUMNS), [viewer_id] * len(_COLUMNS))
        for model, kind in groupby(rows, key=itemgetter(0)):
            self._fill(_MODELS[model], facts, [row[1:] for row in kind])

    def grow(self, length: int) -> None:
        """Make room for videos that came."""
        for name, empty in (("stars", 0), ("views", NO_ROW), ("viewed", NEVER), ("is_begun", 0), ("is_favorite", 0)):
            array = getattr(self, name)
            more = np.full(length - len(array), empty, array.dtype)
            setattr(self, name, np.concatenate([array, more]))

    def follow(self, changed: Mapping[type[Any], Collection[int]], facts: Facts) -> None:
        """Read the marks of these kinds of these videos anew: by one query, where they are some hundreds."""
        parts = []
        for model, ids in changed.items():
            self._empty(model, facts.slots(ids))
            wanted = iter(sorted(ids))
            while some := list(islice(wanted, IDS_AT_ONCE)):
                parts.append((model, some))
        for some_parts in [parts] if len(parts) <= len(_COLUMNS) else [[part] for part in parts]:
            self._read_parts(some_parts, facts)

    def _read_parts(self, parts: list[tuple[type[Any], list[int]]], facts: Facts) -> None:
        if not parts:
            return
        selects = [f"{_select(model)} AND video_id IN ({', '.join(['%s'] * len(ids))})" for model, ids in parts]
        values = [value for _model, ids in parts for value in (self.viewer_id, *ids)]
        rows = sorted(_read(" UNION ALL ".join(selects), values), key=itemgetter(0))
        for name, kind in groupby(rows, key=itemgetter(0)):
            self._fill(_MODELS[name], facts, [row[1:] for row in kind])

    def _empty(self, model: type[Any], slots: np.ndarray) -> None:
        if model is Rating:
            self.stars[slots] = 0
            self._sorted.pop("rating", None)
        elif model is Favorite:
            self.is_favorite[slots] = False
        else:
            self.views[slots], self.viewed[slots], self.is_begun[slots] = NO_ROW, NEVER, False
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

    def _fill(self, model: type[Any], facts: Facts, rows: list[tuple[Any, ...]]) -> None:
        if not rows:
            return
        video_ids, *values = list[tuple[Any, ...]](zip(*rows, strict=True))
        wanted = np.array(video_ids, np.int64)
        slots = np.searchsorted(facts.ids, wanted)
        known = slots < len(facts)
        known[known] = facts.ids[slots[known]] == wanted[known]
        slots = slots[known]
        if model is Rating:
            self.stars[slots] = np.array(values[0], np.uint8)[known]
        elif model is Favorite:
            self.is_favorite[slots] = True
        else:
            self.views[slots] = np.array(values[0], np.int64)[known]
            self.viewed[slots] = microseconds(values[1])[known]
            self.is_begun[slots] = np.array([bool(seconds) and seconds > 0 for seconds in values[2]])[known]


def _select(model: type[Any]) -> str:
    """Return the statement for (name of the model, video, its three columns) of the marks of one viewer."""
    return f"SELECT '{model.__name__}', video_id, {_COLUMNS[model]} FROM {model._meta.db_table} WHERE viewer_id = %s"


def _read(statement: str, parameters: list[int]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return list(cursor.fetchall())
