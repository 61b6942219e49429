"""What an error says about the state of the database and of its disk."""

import enum
import errno
import os
import sqlite3
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PROBE_BYTES = 64 * 1024


class Condition(enum.Enum):
    """The state of a database and its disk. Only DAMAGED means that the database has to be replaced."""

    SOUND = "sound"
    BUSY = "busy"
    FULL = "full"
    READ_ONLY = "read-only"
    NO_PERMISSION = "no permission"
    IO_ERROR = "I/O error"
    UNREADABLE = "unreadable"
    DAMAGED = "damaged"

    @property
    def is_of_disk(self) -> bool:
        """Return whether the disk is the problem: the database itself may be sound, and reading may work."""
        return self in (Condition.FULL, Condition.READ_ONLY, Condition.NO_PERMISSION, Condition.IO_ERROR)


_BY_ERRNO = {
    errno.ENOSPC: Condition.FULL, errno.EDQUOT: Condition.FULL,
    errno.EROFS: Condition.READ_ONLY,
    errno.EACCES: Condition.NO_PERMISSION, errno.EPERM: Condition.NO_PERMISSION,
    errno.EIO: Condition.IO_ERROR, errno.ENXIO: Condition.IO_ERROR, errno.ENODEV: Condition.IO_ERROR,
    errno.EFBIG: Condition.IO_ERROR, errno.ESTALE: Condition.IO_ERROR,
}  # fmt: skip
_BY_CODE = {
    sqlite3.SQLITE_BUSY: Condition.BUSY, sqlite3.SQLITE_LOCKED: Condition.BUSY,
    sqlite3.SQLITE_CORRUPT: Condition.DAMAGED, sqlite3.SQLITE_NOTADB: Condition.DAMAGED,
    sqlite3.SQLITE_FULL: Condition.FULL,
}  # fmt: skip
# Several states of the disk lead to these codes. The value is used if a trial write succeeds.
_LOOK_AT_DISK = {
    sqlite3.SQLITE_READONLY: Condition.READ_ONLY, sqlite3.SQLITE_PERM: Condition.NO_PERMISSION,
    sqlite3.SQLITE_CANTOPEN: Condition.UNREADABLE, sqlite3.SQLITE_IOERR: Condition.IO_ERROR,
}  # fmt: skip
# These come from reads, which a full or read-only disk allows.
_FAILED_READS = {sqlite3.SQLITE_IOERR_READ, sqlite3.SQLITE_IOERR_SHORT_READ, sqlite3.SQLITE_IOERR_FSTAT}


def condition_of(error: BaseException, database: Path | None) -> Condition | None:
    """Return the state that an error shows, or None if it is not about the database or its disk.

    `database` is the SQLite file, or None for another engine. The same code may mean a full, a read-only or a broken
    disk; a trial write beside the file shows which.
    """
    for cause in _causes(error):
        if isinstance(cause, sqlite3.Error):
            return _condition_of_code(getattr(cause, "sqlite_errorcode", None), database)
        if isinstance(cause, OSError):
            return os_condition(cause)
    return None


def os_condition(error: OSError) -> Condition | None:
    return _BY_ERRNO.get(error.errno) if error.errno is not None else None


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield the error and its causes: Django raises its own error from SQLite's."""
    while error is not None:
        yield error
        error = error.__cause__


def _condition_of_code(code: int | None, database: Path | None) -> Condition | None:
    if code is None:
        return None
    # The low byte is the primary code; the bytes above it make it more specific.
    kind = code & 0xFF
    if kind in _BY_CODE:
        return _BY_CODE[kind]
    if kind not in _LOOK_AT_DISK:
        return None
    if code in _FAILED_READS or database is None:
        return _LOOK_AT_DISK[kind]
    return condition_by_writing(database) or _LOOK_AT_DISK[kind]


def condition_by_writing(database: Path) -> Condition | None:
    """Return why the database or its folder cannot be written, or None. The trial leaves nothing behind."""
    if database.exists() and not os.access(database, os.W_OK):
        return _read_only(database) or Condition.NO_PERMISSION
    return condition_by_writing_to(database.parent)


def condition_by_writing_to(folder: Path) -> Condition | None:
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"\0" * _PROBE_BYTES)
            trial.flush()
            os.fsync(trial.fileno())
    except OSError as error:
        return os_condition(error)
    return None


def condition_at_a_glance(database: Path) -> Condition | None:
    """Return why nothing can be written, as far as the file system tells without a trial, or None."""
    try:
        if found := _read_only(database):
            return found
        disk = os.statvfs(database.parent)
        # Some disks reserve their last blocks for root. Some network drives report no blocks at all.
        free = disk.f_bfree if os.geteuid() == 0 else disk.f_bavail
        if disk.f_blocks and free == 0:
            return Condition.FULL
        may_write = os.access(database, os.W_OK) and os.access(database.parent, os.W_OK | os.X_OK)
    except OSError as error:
        return os_condition(error)
    return None if may_write or not database.exists() else Condition.NO_PERMISSION


def _read_only(database: Path) -> Condition | None:
    flags = os.statvfs(database.parent).f_flag
    return Condition.READ_ONLY if flags & os.ST_RDONLY else None
