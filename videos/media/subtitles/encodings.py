"""Decode subtitle files of any encoding."""

import codecs
import re
import unicodedata

from videos.media.subtitles.cues import UnreadableSubtitles
from videos.media.subtitles.guessing import likeliest_encoding


def decoded(content: bytes, language: str = "") -> str:
    """Return the text, its lines ending in "\\n", without byte order marks and NULs. Raises UnreadableSubtitles.

    `language` is the language in the file's name, such as "ja", or "".
    """
    text = _decoded(content, language)
    # Files that were concatenated have byte order marks in the middle.
    text = text.replace("\ufeff", "").replace("\0", "")
    # "\r\r\n" is what a text-mode copy of a Windows file leaves.
    return text.replace("\r\r\n", "\n").replace("\r\n", "\n").replace("\r", "\n")


def _decoded(content: bytes, language: str) -> str:
    if wide := _marked_encoding(content) or _unmarked_wide_encoding(content[:4096]):
        return content.decode(wide, errors="replace")
    _refuse_archive(content)
    content = content.removeprefix(codecs.BOM_UTF8).replace(b"\0", b"")
    if switching := _switching_encoding(content):
        return content.decode(switching, errors="replace")
    _refuse_binary(content)
    try:
        return content.decode()
    except UnicodeDecodeError:
        return _decoded_by_guess(content, language)


def _marked_encoding(content: bytes) -> str:
    marks = {
        codecs.BOM_UTF32_LE: "utf-32",
        codecs.BOM_UTF32_BE: "utf-32",
        codecs.BOM_UTF16_LE: "utf-16",
        codecs.BOM_UTF16_BE: "utf-16",
    }
    return next((encoding for mark, encoding in marks.items() if content.startswith(mark)), "")


def _unmarked_wide_encoding(start: bytes) -> str:
    """Return UTF-16 or UTF-32 if the positions of NULs show it: times and line ends are ASCII in every language."""
    first, second, third, fourth = (start[offset::4].count(0) for offset in range(4))
    many = len(start) // 10
    # Some common Chinese and Japanese characters have a NUL byte, such as the number one.
    if third > many and fourth > many and second > many and first < second // 4:
        return "utf-32-le"
    if first > many and second > many and third > many and fourth < third // 4:
        return "utf-32-be"
    even, odd = first + third, second + fourth
    if odd > many and odd > 4 * even:
        return "utf-16-le"
    if even > many and even > 4 * odd:
        return "utf-16-be"
    return ""


_BEYOND_ASCII = re.compile(rb"[\x80-\xff]")
# 7-bit encodings switch scripts by a sequence: ISO-2022 by ESC $, HZ by ~{.
_SWITCHES = (
    (b"\x1b$)C", "iso2022_kr"),
    (b"\x1b$", "iso2022_jp_ext"),
)
_HZ = re.compile(rb"~\{(?:[\x21-\x77][\x21-\x7e]){1,100}~\}")


def _switching_encoding(content: bytes) -> str:
    # Almost all bytes are ASCII; a few may be damaged.
    if len(_BEYOND_ASCII.findall(content)) * 20 > len(content):
        return ""
    found = next((encoding for switch, encoding in _SWITCHES if switch in content), "")
    return found or ("hz" if content.isascii() and _HZ.search(content) else "")


_ARCHIVES = {
    b"PK\x03\x04": "ZIP", b"Rar!": "RAR", b"7z\xbc\xaf\x27\x1c": "7z", b"\x1f\x8b": "gzip", b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
}  # fmt: skip
_CONTROLS = bytes(set(range(32)) - set(b"\t\n\v\f\r\x1a")) + b"\x7f"


def _refuse_archive(content: bytes) -> None:
    for signature, kind in _ARCHIVES.items():
        if content.startswith(signature):
            raise UnreadableSubtitles(f"it is an archive ({kind}), which must be unpacked first")


def _refuse_binary(content: bytes) -> None:
    if not content.strip():
        raise UnreadableSubtitles("the file is empty")
    # The start of a VobSub picture file without its NULs, and of its index.
    if content.startswith((b"\x01\xba", b"# VobSub")):
        raise UnreadableSubtitles("it holds pictures of text (VobSub), which cannot be made into text")
    if len(content) - len(content.translate(None, _CONTROLS)) > len(content) / 50:
        raise UnreadableSubtitles("it is not a text file")


_SAMPLE_BYTES = 8 << 10
_LONGEST_LINE = 4096


def _decoded_by_guess(content: bytes, language: str) -> str:
    """Return the text of a file that is not UTF-8 throughout.

    A repaired or concatenated file may mix UTF-8 and other lines: each line is decoded on its own.
    """
    lines = re.split(rb"(?<=[\r\n])", content)
    broken = {number for number, line in enumerate(lines) if not (line.isascii() or _is_utf_8(line))}
    sound = sum(not line.isascii() for line in lines) - len(broken)
    # Lines of other encodings are rarely valid UTF-8.
    foreign = broken if sound >= len(broken) else set(range(len(lines)))
    encoding = "utf-8"
    if foreign:
        telling = _telling_part(b"".join(lines[number] for number in sorted(foreign)))
        encoding = likeliest_encoding(telling, language, _declared_encoding(content[:_LONGEST_LINE]))
    if len(foreign) == len(lines):
        text = content.decode(encoding, errors="replace")
    else:
        pairs = ((line, encoding if at in foreign else "utf-8") for at, line in enumerate(lines))
        text = "".join(line.decode(page, errors="replace") for line, page in pairs)
    # Vietnamese code pages store a letter and its tone separately.
    return unicodedata.normalize("NFC", text) if encoding == "cp1258" else text


def _is_utf_8(line: bytes) -> bool:
    """Return whether a line is UTF-8, apart from a few damaged bytes."""
    text = line.decode(errors="replace")
    damaged = text.count("\ufffd")
    return damaged * 4 < len(text) - len(text.encode("ascii", "ignore"))


def _telling_part(content: bytes) -> bytes:
    """Return the first non-ASCII lines without tags, for guessing the encoding."""
    telling = b""
    end = 0
    while len(telling) < _SAMPLE_BYTES and (found := _BEYOND_ASCII.search(content, end)):
        at = found.start()
        start = max(content.rfind(b"\n", end, at) + 1, end, at - _LONGEST_LINE)
        end = content.find(b"\n", at, at + _LONGEST_LINE)
        end = end if end >= 0 else at + _LONGEST_LINE
        line = content[start:end]
        # The columns before the text of a SubStation line are not text.
        line = line.split(b",", 9)[-1] if line.lstrip().startswith(b"Dialogue:") else line
        telling += re.sub(rb"\{[^{}]*\}|<[^<>]*>|\\[Nnh]", b" ", line) + b"\n"
    return telling


_DECLARATIONS = (
    re.compile(rb"""<\?xml[^<>]{0,200}\bencoding\s*=\s*["']([\w-]{1,30})"""),
    re.compile(rb"""\bcharset\s*=\s*["']?([\w-]{1,30})""", re.IGNORECASE),
)
# Windows charset numbers, used in SubStation styles and codes.
_CHARSET_NUMBER = re.compile(rb"^Style:[^\r\n]*,[ ]*(\d{1,3})[ \r]*$|\\fe(\d{1,3})", re.MULTILINE)
_CHARSETS = {
    128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "big5hkscs", 161: "cp1253", 162: "cp1254",
    163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251", 222: "cp874", 238: "cp1250",
}  # fmt: skip
# Names that people use for the Windows code pages.
_WIDER = {
    "shift_jis": "cp932", "gb2312": "gb18030", "gbk": "gb18030", "euc_kr": "cp949", "big5": "big5hkscs",
    "iso8859-1": "cp1252", "tis-620": "cp874", "iso8859-11": "cp874",
}  # fmt: skip


def _declared_encoding(start: bytes) -> str:
    """Return the encoding that the file declares, or "" if none or unknown."""
    for declaration in _DECLARATIONS:
        if found := declaration.search(start):
            try:
                name = codecs.lookup(found[1].decode()).name
            except (LookupError, UnicodeDecodeError):
                continue
            return _WIDER.get(name, name.replace("iso8859-", "iso8859_").replace("-", "_"))
    numbers = [int(first or second) for first, second in _CHARSET_NUMBER.findall(start)]
    return next((_CHARSETS[number] for number in numbers if number in _CHARSETS), "")
