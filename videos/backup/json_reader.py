"""Strict reading of the four JSON files. A bad entry is reported and costs no other entry.

ratings.json    {name: stars}
views.json      {name: count} or {name: {"view_count": n, "last_viewed": date, "position_seconds": s, "watched": true}}
tags.json       {name: ["#tag", "tag"]}
favorites.json  {"favorites": [name], "added_dates": {name: date}}, or a bare list; an item may be
                {"filename": name, "added_date": date} too
"""

import json
import stat
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

from videos.backup.json_values import (
    BadValue,
    Entries,
    date_of,
    kind_of,
    repeated_keys,
    shown,
    stars_of,
    view_record_of,
)
from videos.backup.snapshot import FILE_NAMES, BadEntry, Snapshot, ViewRecord
from videos.core.errors import LibraryError
from videos.core.tag_names import clean_tag_name, tag_name_problem
from videos.library.paths import cleaned_path, filename_problem

# Python's own limit: converting takes time with the square of the length.
_MAX_DIGITS = 4300
# Not None: a file may hold null.
NO_FILE = object()


class BadSnapshot(LibraryError):
    """A file is no snapshot at all. The message is one line with the file and the reason."""


def read_json_files(folder: Path, kinds: Iterable[str] = FILE_NAMES) -> Snapshot:
    """Return the content of the files in `folder`. A missing file counts as empty. Raises BadSnapshot."""
    snapshot = Snapshot()
    for kind in kinds:
        file_name = FILE_NAMES[kind]
        content = load_json(folder / file_name)
        if content is NO_FILE:
            continue
        snapshot.files.add(kind)
        if kind == "favorites":
            content = _favorite_entries(content, snapshot, file_name)
        elif not isinstance(content, Entries):
            raise BadSnapshot(
                f"{folder / file_name} is not an object of names, but {kind_of(content)}. Nothing was read."
            )
        _take_entries(snapshot, kind, content)
    return snapshot


def _take_entries(snapshot: Snapshot, kind: str, entries: "Entries") -> None:
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


def load_json(path: Path) -> Any:
    """Return the parsed file, or NO_FILE if there is none. Raises BadSnapshot."""
    try:
        # Checked before it is opened: opening a FIFO of this name would block.
        if not stat.S_ISREG(path.stat().st_mode):
            raise BadSnapshot(f"{path} is not a regular file. Nothing was read.")
        raw = path.read_bytes()
    except FileNotFoundError:
        return NO_FILE
    except OSError as error:
        raise BadSnapshot(f"{path} cannot be read: {error.strerror}. Nothing was read.") from error
    try:
        text = raw.decode(json.detect_encoding(raw), "surrogatepass")
        return json.loads(text, object_pairs_hook=Entries, parse_int=_parse_int)
    except RecursionError as error:
        raise BadSnapshot(f"{path} is nested too deeply to be a snapshot. Nothing was read.") from error
    except UnicodeDecodeError as error:
        raise BadSnapshot(f"{path} is not text in UTF-8 or UTF-16. Nothing was read.") from error
    except ValueError as error:
        raise BadSnapshot(f"{path} is not JSON: {error}. Nothing was read.") from error


def _parse_int(digits: str) -> int:
    if len(digits) > _MAX_DIGITS:
        raise ValueError(f"a number of {len(digits):,} digits")
    return int(digits)


def _good_view(name: str, value: Any, snapshot: Snapshot) -> ViewRecord:
    file = FILE_NAMES["views"]
    return view_record_of(value, lambda reason: snapshot.bad.append(BadEntry(file, name, reason, is_field=True)))


def _good_tags(name: str, value: Any, snapshot: Snapshot) -> list[str]:
    """Return the valid tags of an entry in tags.json; each invalid one is reported. Raises BadValue."""
    if not isinstance(value, list):
        raise BadValue(f"{shown(value)} is not a list of tags")
    good = []
    for tag in value:
        problem = tag_name_problem(tag)
        if problem:
            snapshot.bad.append(BadEntry(FILE_NAMES["tags"], name, f"{shown(tag)}: {problem}"))
        else:
            good.append(clean_tag_name(tag))
    return good


def _favorite_entries(content: Any, snapshot: Snapshot, file: str) -> Entries:
    """Return {name: date added or None}; bad items are reported. Raises BadSnapshot if there is no list."""
    items, dates = content, {}
    if isinstance(content, Entries):
        if "favorites" in content.repeated:
            raise BadSnapshot(f'{file} holds "favorites" more than once. Nothing was read.')
        items, dates = content.get("favorites"), content.get("added_dates", {})
    if not isinstance(items, list) or not isinstance(dates, dict):
        raise BadSnapshot(f'{file} is neither {{"favorites": [name, …]}} nor a list of names. Nothing was read.')
    entries = Entries([])
    for item in items:
        try:
            name, added = _favorite(item, dates, snapshot)
            entries[name] = max(filter(None, (entries.get(name), added)), default=None)
        except BadValue as error:
            snapshot.bad.append(BadEntry(file, _favorite_key(item), str(error)))
    return entries


def _favorite_key(item: Any) -> str:
    named = item.get("filename", item.get("name")) if isinstance(item, dict) else item
    return named if isinstance(named, str) else shown(item)


def _favorite(item: Any, dates: dict[str, Any], snapshot: Snapshot) -> tuple[str, datetime | None]:
    """Return name and date of a favorite; a bad date is reported, and None. Raises BadValue if there is no name."""
    added: Any = None
    if isinstance(item, dict):
        if repeated := repeated_keys(item) & {"filename", "name"}:
            raise BadValue(f"{', '.join(sorted(repeated))} stands there more than once")
        name = item.get("filename", item.get("name"))
        added = item.get("added_date", item.get("added"))
        is_repeated = not repeated_keys(item).isdisjoint({"added_date", "added"})
    else:
        name = item
        added = dates.get(item) if isinstance(item, str) else None
        is_repeated = name in repeated_keys(dates) if isinstance(name, str) else False
    if not isinstance(name, str):
        raise BadValue(f"{shown(item)} is not the name of a video")
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
