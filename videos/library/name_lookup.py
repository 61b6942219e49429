"""Find the videos that a name from an old bookmark means: the exact one, else those of the strictest form that fits.

Comparing a million names one by one would be slow: the search index finds those with the same words, and a few
spellings are looked up directly.
"""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache

from django.db import connection

from videos.core.folding import fold
from videos.library.paths import filename_problem
from videos.library.written_names import NameMatcher, spellings
from videos.models import Video
from videos.search import lookup
from videos.search.query_parser import Words

_WORD = re.compile(r"[^\W_]+")
# Shorter words are in too many names, and some databases have no index of them.
_MIN_LETTERS, _MAX_WORDS, _PIECE_LETTERS = 3, 4, 4
_MAX_CANDIDATES = 500


def videos_named(written: str) -> list[Video]:
    """Return the video that a name means, several if it is ambiguous, or none. One query for an exact name."""
    if filename_problem(written) is None and (exact := Video.objects.filter(filename=written).first()):
        return [exact]
    if "\0" in written:
        return []
    candidates = _candidates(written)
    return [candidates[name] for name in NameMatcher(list(candidates)).find(written)]


def _candidates(written: str) -> dict[str, Video]:
    """Return {name: video} of the candidates and others; none if they are too many."""
    near = spellings(written)
    found = {video.filename: video for video in Video.objects.named(near)}
    words = sorted(_words_of(near[0]) if near else [], key=lambda word: (-len(word), word))[:_MAX_WORDS]
    # Upload forms drop letters, so the names may share only some words, or parts of them.
    pieces = [piece for word in words[:1] for piece in (word[:_PIECE_LETTERS], word[-_PIECE_LETTERS:])]
    held_by = cache(_ids_holding)
    for question in (words, words[:1], words[1:2], pieces[:1], pieces[1:]):
        found |= _holding([held_by(word) for word in question])
        if NameMatcher(list(found)).find(written):
            break
    return found


def _ids_holding(word: str) -> frozenset[int]:
    """Return the ids of videos whose search text contains a word."""
    if connection.vendor == "sqlite":
        return frozenset(lookup.found(Words(word)).tolist())
    return frozenset(lookup.containing(Video.objects.all(), [Words(word)]).values_list("pk", flat=True))


def _holding(held: Sequence[frozenset[int]]) -> dict[str, Video]:
    """Return {name: video} of the videos in all of the sets; none if these are too many."""
    ids = frozenset.intersection(*held) if held else frozenset()
    if not 0 < len(ids) <= _MAX_CANDIDATES:
        return {}
    return {video.filename: video for video in Video.objects.filter(pk__in=ids)}


def _words_of(name: str) -> list[str]:
    base = unicodedata.normalize("NFKC", name.rpartition("/")[2]).rpartition(".")[0]
    return [word for word in _WORD.findall(fold(base)) if len(word) >= _MIN_LETTERS]
