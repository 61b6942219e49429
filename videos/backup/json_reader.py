"""The four JSON files, and their strict reading, entry by entry.

ratings.json    {name: stars}
views.json      {name: count} or {name: {"view_count": n, "last_viewed": date, "position_seconds": s, "watched": true}}
tags.json       {name: ["#tag", "tag"]}
favorites.json  {"favorites": [name], "added_dates": {name: date}}, or a bare list; an item may be
                {"filename": name, "added_date": date} too
"""

import json
import re
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from videos.backup.dates import NotADate, moment_of
from videos.core.errors import LibraryError
from videos.core.filenames import printable
from videos.core.tag_names import clean_tag_name, tag_name_problem
from videos.library.paths import cleaned_path, filename_problem
from videos.models import MAX_COUNT, MAX_STARS, MIN_STARS

FILE_NAMES = {kind: f"{kind}.json" for kind in ("ratings", "views", "tags", "favorites")}
_WHOLE_NUMBER = re.compile(r"[0-9]{1,30}\Z")
# Python refuses to convert longer numbers for a reason: it takes time with the square of their length.
_MOST_DIGITS = 4300
# None will not do: a file may hold null.
NO_FILE = object()


class BadSnapshot(LibraryError):
    """A file is not a snapshot at all: one line, naming the file and the reason."""


class BadValue(ValueError):
    """One entry cannot be taken; the message is the reason."""


@dataclass(frozen=True)
class BadEntry:
    """What could not be taken: an entry, or with `is_field` one value of an entry whose other values came in."""

    file: str
    key: str
    reason: str
    is_field: bool = False
    kind: str = ""

    @property
    def kind_of_mark(self) -> str:
        return self.kind or self.file.removesuffix(".json")

    def __str__(self) -> str:
        return f"{self.file}: {printable(self.key)}: {printable(self.reason)}"


@dataclass(frozen=True)
class ViewRecord:
    view_count: int = 0
    last_viewed: datetime | None = None
    position_seconds: float | None = None
    # None: the file does not say. Earlier versions and the old app's files do not.
    watched: bool | None = None

    @property
    def is_watched(self) -> bool:
        """Return what the file says, or else whether it was viewed and not left in the middle."""
        if self.watched is not None:
            return self.watched
        return self.view_count > 0 and not self.position_seconds


@dataclass(frozen=True)
class VideoRecord:
    """What another application knows of a video beside its marks."""

    added_date: datetime | None = None
    duration_seconds: float | None = None


@dataclass
class Snapshot:
    """Marks by the names of videos, those that could not be taken, and which of the four files there were.

    `is_foreign` tells that another application wrote the names: of one video in several spellings, of Windows' paths.
    In our own exports each name is that of a file.
    """

    videos: dict[str, VideoRecord] = field(default_factory=dict)
    ratings: dict[str, int] = field(default_factory=dict)
    views: dict[str, ViewRecord] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    favorites: dict[str, datetime | None] = field(default_factory=dict)
    bad: list[BadEntry] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    is_foreign: bool = False

    def names(self) -> Iterator[str]:
        """Yield each video's name once, in a stable order."""
        yield from dict.fromkeys([*self.videos, *self.ratings, *self.views, *self.tags, *self.favorites])


def read_snapshot(folder: Path, kinds: Iterable[str] = FILE_NAMES) -> Snapshot:
    """Return what the files in `folder` hold. A missing file is an empty one. Raises BadSnapshot."""
    snapshot = Snapshot()
    for kind in kinds:
        file_name = FILE_NAMES[kind]
        content = load_json(folder / file_name)
        if content is NO_FILE:
            continue
        snapshot.files.add(kind)
        if kind == "favorites":
            content = _favorite_entries(content, snapshot, file_name)
        elif not isinstance(content, _Entries):
            raise BadSnapshot(
                f"{folder / file_name} is not an object of names, but {_kind(content)}. Nothing was read."
            )
        _take_entries(snapshot, kind, content)
    return snapshot


def _take_entries(snapshot: Snapshot, kind: str, entries: "_Entries") -> None:
    file, target = FILE_NAMES[kind], getattr(snapshot, kind)
    for name, value in entries.items():
        try:
            problem = filename_problem(cleaned_path(name))
            if problem:
                raise BadValue(problem)
            if name in entries.repeated:
                raise BadValue("the name stands there more than once")
            if kind == "tags":
                target[name] = _good_tags(name, value, snapshot)
            elif kind == "views":
                target[name] = _good_view(name, value, snapshot)
            else:
                target[name] = _VALUE_OF[kind](value)
        except BadValue as error:
            snapshot.bad.append(BadEntry(file, name, str(error)))


class _Entries(dict[str, Any]):
    """A JSON object that remembers which of its keys stood there more than once."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: frozenset[str] = frozenset()
        if len(self) != len(pairs):
            seen: set[str] = set()
            self.repeated = frozenset(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def load_json(path: Path) -> Any:
    """Return the parsed file, or NO_FILE where there is none. Raises BadSnapshot."""
    try:
        # Looked at before it is opened: a FIFO of this name would never answer.
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadSnapshot(f"{path} is not a regular file. Nothing was read.")
        raw = path.read_bytes()
    except FileNotFoundError:
        return NO_FILE
    except OSError as error:
        raise BadSnapshot(f"{path} cannot be read: {error.strerror}. Nothing was read.") from error
    try:
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")
        return json.loads(text, object_pairs_hook=_Entries, parse_int=_parse_int)
    except RecursionError as error:
        raise BadSnapshot(f"{path} is nested too deeply to be a snapshot. Nothing was read.") from error
    except UnicodeDecodeError as error:
        raise BadSnapshot(f"{path} is not text in UTF-8 or UTF-16. Nothing was read.") from error
    except ValueError as error:
        raise BadSnapshot(f"{path} is not JSON: {error}. Nothing was read.") from error


def _parse_int(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")


def _shown(value: Any) -> str:
    # Of a value nested or long without end, the kind says enough.
    if isinstance(value, dict | list):
        return _kind(value)
    return printable(json.dumps(value, ensure_ascii=False)[:40])


def _whole_number(value: Any, what: str) -> int:
    if isinstance(value, str) and _WHOLE_NUMBER.match(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"{_shown(value)} is not {what}")
    return value


def stars_of(value: Any) -> int:
    """Return the stars, 1 to 5, of an entry in ratings.json. Raises BadValue."""
    stars = _whole_number(value, "a number of stars")
    if not MIN_STARS <= stars <= MAX_STARS:
        raise BadValue(f"{_shown(value)} stars: it is {MIN_STARS} to {MAX_STARS}")
    return stars


def view_record_of(value: Any, note: Callable[[str], None]) -> ViewRecord:
    """Return the record of an entry in views.json. Each bad field is noted and costs itself alone.

    Raises BadValue where no field is left.
    """
    if not isinstance(value, dict):
        return ViewRecord(view_count_of(value))
    readers: dict[str, Callable[[Any], Any]] = {
        "view_count": view_count_of, "last_viewed": date_of, "position_seconds": _position_of,
        "watched": _watched_of,
    }  # fmt: skip
    found: dict[str, Any] = {}
    problems = [] if "view_count" in value else ['there is no "view_count"']
    for name, read in readers.items():
        try:
            if name in _repeated(value):
                raise BadValue(f"{name} stands there more than once")
            if name in value and (field_value := read(value[name])) is not None:
                found[name] = field_value
        except BadValue as error:
            problems.append(str(error))
    if not found:
        raise BadValue("; ".join(problems) or "it holds nothing")
    for problem in problems:
        note(problem)
    return ViewRecord(**found)


def _good_view(name: str, value: Any, snapshot: Snapshot) -> ViewRecord:
    file = FILE_NAMES["views"]
    return view_record_of(value, lambda reason: snapshot.bad.append(BadEntry(file, name, reason, is_field=True)))


def _repeated(value: dict[str, Any]) -> frozenset[str]:
    return value.repeated if isinstance(value, _Entries) else frozenset()


def _watched_of(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise BadValue(f"{_shown(value)} is neither true nor false")


def _position_of(value: Any) -> float | None:
    if value is None:
        return None
    # A whole number may be larger than any float: it is compared with one that is not infinite.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
        raise BadValue(f"{_shown(value)} is not a position in seconds")
    return float(value)


def view_count_of(value: Any) -> int:
    count = _whole_number(value, "a number of views")
    if not 0 <= count <= MAX_COUNT:
        raise BadValue(f"{_shown(value)} views: it is 0 to {MAX_COUNT}")
    return count


def date_of(value: Any, *, sqlite: bool = False) -> datetime | None:
    """Return the moment that `dates.moment_of` finds. Raises BadValue."""
    try:
        return moment_of(value, sqlite=sqlite)
    except NotADate as error:
        raise BadValue(f"{_shown(value)} is not a date") from error


def _good_tags(name: str, value: Any, snapshot: Snapshot) -> list[str]:
    """Return the good tags of an entry in tags.json; bad ones in the list are noted one by one. Raises BadValue."""
    if not isinstance(value, list):
        raise BadValue(f"{_shown(value)} is not a list of tags")
    good = []
    for tag in value:
        problem = tag_name_problem(tag)
        if problem:
            snapshot.bad.append(BadEntry(FILE_NAMES["tags"], name, f"{_shown(tag)}: {problem}"))
        else:
            good.append(clean_tag_name(tag))
    return good


def _favorite_entries(content: Any, snapshot: Snapshot, file: str) -> _Entries:
    """Return {name: date added or None}, bad items noted. Raises BadSnapshot where there is no list."""
    items, dates = content, {}
    if isinstance(content, _Entries):
        if "favorites" in content.repeated:
            raise BadSnapshot(f'{file} holds "favorites" more than once. Nothing was read.')
        items, dates = content.get("favorites"), content.get("added_dates", {})
    if not isinstance(items, list) or not isinstance(dates, dict):
        raise BadSnapshot(f'{file} is neither {{"favorites": [name, …]}} nor a list of names. Nothing was read.')
    entries = _Entries([])
    for item in items:
        try:
            name, added = _favorite(item, dates, snapshot)
            entries[name] = max(filter(None, (entries.get(name), added)), default=None)
        except BadValue as error:
            snapshot.bad.append(BadEntry(file, _favorite_key(item), str(error)))
    return entries


def _favorite_key(item: Any) -> str:
    named = item.get("filename", item.get("name")) if isinstance(item, dict) else item
    return named if isinstance(named, str) else _shown(item)


def _favorite(item: Any, dates: dict[str, Any], snapshot: Snapshot) -> tuple[str, datetime | None]:
    """Return name and date of a favorite; a bad date is noted, and None. Raises BadValue where there is no name."""
    added: Any = None
    if isinstance(item, dict):
        if repeated := _repeated(item) & {"filename", "name"}:
            raise BadValue(f"{', '.join(sorted(repeated))} stands there more than once")
        name = item.get("filename", item.get("name"))
        added = item.get("added_date", item.get("added"))
        is_repeated = not _repeated(item).isdisjoint({"added_date", "added"})
    else:
        name = item
        added = dates.get(item) if isinstance(item, str) else None
        is_repeated = name in _repeated(dates) if isinstance(name, str) else False
    if not isinstance(name, str):
        raise BadValue(f"{_shown(item)} is not the name of a video")
    try:
        if is_repeated:
            raise BadValue("its date stands there more than once")
        return name, date_of(added)
    except BadValue as error:
        snapshot.bad.append(BadEntry(FILE_NAMES["favorites"], name, str(error), is_field=True))
        return name, None


_VALUE_OF: dict[str, Callable[[Any], Any]] = {
    "ratings": stars_of,
    "favorites": lambda added_date: added_date,
}
