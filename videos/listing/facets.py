"""How many videos each filter would leave if it were set as well."""

from typing import Any

import numpy as np
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from videos.core.sort_keys import name_key
from videos.listing.columns import moment_in_microseconds
from videos.listing.filters import between, masks, together, watched
from videos.listing.index import LibraryIndex, library_index
from videos.listing.labels import ADDED, DURATIONS, RESOLUTION_LABELS, WATCHED, codec_label, or_more
from videos.listing.query import GalleryQuery
from videos.listing.query_urls import RESOLUTIONS
from videos.models import MAX_STARS, MIN_STARS

# (value in the URL, label, number of videos)
Facet = tuple[str, str, int]
MAX_TAGS, MAX_OTHER_TAGS, MAX_FOLDERS, MAX_CODECS = 60, 12, 60, 12


def facets(query: GalleryQuery, viewer: Any) -> dict[str, list[Facet]]:
    """Return {group: its facets}. Cached until something changes."""
    with library_index.reading() as index:
        if any(term.field == "added" for term in query.question.terms):
            return _facets(index, query, viewer)  # a search by age depends on the current time
        today = timezone.localdate().isoformat()
        key = (
            query.url(sort="added", order="desc", seed=0),
            viewer.pk,
            str(query.added_range()),
            today,
            get_language(),
        )
        found: dict[str, list[Facet]] = index.counted(key, lambda: _facets(index, query, viewer))
        return found


def _facets(index: LibraryIndex, query: GalleryQuery, viewer: Any) -> dict[str, list[Facet]]:
    found = masks(index, query, viewer)

    def without(group: str) -> np.ndarray:
        return together(found, but=group)

    columns, marks = index.columns, index.user_columns(viewer)
    stars = np.bincount(marks.stars[without("rating")], minlength=MAX_STARS + 1)
    length, sides, others = without("duration"), without("resolution"), without("watched")
    return {
        "rating": [(str(n), str(or_more(n)), int(stars[n:].sum())) for n in range(MAX_STARS, MIN_STARS - 1, -1)],
        "favorites": [("1", _("Favorites"), _count(without("favorites") & marks.is_favorite))],
        "watched": [(s, str(label), _count(others & watched(index, viewer, s))) for s, label in WATCHED.items()],
        "duration": [
            (text, str(label), _count(length & between(columns.duration, *_seconds(text))))
            for text, label in DURATIONS.items()
        ],
        "resolution": [
            (name, RESOLUTION_LABELS[name], _count(sides & between(columns.shorter, *limits)))
            for name, limits in RESOLUTIONS.items()
        ],
        "codec": _codecs(index, without("codec"), query),
        "added": _added(index, without("added"), query),
        "folder": _folders(index, without("folder"), query),
        **_tags(index, found),
    }


def _count(mask: np.ndarray) -> int:
    return int(np.count_nonzero(mask))


def _seconds(text: str) -> tuple[float, float | None]:
    low, high = text.split("-")
    return float(low), float(high) if high else None


def _codecs(index: LibraryIndex, chosen: np.ndarray, query: GalleryQuery) -> list[Facet]:
    counts = np.bincount(index.columns.video_codec[chosen], minlength=len(index.columns.codecs))
    found = [(name, codec_label(name), int(counts[n])) for name, n in index.columns.codecs.numbers.items() if name]
    offered = [facet for facet in found if facet[2] or facet[0] == query.codec]
    return sorted(offered, key=lambda facet: (-facet[2], facet[0]))[:MAX_CODECS]


def _added(index: LibraryIndex, chosen: np.ndarray, query: GalleryQuery) -> list[Facet]:
    moments = index.columns.added[chosen]
    windows = [(text, str(label), GalleryQuery(added=text).added_range()) for text, label in ADDED.items()]
    return [
        (text, label, _count(moments >= moment_in_microseconds(window[0]))) for text, label, window in windows if window
    ]


def _folders(index: LibraryIndex, chosen: np.ndarray, query: GalleryQuery) -> list[Facet]:
    """Return the subfolders of the selected folder, each with the videos below it."""
    counts = np.bincount(index.columns.folder[chosen], minlength=len(index.columns.folders))
    within: dict[str, int] = {}
    for name, number in index.columns.folders.numbers.items():
        if name.startswith(query.folder) and len(name) > len(query.folder) and counts[number]:
            child = name[: name.index("/", len(query.folder)) + 1]
            within[child] = within.get(child, 0) + int(counts[number])
    found = [(name, name[len(query.folder) : -1], count) for name, count in within.items()]
    return sorted(found, key=lambda facet: (-facet[2], name_key(facet[1]), facet[0]))[:MAX_FOLDERS]


def _tags(index: LibraryIndex, found: dict[str, np.ndarray]) -> dict[str, list[Facet]]:
    """Return the facets of the three groups of tags: all of these, any of these, none of these."""
    chosen, others = together(found), together(found, but="any_tags")
    held = found.get("any_tags", np.zeros(len(others), bool))
    already, total = _count(others & held), _count(chosen)
    names = index.tags.names
    carried = index.tags.counts(chosen).tolist()
    added = index.tags.counts(others & ~held).tolist()
    by_carriers = [(carried[n], name_key(name), name, n) for n, name in enumerate(names) if name and carried[n]]
    by_more = [(added[n], name_key(name), name, n) for n, name in enumerate(names) if name and added[n]]
    most_carried = [(name, n) for *_rest, name, n in sorted(by_carriers, key=_most_first)[:MAX_TAGS]]
    most_added = [(name, n) for *_rest, name, n in sorted(by_more, key=_most_first)[:MAX_OTHER_TAGS]]
    return {
        "tags": [(name, name, carried[n]) for name, n in most_carried],
        "any_tags": [(name, name, already + added[n]) for name, n in most_added],
        "no_tags": [(name, name, total - carried[n]) for name, n in most_carried[:MAX_OTHER_TAGS]],
    }


def _most_first(row: tuple[int, str, str, int]) -> tuple[int, str, str]:
    count, key, name, _number = row
    return -count, key, name
