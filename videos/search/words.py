"""How a word is looked for: three letters and more anywhere, one or two letters at the start of a word."""

import unicodedata
from collections.abc import Iterator
from itertools import chain
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TRIGRAM = 3
# Above are scripts without spaces, in which one or two signs are a word wherever they stand.
_SPACED_SCRIPTS = "\u2000"


def is_short(text: str) -> bool:
    """Return whether a folded text is looked for at the start of words only."""
    return len(text) < TRIGRAM and all(letter.isalnum() and letter < _SPACED_SCRIPTS for letter in text)


def is_of_word(letter: str) -> bool:
    """Return whether a letter belongs to a word, as FTS5's unicode61 takes it: signs on letters do as well."""
    category = unicodedata.category(letter)
    return category[0] in "LNM" or category in ("Co", "Cn")


def separators() -> str:
    """Return the signs and symbols that unicode61 takes for letters, since they are newer than its table."""
    later = (chr(number) for number in chain(range(0x80, 0xD800), range(0xF900, 0x20000)))
    return "".join(letter for letter in later if not is_of_word(letter) and _is_later(letter))


def _is_later(letter: str) -> bool:
    return unicodedata.ucd_3_2_0.category(letter) == "Cn"


def places(folded: str, text: str) -> Iterator[int]:
    """Yield where a word that is looked for stands in a folded text."""
    anywhere = not is_short(text)
    place = folded.find(text)
    while place >= 0:
        if anywhere or not place or not is_of_word(folded[place - 1]):
            yield place
        place = folded.find(text, place + 1)


def stands_in(folded: str, text: str) -> bool:
    """Return whether a folded text holds a word."""
    return any(True for _ in places(folded, text))


def add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a new connection to SQLite what it cannot say: whether a word begins with some letters."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("videos_word_begins", 2, _word_begins, deterministic=True)


def _word_begins(text: str | None, letters: str) -> bool:
    return text is not None and stands_in(text, letters)
