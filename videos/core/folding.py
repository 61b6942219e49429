"""Case and accent folding: one table for search, for sorting, and for comparing names.

A letter loses its case and accents, digits of all scripts become ASCII, and each kind of sign becomes one sign: all
apostrophes are ', all dashes are -, a space of any width is a space. Letters are folded one at a time, so that each
place in the folded text maps to a place in the original.

Triggers in the database fold by the same table (db/triggers/full_text.py), so a title is found whatever tool wrote it.
"""

import re
import string
import unicodedata
from itertools import chain

# Another version of Unicode may fold differently.
VERSION = f"3, Unicode {unicodedata.unidata_version}"
# A folded text holds letters, digits, marks, spaces, and only these signs.
SIGNS = string.punctuation
_GAPS = re.compile(f"[{re.escape(SIGNS)} ]+")

# Letters that Unicode neither decomposes nor names after the plain letter.
_LETTERS = {"ð": "d", "þ": "th", "œ": "oe", "ı": "i", "ŋ": "n", "ĸ": "k", "ə": "e", "ɛ": "e", "ɔ": "o", "ʒ": "z"}
_NAMED_AFTER = re.compile(r"LATIN (?:SMALL LETTER|LETTER SMALL CAPITAL) ([A-Z]{1,2})(?: WITH .*)?")
# Unicode calls these letters (modifiers, okina, saltillo), but people type them as apostrophes.
_APOSTROPHES = {*"'’‘‛`´′‵＇՚׳״ꞌꞋ", *map(chr, range(0x2B9, 0x2C2)), "\u02c8", "\u02ca", "\u02cb", "\u02ee"}
_QUOTES = {*'"“”„‟″‴«»‹›〝〞〟「」『』'}
_MINUS = {"\u2212", "\u207b", "\u02d7"}
_SLASHES = {"\u2044", "\u2215", "\u29f8"}
_DOTS = {*"·•‧∙⋅・･。｡"}
# Unicode decomposes these into letters, but they are signs.
_MARKS_OF_TRADE = {"™", "℠"}
# Invisible inside a word, and not a word boundary: joiner, tatweel, variation selectors.
_NOTHING = {"\u0640", "\u034f", "\u00ad", *map(chr, chain(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)))}
# Combining marks on Latin letters are accents; the vowel signs of Indic and Thai scripts are letters.
_FIRST_POINT, _LAST_POINT, _FIRST_ACCENT, _OVERLAY, _KANA_VOICING = 10, 35, 200, 1, 8


def _is_known(number: int) -> bool:
    """Return whether a letter may fold to another one. The other planes hold ideographs, few of which fold."""
    return number < 0x20000 or 0x2F800 <= number < 0x2FA20 or 0xE0000 <= number < 0xE01F0


def _is_accent(letter: str) -> bool:
    place = unicodedata.combining(letter)
    of_letter = _FIRST_POINT <= place <= _LAST_POINT or place >= _FIRST_ACCENT or place in (_OVERLAY, _KANA_VOICING)
    return of_letter or unicodedata.category(letter) == "Me"


def _is_of_word(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] in "LNM" or category in ("Co", "Cn", "Cs")


def _sign(letter: str) -> str:
    """Return the one sign that represents all signs of its kind."""
    if letter in SIGNS:
        return letter
    kinds = ((_APOSTROPHES, "'"), (_QUOTES, '"'), (_MINUS, "-"), (_SLASHES, "/"), (_DOTS, "."))
    known = next((plain for kind, plain in kinds if letter in kind), None)
    return known or {"Pd": "-", "Pi": '"', "Pf": '"', "Ps": "(", "Pe": ")"}.get(unicodedata.category(letter), "*")


def _base(letter: str) -> str:
    """Return "o" for "ø", which Unicode does not decompose but names after its base letter."""
    named = _NAMED_AFTER.fullmatch(unicodedata.name(letter, ""))
    return _LETTERS.get(letter) or (named[1].lower() if named else letter)


def _once(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    plain = "".join(letter for letter in apart if not _is_accent(letter) and letter not in _NOTHING).casefold()
    return "".join(_one(letter) for letter in plain)


def _one(letter: str) -> str:
    if letter.isspace():
        return " "
    if letter in _APOSTROPHES or not _is_of_word(letter):
        return _sign(letter)
    if letter.isdecimal():
        return str(unicodedata.decimal(letter))
    return letter if letter.isascii() else _base(letter)


def _plain(letter: str) -> str:
    """Return what a letter folds to; "" for an accent on its own."""
    category = unicodedata.category(letter)
    is_whole = category in ("Lo", "Co", "Cn", "Cs") and unicodedata.is_normalized("NFKD", letter)
    if not _is_known(ord(letter)) or (is_whole and letter not in _APOSTROPHES):
        return letter
    # NFKD turns a spacing accent into a space and the accent, which would split a word in two.
    if letter in _APOSTROPHES or letter in _MARKS_OF_TRADE or category == "Sk":
        return _sign(letter)
    plain = _once(letter)
    while (again := _once(plain)) != plain:
        plain = again
    return plain if letter.isspace() else plain.strip()


class _Table(dict[int, str]):
    """What each letter folds to, computed on first use: all of Unicode takes a second."""

    def __missing__(self, number: int) -> str:
        self[number] = _plain(chr(number))
        return self[number]


_table = _Table()


def folding() -> dict[str, str]:
    """Return {letter: folded} for all letters that fold to something else. Takes a second."""
    numbers = (number for number in range(1, 0xE01F0) if _is_known(number) and not 0xD800 <= number < 0xE000)
    return {chr(number): plain for number in numbers if (plain := _table[number]) != chr(number)}


def fold(text: str) -> str:
    """Return the text without case and accents, with one sign for each kind of sign."""
    return text.lower() if text.isascii() and text.isprintable() else text.translate(_table)


def letters_of(text: str) -> str:
    """Return only the letters and digits of a text, which do not depend on how its signs are written."""
    return _GAPS.sub("", fold(text))


def places_of_letters(text: str) -> list[int]:
    """Return for each letter of the folded text its index in the original text."""
    return [place for place, letter in enumerate(text) for _ in _table[ord(letter)]]
