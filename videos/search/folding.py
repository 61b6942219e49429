"""Letters without case and accents: one letter at a time, so that a place in the folded text is one in the original.

The database folds what it keeps by the same table (videos/search/index.py), so that whatever tool writes a title, it
is found.
"""

import unicodedata
from itertools import chain

# Unicode does not take these apart.
_STROKES = {"ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "ı": "i", "æ": "ae", "œ": "oe", "ð": "d", "þ": "th"}
# Marks on letters are accents; the vowels and joiners of India's and Thailand's scripts are letters of their own.
_FIRST_POINT, _LAST_POINT, _FIRST_ACCENT, _OVERLAY, _KANA_VOICING = 10, 35, 200, 1, 8


# Another table of Unicode may fold otherwise.
VERSION = f"2, Unicode {unicodedata.unidata_version}"


def _is_accent(letter: str) -> bool:
    place = unicodedata.combining(letter)
    return _FIRST_POINT <= place <= _LAST_POINT or place >= _FIRST_ACCENT or place in (_OVERLAY, _KANA_VOICING)


def _once(text: str) -> str:
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not _is_accent(letter)).casefold()
    return "".join(_STROKES.get(letter, letter) for letter in plain)


def _plain(letter: str) -> str:
    """Return a letter without case and accents; "" for an accent that stands by itself."""
    plain = _once(letter)
    while (again := _once(plain)) != plain:
        plain = again
    # A spacing accent comes apart into a space and the accent: it would part a word in two.
    return letter if any(part.isspace() for part in plain) or "\0" in plain else plain


class _Table(dict[int, str]):
    """What each letter is folded to, found out when it is first asked for: all of Unicode takes a third of a second."""

    def __missing__(self, number: int) -> str:
        self[number] = _plain(chr(number))
        return self[number]


_table = _Table()


def folding() -> dict[str, str]:
    """Return {letter: what it is folded to} for all that are not folded to themselves. Takes a third of a second."""
    # In the planes beyond are only rare ideographs, of which a few stand for others.
    letters = map(chr, chain(range(1, 0xD800), range(0xE000, 0x20000), range(0x2F800, 0x2FA20)))
    return {letter: plain for letter in letters if (plain := _plain(letter)) != letter}


def fold(text: str) -> str:
    """Return the text without case and accents."""
    return text.lower() if text.isascii() else text.translate(_table)


def places_of_letters(text: str) -> list[int]:
    """Return for each letter of the folded text the place of the original one."""
    return [place for place, letter in enumerate(text) for _ in _table[ord(letter)]]
