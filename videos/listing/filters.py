"""Which videos a list holds: a boolean array by slot for each filter that is on."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
from django.db import connection

from videos.listing.columns import MISSING, PRESENT, UNKNOWN, moment_in_microseconds
from videos.listing.index import LibraryIndex
from videos.listing.query import GalleryQuery
from videos.listing.query_urls import RESOLUTIONS
from videos.models import Video
from videos.search.lookup import containing, found
from videos.search.query_parser import Bounds, Question, Term, Words
from videos.search.tokens import folder_key

_COMPARE = {"gte": np.greater_equal, "gt": np.greater, "lt": np.less, "lte": np.less_equal}


def masks(index: LibraryIndex, query: GalleryQuery, viewer: Any) -> dict[str, np.ndarray]:
    """Return {filter: mask of the slots it keeps}. "state" and "q" are in no group of the filter panel."""
    return {name: mask for name, mask in _masks(index, query, viewer) if mask is not None}


def together(found: dict[str, np.ndarray], *, but: str = "") -> np.ndarray:
    """Return the mask of the slots that all filters keep, or all except `but`."""
    chosen = found["state"].copy()
    for name, mask in found.items():
        if name not in ("state", but):
            chosen &= mask
    return chosen


def watched(index: LibraryIndex, viewer: Any, state: str) -> np.ndarray:
    """Return the slots that the viewer has watched ("yes"), has in progress ("started"), or neither ("no").

    A video that is watched again is in both.
    """
    marks = index.user_columns(viewer)
    if state == "started":
        return marks.is_begun
    return ~(marks.is_watched | marks.is_begun) if state == "no" else marks.is_watched


def between(values: np.ndarray, low: float, high: float | None) -> np.ndarray:
    """Return the mask of known values from `low` to below `high`; None is no upper limit."""
    inside = (values >= low) & (values != UNKNOWN)
    return inside if high is None else inside & (values < high)


def below(index: LibraryIndex, folder: str) -> np.ndarray:
    """Return the slots of videos in a folder ("trips/") or below it."""
    inside = np.array([name.startswith(folder) for name in index.columns.folders], bool)
    return inside[index.columns.folder] if len(inside) else np.zeros(0, bool)


def _masks(index: LibraryIndex, query: GalleryQuery, viewer: Any) -> Iterator[tuple[str, np.ndarray | None]]:
    columns, length = index.columns, len(index.columns)
    yield "state", columns.state == (MISSING if query.missing or query.question.wants_missing else PRESENT)
    yield "q", search_mask(index, query.question, viewer) if query.question else None
    yield "rating", index.user_columns(viewer).stars >= query.rating if query.rating else None
    yield "favorites", index.user_columns(viewer).is_favorite if query.favorites else None
    yield "watched", watched(index, viewer, query.watched) if query.watched else None
    yield "viewed", index.user_columns(viewer).views > 0 if query.page.only_viewed else None
    seconds, window = query.duration_seconds(), query.added_range()
    yield "duration", between(columns.duration, *seconds) if seconds else None
    yield "resolution", between(columns.shorter, *RESOLUTIONS[query.resolution]) if query.resolution else None
    yield "codec", columns.video_codec == columns.codecs.numbers.get(query.codec, -1) if query.codec else None
    if window:
        first, after = map(moment_in_microseconds, window)
        yield "added", (columns.added >= first) & (columns.added < after)
    yield "folder", below(index, query.folder) if query.folder else None
    for tag in query.tags:
        yield f"tag {tag}", index.tags.carriers(tag, length)
    if query.any_tags:
        yield "any_tags", np.logical_or.reduce([index.tags.carriers(tag, length) for tag in query.any_tags])
    for tag in query.no_tags:
        yield f"no tag {tag}", ~index.tags.carriers(tag, length)


# --- the words of a search -------------------------------------------------------------------------------------------


def search_mask(index: LibraryIndex, question: Question, viewer: Any) -> np.ndarray:
    """Return the mask of the slots, of present and missing videos, that match the search."""
    chosen = np.ones(len(index.columns), bool)
    for word in question.words:
        key = word.text, word.literal
        held = index.word(key, lambda word=word: _word_mask(index, word))  # type: ignore[misc]
        chosen &= ~held if word.negated else held
    for term in question.terms:
        matching = _term_mask(index, term, viewer)
        chosen &= ~matching if term.negated else matching
    return chosen


def _word_mask(index: LibraryIndex, word: Words) -> np.ndarray:
    """Return the slots with a word in the file name, the title or a tag, from the database's full-text index."""
    if connection.vendor == "sqlite":
        ids: Collection[int] | np.ndarray = found(word)
    else:
        ids = list(containing(Video.objects.all(), [replace(word, negated=False)]).values_list("pk", flat=True))
    held = np.zeros(len(index.columns), bool)
    held[index.columns.slots(ids)] = True
    return held


def _term_mask(index: LibraryIndex, term: Term, viewer: Any) -> np.ndarray:
    columns, value = index.columns, str(term.value)
    if isinstance(term.value, tuple):
        return _range_mask(index, term, viewer)
    if term.field == "tag":
        return index.tags.carriers_of_like(value, len(columns))
    if term.field == "codec":
        number = columns.codecs.numbers.get(value, -1)
        return (columns.video_codec == number) | (columns.audio_codec == number)
    if term.field == "folder":
        inside = np.array([folder_key(name).startswith(value) for name in columns.folders], bool)
        return inside[columns.folder] if len(inside) else np.zeros(0, bool)
    if value == "missing":
        return columns.state == MISSING
    if value == "favorite":
        return index.user_columns(viewer).is_favorite
    return watched(index, viewer, {"watched": "yes", "unwatched": "no"}.get(value, value))


def _range_mask(index: LibraryIndex, term: Term, viewer: Any) -> np.ndarray:
    columns = index.columns
    # A video without a rating has 0 stars.
    if term.field == "rating":
        values, known = index.user_columns(viewer).stars, np.ones(len(columns), bool)
    else:
        values = getattr(columns, term.field)
        known = np.ones(len(columns), bool) if term.field == "added" else values != UNKNOWN
    for lookup, bound in cast(Bounds, term.value):
        known = known & _COMPARE[lookup](values, moment_in_microseconds(bound) if term.field == "added" else bound)
    return known
