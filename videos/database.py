"""The database as a whole: can it be used, who may write now, and what is seen as one moment.

`problem()` is the one place that says why the database cannot be used. Pages and VideoCache then answer from the JSON
files (videos/snapshots/json_files.py) and refuse to write, until the file changes and proves sound again.
"""

import enum
import os
import sqlite3
import threading
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import DatabaseError, connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

RETRY_AFTER_SECONDS = 30
_RECHECK_SECONDS = 2.0
_SMALLEST_PAGE_BYTES = 512


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


# --- writing and reading as one -----------------------------------------------------------------------------------


class _Queue:
    """A lock that is had in the order of asking.

    With Python's own, who lets go mostly takes it again at once: of 32 writers, one in a hundred then waits for eight
    times as long as its turn takes to come (docs/performance.md).
    """

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._taken = False
        self._waiting: deque[threading.Lock] = deque()

    def __enter__(self) -> None:
        with self._guard:
            if not self._taken:
                self._taken = True
                return
            turn = threading.Lock()
            turn.acquire()
            self._waiting.append(turn)
        try:
            turn.acquire()
        except BaseException:
            self._leave(turn)
            raise

    def __exit__(self, *_: object) -> None:
        with self._guard:
            if self._waiting:
                # It stays taken, now by the next.
                self._waiting.popleft().release()
            else:
                self._taken = False

    def _leave(self, turn: threading.Lock) -> None:
        """Take out a waiter that was interrupted; a turn that it had just been given goes to the next."""
        with self._guard:
            still_waiting = turn in self._waiting
            if still_waiting:
                self._waiting.remove(turn)
        if not still_waiting:
            self.__exit__()


_write_lock = _Queue()


@contextmanager
def write_transaction() -> Iterator[None]:
    """A transaction, one at a time in this process.

    SQLite lets one writer in and makes the others poll, some of them for seconds; waiting here instead, each has its
    turn (docs/performance.md). Inside an open transaction it is a savepoint, without the lock: taking it there could
    wait for a thread that waits for this transaction.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            yield
        return
    with _write_lock, transaction.atomic():
        yield


@contextmanager
def read_snapshot() -> Iterator[None]:
    """See one moment of the database, however many queries follow, and hold no writer up."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            if connection.connection.in_transaction:
                yield  # within another snapshot: its moment is this one's
                return
            cursor.execute("BEGIN DEFERRED")
            try:
                yield
            finally:
                cursor.execute("ROLLBACK")
    else:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            yield


# --- is it usable? ------------------------------------------------------------------------------------------------


def sqlite_path(database: BaseDatabaseWrapper = connection) -> Path | None:
    """Return the database's file, or None where it is not a file (PostgreSQL, memory)."""
    name = str(database.settings_dict["NAME"])
    return None if database.vendor != "sqlite" or ":memory:" in name or "mode=memory" in name else Path(name)


def _marker(path: Path) -> Path:
    return path.with_name(f"{path.name}.set-up")


def mark_as_set_up(database: BaseDatabaseWrapper) -> None:
    """Note beside the file that it holds data, so that an empty file there is later known for a loss."""
    path = sqlite_path(database)
    if path and not _marker(path).exists():
        _marker(path).write_text(
            "The database beside this file has been set up. If it is empty, its content was lost.\n"
        )


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


def _condition_behind(error: sqlite3.Error) -> Condition:
    # The low byte is the kind of error; the bytes above it say more.
    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Condition.BUSY
    return Condition.DAMAGED if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB) else Condition.UNREADABLE


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


# --- many rows at once --------------------------------------------------------------------------------------------


def insert_rows(
    model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]], on_conflict: str = "DO NOTHING"
) -> None:
    """Insert rows of plain values in one statement run many times; `on_conflict` as in SQL's upsert.

    Ten times as fast as bulk_create for 100,000 rows, since no model instances are made. Dates go through `as_stored`.
    """
    marks = ", ".join(["%s"] * len(columns))
    # Table and columns are the models' own names, never a user's; the values go in as parameters.
    into = f"{model._meta.db_table} ({', '.join(columns)})"
    statement = f"INSERT INTO {into} VALUES ({marks}) ON CONFLICT {on_conflict}"  # noqa: S608
    with connection.cursor() as cursor:
        # Any iterable will do, whatever the stubs say; a list would hold all rows once more.
        cursor.executemany(statement, rows)  # type: ignore[arg-type]


def as_stored(moment: datetime | None) -> Any:
    """Return a date as the database's driver takes it. Stored values compare as their dates do."""
    return connection.ops.adapt_datetimefield_value(moment)
