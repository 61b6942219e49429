"""What a letter folds to: the one table for search, for sorting, and for names that are compared.

A letter loses its case and its accents, a digit of any script becomes one of ours, and a sign becomes one sign of its
kind: all apostrophes are ', all dashes are -, a space of any width is a space. One letter at a time, so that a place in
the folded text is one in the original.

The database folds what it keeps by the same table (db/triggers/full_text.py), so that whatever tool writes a title, it
is found.
"""

import re
import string
import unicodedata
from itertools import chain

# Another table of Unicode may fold otherwise.
VERSION = f"3, Unicode {unicodedata.unidata_version}"
# A folded text holds letters, digits, marks, spaces, and of the signs only these.
SIGNS = string.punctuation
_GAPS = re.compile(f"[{re.escape(SIGNS)} ]+")

# Letters that Unicode neither takes apart nor names after the plain one.
_LETTERS = {"ð": "d", "þ": "th", "œ": "oe", "ı": "i", "ŋ": "n", "ĸ": "k", "ə": "e", "ɛ": "e", "ɔ": "o", "ʒ": "z"}
_NAMED_AFTER = re.compile(r"LATIN (?:SMALL LETTER|LETTER SMALL CAPITAL) ([A-Z]{1,2})(?: WITH .*)?")
# Letters by their category, though people write them for an apostrophe: the modifiers, the okina, the saltillo.
_APOSTROPHES = {*"'’‘‛`´′‵＇՚׳״ꞌꞋ", *map(chr, range(0x2B9, 0x2C2)), "\u02c8", "\u02ca", "\u02cb", "\u02ee"}
_QUOTES = {*'"“”„‟″‴«»‹›〝〞〟「」『』'}
_MINUS = {"\u2212", "\u207b", "\u02d7"}
_SLASHES = {"\u2044", "\u2215", "\u29f8"}
_DOTS = {*"·•‧∙⋅・･。｡"}
# Signs, though Unicode takes them for the letters that they show.
_MARKS_OF_TRADE = {"™", "℠"}
# They stand in a word, and show nothing or hold it apart from no other: joiner, tatweel, forms of the letter before.
_NOTHING = {"\u0640", "\u034f", "\u00ad", *map(chr, chain(range(0xFE00, 0xFE10), range(0xE0100, 0xE01F0)))}
# Marks on letters are accents; the vowels and joiners of India's and Thailand's scripts are letters of their own.
_FIRST_POINT, _LAST_POINT, _FIRST_ACCENT, _OVERLAY, _KANA_VOICING = 10, 35, 200, 1, 8


def _is_known(number: int) -> bool:
    """Return whether a letter may fold to another: in the planes beyond are ideographs, a few of which do."""
    return number < 0x20000 or 0x2F800 <= number < 0x2FA20 or 0xE0000 <= number < 0xE01F0


def _is_accent(letter: str) -> bool:
    place = unicodedata.combining(letter)
    of_letter = _FIRST_POINT <= place <= _LAST_POINT or place >= _FIRST_ACCENT or place in (_OVERLAY, _KANA_VOICING)
    return of_letter or unicodedata.category(letter) == "Me"


def _is_of_word(letter: str) -> bool:
    category = unicodedata.category(letter)
    return category[0] in "LNM" or category in ("Co", "Cn", "Cs")


def _sign(letter: str) -> str:
    """Return the sign that stands for all of a kind."""
    if letter in SIGNS:
        return letter
    kinds = ((_APOSTROPHES, "'"), (_QUOTES, '"'), (_MINUS, "-"), (_SLASHES, "/"), (_DOTS, "."))
    known = next((plain for kind, plain in kinds if letter in kind), None)
    return known or {"Pd": "-", "Pi": '"', "Pf": '"', "Ps": "(", "Pe": ")"}.get(unicodedata.category(letter), "*")


def _base(letter: str) -> str:
    """Return "o" for "ø": Unicode does not take it apart, but names it after the letter that it is made of."""
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
    """Return what a letter folds to; "" for an accent that stands by itself."""
    category = unicodedata.category(letter)
    is_whole = category in ("Lo", "Co", "Cn", "Cs") and unicodedata.is_normalized("NFKD", letter)
    if not _is_known(ord(letter)) or (is_whole and letter not in _APOSTROPHES):
        return letter
    # A spacing accent comes apart into a space and the accent: it would part a word in two.
    if letter in _APOSTROPHES or letter in _MARKS_OF_TRADE or category == "Sk":
        return _sign(letter)
    plain = _once(letter)
    while (again := _once(plain)) != plain:
        plain = again
    return plain if letter.isspace() else plain.strip()


class _Table(dict[int, str]):
    """What each letter is folded to, found out when it is first asked for: all of Unicode takes a second."""

    def __missing__(self, number: int) -> str:
        self[number] = _plain(chr(number))
        return self[number]


_table = _Table()


def folding() -> dict[str, str]:
    """Return {letter: what it is folded to} for all that are not folded to themselves. Takes a second."""
    numbers = (number for number in range(1, 0xE01F0) if _is_known(number) and not 0xD800 <= number < 0xE000)
    return {chr(number): plain for number in numbers if (plain := _table[number]) != chr(number)}


def fold(text: str) -> str:
    """Return the text without case and accents, its signs and spaces each one of its kind."""
    return text.lower() if text.isascii() and text.isprintable() else text.translate(_table)


def letters_of(text: str) -> str:
    """Return a text's letters and digits alone: the same however its signs and spaces are written."""
    return _GAPS.sub("", fold(text))


def places_of_letters(text: str) -> list[int]:
    """Return for each letter of the folded text the place of the original one."""
    return [place for place, letter in enumerate(text) for _ in _table[ord(letter)]]
