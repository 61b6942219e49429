"""Opening an SQLite database as well as the disk allows, and keeping it open in the process that serves.

A database with a write-ahead log is normally opened together with two files beside it, the log (-wal) and its index
(-shm), which SQLite makes where they are missing. On a full or read-only disk it cannot, and refuses to read, too.
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
    """How to open a database for reading where nothing can be written: a URI, and what to execute first."""

    uri: str
    first: tuple[str, ...] = ()


def read_only_way(path: Path, error: sqlite3.Error) -> ReadOnlyWay | None:
    """Return how a database can be read that could not be opened because of `error`, or None where it cannot.

    Without anything in the log the file is all there is: `immutable` reads it with no other file. What is read this
    way is sound only while nobody writes, so such a connection is for one request or command: the next one tries the
    normal way first. With something in the log the index is made in memory; only on a disk that takes no writes at
    all, as SQLite removes the log when such a connection is closed.
    """
    code = getattr(error, "sqlite_errorcode", None)
    if code is None or code & 0xFF not in _MAY_BE_THE_DISK or not os.access(path, os.R_OK):
        return None
    if _size_bytes(path) == 0 or _size_bytes(path, "-journal"):
        return None  # a transaction would have to be taken back first
    uri = f"{path.absolute().as_uri()}?mode=ro"
    if not _size_bytes(path, "-wal"):
        return ReadOnlyWay(f"{uri}&immutable=1")
    if os.access(f"{path}-wal", os.W_OK) and not _is_mounted_read_only(path):
        return None
    return ReadOnlyWay(f"{uri}&vfs=unix-none", ("PRAGMA locking_mode=EXCLUSIVE",))


def open_database(path: Path, *, timeout: float = 20, first: Iterable[str] = ()) -> sqlite3.Connection:
    """Open an existing database, for reading alone where the disk allows no more. Raises sqlite3.Error."""
    try:
        return _opened(f"{path.absolute().as_uri()}?mode=rw", timeout, first)
    except sqlite3.Error as error:
        way = read_only_way(path, error)
        if way is None:
            raise
        try:
            return _opened(way.uri, timeout, way.first)
        except sqlite3.Error:
            raise error from None  # the first one says what is wrong with the disk


def _opened(uri: str, timeout: float, first: Iterable[str]) -> sqlite3.Connection:
    database = sqlite3.connect(uri, uri=True, timeout=timeout, isolation_level=None, check_same_thread=False)
    try:
        for statement in first:
            database.execute(statement)
        # Only now are the file and its log opened.
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
    """Keeps one connection of this process open, so that the log and its index are there however full the disk is.

    It is held from the first connection that could be opened the normal way, and follows when another file takes the
    database's place. It has no transaction open, so it holds nobody up.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_wanted = False
        self._file: tuple[int, int] | None = None
        self._connection: sqlite3.Connection | None = None
        # To close the connection to a file that was renamed away could remove the log of the file in its place.
        self._left_open: list[sqlite3.Connection] = []

    def start(self) -> None:
        """Keep a connection open from now on. For the process that serves, after it was forked."""
        self._is_wanted = True

    def hold(self, path: Path) -> None:
        """Open the database once more, unless it is held already. To be called where it has just been opened."""
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
        """Let go of a database that is damaged, so that another file can take its place."""
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
