"""Open an SQLite database as well as the disk allows, and keep it open in the serving process.

A database with a write-ahead log is normally opened with two files beside it, the log (-wal) and its index (-shm),
which SQLite creates if they are missing. On a full or read-only disk it cannot create them, and then refuses to read.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

_MAY_BE_THE_DISK = {
    sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_IOERR,
}  # fmt: skip


class ReadOnlyWay(NamedTuple):
    """How to open a database read-only: a URI, and statements to execute first."""

    uri: str
    first: tuple[str, ...] = ()


def read_only_way(path: Path, error: sqlite3.Error) -> ReadOnlyWay | None:
    """Return how to read a database that could not be opened because of `error`, or None.

    With an empty log, `immutable` reads the file alone. That is safe only while nobody writes, so such a connection
    serves one request or command; the next one tries the normal way first. With a log that has content, its index is
    kept in memory, but only on a disk that takes no writes at all: SQLite removes the log when such a connection is
    closed.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _MAY_BE_THE_DISK or not os.access(path, os.R_OK):
        return None
    if _size_bytes(path) == 0 or _size_bytes(path, "-journal"):
        return None  # a transaction to be rolled back first
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not _size_bytes(path, "-wal"):
        return ReadOnlyWay(f"{uri}&immutable=1")
    if os.access(f"{path}-wal", os.W_OK) and not _is_mounted_read_only(path):
        return None
    return ReadOnlyWay(f"{uri}&vfs=unix-none", ("PRAGMA locking_mode=EXCLUSIVE",))


def open_database(path: Path, *, timeout: float = 20, first: Iterable[str] = ()) -> sqlite3.Connection:
    """Open an existing database, read-only if the disk allows no more. Raises sqlite3.Error."""
    try:
        return _opened(f"{path.absolute().as_uri()}?mode=rw", timeout, first)
    except sqlite3.Error as error:
        way = read_only_way(path, error)
        if way is None:
            raise
        try:
            return _opened(way.uri, timeout, way.first)
        except sqlite3.Error:
            raise error from None  # the first error says what is wrong with the disk


def _opened(uri: str, timeout: float, first: Iterable[str]) -> sqlite3.Connection:
    database = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        for statement in first:
            database.execute(statement)
        # SQLite opens the file and its log with the first query.
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except BaseException:
        database.close()
        raise
    return database


def _size_bytes(path: Path, suffix: str = "") -> int:
    try:
        return os.stat(f"{path}{suffix}").st_size
    except OSError:
        return 0


def _is_mounted_read_only(path: Path) -> bool:
    return bool(os.statvfs(path).f_flag & os.ST_RDONLY)


class Keeper:
    """Keeps one connection of this process open, so that the log and its index exist even on a full disk.

    It is opened after the first connection that opens the normal way, and again when the database file is replaced. It
    holds no transaction open, so it blocks nobody.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_wanted = False
        self._file: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None
        # Closing a connection to a renamed file could remove the log of the file that replaced it.
        self._left_open: list[sqlite3.Connection] = []

    def start(self) -> None:
        """Keep a connection open from now on. For the serving process, after the fork."""
        self._is_wanted = True

    def hold(self, path: Path) -> None:
        """Open the database once more, unless it is held. Call it right after opening the database."""
        if not self._is_wanted:
            return
        with suppress(OSError, sqlite3.Error):
            status = os.stat(path)
            file = status.st_dev, status.st_ino
            if file != self._file:
                with self._lock:
                    if file != self._file:
                        self._hold(path, file)

    def _hold(self, path: Path, file: tuple[int, int]) -> None:
        opened = _opened(f"{path.absolute().as_uri()}?mode=rw", 0, ())
        if self._connection is not None:
            self._left_open.append(self._connection)
        self._connection, self._file = opened, file

    def release(self, path: Path | None) -> None:
        """Close the connection to a damaged database, so that another file can replace it."""
        with self._lock:
            held, file = self._connection, self._file
            self._connection = self._file = None
            if held is None:
                return
            try:
                status: Any = os.stat(path) if path else None
            except OSError:
                status = None
            if status and (status.st_dev, status.st_ino) == file:
                held.close()
            else:
                self._left_open.append(held)


the_keeper = Keeper()
