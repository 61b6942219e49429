"""How words are matched: the signs in them may differ, be a space, or be missing.

A text is normalized to its folded letters with two kinds of gap: "-" for signs alone, " " for anything with a space.
"Don’t look (up)!" becomes "don-t look up". A query in this form

- matches where its gaps are gaps of either kind: "spider-man" in "Spider Man";
- matches across signs from the start of a word: "dont" and "spiderman", but not "heart" in "The.Art" or "He art";
- matches anywhere with three letters or more, with one or two only at the start of a word.
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
# Scripts above this code point have no spaces; one or two characters can be a word anywhere in a text.
_SPACED_SCRIPTS = "\u2000"
_GAP = re.compile(f"[{re.escape(SIGNS)} ]+")
_SIGN_TO_GAP = str.maketrans(dict.fromkeys(SIGNS, SOFT))
# What may be before the first letter of a word: nothing, or a gap.
_START = r"(?<![^- \n])"
_KEPT = 512


def spelled(text: str) -> str:
    """Return a text normalized for search: folded letters, with "-" and " " between them."""
    return _GAP.sub(_gap, fold(text)).strip(SOFT + HARD)


def _gap(signs: "re.Match[str]") -> str:
    return HARD if HARD in signs[0] else SOFT


def folder_key(folder: str) -> str:
    """Return "trips/2024/" for "Trips/2024/": folders compare without their signs and spaces."""
    return "/".join(letters_of(part) or fold(part) for part in folder.split("/"))


def lines_of(filename: str, title: str, tags: Iterable[str]) -> list[str]:
    """Return the normalized texts of a video. Folders and extension of the file name are separate words."""
    return list(filter(None, (spelled(line) for line in (_name(filename), title, *tags))))


def _name(filename: str) -> str:
    stem, _dot, extension = filename.rpartition(".")
    return f"{stem} {extension}".replace("/", " ").strip() if stem else filename.replace("/", " ")


def pieces_of(text: str) -> list[str]:
    """Return the runs of letters of a normalized text."""
    return text.replace(SOFT, HARD).split(HARD)


def is_short(letters: str) -> bool:
    """Return whether letters match only at the start of words."""
    return len(letters) < TRIGRAM and all(letter.isalnum() and letter < _SPACED_SCRIPTS for letter in letters)


@lru_cache(_KEPT)
def pattern(text: str) -> "re.Pattern[str]":
    """Return a regular expression that finds a normalized text; gaps may have any length."""
    pieces = pieces_of(text)
    letters = "".join(pieces)
    from_start = [_passing_over(letters)]
    anywhere = [] if is_short(letters) else [re.escape(letters)]
    if len(pieces) > 1:
        from_start.insert(0, "[- ]+".join(map(_word, text.split(HARD))))
        anywhere.insert(0, "[- ]+".join(map(re.escape, pieces)))
    return re.compile("|".join([*(f"{_START}(?:{one})" for one in from_start), *anywhere]))


def _word(word: str) -> str:
    """Return the expression for a word of a phrase: with a gap at each of its signs, or at none."""
    pieces = word.split(SOFT)
    apart, together = "[- ]+".join(map(_passing_over, pieces)), _passing_over("".join(pieces))
    # Atomic: both alternatives end at the same letter, so trying the other one later is useless.
    return f"(?>{apart}|{together})" if len(pieces) > 1 else together


def _passing_over(letters: str) -> str:
    return "-*".join(map(re.escape, letters))


def with_gaps(text: str) -> str:
    """Return a folded text of the same length, its signs and spaces as gaps, so that places are kept for `pattern`."""
    return text.translate(_SIGN_TO_GAP)


def stands_in(line: str, text: str) -> bool:
    """Return whether a normalized text contains another one."""
    return pattern(text).search(line) is not None


def add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Add functions to a new SQLite connection. For queries only: triggers must work in any other tool."""
    if connection.vendor == "sqlite":
        for name, count, function in (
            ("videos_holds", 2, _holds),
            ("videos_name_key", 1, name_key),
            ("videos_letters", 1, letters_of),
        ):
            connection.connection.create_function(name, count, function, deterministic=True)


def _holds(text: str | None, wanted: str) -> bool:
    return text is not None and stands_in(text, wanted)
