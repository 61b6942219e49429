"""Whether the database can be used.

`problem()` is the one place that says why the database cannot be read. Pages and VideoCache then answer from the JSON
files (videos/backup/json_reader.py) and refuse to write, until the file changes and proves sound again. A disk that
is full or read-only is no such problem: reading goes on, and `trouble()` says why nothing can be written.
"""

import os
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext

from videos.db.conditions import (
    Condition,
    condition_at_a_glance,
    condition_by_writing,
    condition_of,
    os_condition,
    sentence,
)
from videos.db.opening import open_database, the_keeper

RETRY_AFTER_SECONDS = 30
_RECHECK_SECONDS = 2.0
# The whole database is read at most this often because of errors.
_WHOLE_CHECK_SECONDS = 60.0
# How long it is not asked again whether the disk takes writes.
_TROUBLE_SECONDS = 5.0
# For a look in the middle of a request.
_PATIENCE_SECONDS = 1.0
_SMALLEST_PAGE_BYTES = 512
# What file systems tell of the time of a change: mostly a few thousandths of a second, two seconds at worst.
_COARSEST_FILE_TIME_NS = 2 * 10**9


_SOUND = Condition.SOUND, ""
_EMPTIED = Condition.DAMAGED, "the file is empty, though it held data before"


class DatabaseUnavailable(Exception):
    """The metadata cannot be written: the database, or its disk, does not take it. Nothing was changed."""


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


def _server_condition() -> tuple[Condition, str]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return Condition.UNREADABLE, " ".join(str(error).split())
    return _SOUND


class _Health:
    """What this process knows of the database: looked at at first use, after an error, and while it is bad.

    A look opens the database. Reading it whole takes seconds, and happens in a thread of its own, but for commands.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._age = 0
        self.forget()

    def forget(self) -> None:
        self._age += 1
        self._checked = False
        self.condition = Condition.SOUND
        self._problem: str | None = None
        # The damaged file that was seen, which has no need to be read again until it changes.
        self._damaged: object = None
        self._next_look = self._next_whole_check = 0.0
        self._is_checking = False
        self._trouble: Condition | None = None
        self._next_trial = 0.0

    # --- reading -----------------------------------------------------------------------------------------------

    def problem(self) -> str | None:
        if self._checked and self._problem is None:
            return None
        with self._lock:
            if not self._checked or (self._problem is not None and self._is_worth_a_look()):
                self._look()
            return self._problem

    def recheck(self) -> str | None:
        with self._lock:
            self._take(*self._found(whole=True))
            return self._problem

    def is_damaged(self) -> bool:
        return self.condition is Condition.DAMAGED

    def _is_worth_a_look(self) -> bool:
        return time.monotonic() >= self._next_look and (self._damaged is None or self._signature() != self._damaged)

    def _look(self) -> None:
        condition, reason = self._found(whole=False)
        if condition is Condition.SOUND and self.is_damaged():
            # Something else is there now. Before it is used, all of it has to be sound.
            self._next_look = time.monotonic() + _RECHECK_SECONDS
            self._begin_whole_check()
        else:
            self._take(condition, reason)

    def _begin_whole_check(self) -> None:
        if not self._is_checking:
            self._is_checking = True
            self._next_whole_check = time.monotonic() + _WHOLE_CHECK_SECONDS
            threading.Thread(target=self._check_whole, args=(self._age,), name="database check", daemon=True).start()

    def _check_whole(self, age: int) -> None:
        found = self._found(whole=True)
        with self._lock:
            if age == self._age:
                self._is_checking = False
                self._take(*found)

    @staticmethod
    def _found(*, whole: bool) -> tuple[Condition, str]:
        path = sqlite_path()
        return sqlite_condition(path, whole=whole) if path else _server_condition()

    def _take(self, condition: Condition, reason: str) -> None:
        path = sqlite_path()
        # Busy is no fault: whoever waits a little gets in, and an answer from the JSON files would be an old one.
        is_bad = condition not in (Condition.SOUND, Condition.BUSY)
        self._damaged = self._signature() if condition is Condition.DAMAGED else None
        if condition is Condition.DAMAGED:
            # A connection to the broken file must not outlive it: closing one later would delete its successor's log.
            connection.close()
            the_keeper.release(path)
        where = str(path) if path else connection.settings_dict["NAME"]
        what_to_do = f" {sentence(condition, path.parent)}" if path and condition.is_of_disk else ""
        self.condition = condition if is_bad else Condition.SOUND
        self._problem = f"The database {where} cannot be used: {reason}.{what_to_do}" if is_bad else None
        self._checked = True
        self._next_look = time.monotonic() + _RECHECK_SECONDS

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

    # --- errors, and writing -----------------------------------------------------------------------------------

    def noticed(self, error: BaseException) -> Condition | None:
        condition = condition_of(error, sqlite_path())
        if condition is Condition.BUSY:
            return condition
        with self._lock:
            if condition is not None and condition.is_of_disk:
                self._trouble, self._next_trial = condition, time.monotonic() + _TROUBLE_SECONDS
            self._look()
            is_in_doubt = condition is Condition.DAMAGED and self._problem is None
            if is_in_doubt and time.monotonic() >= self._next_whole_check:
                self._begin_whole_check()
        return condition if self._problem is None else self.condition

    def trouble(self) -> Condition | None:
        path = sqlite_path()
        if path is None:
            return None
        if self._trouble is not None and time.monotonic() >= self._next_trial:
            return self.trouble_by_writing()
        return self._trouble or condition_at_a_glance(path)

    def trouble_by_writing(self) -> Condition | None:
        path = sqlite_path()
        self._next_trial = time.monotonic() + _TROUBLE_SECONDS
        self._trouble = condition_by_writing(path) if path else None
        return self._trouble

    def wrote(self) -> None:
        self._trouble = None


_health = _Health()


def problem() -> str | None:
    """Return one line saying why the database cannot be read, or None. Costs nothing while all is well."""
    return _health.problem()


def recheck() -> str | None:
    """Read the whole database, about a second a gigabyte: for commands, never for a page. Returns like `problem`."""
    return _health.recheck()


def problem_for_strangers() -> str:
    """Return what is wrong and what to do without naming a path, or "" where that cannot be said without one."""
    condition = _health.condition
    return refusal(condition, for_strangers=True) if condition.is_of_disk else ""


def is_damaged() -> bool:
    """Return whether the problem is one that only another database mends: a backup."""
    return _health.is_damaged()


def noticed(error: BaseException) -> Condition | None:
    """Take note of an error, and return what state it tells of; None where it is the program's own fault.

    Afterwards `problem()` says whether the database can still be read. Where it is damaged only in part, it is read
    whole in a thread of its own, at most once a minute.
    """
    return _health.noticed(error)


def trouble() -> Condition | None:
    """Return why the disk takes no writes, as far as it is known, or None."""
    return _health.trouble()


def trouble_by_writing() -> Condition | None:
    """Return why the disk takes no writes, after trying one, or None: for a start and for commands."""
    return _health.trouble_by_writing()


def wrote() -> None:
    """Take note that something was written: whatever the trouble was, it is over."""
    _health.wrote()


def refusal(condition: Condition, *, for_strangers: bool = False) -> str:
    """Return why something could not be read or written, what is safe and what to do; for strangers without a path."""
    if condition is Condition.BUSY:
        return gettext("Another program has been writing to the database for too long.")
    if condition.is_of_disk:
        path = sqlite_path()
        return sentence(condition, None if for_strangers or path is None else path.parent)
    return gettext("The database reported an error and is being checked.")


def forget_health() -> None:
    """Look at the database anew at the next use."""
    _health.forget()
