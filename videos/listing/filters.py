"""Which videos a list holds: one array of yes and no for each filter that is on."""

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import Any, cast

import numpy as np
from django.db import connection

from videos.listing.columns import MISSING, PRESENT, UNKNOWN, moment_in_microseconds
from videos.listing.index import Catalog
from videos.listing.query import RESOLUTIONS, GalleryQuery
from videos.models import Video
from videos.search.lookup import containing, found
from videos.search.query_parser import Bounds, Question, Term, Words
from videos.search.tokens import folder_key

_COMPARE = {"gte": np.greater_equal, "gt": np.greater, "lt": np.less, "lte": np.less_equal}


def masks(catalog: Catalog, query: GalleryQuery, viewer: Any) -> dict[str, np.ndarray]:
    """Return {filter: which slots it lets through}; "state" and "q" stand for what no panel shows."""
    return {name: mask for name, mask in _masks(catalog, query, viewer) if mask is not None}


def together(found: dict[str, np.ndarray], *, but: str = "") -> np.ndarray:
    """Return which slots all filters let through, or all but one."""
    chosen = found["state"].copy()
    for name, mask in found.items():
        if name not in ("state", but):
            chosen &= mask
    return chosen


def watched(catalog: Catalog, viewer: Any, state: str) -> np.ndarray:
    """Return which slots the viewer has watched ("yes"), is within ("started"), or neither ("no").

    Who watches a film again has watched it and is within it.
    """
    marks = catalog.marks(viewer)
    if state == "started":
        return marks.is_begun
    return ~(marks.is_watched | marks.is_begun) if state == "no" else marks.is_watched


def between(values: np.ndarray, low: float, high: float | None) -> np.ndarray:
    """Return where a known value is `low` or more, and less than `high`, if that is given."""
    inside = (values >= low) & (values != UNKNOWN)
    return inside if high is None else inside & (values < high)


def below(catalog: Catalog, folder: str) -> np.ndarray:
    """Return which slots lie in a folder ("trips/") or below it."""
    inside = np.array([name.startswith(folder) for name in catalog.facts.folders], bool)
    return inside[catalog.facts.folder] if len(inside) else np.zeros(0, bool)


def _masks(catalog: Catalog, query: GalleryQuery, viewer: Any) -> Iterator[tuple[str, np.ndarray | None]]:
    facts, length = catalog.facts, len(catalog.facts)
    yield "state", facts.state == (MISSING if query.missing or query.question.wants_missing else PRESENT)
    yield "q", asked(catalog, query.question, viewer) if query.question else None
    yield "rating", catalog.marks(viewer).stars >= query.rating if query.rating else None
    yield "favorites", catalog.marks(viewer).is_favorite if query.favorites else None
    yield "watched", watched(catalog, viewer, query.watched) if query.watched else None
    yield "viewed", catalog.marks(viewer).views > 0 if query.page.only_viewed else None
    seconds, moments = query.duration_seconds(), query.added_range()
    yield "duration", between(facts.duration, *seconds) if seconds else None
    yield "resolution", between(facts.shorter, *RESOLUTIONS[query.resolution]) if query.resolution else None
    yield "codec", facts.video_codec == facts.codecs.numbers.get(query.codec, -1) if query.codec else None
    if moments:
        first, after = map(moment_in_microseconds, moments)
        yield "added", (facts.added >= first) & (facts.added < after)
    yield "folder", below(catalog, query.folder) if query.folder else None
    for tag in query.tags:
        yield f"tag {tag}", catalog.links.carriers(tag, length)
    if query.any_tags:
        yield "any_tags", np.logical_or.reduce([catalog.links.carriers(tag, length) for tag in query.any_tags])
    for tag in query.no_tags:
        yield f"no tag {tag}", ~catalog.links.carriers(tag, length)


# --- what somebody typed ---------------------------------------------------------------------------------------------


def asked(catalog: Catalog, question: Question, viewer: Any) -> np.ndarray:
    """Return which slots, present and missing ones, hold what somebody typed."""
    chosen = np.ones(len(catalog.facts), bool)
    for word in question.words:
        key = word.text, word.literal
        held = catalog.word(key, lambda word=word: _holding(catalog, word))  # type: ignore[misc]
        chosen &= ~held if word.negated else held
    for term in question.terms:
        meant = _meant(catalog, term, viewer)
        chosen &= ~meant if term.negated else meant
    return chosen


def _holding(catalog: Catalog, word: Words) -> np.ndarray:
    """Return which slots hold a word in the name, the title or a tag, by the database's index."""
    if connection.vendor == "sqlite":
        ids: Collection[int] | np.ndarray = found(word)
    else:
        ids = list(containing(Video.objects.all(), [replace(word, negated=False)]).values_list("pk", flat=True))
    held = np.zeros(len(catalog.facts), bool)
    held[catalog.facts.slots(ids)] = True
    return held


def _meant(catalog: Catalog, term: Term, viewer: Any) -> np.ndarray:
    facts, value = catalog.facts, str(term.value)
    if isinstance(term.value, tuple):
        return _within(catalog, term, viewer)
    if term.field == "tag":
        return catalog.links.carriers_of_like(value, len(facts))
    if term.field == "codec":
        number = facts.codecs.numbers.get(value, -1)
        return (facts.video_codec == number) | (facts.audio_codec == number)
    if term.field == "folder":
        inside = np.array([folder_key(name).startswith(value) for name in facts.folders], bool)
        return inside[facts.folder] if len(inside) else np.zeros(0, bool)
    if value == "missing":
        return facts.state == MISSING
    if value == "favorite":
        return catalog.marks(viewer).is_favorite
    return watched(catalog, viewer, {"watched": "yes", "unwatched": "no"}.get(value, value))


def _within(catalog: Catalog, term: Term, viewer: Any) -> np.ndarray:
    facts = catalog.facts
    # What nobody rated has 0 stars.
    if term.field == "rating":
        values, known = catalog.marks(viewer).stars, np.ones(len(facts), bool)
    else:
        values = getattr(facts, term.field)
        known = np.ones(len(facts), bool) if term.field == "added" else values != UNKNOWN
    for lookup, bound in cast(Bounds, term.value):
        known = known & _COMPARE[lookup](values, moment_in_microseconds(bound) if term.field == "added" else bound)
    return known
