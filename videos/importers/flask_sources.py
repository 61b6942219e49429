"""Where the old application kept its data: its database, four JSON files, and tag files beside the videos."""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from videos.backup.json_reader import NO_FILE, BadSnapshot, load_json, read_json_files
from videos.backup.snapshot import FILE_NAMES, BadEntry, Snapshot, VideoRecord, ViewRecord
from videos.core.errors import LibraryError
from videos.core.filenames import printable
from videos.core.tag_names import clean_tag_name, tag_name_problem
from videos.db.sqlite_file import sqlite_path
from videos.importers.flask_database import has_our_tables, old_tables, read_old_database
from videos.importers.private_copy import SourceUnreadable, is_sqlite, opened_privately
from videos.library.extensions import has_video_extension

DATABASE_NAME = "video_metadata.db"
# In the old application's folder. Later versions used data/.
_PLACES = ("", "data")
_DATABASE_SUFFIXES = (".db", ".sqlite", ".sqlite3")
# Our own folders in the data folder. They hold no tag files, but perhaps a million others.
_OUR_FOLDERS = frozenset(["generated", "backup_json", "backup_database"])
_MAX_NAMES_CHECKED = 2_000


class NoSource(LibraryError):
    """There is nothing of the old application, or several databases. Nothing was changed."""


@dataclass
class Sources:
    """What to import. The first database wins over those after it, and all of them over the JSON files."""

    databases: list[Path] = field(default_factory=list)
    json_files: list[tuple[Path, str]] = field(default_factory=list)
    tag_files: list[tuple[Path, str]] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.databases or self.json_files or self.tag_files)


@dataclass
class Found:
    """The united content of the sources."""

    snapshot: Snapshot = field(default_factory=lambda: Snapshot(is_foreign=True))
    kept: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    hashes: int = 0
    is_mixed: bool = False
    unreadable: list[str] = field(default_factory=list)
    failed: set[Path] = field(default_factory=set)


def sources_at(place: Path) -> Sources:
    """Return the sources in a folder, or a single file as a source. Raises NoSource or SourceUnreadable."""
    if place.is_dir():
        return sources_in(place)
    kind = next((kind for kind, name in FILE_NAMES.items() if name == place.name), None)
    if kind and place.exists():
        return Sources(json_files=[(place.parent, kind)])
    with opened_privately(place) as database:
        if not old_tables(database):
            raise NoSource(f"{place} is no database of the old app: it has none of its tables. Nothing was changed.")
    return Sources(databases=[place])


def sources_in(folder: Path) -> Sources:
    """Return the database and the JSON files in the folder or its data/, and the tag files below it."""
    found = Sources(databases=_databases_in(folder), json_files=json_files_in(folder))
    found.tag_files = tag_sources(folder)
    return found


def tag_sources(folder: Path) -> list[tuple[Path, str]]:
    """Return (folder, name) of the tag files in the video folder, and in this one if it is another."""
    video_dir = Path(os.path.realpath(settings.VIDEO_DIR))
    found = [(video_dir, name) for name in tag_files_below(video_dir)]
    if not Path(os.path.realpath(folder)).is_relative_to(video_dir):
        found += [(folder, name) for name in tag_files_below(folder, leave_out=video_dir)]
    return found


def json_files_in(folder: Path) -> list[tuple[Path, str]]:
    """Return (folder, kind) of those of the four files that exist."""
    places = [folder / place for place in _PLACES]
    return [(place, kind) for place in places for kind, name in FILE_NAMES.items() if (place / name).exists()]


def _databases_in(folder: Path) -> list[Path]:
    """Return the old databases in a folder, the newest first. Raises NoSource if several have unusual names."""
    places = [folder / place for place in _PLACES]
    usual = [path for path in (place / DATABASE_NAME for place in places) if _is_old(path)]
    if usual:
        return sorted(usual, key=lambda path: path.stat().st_mtime_ns, reverse=True)
    others = [path for place in places if place.is_dir() for path in sorted(place.iterdir()) if _may_be(path)]
    others = [path for path in others if _is_old(path)]
    if len(others) > 1:
        names = ", ".join(printable(str(path)) for path in others)
        raise NoSource(f"There are several databases of the old app: {names}. Name the one to take.")
    return others


def _may_be(path: Path) -> bool:
    return path.suffix.lower() in _DATABASE_SUFFIXES and path.is_file()


def _is_old(path: Path, *, may_be_ours: bool = True) -> bool:
    """Return whether it is a database of the old application, and not the one that this library runs on.

    With `may_be_ours` it may also hold our tables. A damaged one counts, so that reading it reports the damage.
    """
    try:
        live = sqlite_path()
        if live is not None and live.exists() and path.exists() and path.samefile(live):
            return False
        status, log = path.stat(), Path(f"{path}-wal")
        seen = (status.st_size, status.st_mtime_ns, log.stat().st_size if log.exists() else 0)
    except OSError:
        return False
    is_old, is_ours = _tables_in(path, seen)
    return is_old and (may_be_ours or not is_ours)


@lru_cache(maxsize=16)
def _tables_in(path: Path, seen: tuple[int, ...]) -> tuple[bool, bool]:
    """Return whether a file has the old tables, and ours. Cached by its state: the pages ask every second."""
    if not is_sqlite(path):
        return False, False
    try:
        with opened_privately(path, check=False) as database:
            return bool(old_tables(database)), has_our_tables(database)
    except SourceUnreadable:
        return path.name == DATABASE_NAME, False


def tag_files_below(folder: Path, leave_out: Path | None = None) -> Iterator[str]:
    """Yield the names of the tag files below a folder: "trips/film.mp4.json"."""
    root = os.path.realpath(folder)
    for path, folders, names in os.walk(root):
        if leave_out is not None and path == str(leave_out):
            folders.clear()
            continue
        folders[:] = sorted(name for name in folders if name[0] != "." and name not in _OUR_FOLDERS)
        prefix = os.path.relpath(path, root)
        for name in sorted(names):
            if is_tag_file(name):
                yield name if prefix == "." else f"{prefix}/{name}"


def is_tag_file(name: str) -> bool:
    stem, dot, extension = name.rpartition(".")
    return bool(dot) and extension.lower() == "json" and name[0] != "." and has_video_extension(stem)


def may_be_offered(data_dir: Path, video_dir: Path, done: set[str]) -> bool:
    """Return whether the data folder or the video folder seem to hold old files. Fast: it does not walk the folders."""
    if json_files_in(data_dir) or loose_databases(data_dir, done):
        return True
    return any(_has_tag_file(folder) for folder in {data_dir, video_dir})


def loose_databases(data_dir: Path, done: set[str]) -> list[Path]:
    """Return the old databases in their usual places in the data folder, except those already imported."""
    places = [data_dir / place / DATABASE_NAME for place in _PLACES]
    return [path for path in places if str(path.relative_to(data_dir)) not in done and _is_old(path, may_be_ours=False)]


def _has_tag_file(folder: Path) -> bool:
    try:
        with os.scandir(folder) as entries:
            return any(is_tag_file(entry.name) for entry, _ in zip(entries, range(_MAX_NAMES_CHECKED), strict=False))
    except OSError:
        return False


# --- reading them -----------------------------------------------------------------------------------------------------


def read_sources(sources: Sources) -> Found:
    """Return the content of all sources. One that cannot be read is reported and costs none of the others."""
    found = Found()
    for path in sources.databases:
        try:
            old = read_old_database(path)
        except SourceUnreadable as error:
            found.unreadable.append(str(error))
            found.failed.add(path)
            continue
        if old is not None:
            _unite(found.snapshot, old.snapshot)
            for table, rows in old.kept.items():
                found.kept.setdefault(table, []).extend(rows)
            found.hashes += old.hashes
            found.is_mixed = found.is_mixed or old.is_mixed
    for folder, kind in sources.json_files:
        try:
            _unite(found.snapshot, read_json_files(folder, [kind]))
        except BadSnapshot as error:
            found.unreadable.append(str(error))
    for folder, name in sources.tag_files:
        _take_tag_file(found, folder, name)
    return found


def _unite(top: Snapshot, other: Snapshot) -> None:
    """Merge another snapshot into `top`: its stars win, counts and dates take the larger, tags and favorites unite."""
    for name, stars in other.ratings.items():
        top.ratings.setdefault(name, stars)
    for name, view in other.views.items():
        known = top.views.get(name, ViewRecord())
        position = view.position_seconds if known.position_seconds is None else known.position_seconds
        dates = [date for date in (known.last_viewed, view.last_viewed) if date]
        top.views[name] = ViewRecord(max(known.view_count, view.view_count), max(dates, default=None), position)
    for name, tags in other.tags.items():
        own = top.tags.setdefault(name, [])
        own += [tag for tag in tags if tag not in own]
    for name, added in other.favorites.items():
        dates = [date for date in (top.favorites.get(name), added) if date]
        top.favorites[name] = max(dates, default=None)
    for name, record in other.videos.items():
        mine = top.videos.get(name, VideoRecord())
        dates = [date for date in (mine.added_date, record.added_date) if date]
        duration = record.duration_seconds if mine.duration_seconds is None else mine.duration_seconds
        top.videos[name] = VideoRecord(min(dates, default=None), duration)
    top.bad += other.bad
    top.files |= other.files


def _take_tag_file(found: Found, folder: Path, name: str) -> None:
    """Add the tags in a tag file to the video beside it. A file without tags belongs to another program."""
    path = folder / name
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            return
        content = load_json(path)
    except (OSError, BadSnapshot) as error:
        found.unreadable.append(str(error))
        return
    if content is NO_FILE or not isinstance(content, dict) or "tags" not in content:
        return
    video, file = name[: -len(".json")], printable(name)
    if not isinstance(content["tags"], list):
        found.snapshot.bad.append(BadEntry(file, "tags", "it is not a list of tags", kind="tags"))
        return
    tags = found.snapshot.tags.setdefault(video, [])
    for tag in content["tags"]:
        if problem := tag_name_problem(tag):
            found.snapshot.bad.append(BadEntry(file, printable(repr(tag)[:60]), problem, kind="tags"))
        elif (cleaned := clean_tag_name(tag)) not in tags:
            tags.append(cleaned)
    if not tags:
        del found.snapshot.tags[video]
