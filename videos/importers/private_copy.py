"""Reading another application's SQLite file without changing it or its logs, and without taking a lock."""

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from videos.core.errors import LibraryError

_LOGS = ("-wal", "-journal")
_ATTEMPTS = 5
_HEADER = b"SQLite format 3\0"


class SourceUnreadable(LibraryError):
    """The file of another application cannot be read. Nothing was changed."""


@contextmanager
def opened_privately(path: Path, *, check: bool = True) -> Iterator[sqlite3.Connection]:
    """Open the database; text comes as bytes. Raises SourceUnreadable.

    SQLite would write a log into its file, or create an index beside it. So a file with a log is copied together with
    it, and the copy is opened. A file without one is opened as immutable. Without `check` damage is not noticed.
    """
    try:
        # Not TemporaryDirectory, which raises if the folder cannot be removed at the end.
        folder = Path(tempfile.mkdtemp(prefix="lvs-import-"))
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be copied to be read: {error.strerror}.") from error
    try:
        with closing(_connect(path, folder)) as database:
            database.text_factory = bytes
            if check and (problem := _problem(database)):
                raise SourceUnreadable(f"{path} is damaged ({problem}). Nothing was changed.")
            yield database
    except sqlite3.Error as error:
        raise SourceUnreadable(f"{path} cannot be read: SQLite says: {error}. Nothing was changed.") from error
    except OSError as error:
        raise SourceUnreadable(f"{path} cannot be read: {error.strerror}. Nothing was changed.") from error
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def is_sqlite(path: Path) -> bool:
    """Return whether the file begins like an SQLite database. No connection of this process may have it open."""
    with suppress(OSError):
        if path.is_file():
            with open(path, "rb") as file:
                return file.read(len(_HEADER)) == _HEADER
    return False


def _connect(path: Path, folder: Path) -> sqlite3.Connection:
    if not is_sqlite(path):
        # Raises OSError with the reason if the file cannot be opened at all.
        path.stat()
        with open(path, "rb"):
            raise SourceUnreadable(f"{path} is not an SQLite database. Nothing was changed.")
    logs = [log for log in (Path(f"{path}{suffix}") for suffix in _LOGS) if log.exists() and log.stat().st_size]
    if not logs:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro&immutable=1", uri=True)
    for _ in range(_ATTEMPTS):
        before = _state(path, logs)
        copy = folder / "copy.db"
        shutil.copyfile(path, copy)
        for log in logs:
            shutil.copyfile(log, f"{copy}{log.name.removeprefix(path.name)}")
        if _state(path, logs) == before:
            return sqlite3.connect(copy)
    raise SourceUnreadable(f"{path} is being written to. Stop the program that has it open, and try again.")


def _state(path: Path, logs: list[Path]) -> list[tuple[int, int]]:
    return [(status.st_size, status.st_mtime_ns) for status in (each.stat() for each in (path, *logs))]


def _problem(database: sqlite3.Connection) -> str | None:
    found = str(database.execute("PRAGMA quick_check(1)").fetchone()[0], "utf-8", "replace")
    return None if found == "ok" else " ".join(found.split())
