"""The lists that pages show: a screenful of one, a video's place in it, and how many each filter would leave.

Any screenful costs the same, whatever the filters and the order: some milliseconds for a million videos.
"""

import gc
from collections.abc import Iterator
from typing import Any, overload

import numpy as np
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from videos.core.sort_keys import name_key
from videos.listing.columns import MISSING, moment_in_microseconds
from videos.listing.filters import between, masks, together, watched
from videos.listing.index import Catalog, the_catalog
from videos.listing.query import (
    ADDED,
    DURATIONS,
    RESOLUTION_LABELS,
    RESOLUTIONS,
    WATCHED,
    GalleryQuery,
    codec_label,
    or_more,
)
from videos.listing.sort_orders import shuffled_keys
from videos.models import MAX_STARS, MIN_STARS

# (value in the address, what it is called, how many there would be)
Facet = tuple[str, str, int]
MOST_TAGS, FEWER_TAGS, MOST_FOLDERS, MOST_CODECS = 60, 12, 60, 12
_MARKS = ("rating", "views", "viewed")
# So small a share of the videos is sorted by itself, rather than picked out of the order that all stand in.
_FEW = 1 / 50
# How much of an order is looked through at first, and how many times as much with each further step.
_FIRST_STEP, _FURTHER = 8_192, 4


class Listing:
    """The ids of the videos of a list, in its order. Made once, it stays as it was.

    Only as much of it is picked out of the order of all videos as is asked for, from its beginning. By title it may end
    before its length, where a video has been removed this very moment: ask for slices.
    """

    def __init__(self, query: GalleryQuery, viewer: Any) -> None:
        with the_catalog.reading() as catalog:
            # How many videos of the whole library have no file at the moment.
            self.missing = _count(catalog.facts.state == MISSING)
            self._choose(catalog, query, viewer, together(masks(catalog, query, viewer)))

    def _choose(self, catalog: Catalog, query: GalleryQuery, viewer: Any, chosen: np.ndarray) -> None:
        self._ids, self._count = catalog.facts.ids, _count(chosen)
        # What is known of the list from its beginning on, and (slots in the order, which of them it holds) of the rest.
        self._slots: np.ndarray = np.empty(0, np.int32)
        self._rest: list[tuple[np.ndarray, np.ndarray]] = []
        self._keys: np.ndarray | None = None
        if query.sort == "random":
            self._slots = np.flatnonzero(chosen)
            self._keys = shuffled_keys(self._ids[self._slots], query.seed)
        elif query.sort in ("added", "duration", "size") and self._count < _FEW * len(chosen):
            few = np.flatnonzero(chosen)
            lowest_first = few[np.argsort(getattr(catalog.facts, query.sort)[few], kind="stable")]
            self._slots = lowest_first[:: -1 if query.order == "desc" else 1]
        else:
            self._rest = list(_parts(catalog, query, viewer, chosen))

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
        # Only what is wanted is sorted.
        first = np.argpartition(self._keys, stop - 1)[:stop]
        return self._slots[first[np.argsort(self._keys[first])][start:]]

    def _first(self, count: int) -> np.ndarray:
        """Return the slots that the list begins with: so many, or more."""
        found, known, step = [self._slots], len(self._slots), _FIRST_STEP
        while known < count and self._rest:
            (slots, chosen), *others = self._rest
            head, tail = slots[:step], slots[step:]
            found.append(head[chosen[head]])
            self._rest = [(tail, chosen), *others] if len(tail) else others
            known, step = known + len(found[-1]), step * _FURTHER
        self._slots = np.concatenate(found) if len(found) > 1 else self._slots
        return self._slots

    def place(self, video_id: int) -> int | None:
        """Return where a video stands in the list, counted from 0, or None."""
        found = np.flatnonzero(self._ids[self._first(self._count)] == video_id)
        if not len(found):
            return None
        return int(found[0]) if self._keys is None else int((self._keys < self._keys[found[0]]).sum())


class ListingAround(Listing):
    """The list as it is with one video in it, whether the filters let that through or not."""

    def __init__(self, query: GalleryQuery, viewer: Any, video_id: int) -> None:
        with the_catalog.reading() as catalog:
            chosen = together(masks(catalog, query, viewer))
            slot = catalog.facts.slot(video_id)
            if slot is not None:
                chosen[slot] = True
            self._choose(catalog, query, viewer, chosen)


def _parts(
    catalog: Catalog, query: GalleryQuery, viewer: Any, chosen: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield (slots in their order, which of them the list holds): what the viewer marked, then the rest, newest first.

    By what is no mark it is one part.
    """
    turn = -1 if query.order == "desc" else 1
    if query.sort not in _MARKS:
        yield catalog.order(query.sort)[::turn], chosen
        return
    marked = catalog.marks(viewer).in_order(query.sort)
    yield marked[::turn], chosen
    unmarked = chosen.copy()
    unmarked[marked] = False
    yield catalog.order("added")[::-1], unmarked


def facets(query: GalleryQuery, viewer: Any) -> dict[str, list[Facet]]:
    """Return for each group of filters what it offers, with how many videos there would be; kept until a change."""
    with the_catalog.reading() as catalog:
        if any(term.field == "added" for term in query.question.terms):
            return _facets(catalog, query, viewer)  # by age: true for this moment only
        today = timezone.localdate().isoformat()
        key = (
            query.url(sort="added", order="desc", seed=0),
            viewer.pk,
            str(query.added_range()),
            today,
            get_language(),
        )
        found: dict[str, list[Facet]] = catalog.counted(key, lambda: _facets(catalog, query, viewer))
        return found


def _facets(catalog: Catalog, query: GalleryQuery, viewer: Any) -> dict[str, list[Facet]]:
    found = masks(catalog, query, viewer)

    def without(group: str) -> np.ndarray:
        return together(found, but=group)

    facts, marks = catalog.facts, catalog.marks(viewer)
    stars = np.bincount(marks.stars[without("rating")], minlength=MAX_STARS + 1)
    length, sides, others = without("duration"), without("resolution"), without("watched")
    return {
        "rating": [(str(n), str(or_more(n)), int(stars[n:].sum())) for n in range(MAX_STARS, MIN_STARS - 1, -1)],
        "favorites": [("1", _("Favorites"), _count(without("favorites") & marks.is_favorite))],
        "watched": [(s, str(label), _count(others & watched(catalog, viewer, s))) for s, label in WATCHED.items()],
        "duration": [
            (text, str(label), _count(length & between(facts.duration, *_seconds(text))))
            for text, label in DURATIONS.items()
        ],
        "resolution": [
            (name, RESOLUTION_LABELS[name], _count(sides & between(facts.shorter, *limits)))
            for name, limits in RESOLUTIONS.items()
        ],
        "codec": _codecs(catalog, without("codec"), query),
        "added": _added(catalog, without("added"), query),
        "folder": _folders(catalog, without("folder"), query),
        **_tags(catalog, found),
    }


def _count(mask: np.ndarray) -> int:
    return int(np.count_nonzero(mask))


def _seconds(text: str) -> tuple[float, float | None]:
    low, high = text.split("-")
    return float(low), float(high) if high else None


def _codecs(catalog: Catalog, chosen: np.ndarray, query: GalleryQuery) -> list[Facet]:
    counts = np.bincount(catalog.facts.video_codec[chosen], minlength=len(catalog.facts.codecs))
    found = [(name, codec_label(name), int(counts[n])) for name, n in catalog.facts.codecs.numbers.items() if name]
    offered = [facet for facet in found if facet[2] or facet[0] == query.codec]
    return sorted(offered, key=lambda facet: (-facet[2], facet[0]))[:MOST_CODECS]


def _added(catalog: Catalog, chosen: np.ndarray, query: GalleryQuery) -> list[Facet]:
    moments = catalog.facts.added[chosen]
    windows = [(text, str(label), GalleryQuery(added=text).added_range()) for text, label in ADDED.items()]
    return [
        (text, label, _count(moments >= moment_in_microseconds(window[0]))) for text, label, window in windows if window
    ]


def _folders(catalog: Catalog, chosen: np.ndarray, query: GalleryQuery) -> list[Facet]:
    """Return the folders within the one that is chosen, those below counted with each."""
    counts = np.bincount(catalog.facts.folder[chosen], minlength=len(catalog.facts.folders))
    within: dict[str, int] = {}
    for name, number in catalog.facts.folders.numbers.items():
        if name.startswith(query.folder) and len(name) > len(query.folder) and counts[number]:
            child = name[: name.index("/", len(query.folder)) + 1]
            within[child] = within.get(child, 0) + int(counts[number])
    found = [(name, name[len(query.folder) : -1], count) for name, count in within.items()]
    return sorted(found, key=lambda facet: (-facet[2], name_key(facet[1]), facet[0]))[:MOST_FOLDERS]


def _tags(catalog: Catalog, found: dict[str, np.ndarray]) -> dict[str, list[Facet]]:
    """Return what one more tag would leave: of all that must be there, of which any may, and of which none may."""
    chosen, others = together(found), together(found, but="any_tags")
    held = found.get("any_tags", np.zeros(len(others), bool))
    already, total = _count(others & held), _count(chosen)
    names = catalog.links.names
    carried = catalog.links.counts(chosen).tolist()
    added = catalog.links.counts(others & ~held).tolist()
    by_carriers = [(carried[n], name_key(name), name, n) for n, name in enumerate(names) if name and carried[n]]
    by_more = [(added[n], name_key(name), name, n) for n, name in enumerate(names) if name and added[n]]
    most_carried = [(name, n) for *_rest, name, n in sorted(by_carriers, key=_most_first)[:MOST_TAGS]]
    most_added = [(name, n) for *_rest, name, n in sorted(by_more, key=_most_first)[:FEWER_TAGS]]
    return {
        "tags": [(name, name, carried[n]) for name, n in most_carried],
        "any_tags": [(name, name, already + added[n]) for name, n in most_added],
        "no_tags": [(name, name, total - carried[n]) for name, n in most_carried[:FEWER_TAGS]],
    }


def _most_first(row: tuple[int, str, str, int]) -> tuple[int, str, str]:
    count, key, name, _number = row
    return -count, key, name


def read_now() -> None:
    """Read the library into memory, so that the first who asks does not wait for it."""
    with the_catalog.reading():
        pass
    # What is there by now stays: looking through all of it for garbage takes a tenth of a second, while pages wait.
    gc.collect()
    gc.freeze()
