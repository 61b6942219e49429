"""Reading the old application's database into a snapshot. A bad field costs its row nothing else.

videos       filename, added_date (seconds since 1970), file_size, duration, created_at, updated_at
ratings      filename, rating, updated_at
views        filename, view_count, last_viewed, updated_at
video_tags   filename, tag
favorites    filename, created_at

It never enabled foreign keys, so rows of videos that it does not list are normal. Playlists and galleries came later.
"""

import math
import re
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from videos.backup.json_values import BadValue, date_of, stars_of, view_count_of
from videos.backup.snapshot import BadEntry, Snapshot, VideoRecord, ViewRecord
from videos.core.filenames import printable
from videos.core.tag_names import clean_tag_name, tag_name_problem
from videos.importers.private_copy import opened_privately
from videos.library.paths import cleaned_path, filename_problem
from videos.library.written_names import decoded_name

# {table: the column, beside filename, by which the table is recognised}.
_SIGNS = {
    "videos": "filename",
    "ratings": "rating",
    "views": "view_count",
    "video_tags": "tag",
    "favorites": "filename",
}
_KINDS = {"videos": "videos", "ratings": "ratings", "views": "views", "video_tags": "tags", "favorites": "favorites"}
# This application has no place for them yet.
KEPT_TABLES = ("playlists", "playlist_items", "gallery_groups", "gallery_group_items")
# Caches of the old application that are of no use here.
HASH_TABLES = ("media_hash_map", "phash_cache")
OLD_TABLES = (*_SIGNS, *KEPT_TABLES, *HASH_TABLES)
OUR_TABLE = "videos_video"
_MAX_SECONDS = 10_000_000
_WHOLE_OR_DECIMAL = re.compile(r"[+-]?\d{1,30}(\.\d{1,30})?", re.ASCII)


@dataclass
class OldDatabase:
    """The content of an old database: marks, the rows that have no place here, and the number of cached hashes."""

    snapshot: Snapshot
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hashes: int = 0
    # The file also holds our own tables, whose content is newer.
    is_mixed: bool = False


def old_tables(database: sqlite3.Connection) -> list[str]:
    """Return the names of the old application's tables in a database; none if it belongs to another program."""
    names = {_text(row[0]).lower() for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    if not any(
        table in names and {"filename", sign} <= _columns(database, table).keys() for table, sign in _SIGNS.items()
    ):
        return []
    return [table for table in OLD_TABLES if table in names]


def has_our_tables(database: sqlite3.Connection) -> bool:
    found = database.execute("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", [OUR_TABLE])
    return found.fetchone() is not None


def read_old_database(path: Path) -> OldDatabase | None:
    """Return the content of the old application's database, or None if it is none. Raises SourceUnreadable.

    The file and its logs are not changed.
    """
    with opened_privately(path) as database:
        tables = old_tables(database)
        if not tables:
            return None
        found = OldDatabase(Snapshot(is_foreign=True), is_mixed=has_our_tables(database))
        reader = _Reader(found.snapshot)
        for table in tables:
            if table in _SIGNS:
                for number, row in _rows(database, table, found.snapshot.bad):
                    reader.take(table, number, row)
            elif table in KEPT_TABLES:
                rows = [_as_json(row) for _number, row in _rows(database, table, found.snapshot.bad)]
                found.kept |= {table: rows} if rows else {}
            else:
                found.hashes += int(database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0])  # noqa: S608
    return found


def _columns(database: sqlite3.Connection, table: str) -> dict[str, str]:
    """Return {lower-case name: name} of a table's columns."""
    names = [_text(row[1]) for row in database.execute(f'PRAGMA table_info("{table}")')]
    return {name.lower(): name for name in names}


def _rows(database: sqlite3.Connection, table: str, bad: list[BadEntry]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield (row number, {column: value}) until the table cannot be read any further, which is reported."""
    number = 0
    try:
        found = database.execute(f'SELECT * FROM "{table}"')  # noqa: S608  a known name
        columns = [_text(column[0]).lower() for column in found.description]
        for number, row in enumerate(found, 1):
            yield number, dict(zip(columns, row, strict=True))
    except sqlite3.Error as error:
        reason = f"the table cannot be read any further: {error}"
        bad.append(BadEntry(table, f"row {number + 1:,}", reason, kind=_KINDS.get(table, "videos")))


class _Reader:
    """Adds rows to a snapshot, and reports bad fields and rows."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.latest = timezone.now() + timedelta(days=1)
        self.rated: dict[str, Any] = {}
        self._take: dict[str, Callable[[str, dict[str, Any], _Note], None]] = {
            "videos": self._video, "ratings": self._rating, "views": self._view, "video_tags": self._tag,
            "favorites": self._favorite,
        }  # fmt: skip

    def take(self, table: str, number: int, row: dict[str, Any]) -> None:
        name = _name_of(row.get("filename"))
        note = _Note(self.snapshot, table, name or f"row {number:,}")
        problem = "there is no file name" if name is None else filename_problem(cleaned_path(name))
        try:
            if problem or name is None:
                raise BadValue(problem or "")
            self._take[table](name, row, note)
        except BadValue as error:
            note.row(str(error))

    def _video(self, name: str, row: dict[str, Any], note: "_Note") -> None:
        added = note.field("added_date", lambda: self._past(row.get("added_date")))
        if added is None:
            added = note.field("created_at", lambda: self._past(row.get("created_at")))
        duration = note.field("duration", lambda: _duration(row.get("duration")))
        known = self.snapshot.videos.get(name, VideoRecord())
        dates = [date for date in (known.added_date, added) if date]
        self.snapshot.videos[name] = VideoRecord(
            min(dates, default=None), known.duration_seconds if duration is None else duration
        )

    def _rating(self, name: str, row: dict[str, Any], note: "_Note") -> None:
        stars = stars_of(_number(row.get("rating")))
        try:
            moment = _date(row.get("updated_at"))
        except BadValue:
            moment = None  # only needed to find the later of two ratings
        known = self.rated.get(name)
        if name in self.rated and known is not None and (moment is None or moment < known):
            if self.snapshot.ratings[name] != stars:
                note.row("the video was rated once more, later")
            return
        self.rated[name] = moment
        self.snapshot.ratings[name] = stars

    def _view(self, name: str, row: dict[str, Any], note: "_Note") -> None:
        count = note.field("view_count", lambda: view_count_of(_number(row.get("view_count", 0))))
        viewed = note.field("last_viewed", lambda: _date(row.get("last_viewed")))
        known = self.snapshot.views.get(name, ViewRecord())
        dates = [date for date in (known.last_viewed, viewed) if date]
        record = ViewRecord(max(known.view_count, count or 0), max(dates, default=None))
        if record != ViewRecord():
            self.snapshot.views[name] = record

    def _tag(self, name: str, row: dict[str, Any], note: "_Note") -> None:
        tag = row.get("tag")
        if isinstance(tag, bytes | int):
            tag = _text(tag) if isinstance(tag, bytes) else str(tag)
        if problem := tag_name_problem(tag):
            raise BadValue(f"{_shown(tag)}: {problem}")
        tags = self.snapshot.tags.setdefault(name, [])
        if (cleaned := clean_tag_name(str(tag))) not in tags:
            tags.append(cleaned)

    def _favorite(self, name: str, row: dict[str, Any], note: "_Note") -> None:
        added = note.field("created_at", lambda: _date(row.get("created_at", row.get("added_date"))))
        dates = [date for date in (self.snapshot.favorites.get(name), added) if date]
        self.snapshot.favorites[name] = max(dates, default=None)

    def _past(self, value: Any) -> datetime | None:
        """Return the date when a video was added. One in the future would keep it above all new ones for years."""
        moment = _date(value)
        if moment is not None and moment > self.latest:
            raise BadValue(f"{_shown(value)} is in the future")
        return moment


@dataclass
class _Note:
    """Reports problems of one row."""

    snapshot: Snapshot
    table: str
    key: str

    def row(self, reason: str) -> None:
        self.snapshot.bad.append(BadEntry(self.table, self.key, reason, kind=_KINDS[self.table]))

    def field(self, name: str, read: Callable[[], Any]) -> Any:
        """Return the field, or None after reporting that it is bad."""
        try:
            return read()
        except BadValue as error:
            entry = BadEntry(self.table, self.key, f"{name}: {error}", is_field=True, kind=_KINDS[self.table])
            self.snapshot.bad.append(entry)
            return None


def _text(raw: bytes | str) -> str:
    return decoded_name(raw) if isinstance(raw, bytes) else raw


def _name_of(value: Any) -> str | None:
    if isinstance(value, bytes):
        value = _text(value)
    return str(value) if isinstance(value, int | str) and value != "" else None


def _number(value: Any) -> Any:
    """Return the number in a text, and anything else unchanged."""
    if isinstance(value, bytes):
        value = _text(value).strip()
    if isinstance(value, str) and _WHOLE_OR_DECIMAL.fullmatch(value):
        return float(value) if "." in value else int(value)
    return value


def _date(value: Any) -> datetime | None:
    return date_of(_text(value) if isinstance(value, bytes) else value, sqlite=True)


def _duration(value: Any) -> float | None:
    number = _number(value)
    if number is None or number == "":
        return None
    if not isinstance(number, int | float) or not math.isfinite(number) or not 0 <= number <= _MAX_SECONDS:
        raise BadValue(f"{_shown(value)} is not a duration in seconds")
    return float(number)


def _shown(value: Any) -> str:
    return printable(repr(_text(value) if isinstance(value, bytes) else value)[:60])


def _as_json(row: dict[str, Any]) -> dict[str, Any]:
    return {column: _text(value) if isinstance(value, bytes) else value for column, value in row.items()}
