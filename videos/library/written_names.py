"""Find the file that a name from another system means: Windows, macOS, an old application, an upload form, a URL.

Names are compared in forms from the strictest to the loosest (`FORMS`): exact; as an unescaped path; case-insensitive;
as Windows writes them; as an upload form saves them; by their words alone. The first form that fits any name decides;
if it fits several, the name is ambiguous.
"""

import html
import posixpath
import re
import unicodedata
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import cache
from urllib.parse import unquote_to_bytes, urlsplit

from videos.core.folding import fold
from videos.library.paths import filename_problem, nfc

_URL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]+://")
_DRIVE = re.compile(r"[a-zA-Z]:[/\\]")
# The folders under which an older application or its web server had the videos.
_SERVED_FOLDERS = frozenset(["static", "media", "video", "videos", "upload", "uploads", "watch"])
_PERCENT = re.compile(r"(?:%[0-9a-fA-F]{2})+")
_ESCAPED_UNIT = re.compile(r"(?:%|\\)u([0-9a-fA-F]{4})")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,31});")
# A name may have been escaped twice, and garbled before that.
_MAX_ROUNDS = 4
_MAX_PATHS = 12
_OLD_CHARSETS = ("cp437", "cp850", "mac_roman")
# Characters that Windows forbids in names, and what network shares write instead (private use, from U+F000 on).
_FORBIDDEN = re.compile('[<>:"|?*\\\\\0-\x1f\x7f\uf000-\uf0ff]')
_APOSTROPHES = re.compile("['\u2018\u2019\u02bc\u0060\u00b4]")
_NO_SAVED_LETTER = re.compile(r"[^A-Za-z0-9_.-]")
_WORD = re.compile(r"[^\W_]+")
# Names with fewer letters and digits are too short to compare without signs.
_MIN_LETTERS = 3


@cache
def _bytes_of_cp1252() -> dict[str, int]:
    """Return {letter: byte}; undefined bytes of cp1252 map to themselves, as in browsers."""
    letters = {chr(number): number for number in range(256)}
    return letters | {bytes([n]).decode("cp1252", "ignore"): n for n in range(0x80, 0xA0) if n not in _UNDEFINED}


_UNDEFINED = (0x81, 0x8D, 0x8F, 0x90, 0x9D)


def _ungarbled(text: str) -> str:
    """Repair a text whose UTF-8 was read as another charset; return any other text as it is."""
    if text.isascii():
        return text
    table = _bytes_of_cp1252()
    encoded: list[bytes] = []
    if all(letter in table for letter in text):
        encoded.append(bytes(table[letter] for letter in text))
    for charset in _OLD_CHARSETS:
        try:
            encoded.append(text.encode(charset))
        except UnicodeEncodeError:
            continue
    for raw in encoded:
        try:
            return raw.decode()
        except UnicodeDecodeError:
            continue
    return text


def decoded_name(raw: bytes) -> str:
    """Decode bytes that should be UTF-8; otherwise they are from an older Windows."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return "".join(bytes([n]).decode("cp1252", "ignore") or chr(n) for n in raw)


def _unescaped(text: str) -> str:
    """Return a text without percent escapes, entities and garbled letters, however often these were applied."""
    for _ in range(_MAX_ROUNDS):
        before = text
        if "%" in text:
            text = _PERCENT.sub(lambda match: decoded_name(unquote_to_bytes(match[0])), text)
        if "%u" in text or "\\u" in text:
            text = _ESCAPED_UNIT.sub(lambda match: chr(int(match[1], 16)), text)
            text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if "&" in text:
            text = _ENTITY.sub(lambda match: html.unescape(match[0]), text)
        text = nfc(_ungarbled(nfc(text)))
        if text == before:
            break
    return text


def posix_path(name: str) -> str:
    """Return a Windows path in POSIX form: "C:\\Videos\\a.mp4" as "/Videos/a.mp4"; other paths as they are."""
    if "\\" not in name:
        return name
    path = name.removeprefix("\\\\?\\")
    if _DRIVE.match(path):
        path = path[2:]
    return path.replace("\\", "/")


# The parts of a path, and whether it starts at the root of a disk, which may be any disk.
Path = tuple[tuple[str, ...], bool]


def spellings(written: str) -> list[str]:
    """Return names to look up first, the likeliest path first."""
    parts, is_rooted = _as_path(written)
    paths = ["/".join(parts[start:]) for start in range(len(parts) if is_rooted else min(len(parts), 1))]
    found: dict[str, None] = {}
    for path in [*paths[:_MAX_PATHS], written]:
        stem, extension = posixpath.splitext(path)
        cases = [path, stem + extension.lower(), stem + extension.upper(), path.lower(), path.upper()]
        for spelled in [*cases, stem.upper() + extension.lower(), stem.capitalize() + extension.lower()]:
            forms = (unicodedata.normalize(form, spelled) for form in ("NFC", "NFD"))
            found |= dict.fromkeys(form for form in forms if filename_problem(form) is None)
        if not path.isascii():
            found |= dict.fromkeys(_garbled(path))
    return list(found)


def _garbled(text: str) -> Iterator[str]:
    """Yield a text as it is on a disk where its UTF-8 was read as another charset."""
    raw = text.encode(errors="replace")
    yield raw.decode("latin-1")
    yield decoded_name(raw + b"\xff")[:-1]  # not UTF-8 any more, so read it as Windows does


def _literal(name: str) -> Path:
    return tuple(nfc(name).split("/")), False


def _as_path(name: str) -> Path:
    """Return the parts of a path or URL of any system, unescaped. Parts before ".." are dropped."""
    if _URL.match(name):
        try:
            name = urlsplit(name).path
        except ValueError:
            return (name,), False
    text = _unescaped(name)
    is_rooted = text.startswith(("/", "\\", "~/")) or _DRIVE.match(text) is not None
    parts = [part for part in text.replace("\\", "/").split("/") if part not in ("", ".")]
    if ".." in parts:
        is_rooted, parts = True, parts[len(parts) - parts[::-1].index("..") :]
    is_rooted = is_rooted or (len(parts) > 1 and parts[0].lower() in _SERVED_FOLDERS)
    return tuple(parts), is_rooted


def _caseless(part: str) -> str:
    # Windows strips spaces and dots from the ends.
    return nfc(unicodedata.normalize("NFKC", part).casefold()).strip().rstrip(" .")


def _for_windows(part: str) -> str:
    return _FORBIDDEN.sub("_", _caseless(_FORBIDDEN.sub("_", part)))


def _saved(part: str) -> str | None:
    """Return the name as werkzeug's secure_filename makes it, in lower case; None if it keeps too few letters."""
    plain = unicodedata.normalize("NFKD", part)
    saved = _NO_SAVED_LETTER.sub("", "_".join(plain.encode("ascii", "ignore").decode().split())).strip("._")
    stem, dot, _extension = saved.rpartition(".")
    kept, letters = (sum(map(str.isalnum, text)) for text in (stem, plain.rpartition(".")[0]))
    return saved.lower() if dot and 2 * kept > letters else None


def _words(part: str) -> str | None:
    """Return the words of a name without signs, case and accents; None if they are too short to compare."""
    words = _WORD.findall(fold(_APOSTROPHES.sub("", unicodedata.normalize("NFKC", part))))
    stem = words[:-1] if "." in part else words
    return " ".join(words) if sum(map(len, stem)) >= _MIN_LETTERS else None


def _as_it_is(part: str) -> str:
    return part


@cache
def _forms() -> tuple[tuple[Callable[[str], Path], Callable[[str], str | None]], ...]:
    return (
        (_literal, _as_it_is),
        (_as_path, _as_it_is),
        (_as_path, _caseless),
        (_as_path, _for_windows),
        (_as_path, _saved),
        (_as_path, _words),
    )


# (form, whether a name may mean a file in another folder), in the order in which they are tried.
FORMS: tuple[tuple[int, bool], ...] = tuple((form, elsewhere) for form in range(6) for elsewhere in (False, True))
_SAVED = 4


class NameMatcher:
    """Finds names of the library by names from another system."""

    def __init__(self, names: Iterable[str]) -> None:
        self._names = names if isinstance(names, Collection) else list(names)
        self._by_base: dict[int, dict[str, list[str]]] = {}
        self._saved_whole: dict[str, list[str]] = {}

    def find(self, written: str) -> list[str]:
        """Return the name that is meant, several if it is ambiguous, or none."""
        if written in self._names:
            return [written]
        for form in FORMS:
            if found := self.fitting(written, form):
                return found
        return []

    def fitting(self, written: str, form: tuple[int, bool]) -> list[str]:
        """Return the names that match in one form, in the same folder or in other folders."""
        number, elsewhere = form
        split, fold_part = _forms()[number]
        parts, is_rooted = split(written)
        key = fold_part(parts[-1]) if parts else None
        if key is None:
            return []
        candidates = self._index(number).get(key, [])
        if number == _SAVED and not elsewhere and len(parts) == 1:
            # An upload form flattens a path into one name.
            return [name for name in candidates if len(split(name)[0]) == 1] + self._saved_whole.get(key, [])
        folders = [fold_part(part) or part for part in parts[:-1]]
        placed = [(name, [fold_part(part) or part for part in split(name)[0][:-1]]) for name in candidates]
        if not elsewhere:
            return [name for name, own in placed if own == folders]
        return _in_other_folders(placed, folders, is_rooted)

    def _index(self, number: int) -> dict[str, list[str]]:
        """Return {name without folders, in a form: names}."""
        if number not in self._by_base:
            split, fold_part = _forms()[number]
            index: dict[str, list[str]] = defaultdict(list)
            for name in self._names:
                parts, _ = split(name)
                if parts and (key := fold_part(parts[-1])) is not None:
                    index[key].append(name)
                if number == _SAVED and len(parts) > 1 and (whole := fold_part(" ".join(parts))) is not None:
                    self._saved_whole.setdefault(whole, []).append(name)
            self._by_base[number] = dict(index)
        return self._by_base[number]


def _in_other_folders(placed: list[tuple[str, list[str]]], folders: list[str], is_rooted: bool) -> list[str]:
    """Return the names whose folders do not contradict the written ones.

    The library's folder may be above the old one, so that the file lies deeper. A path from the root of a disk starts
    with the old folder: then the name with the most matching last folders wins; without any, the name alone decides.
    """
    deeper = [name for name, own in placed if own[len(own) - len(folders) :] == folders and len(own) > len(folders)]
    if deeper or not is_rooted:
        return deeper
    shared = {name: len(own) for name, own in placed if own == folders[len(folders) - len(own) :]}
    most = max(shared.values(), default=0)
    return [name for name in shared if shared[name] == most] or [name for name, _own in placed]
