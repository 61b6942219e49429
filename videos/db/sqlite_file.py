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

# For a check during a request.
_PATIENCE_SECONDS = 1.0
_SMALLEST_PAGE_BYTES = 512
# The resolution of file times: mostly a few milliseconds, two seconds at worst.
_COARSEST_FILE_TIME_NS = 2 * 10**9
_SOUND = Condition.SOUND, ""
_EMPTIED = Condition.DAMAGED, "the file is empty, though it held data before"


def sqlite_path(database: BaseDatabaseWrapper = connection) -> Path | None:
    """Return the database's file, or None if it is not in a file (PostgreSQL, memory)."""
    name = str(database.settings_dict["NAME"])
    return None if database.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name else Path(name)


def files_state() -> tuple[tuple[int, ...], ...] | None:
    """Return a value that changes with each write to an SQLite database, or None if it cannot be known.

    None for PostgreSQL, and right after a write, while the next one could get the same file time. SQLite writes each
    commit into the log or the file, from any process.
    """
    path = sqlite_path()
    if path is None:
        return None
    # Not st_ctime: SQLite run by root sets the log's owner each time it opens it, even without a change.
    found = [status for status in map(_status, (str(path), f"{path}-wal")) if status]
    age_ns = time.time_ns() - max((status.st_mtime_ns for status in found), default=0)
    if not found or age_ns < _COARSEST_FILE_TIME_NS:
        return None
    return tuple((status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns) for status in found)


def _status(file: str) -> os.stat_result | None:
    """Return the status of a file with content, else None: SQLite creates and empties logs without writing data."""
    try:
        status = os.stat(file)
    except FileNotFoundError:
        return None
    return status if status.st_size else None


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.set-up")


def mark_as_set_up(database: BaseDatabaseWrapper) -> None:
    """Create a marker file beside a database that holds data: an empty database file is then known as a loss."""
    path = sqlite_path(database)
    if path and not _marker(path).exists():
        text = "The database beside this file has been set up. If it is empty, its content was lost.\n"
        try:
            _marker(path).write_text(text)
        except OSError as error:
            # Only the marker's name counts, and the next start tries again.
            if os_condition(error) is None:
                raise


def is_lost() -> bool:
    """Return whether a database existed here whose file is now gone."""
    path = sqlite_path()
    return bool(path and _marker(path).exists() and not path.exists())


def sqlite_problem(path: Path) -> str | None:
    """Return what is wrong with the SQLite file at `path`, or None. `sqlite_condition` also says how bad it is."""
    return sqlite_condition(path)[1] or None


def sqlite_condition(path: Path, *, whole: bool = True) -> tuple[Condition, str]:
    """Return the state of the SQLite file at `path`, and the reason. A missing file is sound: migrate creates it.

    With `whole` it reads all of the file (PRAGMA quick_check): about a second a gigabyte; without, only the first
    pages, in a millisecond. Only SQLite itself opens the file: by POSIX, closing any other descriptor of it drops the
    locks of all connections in this process, and the next process to finish would then delete the log in use.
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
            return Condition.DAMAGED, "it is not an SQLite database"  # SQLite would treat it as an empty database
        if not os.access(path, os.R_OK):
            return Condition.NO_PERMISSION, "it cannot be read (Permission denied)"
        return _content_condition(path, whole=whole)
    except OSError as error:
        return os_condition(error) or Condition.UNREADABLE, f"it cannot be read ({error.strerror})"
    except sqlite3.Error as error:
        return condition_of(error, path) or Condition.UNREADABLE, f"SQLite says: {error}"


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether the error says that another connection holds the database locked."""
    return condition_of(error, None) is Condition.BUSY


def _content_condition(path: Path, *, whole: bool) -> tuple[Condition, str]:
    with closing(open_database(path, timeout=20 if whole else _PATIENCE_SECONDS)) as database:
        found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0]) if whole else "ok"
        # SQLite treats an empty file as a sound database without tables.
        is_empty = database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    if found != "ok":
        return Condition.DAMAGED, f"it is damaged ({' '.join(found.split())})"
    return _EMPTIED if is_empty and _marker(path).exists() else _SOUND
