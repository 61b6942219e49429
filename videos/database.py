"""Whether the database can be used.

`problem()` is the one place that says why the database cannot be used. Pages and VideoCache then answer from the JSON
files (videos/snapshots/json_files.py) and refuse to write, until the file changes and proves sound again.
"""

import enum
import os
import sqlite3
import threading
import time
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader

RETRY_AFTER_SECONDS = 30
_RECHECK_SECONDS = 2.0
_SMALLEST_PAGE_BYTES = 512
# What file systems tell of the time of a change: mostly a few thousandths of a second, two seconds at worst.
_COARSEST_FILE_TIME_NS = 2 * 10**9


class Condition(enum.Enum):
    """What can be said of a database: only a damaged one has to be replaced."""

    SOUND = "sound"
    BUSY = "busy"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"


_SOUND = Condition.SOUND, ""
_EMPTIED = Condition.DAMAGED, "the file is empty, though it held data before"


class DatabaseUnavailable(Exception):
    """The metadata cannot be written: the database cannot be used. Nothing was changed."""


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
        _marker(path).write_text(
            "The database beside this file has been set up. If it is empty, its content was lost.\n"
        )


def is_current(database: BaseDatabaseWrapper) -> bool:
    """Return whether the tables are those of this release: each of its migrations has run."""
    loader = MigrationLoader(database)
    return all(key in loader.applied_migrations for key in loader.graph.leaf_nodes("videos"))


def is_lost() -> bool:
    """Return whether there was a database here, and now there is no file."""
    path = sqlite_path()
    return bool(path and _marker(path).exists() and not path.exists())


def sqlite_problem(path: Path) -> str | None:
    """Return what is wrong with the SQLite file at `path`, or None. Like `sqlite_condition`, which says how wrong."""
    return sqlite_condition(path)[1] or None


def sqlite_condition(path: Path) -> tuple[Condition, str]:
    """Return the state of the SQLite file at `path`, and the reason. A missing file is sound: migrate makes it.

    Reads the whole file once (PRAGMA quick_check): about a second a gigabyte. Only SQLite itself opens the file:
    closing any other descriptor of it drops the locks of all connections in this process, as POSIX has it, and the
    next process to finish then deletes the log that they go on writing into.
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
            return Condition.UNREADABLE, "it cannot be read (Permission denied)"
        return _content_condition(path)
    except OSError as error:
        return Condition.UNREADABLE, f"it cannot be read ({error.strerror})"
    except sqlite3.Error as error:
        return _condition_behind(error), f"SQLite says: {error}"


def _kind_of(error: sqlite3.Error) -> int:
    # The low byte is the kind of error; the bytes above it say more.
    return int(getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)) & 0xFF


def is_busy(error: sqlite3.Error) -> bool:
    """Return whether the error says that somebody else holds the database locked."""
    return _kind_of(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _condition_behind(error: sqlite3.Error) -> Condition:
    if is_busy(error):
        return Condition.BUSY
    return (
        Condition.DAMAGED
        if _kind_of(error) in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
        else Condition.UNREADABLE
    )


def _content_condition(path: Path) -> tuple[Condition, str]:
    database = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=20)
    try:
        found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0])
        # A connection turns zero bytes into a sound database without a table.
        is_empty = database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
    finally:
        database.close()
    if found != "ok":
        return Condition.DAMAGED, f"it is damaged ({' '.join(found.split())})"
    return _EMPTIED if is_empty and _marker(path).exists() else _SOUND


def _server_condition() -> tuple[Condition, str]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return Condition.UNREADABLE, " ".join(str(error).split())
    return _SOUND


class _Health:
    """What this process knows of the database: checked at first use, after an error, and while it is bad."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        self._checked = False
        self._problem: str | None = None
        # The damaged file that was seen, which has no need to be read again until it changes.
        self._damaged: object = None
        self._next_check = 0.0

    def problem(self) -> str | None:
        if self._checked and self._problem is None:
            return None
        with self._lock:
            if not self._checked or (self._problem is not None and self._is_worth_a_look()):
                self._check()
            return self._problem

    def recheck(self) -> str | None:
        with self._lock:
            self._check()
            return self._problem

    def _is_worth_a_look(self) -> bool:
        return time.monotonic() >= self._next_check and (self._damaged is None or self._signature() != self._damaged)

    def _check(self) -> None:
        path, signature = sqlite_path(), self._signature()
        condition, reason = sqlite_condition(path) if path else _server_condition()
        # Busy is no fault: whoever waits a little gets in, and an answer from the JSON files would be an old one.
        found = reason if condition in (Condition.DAMAGED, Condition.UNREADABLE) else None
        self._damaged = signature if condition is Condition.DAMAGED else None
        if found:
            # A connection to the broken file must not outlive it: closing one later would delete its successor's log.
            connection.close()
        where = str(path) if path else connection.settings_dict["NAME"]
        self._problem = f"The database {where} cannot be used: {found}." if found else None
        self._checked = True
        self._next_check = time.monotonic() + _RECHECK_SECONDS

    @staticmethod
    def _signature() -> object:
        path = sqlite_path()
        if path is None:
            return None
        try:
            status = path.stat()
        except OSError as error:
            return error.errno
        return status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


_health = _Health()


def problem() -> str | None:
    """Return one line saying why the database cannot be used, or None. Costs nothing while all is well."""
    return _health.problem()


def recheck() -> str | None:
    """Look at the database again, after an error from it. Returns like `problem`."""
    return _health.recheck()


def forget_health() -> None:
    """Look at the database anew at the next use."""
    _health.forget()
