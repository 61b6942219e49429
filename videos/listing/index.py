"""The catalog of one process: read when it is first asked for, and brought up to date by the log of changes.

The log (db/triggers/change_log.py) names each changed video, in the transaction of the change, so what is read here
is as current as the database, whoever wrote. A number drawn by lot stands beside each entry: where the last
one seen has another, or is not there any more, the database is another one (restored, or a transaction was taken back)
or too much has passed, and everything is read anew.
"""

import gc
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
from django.db import connection

from videos.listing.columns import Facts, NotInOrder
from videos.listing.loader import MARKS, Part, read
from videos.listing.sort_orders import Order, TitleOrder
from videos.listing.tag_columns import Links
from videos.listing.user_columns import Marks
from videos.models import Change

# Of more changes than this at once, or than a fifth of the videos, everything is read anew: that takes as long.
MOST_CHANGES, SHARE_OF_VIDEOS = 1_000, 5
VIEWERS_KEPT, RESULTS_KEPT = 8, 256
_PARTS = {
    Change.Kind.VIDEO: Part.FACTS, Change.Kind.TAGS: Part.TAGS, Change.Kind.RATING: Part.STARS,
    Change.Kind.VIEW: Part.VIEWS, Change.Kind.FAVORITE: Part.FAVORITES,
}  # fmt: skip


class Catalog:
    """Everything that lists are made of, for whoever holds `reading()`."""

    facts: Facts
    links: Links

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._last: tuple[int, int] | None = None
        self._marks: OrderedDict[int, Marks] = OrderedDict()
        self._orders: dict[str, Order] = {}
        self._words: OrderedDict[Any, np.ndarray] = OrderedDict()
        self._counts: OrderedDict[Any, Any] = OrderedDict()

    @contextmanager
    def reading(self) -> Iterator["Catalog"]:
        """Hold the catalog as the database is now; nothing of it changes meanwhile."""
        with self._lock:
            self._follow()
            yield self

    def marks(self, viewer: Any) -> Marks:
        """Return the marks of a viewer, read when first asked for."""
        if viewer.pk not in self._marks:
            self._marks[viewer.pk] = Marks(viewer.pk, self.facts)
        self._marks.move_to_end(viewer.pk)
        while len(self._marks) > VIEWERS_KEPT:
            self._marks.popitem(last=False)
        return self._marks[viewer.pk]

    def order(self, sort: str) -> np.ndarray:
        """Return all slots by "added", "title", "duration" or "size", the lowest first."""
        order = self._orders[sort]
        moved = order.moved()
        slots = order.slots(self.facts)
        if isinstance(order, TitleOrder) and len(moved) and self._is_older_than(order.newest_change):
            # Their places were found beside titles that may be newer than what is known here: they are found once more.
            order.move(moved)
        return slots

    def word(self, key: Any, find: Callable[[], np.ndarray]) -> np.ndarray:
        """Return which slots hold a word, kept until a name, a title or a tag changes."""
        if key not in self._words:
            _keep(self._words, key, np.packbits(find()))
        return np.unpackbits(self._words[key], count=len(self.facts)).view(bool)

    def counted(self, key: Any, count: Callable[[], Any]) -> Any:
        """Return what was counted, kept until anything changes."""
        if key not in self._counts:
            _keep(self._counts, key, count())
        return self._counts[key]

    def _follow(self) -> None:
        if self._last is None:
            self._read_all()
            return
        most = MOST_CHANGES + len(self.facts) // SHARE_OF_VIDEOS
        changes = self._changes(self._last[0], most)
        if not changes or changes[0][:2] != self._last or len(changes) > most:
            self._read_all()
        elif len(changes) > 1:
            try:
                self._apply(changes[1:])
            except NotInOrder:
                self._read_all()

    def _is_older_than(self, newest_change: int | None) -> bool:
        """Return whether there was more in the log than has been followed; None is for now."""
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
            # First the number: what changes while the rest is read is read once more.
            cursor.execute("SELECT number, stamp FROM videos_change ORDER BY number DESC LIMIT 1")
            last = cursor.fetchone()
        self._last = None
        self.facts = Facts()
        self.links = Links(self.facts)
        self._marks.clear()
        self._orders = {sort: Order(sort) for sort in ("added", "duration", "size")} | {"title": TitleOrder()}
        self._words.clear()
        self._counts.clear()
        self._last = tuple(last) if last else None

    def _apply(self, changes: list[tuple[int, int, int, int]]) -> None:
        ids: dict[int, set[int]] = {}
        for _number, _stamp, kind, video_id in changes:
            ids.setdefault(kind, set()).add(video_id)
        if Change.Kind.NAMES in ids:
            self.links.forget_names()
        self._take({part: ids[kind] for kind, part in _PARTS.items() if kind in ids})
        if ids.keys() & {Change.Kind.VIDEO, Change.Kind.TAGS, Change.Kind.NAMES}:
            self._words.clear()
        self._counts.clear()
        self._last = changes[-1][0], changes[-1][1]

    def _take(self, changed: dict[Part, set[int]]) -> None:
        # What tags are called is read along with what carries them, and else when somebody asks for it.
        with_names = Part.TAGS in changed and self.links.wants_names
        found = read(changed, list(self._marks), with_names=with_names)
        if Part.FACTS in changed:
            self._take_facts(changed[Part.FACTS], found[Part.FACTS])
        if Part.TAGS in changed:
            self.links.follow(changed[Part.TAGS], found[Part.TAGS], self.facts)
        if with_names:
            self.links.take_names(dict(found[Part.NAMES]))
        for part in MARKS & changed.keys():
            for marks in self._marks.values():
                marks.follow(part, changed[part], found[part], self.facts)

    def _take_facts(self, ids: set[int], found: list[tuple[Any, ...]]) -> None:
        changed = self.facts.follow(ids, found)
        for marks in self._marks.values():
            marks.grow(len(self.facts))
        for sort, order in self._orders.items():
            order.move(np.union1d(changed[sort], changed["state"]) if sort == "title" else changed[sort])


def _keep(kept: OrderedDict[Any, Any], key: Any, value: Any) -> None:
    kept[key] = value
    while len(kept) > RESULTS_KEPT:
        kept.popitem(last=False)


the_catalog = Catalog()


def preload() -> None:
    """Read the library into memory, so that the first page does not wait for it."""
    with the_catalog.reading():
        pass
    # The arrays stay for good. A garbage collection that walks them takes a tenth of a second, while pages wait.
    gc.collect()
    gc.freeze()
