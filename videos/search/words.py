"""How a word is looked for: three letters and more anywhere, one or two letters at the start of a word."""

import re
from functools import lru_cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

TRIGRAM = 3
# Above are scripts without spaces, in which one or two signs are a word wherever they stand.
_SPACED_SCRIPTS = "\u2000"


def is_short(text: str) -> bool:
    """Return whether a folded text is looked for at the start of words only."""
    return len(text) < TRIGRAM and all(letter.isalnum() and letter < _SPACED_SCRIPTS for letter in text)


@lru_cache(maxsize=256)
def beginning(text: str) -> re.Pattern[str]:
    """Return the pattern of a text at the start of a word."""
    return re.compile(rf"(?<![^\W_]){re.escape(text)}")


def stands_in(folded: str, text: str) -> bool:
    """Return whether a folded text holds a word."""
    return beginning(text).search(folded) is not None if is_short(text) else text in folded


def add_functions(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Teach a new connection to SQLite what it cannot say: whether a word begins with some letters."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("videos_word_begins", 2, _word_begins, deterministic=True)


def _word_begins(text: str | None, letters: str) -> bool:
    # Most texts do not have the letters at all, which is told sooner.
    return text is not None and letters in text and beginning(letters).search(text) is not None
