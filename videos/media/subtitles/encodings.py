"""Bytes -> text, whatever the encoding."""

import re
from collections import Counter

import charset_normalizer

from videos.media.subtitles.cues import UnreadableSubtitles


def decoded(content: bytes, language: str = "") -> str:
    """Return the text, its lines ending in "\\n", without byte order mark and NULs. Raises UnreadableSubtitles."""
    encoding = _marked_encoding(content) or _unmarked_utf_16(content[:4096])
    if not encoding:
        content = content.replace(b"\0", b"")
        _refuse_binary(content)
        encoding = _encoding(content)
    # A byte order mark stands in the middle, too, where files were put together.
    text = content.decode(encoding, errors="replace").replace("\ufeff", "").replace("\0", "")
    # "\r\r\n" is what a text-mode copy of a Windows file leaves.
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _marked_encoding(content: bytes) -> str:
    marks = {
        b"\xef\xbb\xbf": "utf-8",
        b"\xff\xfe\0\0": "utf-32",
        b"\0\0\xfe\xff": "utf-32",
        b"\xff\xfe": "utf-16",
        b"\xfe\xff": "utf-16",
    }
    return next((encoding for mark, encoding in marks.items() if content.startswith(mark)), "")


def _unmarked_utf_16(start: bytes) -> str:
    """Return the encoding that the NULs tell: times and line ends are ASCII in every language."""
    even, odd = start[::2].count(0), start[1::2].count(0)
    many = len(start) // 10
    if odd > many and odd > 20 * even:
        return "utf-16-le"
    if even > many and even > 20 * odd:
        return "utf-16-be"
    return ""


_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a")) + b"\x7f"


def _refuse_binary(content: bytes) -> None:
    if not content.strip():
        raise UnreadableSubtitles("the file is empty")
    # The start of an MPEG program stream, after its NULs are gone, and of the index beside it.
    if content.startswith((b"\x01\xba", b"# VobSub")):
        raise UnreadableSubtitles("it holds pictures of text (VobSub), which cannot be made into text")
    if len(content) - len(content.translate(None, _CONTROLS)) > len(content) / 50:
        raise UnreadableSubtitles("it is not a text file")


# What the letters beyond ASCII are in the languages of Europe, by code page: the common ones first, so that they win
# when a text has too few such letters to tell.
_LATIN_ALPHABETS = (
    ("cp1252", "àâæçèéêëîïôœùûüÿ"),  # French
    ("cp1252", "äöüßé"),  # German
    ("cp1252", "áéíñóúü¿¡"),  # Spanish
    ("cp1252", "àáâãçéêíóôõúü"),  # Portuguese
    ("cp1252", "àèéìíîòóùú"),  # Italian
    ("cp1252", "áèéêëïíóöúü"),  # Dutch
    ("cp1252", "äåöé"),  # Swedish, Finnish
    ("cp1252", "åæøéèêòóô"),  # Danish, Norwegian
    ("cp1252", "áæðéíóöúýþ"),  # Icelandic
    ("cp1252", "àçèéíïòóúü·"),  # Catalan
    ("cp1250", "ąćęłńóśźż"),  # Polish
    ("cp1250", "áčďéěíňóřšťúůýž"),  # Czech
    ("cp1250", "áäčďéíĺľňóôŕšťúýž"),  # Slovak
    ("cp1250", "áéíóöőúüű"),  # Hungarian
    ("cp1250", "ćčđšž"),  # Croatian, Bosnian, Serbian, Slovenian
    ("cp1250", "ăâîşţ"),  # Romanian
    ("cp1254", "âçğıîöşûüİ"),  # Turkish
    ("cp1257", "ąčėęįšūųž"),  # Lithuanian
    ("cp1257", "āčēģīķļņšūž"),  # Latvian
    ("cp1257", "äõöüšž"),  # Estonian
    ("cp1258", "àáâăđèéêíóôơùúüư\u0300\u0301\u0303\u0309\u0323"),  # Vietnamese
    ("iso8859_2", "ąćęłńóśźż"),
    ("iso8859_2", "áčďéěíňóřšťúůýž"),
    ("iso8859_2", "áäčďéíĺľňóôŕšťúýž"),
    ("iso8859_2", "ćčđšž"),
)
_PUNCTUATION = "«»‹›„“”‚‘’…–—•·°§©®™€£´\u00a0\u00ad"
_OTHER_SCRIPTS = [
    "cp1251", "cp1253", "cp1255", "cp1256", "cp874", "koi8_r",
    "cp932", "euc_jp", "gb18030", "big5", "cp949",
]  # fmt: skip
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
_SAMPLE_BYTES = 16 << 10
_LONGEST_LINE = 4096


def _encoding(content: bytes) -> str:
    """Return UTF-8 where it fits, else the likeliest code page, Windows' own before the exotic."""
    text = content.decode(errors="replace")
    if "\ufffd" not in text or _is_damaged_utf_8(text):
        return "utf-8"
    sample = _telling_part(content)
    return _latin_encoding(sample) if _is_latin(sample) else _encoding_of_another_script(sample)


def _is_damaged_utf_8(text: str) -> bool:
    """Return whether all but few of the characters beyond ASCII are sound, as in a file that was cut or mended."""
    damaged = text.count("\ufffd")
    sound = len(text) - len(text.encode("ascii", "ignore")) - damaged
    return damaged * 20 < sound


def _telling_part(content: bytes) -> bytes:
    """Return the first lines that are not ASCII alone, without tags: what a guess is made from."""
    telling = b""
    end = 0
    while len(telling) < _SAMPLE_BYTES and (found := _BEYOND_ASCII.search(content, end)):
        at = found.start()
        start = max(content.rfind(b"\n", end, at) + 1, end, at - _LONGEST_LINE)
        end = content.find(b"\n", at, at + _LONGEST_LINE)
        end = end if end >= 0 else at + _LONGEST_LINE
        telling += re.sub(rb"\{[^{}]*\}|<[^<>]*>|\\[Nnh]", b" ", content[start:end]) + b"\n"
    return telling


def _is_latin(sample: bytes) -> bool:
    """Return whether the words are ASCII letters with some others among them.

    A letter right behind a byte beyond ASCII does not count: in Shift-JIS and Big5 it may be that byte's second half.
    """
    words = b" ".join(re.findall(rb"[A-Za-z]{0,40}[\x80-\xff][A-Za-z\x80-\xff]{0,400}", sample))
    beyond_ascii = len(_BEYOND_ASCII.findall(words))
    letters = len(re.findall(rb"(?<![\x80-\xff])[A-Za-z]", words))
    return letters * 4 > beyond_ascii


def _latin_encoding(sample: bytes) -> str:
    pages = dict.fromkeys(page for page, _ in _LATIN_ALPHABETS)
    letters = {page: Counter(re.sub(r"[\0-\x7f]", "", sample.decode(page, "replace"))) for page in pages}

    def fit(row: tuple[str, str]) -> int:
        page, alphabet = row
        known = set(alphabet) | set(alphabet.upper())
        strange = letters[page].keys() - known - set(_PUNCTUATION)
        return sum(letters[page][letter] for letter in known) - 3 * sum(letters[page][letter] for letter in strange)

    return max(_LATIN_ALPHABETS, key=fit)[0]


def _encoding_of_another_script(sample: bytes) -> str:
    try:
        best = charset_normalizer.from_bytes(sample, cp_isolation=_OTHER_SCRIPTS).best()
    except Exception:  # noqa: BLE001 - foreign code over wild bytes; a poor guess is better than no subtitles
        best = None
    return best.encoding if best else "cp1252"
