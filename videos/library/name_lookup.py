"""The videos that a bookmark's name means: the exact one, else those that it fits in the strictest form.

A million names are not compared one by one: the search's index gives those that hold the same words, and a few
spellings are asked for by name.
"""

import re
import unicodedata

from django.contrib.auth.models import User

from videos.folding import fold
from videos.library.paths import filename_problem
from videos.library.written_names import NameMatcher, spellings
from videos.models import Video
from videos.search.language import Question, Words
from videos.search.matching import matching

_WORD = re.compile(r"[^\W_]+")
# Words of fewer letters are in too many names, and some databases have no index of them.
_FEWEST_LETTERS, _MOST_WORDS, _PIECE_LETTERS = 3, 4, 4
_MOST_CANDIDATES = 500


def videos_named(written: str) -> list[Video]:
    """Return the video that a name means, several where it may be any of them, or none. One query where it is exact."""
    if filename_problem(written) is None and (exact := Video.objects.filter(filename=written).first()):
        return [exact]
    if "\0" in written:
        return []
    candidates = _candidates(written)
    return [candidates[name] for name in NameMatcher(list(candidates)).find(written)]


def _candidates(written: str) -> dict[str, Video]:
    """Return {name: video} of all that may be meant, and of others; none where they are too many to tell."""
    near = spellings(written)
    found = {video.filename: video for video in Video.objects.named(near)}
    words = sorted(_words_of(near[0]) if near else [], key=lambda word: (-len(word), word))[:_MOST_WORDS]
    # An upload form drops letters: then some words, or a part of one, are all that the names have in common.
    pieces = [piece for word in words[:1] for piece in (word[:_PIECE_LETTERS], word[-_PIECE_LETTERS:])]
    for question in (words, words[:1], words[1:2], pieces[:1], pieces[1:]):
        found |= _holding(question)
        if NameMatcher(list(found)).find(written):
            break
    return found


def _holding(words: list[str]) -> dict[str, Video]:
    """Return {name: video} of the videos whose texts hold all of the words; none where these are too many."""
    if not words:
        return {}
    question = Question(tuple(Words(word) for word in words))
    held = matching(Video.objects.all(), question, User())  # words are nobody's
    videos = list(held[: _MOST_CANDIDATES + 1])
    return {video.filename: video for video in videos} if len(videos) <= _MOST_CANDIDATES else {}


def _words_of(name: str) -> list[str]:
    base = unicodedata.normalize("NFKC", name.rpartition("/")[2]).rpartition(".")[0]
    return [word for word in _WORD.findall(fold(base)) if len(word) >= _FEWEST_LETTERS]
