"""The file of an SQLite database: where it is, what is wrong with it, and whether it was written to."""

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.db.conditions import Condition, condition_of, os_condition
from videos.db.opening import open_database

# For a look in the middle of a request.
_PATIENCE_SECONDS = 1.0
_SMALLEST_PAGE_BYTES = 512
# What file systems tell of the time of a change: mostly a few thousandths of a second, two seconds at worst.
_COARSEST_FILE_TIME_NS = 2 * 10**9
_SOUND = Condition.SOUND, ""
_EMPTIED = Condition.DAMAGED, "the file is empty, though it held data before"


def sqlite_path(database: BaseDatabaseWrapper = connection) -> Path | None:
    """Return the database's file, or None where it is not a file (PostgreSQL, memory)."""
    name = str(database.settings_dict["NAME"])
    return None if database.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name else Path(name)


def files_state() -> tuple[tuple[int, ...], ...] | None:
    """Return what is another with each write to an SQLite database, or None where that cannot be told.

    It cannot for PostgreSQL, nor while the last write is so near that the next could bear the same time. SQLite writes
    each commit into the log or the file itself, whichever process it comes from.
    """
    path = sqlite_path()
    if path is None:
        return None
    # Not the time of its status: for root, SQLite changes the owner of a log that it opens, to what it is already.
    found = [status for status in map(_status, (str(path), f"{path}-wal")) if status]
    age_ns = time.time_ns() - max((status.st_mtime_ns for status in found), default=0)
    if not found or age_ns < _COARSEST_FILE_TIME_NS:
        return None
    return tuple((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) for status in found)


def _status(file: str) -> os.stat_result | None:
    """Return the status of a file that holds something. A log is emptied, and made anew, where nothing was written."""
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return None
    return status if status.st_size else None


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.set-up")


def mark_as_set_up(database: BaseDatabaseWrapper) -> None:
    """Note beside the file that it holds data, so that an empty file there is later known for a loss."""
    path = sqlite_path(database)
    if path and not _marker(path).exists():
        text = "The database beside this file has been set up. If it is empty, its content was lost.\n"
        try:
            _marker(path).write_text(text)
        except OSError as error:
            # Its name alone counts, and the next start tries again.
            if os_condition(error) is None:
                raise


def is_lost() -> bool:
    """Return whether there was a database here, and now there is no file."""
    path = sqlite_path()
    return bool(path and _marker(path).exists() and not path.exists())


def sqlite_problem(path: Path) -> str | None:
    """Return what is wrong with the SQLite file at `path`, or None. Like `sqlite_condition`, which says how wrong."""
    return sqlite_condition(path)[1] or None


def sqlite_condition(path: Path, *, whole: bool = True) -> tuple[Condition, str]:
    """Return the state of the SQLite file at `path`, and the reason. A missing file is sound: migrate makes it.

    Reads the whole file once (PRAGMA quick_check): about a second a gigabyte; else only what is in it, within a
    millisecond. Only SQLite itself opens the file: closing any other descriptor of it drops the locks of all
    connections in this process, as POSIX has it, and the next process to finish then deletes the log that they go on
    writing into.
    """
    try:
        if not path.exists() and not path.is_symlink():
            return _SOUND
        if not path.is_file():
            return Condition.DAMAGED, "it is not a regular file"
        size_bytes = path.stat().st_size
        if size_bytes == 0:
            return _EMPTIED if _marker(path).exists() else _SOUND
        if size_bytes < _SMALLEST_PAGE_BYTES:
            return Condition.DAMAGED, "it is not an SQLite database"  # SQLite would take it for an empty one
        if not os.access(path, os.R_OK):
            return Condition.NO_PERMISSION, "it cannot be read (Permission denied)"
        return _content_condition(path, whole=whole)
    except OSError as error:
        return os_condition(error) or Condition.UNREADABLE, f"it cannot be read ({error.strerror})"
    except sqlite3.Error as error:
        return condition_of(error, path) or Condition.UNREADABLE, f"SQLite says: {error}"


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether the error says that somebody else holds the database locked."""
    return condition_of(error, None) is Condition.BUSY


def _content_condition(path: Path, *, whole: bool) -> tuple[Condition, str]:
    with closing(open_database(path, timeout=20 if whole else _PATIENCE_SECONDS)) as database:
        found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0]) if whole else "ok"
        # A connection turns zero bytes into a sound database without a table.
        is_empty = database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    if found != "ok":
        return Condition.DAMAGED, f"it is damaged ({' '.join(found.split())})"
    return _EMPTIED if is_empty and _marker(path).exists() else _SOUND
