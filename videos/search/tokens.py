"""How a word is looked for: the signs in it may be any others, a space, or not there at all.

A text is searched as its letters with two kinds of gap between them: signs alone, written "-", and everything with a
space in it, written " ": "Don’t look (up)!" is "don-t look up". In these words:

- What is looked for is found where its own gaps are gaps of either kind: "spider-man" in "Spider Man".
- From the start of a word on, it may pass over signs as if they were not there: "dont" and "spiderman", but not
  "heart" in "The.Art", and not in "He art".
- Three letters or more are found anywhere, one or two at the start of a word.
"""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from videos.core.folding import SIGNS, fold, letters_of
from videos.core.sort_keys import name_key

TRIGRAM = 3
SOFT, HARD = "-", " "
# Above are scripts without spaces, in which one or two signs are a word wherever they stand.
_SPACED_SCRIPTS = "\u2000"
_GAP = re.compile(f"[{re.escape(SIGNS)} ]+")
_SIGN_TO_GAP = str.maketrans(dict.fromkeys(SIGNS, SOFT))
# What precedes the first letter of a word: nothing, or a gap.
_START = r"(?<![^- \n])"
_KEPT = 512


def spelled(text: str) -> str:
    """Return a text as it is searched: folded letters, with "-" and " " between them."""
    return _GAP.sub(_gap, fold(text)).strip(SOFT + HARD)


def _gap(signs: "re.Match[str]") -> str:
    return HARD if HARD in signs[0] else SOFT


def folder_key(folder: str) -> str:
    """Return "trips/2024/" for "Trips/2024/": folders are the same however their signs and spaces are written."""
    return "/".join(letters_of(part) or fold(part) for part in folder.split("/"))


def lines_of(filename: str, title: str, tags: Iterable[str]) -> list[str]:
    """Return the texts of a video as they are searched. In a file's name folders and extension are apart."""
    return list(filter(None, (spelled(line) for line in (_name(filename), title, *tags))))


def _name(filename: str) -> str:
    stem, _dot, extension = filename.rpartition(".")
    return f"{stem} {extension}".replace("/", " ").strip() if stem else filename.replace("/", " ")


def pieces_of(text: str) -> list[str]:
    """Return the runs of letters of a spelled text."""
    return text.replace(SOFT, HARD).split(HARD)


def is_short(letters: str) -> bool:
    """Return whether letters are looked for at the start of words only."""
    return len(letters) < TRIGRAM and all(letter.isalnum() and letter < _SPACED_SCRIPTS for letter in letters)


@lru_cache(_KEPT)
def pattern(text: str) -> "re.Pattern[str]":
    """Return what finds a spelled text in another; there, gaps may be of any length."""
    pieces = pieces_of(text)
    letters = "".join(pieces)
    from_start = [_passing_over(letters)]
    anywhere = [] if is_short(letters) else [re.escape(letters)]
    if len(pieces) > 1:
        from_start.insert(0, "[- ]+".join(map(_word, text.split(HARD))))
        anywhere.insert(0, "[- ]+".join(map(re.escape, pieces)))
    return re.compile("|".join([*(f"{_START}(?:{one})" for one in from_start), *anywhere]))


def _word(word: str) -> str:
    """Return what finds a word of a phrase: with a gap at each of its signs, or at none."""
    pieces = word.split(SOFT)
    apart, together = "[- ]+".join(map(_passing_over, pieces)), _passing_over("".join(pieces))
    # Both ways end at the same letter: a phrase that fails later need not try the other.
    return f"(?>{apart}|{together})" if len(pieces) > 1 else together


def _passing_over(letters: str) -> str:
    return "-*".join(map(re.escape, letters))


def with_gaps(text: str) -> str:
    """Return a folded text of the same length, each sign and space of it a gap: for `pattern`, with places kept."""
    return text.translate(_SIGN_TO_GAP)


def stands_in(line: str, text: str) -> bool:
    """Return whether a spelled text stands in another one."""
    return pattern(text).search(line) is not None


def add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a new connection to SQLite what it cannot say. For questions of ours alone: no trigger may need them."""
    if connection.vendor == "sqlite":
        for name, count, function in (
            ("videos_holds", 2, _holds),
            ("videos_name_key", 1, name_key),
            ("videos_letters", 1, letters_of),
        ):
            connection.connection.create_function(name, count, function, deterministic=True)


def _holds(text: str | None, wanted: str) -> bool:
    return text is not None and stands_in(text, wanted)
