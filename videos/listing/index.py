"""The index of one process: the library in memory, read when first needed and updated from the change log.

Triggers log each changed video in the transaction of the change (db/triggers/change_log.py), so the index is as current
as the database. Each entry has a random stamp. If the last entry seen has another stamp or is gone, the
database was restored, a transaction was rolled back, or the log was pruned; then everything is read again.
"""

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection

from videos.listing.columns import NotInOrder, VideoColumns
from videos.listing.loader import USER_PARTS, Part, read
from videos.listing.sort_orders import Order, TitleOrder
from videos.listing.tag_columns import TagColumns
from videos.listing.user_columns import UserColumns
from videos.models import Change

# For more changes than this plus a fifth of the videos, reading everything again is as fast.
MAX_CHANGES, SHARE_OF_VIDEOS = 1_000, 5
VIEWERS_KEPT, RESULTS_KEPT = 8, 256
_PARTS = {
    Change.Kind.VIDEO: Part.VIDEOS, Change.Kind.TAGS: Part.TAGS, Change.Kind.RATING: Part.STARS,
    Change.Kind.VIEW: Part.VIEWS, Change.Kind.FAVORITE: Part.FAVORITES,
}  # fmt: skip


class LibraryIndex:
    """The arrays that lists are made from. Use it only within `reading()`."""

    columns: VideoColumns
    tags: TagColumns

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._last: tuple[int, int] | None = None
        self._user_columns: OrderedDict[int, UserColumns] = OrderedDict()
        self._orders: dict[str, Order] = {}
        self._words: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._counts: OrderedDict[Any, Any] = OrderedDict()

    @contextmanager
    def reading(self) -> Iterator["LibraryIndex"]:
        """Update the index and lock it: within the block it does not change."""
        with self._lock:
            self._update()
            yield self

    def user_columns(self, viewer: Any) -> UserColumns:
        """Return the marks of a viewer, read when first needed."""
        if viewer.pk not in self._user_columns:
            self._user_columns[viewer.pk] = UserColumns(viewer.pk, self.columns)
        self._user_columns.move_to_end(viewer.pk)
        while len(self._user_columns) > VIEWERS_KEPT:
            self._user_columns.popitem(last=False)
        return self._user_columns[viewer.pk]

    def order(self, sort: str) -> np.ndarray:
        """Return all slots by "added", "title", "duration" or "size", ascending."""
        order = self._orders[sort]
        moved = order.moved()
        slots = order.slots(self.columns)
        if isinstance(order, TitleOrder) and len(moved) and self._is_older_than(order.newest_change):
            # The database may be newer than the index, so these places are determined again next time.
            order.move(moved)
        return slots

    def word(self, key: Any, find: Callable[[], np.ndarray]) -> np.ndarray:
        """Return the mask of the slots with a word, cached until a name, a title or a tag changes."""
        if key not in self._words:
            _keep(self._words, key, np.packbits(find()))
        return np.unpackbits(self._words[key], count=len(self.columns)).view(bool)

    def counted(self, key: Any, count: Callable[[], Any]) -> Any:
        """Return the result of `count`, cached until anything changes."""
        if key not in self._counts:
            _keep(self._counts, key, count())
        return self._counts[key]

    def _update(self) -> None:
        if self._last is None:
            self._read_all()
            return
        most = MAX_CHANGES + len(self.columns) // SHARE_OF_VIDEOS
        changes = self._changes(self._last[0], most)
        if not changes or changes[0][:2] != self._last or len(changes) > most:
            self._read_all()
        elif len(changes) > 1:
            try:
                self._apply(changes[1:])
            except NotInOrder:
                self._read_all()

    def _is_older_than(self, newest_change: int | None) -> bool:
        """Return whether the log has an entry after the last one applied, up to `newest_change` (None: up to now)."""
        assert self._last is not None
        if newest_change is not None:
            return newest_change > self._last[0]
        return len(self._changes(self._last[0], 1)) > 1

    def _changes(self, since: int, most: int) -> list[tuple[int, int, int, int]]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT number, stamp, kind, video_id FROM videos_change WHERE number >= %s ORDER BY number LIMIT %s",
                [since, most + 1],
            )
            return list(cursor.fetchall())

    def _read_all(self) -> None:
        with connection.cursor() as cursor:
            # The number first: whatever changes during the rest is then read again by the next update.
            cursor.execute("SELECT number, stamp FROM videos_change ORDER BY number DESC LIMIT 1")
            last = cursor.fetchone()
        self._last = None
        self.columns = VideoColumns()
        self.tags = TagColumns(self.columns)
        self._user_columns.clear()
        self._orders = {sort: Order(sort) for sort in ("added", "duration", "size")} | {"title": TitleOrder()}
        self._words.clear()
        self._counts.clear()
        self._last = tuple(last) if last else None

    def _apply(self, changes: list[tuple[int, int, int, int]]) -> None:
        ids: dict[int, set[int]] = {}
        for _number, _stamp, kind, video_id in changes:
            ids.setdefault(kind, set()).add(video_id)
        if Change.Kind.NAMES in ids:
            self.tags.forget_names()
        self._take({part: ids[kind] for kind, part in _PARTS.items() if kind in ids})
        if ids.keys() & {Change.Kind.VIDEO, Change.Kind.TAGS, Change.Kind.NAMES}:
            self._words.clear()
        self._counts.clear()
        self._last = changes[-1][0], changes[-1][1]

    def _take(self, changed: dict[Part, set[int]]) -> None:
        # Names of tags are read together with changed tags, otherwise when they are needed.
        with_names = Part.TAGS in changed and self.tags.wants_names
        found = read(changed, list(self._user_columns), with_names=with_names)
        if Part.VIDEOS in changed:
            self._take_columns(changed[Part.VIDEOS], found[Part.VIDEOS])
        if Part.TAGS in changed:
            self.tags.update(changed[Part.TAGS], found[Part.TAGS], self.columns)
        if with_names:
            self.tags.take_names(dict(found[Part.NAMES]))
        for part in USER_PARTS & changed.keys():
            for marks in self._user_columns.values():
                marks.update(part, changed[part], found[part], self.columns)

    def _take_columns(self, ids: set[int], found: list[tuple[Any, ...]]) -> None:
        changed = self.columns.update(ids, found)
        for marks in self._user_columns.values():
            marks.grow(len(self.columns))
        for sort, order in self._orders.items():
            order.move(np.union1d(changed[sort], changed["state"]) if sort == "title" else changed[sort])


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept[key] = value
    while len(kept) > RESULTS_KEPT:
        kept.popitem(last=False)


library_index = LibraryIndex()


def preload() -> None:
    """Read the library into memory, so that the first page does not wait for it."""
    with library_index.reading():
        pass
    # The arrays stay for good. A garbage collection that walks them takes a tenth of a second, while pages wait.
    gc.collect()
    gc.freeze()
