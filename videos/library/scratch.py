"""A private table for a scan's notes, which moves to disk when it grows, so that memory use stays constant."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from videos.core.work_errors import Failure, WorkFailed

# This much stays in memory; the rest goes to a temporary file that the system deletes by itself.
_CACHE_KILOBYTES = 8_000
BATCH_ROWS = 500
_BUFFERED_ROWS = 1_000


class NoScratchRoom(WorkFailed):
    """The disk has no room for the temporary file. The next scan finds what this one did not save."""


class Scratch:
    """A private SQLite database. Names compare by their bytes, as the walk sorts them."""

    def __init__(self, schema: str) -> None:
        # The empty name means a temporary file, created only when the cache is full.
        self._database = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute("PRAGMA synchronous = OFF")
        self._database.execute(f"PRAGMA cache_size = -{_CACHE_KILOBYTES}")
        self._database.executescript(schema)
        self._buffered: dict[str, list[Sequence[Any]]] = {}

    def close(self) -> None:
        self._database.close()

    def add(self, statement: str, row: Sequence[Any]) -> None:
        """Queue an insert of this row; queued rows are written together before the next query."""
        rows = self._buffered.setdefault(statement, [])
        rows.append(row)
        if len(rows) >= _BUFFERED_ROWS:
            self._flush()

    def run(self, statement: str, rows: Iterable[Sequence[Any]] | None = None) -> None:
        """Run a statement once, or once for each row."""
        self._flush()
        if rows is None:
            self._run(statement, [()])
        else:
            self._run(statement, rows)

    def rows(self, question: str, values: Sequence[Any] = ()) -> Iterator[Any]:
        """Yield the rows. Do not write to their tables meanwhile."""
        for batch in self.batches(question, values):
            yield from batch

    def value(self, question: str, values: Sequence[Any] = ()) -> Any:
        """Return the first column of the first row, or None."""
        self._flush()
        with _room_for_it():
            row = self._database.execute(question, values).fetchone()
        return None if row is None else row[0]

    def batches(self, question: str, values: Sequence[Any] = (), size: int = BATCH_ROWS) -> Iterator[list[Any]]:
        """Yield the rows in lists of this size."""
        self._flush()
        with _room_for_it():
            cursor = self._database.execute(question, values)
        while True:
            with _room_for_it():
                batch = cursor.fetchmany(size)
            if not batch:
                return
            yield batch

    def _flush(self) -> None:
        while self._buffered:
            self._run(*self._buffered.popitem())

    def _run(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        with _room_for_it():
            self._database.execute("BEGIN")
            self._database.executemany(statement, rows)
            self._database.execute("COMMIT")


@contextmanager
def _room_for_it() -> Iterator[None]:
    try:
        yield
    except sqlite3.OperationalError as error:
        raise NoScratchRoom.because(Failure.NO_SCRATCH_ROOM, reason=str(error)) from error
