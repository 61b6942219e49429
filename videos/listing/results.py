"""The ids of a list's videos, in its order, and a video's place among them.

Any page costs the same, whatever the filters and the order: some milliseconds for a million videos.
"""

from collections.abc import Iterator
from typing import Any, overload

import numpy as np

from videos.listing.columns import MISSING
from videos.listing.filters import masks, together
from videos.listing.index import LibraryIndex, library_index
from videos.listing.query import GalleryQuery
from videos.listing.sort_orders import shuffled_keys

_MARKS = ("rating", "views", "viewed")
# Up to this share of the videos, sorting the list is faster than selecting from the order of all videos.
_FEW = 1 / 50
# How many slots of an order are searched first, and the factor for each further step.
_FIRST_STEP, _STEP_FACTOR = 8_192, 4


class Listing:
    """The ids of a list's videos, in its order, as of when it was made.

    Only as much as is asked for, from the beginning, is selected from the order of all videos. By title the last slice
    may be shorter than `len` says, if a video has just been removed: use slices, not single items.
    """

    def __init__(self, query: GalleryQuery, viewer: Any) -> None:
        with library_index.reading() as index:
            # How many videos of the whole library are missing.
            self.missing = int(np.count_nonzero(index.columns.state == MISSING))
            self._choose(index, query, viewer, together(masks(index, query, viewer)))

    def _choose(self, index: LibraryIndex, query: GalleryQuery, viewer: Any, chosen: np.ndarray) -> None:
        self._ids, self._count = index.columns.ids, int(np.count_nonzero(chosen))
        # The slots of the list found so far, and (slots in order, mask of those in the list) for the rest.
        self._slots: np.ndarray = np.empty(0, np.int32)
        self._rest: list[tuple[np.ndarray, np.ndarray]] = []
        self._keys: np.ndarray | None = None
        if query.sort == "random":
            self._slots = np.flatnonzero(chosen)
            self._keys = shuffled_keys(self._ids[self._slots], query.seed)
        elif query.sort in ("added", "duration", "size") and self._count < _FEW * len(chosen):
            few = np.flatnonzero(chosen)
            lowest_first = few[np.argsort(getattr(index.columns, query.sort)[few], kind="stable")]
            self._slots = lowest_first[:: -1 if query.order == "desc" else 1]
        else:
            self._rest = list(_parts(index, query, viewer, chosen))

    def __len__(self) -> int:
        return self._count

    def count(self) -> int:
        return self._count

    @overload
    def __getitem__(self, wanted: int) -> int: ...
    @overload
    def __getitem__(self, wanted: slice) -> list[int]: ...
    def __getitem__(self, wanted: Any) -> Any:
        if isinstance(wanted, int):
            return self[wanted : wanted + 1][0]
        start, stop, _step = wanted.indices(len(self))
        return self._ids[self._between(start, stop)].tolist()

    def __iter__(self) -> Iterator[int]:
        return iter(self[:])

    def _between(self, start: int, stop: int) -> np.ndarray:
        if self._keys is None or start >= stop:
            return self._first(stop)[start:stop]
        # Only the wanted part is sorted.
        first = np.argpartition(self._keys, stop - 1)[:stop]
        return self._slots[first[np.argsort(self._keys[first])][start:]]

    def _first(self, count: int) -> np.ndarray:
        """Return the first slots of the list, at least `count` of them."""
        found, known, step = [self._slots], len(self._slots), _FIRST_STEP
        while known < count and self._rest:
            (slots, chosen), *others = self._rest
            head, tail = slots[:step], slots[step:]
            found.append(head[chosen[head]])
            self._rest = [(tail, chosen), *others] if len(tail) else others
            known, step = known + len(found[-1]), step * _STEP_FACTOR
        self._slots = np.concatenate(found) if len(found) > 1 else self._slots
        return self._slots

    def place(self, video_id: int) -> int | None:
        """Return the place of a video in the list, from 0, or None."""
        found = np.flatnonzero(self._ids[self._first(self._count)] == video_id)
        if not len(found):
            return None
        return int(found[0]) if self._keys is None else int((self._keys < self._keys[found[0]]).sum())


class ListingAround(Listing):
    """The list with one video in it, even if the filters exclude that."""

    def __init__(self, query: GalleryQuery, viewer: Any, video_id: int) -> None:
        with library_index.reading() as index:
            chosen = together(masks(index, query, viewer))
            slot = index.columns.slot(video_id)
            if slot is not None:
                chosen[slot] = True
            self._choose(index, query, viewer, chosen)


def _parts(
    index: LibraryIndex, query: GalleryQuery, viewer: Any, chosen: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (slots in order, mask of those in the list).

    Ordered by a mark, the marked videos come first, then the others, the newest first. Other orders are one part.
    """
    turn = -1 if query.order == "desc" else 1
    if query.sort not in _MARKS:
        yield index.order(query.sort)[::turn], chosen
        return
    marked = index.user_columns(viewer).in_order(query.sort)
    yield marked[::turn], chosen
    unmarked = chosen.copy()
    unmarked[marked] = False
    yield index.order("added")[::-1], unmarked
