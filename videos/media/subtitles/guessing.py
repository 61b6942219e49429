"""Guess the encoding of a text: the one in which it is the likeliest text of some language.

For each language and each of its encodings: how likely are these letters? A wrong encoding yields letters that the
language does not use, capitals inside words, or quotation marks between letters. For short texts other hints decide:
the language in the file's name, and an encoding that the file declares.
"""

import math
from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from itertools import pairwise

from videos.media.subtitles.letters import (
    HANGUL,
    HIRAGANA,
    KANJI,
    LANGUAGES,
    SIMPLIFIED,
    TRADITIONAL,
    Language,
)

# Weights, as natural logarithms of likelihood ratios.
_NAMED_LANGUAGE = 9.0
_WORD = 1.6
_ANOMALY = -4.0
_ASCII_LETTER_IN_ALPHABET = -1.0
_ASCII_LETTER_IN_EAST_ASIA = -0.5
_RARE_ENCODINGS = {
    "iso8859_15": -2.0, "iso8859_2": -2.0, "iso8859_3": -6.0, "iso8859_4": -5.0, "iso8859_5": -4.0, "iso8859_6": -3.0,
    "iso8859_7": -2.0, "iso8859_8": -1.0, "iso8859_9": -2.0, "iso8859_13": -2.0, "iso8859_16": -3.0, "koi8_r": -2.0,
    "koi8_u": -2.0, "cp437": -7.0, "cp737": -7.0, "cp850": -7.0, "cp852": -7.0, "cp857": -8.0, "cp866": -5.0,
    "cp1258": -3.0, "mac_roman": -8.0, "mac_cyrillic": -7.0, "euc_jp": -1.0, "johab": -9.0,
}  # fmt: skip
_SPOKEN_BY_MANY = {"en": 1.5, "fr": 1.0, "de": 1.0, "es": 1.0, "pt": 1.0, "it": 1.0, "mt": -5.0, "is": -1.0, "ga": -2.0}

# Shares of characters that all languages use, and of those that none uses.
_PUNCTUATION = {
    "’": 4e-3, "…": 3e-3, "–": 2e-3, "—": 2e-3, "“": 2e-3, "”": 2e-3, "„": 1e-3, "‘": 1e-3, "«": 2e-3, "»": 2e-3,
    "\u00a0": 1e-3, "°": 2e-4, "€": 1e-4, "£": 1e-4, "•": 2e-4, "·": 1e-4, "´": 3e-4, "\u00ad": 1e-4, "®": 5e-5,
    "©": 1e-4, "™": 1e-4, "§": 3e-5, "½": 1e-4, "‚": 1e-4, "¡": 1e-5, "¿": 1e-5, "№": 1e-4, "،": 5e-3, "؟": 3e-3,
    "‹": 1e-4, "›": 1e-4, "\u200e": 1e-3, "\u200f": 1e-3, "\u200c": 1e-3, "¶": 2e-5, "º": 2e-5, "²": 2e-5, "×": 2e-5,
}  # fmt: skip
_FOREIGN_LETTER = math.log(1e-5)
_SIGN = math.log(1e-6)
_OTHER_SCRIPT = math.log(1e-7)
_NO_CHARACTER = math.log(1e-8)
_QUOTES = frozenset('“”„«»‹›‚"¿¡')
# The combining tone marks of the Vietnamese code page, and the letters that they go on.
_TONES = frozenset("\u0300\u0301\u0303\u0309\u0323")
_TONED = frozenset("aăâeêioôơuưy")


def likeliest_encoding(sample: bytes, language: str = "", declared: str = "") -> str:
    """Return the encoding of a text that is not UTF-8; `language` is a code such as "ja" or "pt-br", "" if unknown."""
    texts = _Texts(sample)
    best, best_score = "cp1252", -math.inf
    for encoding, score in _scores(texts, language):
        weighed = score + _RARE_ENCODINGS.get(encoding, 0.0) + (_NAMED_LANGUAGE if encoding == declared else 0.0)
        if weighed > best_score:
            best, best_score = encoding, weighed
    return best


class _Text:
    """The sample decoded in one encoding: counts of non-ASCII letters, its words, and anomalies."""

    def __init__(self, text: str) -> None:
        self.letters = Counter(text)
        self.ascii_letters = sum(self.letters.pop(letter, 0) for letter in _ASCII_LETTERS)
        for letter in [letter for letter in self.letters if letter < "\x80"]:
            del self.letters[letter]
        self.words = Counter(text.translate(_WORD_ENDS).lower().split())
        self.anomalies = _anomalies(text)


_ASCII_LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WORD_ENDS = str.maketrans(dict.fromkeys('.,!?;:"()[]-…“”„«»¿¡', " "))


class _Texts:
    def __init__(self, sample: bytes) -> None:
        self._sample = sample
        self._texts: dict[str, _Text] = {}

    def __getitem__(self, encoding: str) -> _Text:
        if encoding not in self._texts:
            self._texts[encoding] = _Text(self._sample.decode(encoding, errors="replace"))
        return self._texts[encoding]


def _scores(texts: _Texts, named: str) -> Iterator[tuple[str, float]]:
    code, *regions = named.lower().split("-")
    for language in LANGUAGES:
        prior = _SPOKEN_BY_MANY.get(language.codes[0], 0.0) + (_NAMED_LANGUAGE if code in language.codes else 0.0)
        for encoding in language.encodings:
            yield encoding, prior + _alphabet_score(texts[encoding], language)
    for writing, encoding, prior in _EAST_ASIA:
        own, _, script = writing.partition("-")
        # "zh" may be either; zh-tw is traditional, zh-cn simplified.
        is_other = bool(script) and not _SCRIPTS_OF_REGIONS.keys().isdisjoint(regions)
        is_other = is_other and all(_SCRIPTS_OF_REGIONS.get(region, script) != script for region in regions)
        bonus = (_NAMED_LANGUAGE / 3 if is_other else _NAMED_LANGUAGE) if code == own else 0.0
        yield encoding, bonus + prior + _east_asian_score(texts[encoding], _shares(writing))


_SCRIPTS_OF_REGIONS = {
    "hant": "hant", "tw": "hant", "hk": "hant", "mo": "hant", "hans": "hans", "cn": "hans", "sg": "hans",
}  # fmt: skip


def _alphabet_score(text: _Text, language: Language) -> float:
    score = text.anomalies * _ANOMALY
    # Few non-ASCII letters make a language that uses many of them unlikely.
    score += text.ascii_letters * (_ASCII_LETTER_IN_ALPHABET if language.is_alphabet else language.ascii_share_log)
    for letter, count in text.letters.items():
        share = language.letters.get(letter) or _PUNCTUATION.get(letter)
        score += count * (math.log(share) if share else _strange(letter, language.is_alphabet))
    if language.words:
        score += _WORD * sum(text.words[word] for word in language.words & text.words.keys())
    return score


def _strange(letter: str, is_alphabet: bool) -> float:
    if letter == "\ufffd" or "\x80" <= letter < "\xa0" or "\ue000" <= letter <= "\uf8ff":
        return _NO_CHARACTER
    if not letter.isalpha():
        return _SIGN
    is_latin = letter < "\u0250"
    return _FOREIGN_LETTER if is_latin != is_alphabet else _OTHER_SCRIPT


def _anomalies(text: str) -> int:
    """Count capitals after small letters, changes of script within words, and quotation marks inside words."""
    count = 0
    letters = _ASCII_LETTERS
    before = ""
    for this, following in pairwise(text):
        if this >= "\x80":
            if this in _QUOTES:
                count += before.isalpha() and following.isalpha()
            elif this in _TONES:
                count += before.lower() not in _TONED
            elif this.isalpha():
                count += following.isupper() and this.islower()
                count += before < "\x80" and before.islower() and this.isupper()
                is_latin = this < "\u0250" or "\u0300" <= this < "\u0370"
                count += not is_latin and (before in letters and before != "") + (following in letters)
        before = this
    return count


# Languages with two-byte characters, their encodings, and prior weights.
_EAST_ASIA = (
    ("ja", "cp932", 0.0),
    ("ja", "euc_jp", 0.0),
    ("zh-hans", "gb18030", 0.0),
    ("zh-hant", "big5hkscs", 0.0),
    ("zh-hant", "cp950", -0.5),
    ("zh-hant", "gb18030", -4.0),
    ("ko", "cp949", 0.0),
    ("ko", "johab", 0.0),
)
_EAST_ASIAN_PUNCTUATION = dict.fromkeys("，。！？、…「」『』《》：；（）“”‘’—·・～〜　♪", 5e-3)


def _east_asian_score(text: _Text, shares: Mapping[str, float]) -> float:
    score = text.ascii_letters * _ASCII_LETTER_IN_EAST_ASIA
    for letter, count in text.letters.items():
        share = shares.get(letter)
        score += count * (math.log(share) if share else _NO_CHARACTER if letter == "\ufffd" else _OTHER_SCRIPT)
    return score


@lru_cache(maxsize=8)
def _shares(writing: str) -> Mapping[str, float]:
    """Return {character: share of the text} of an East Asian language."""
    if writing == "ja":
        rows = _rows("euc_jp", 0xB0, 0xCF)
        common = [(HIRAGANA, 0.42), (KANJI, 0.25)]
        kana = dict.fromkeys(map(chr, range(0x3041, 0x3097)), 1.5e-3) | dict.fromkeys(
            map(chr, range(0x30A1, 0x30FB)), 1.3e-3
        )
        others = {"ー": 0.015} | kana | dict.fromkeys(map(chr, range(0xFF61, 0xFFA0)), 1e-5)
        rare, common_rows = _rows("euc_jp", 0xD0, 0xF4), 1.7e-5
    elif writing == "ko":
        rows, rare, common_rows = _rows("euc_kr", 0xB0, 0xC8), _rows("euc_kr", 0xCA, 0xFD), 4e-5
        common, others = [(HANGUL[:120], 0.55), (HANGUL[120:], 0.32)], {}
    elif writing == "zh-hans":
        rows, rare, common_rows = _rows("gb2312", 0xB0, 0xD7), _rows("gb2312", 0xD8, 0xF7), 4e-5
        common, others = [(SIMPLIFIED[:120], 0.45), (SIMPLIFIED[120:], 0.33)], {}
    else:
        rows, rare, common_rows = _rows("big5", 0xA4, 0xC6, 0x40), _rows("big5", 0xC9, 0xF9, 0x40), 3e-5
        common, others = [(TRADITIONAL[:120], 0.45), (TRADITIONAL[120:], 0.33)], {}
    shares = dict.fromkeys(map(chr, range(0xFF01, 0xFF5F)), 1e-4) | dict.fromkeys(rare, 1e-6)
    shares |= dict.fromkeys(rows, common_rows) | others | _EAST_ASIAN_PUNCTUATION
    for letters, share in common:
        shares |= dict.fromkeys(letters, share / len(letters))
    return shares


def _rows(encoding: str, first: int, last: int, first_second_byte: int = 0xA1) -> str:
    """Return the characters of a range of first bytes: the standards put common ones into a block of their own."""
    pairs = bytes(
        byte for lead in range(first, last + 1) for second in range(first_second_byte, 0xFF) for byte in (lead, second)
    )
    return pairs.decode(encoding, errors="ignore")
