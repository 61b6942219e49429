"""Writing and reading as one: who may write now, what is one moment, and many rows at once."""

import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import DataError, IntegrityError, InterfaceError, connection, transaction
from django.db.models import Model

from videos.db import health

# What a database, or its driver, says of a value that it cannot take. Not of a full disk or a lock: those concern
# every row.
REFUSALS = (DataError, IntegrityError, InterfaceError, OverflowError, ValueError)


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
    health.wrote()


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


@contextmanager
def unmapped() -> Iterator[None]:
    """Read the database through SQLite's own cache, not as mapped memory: who reads all of it would hold all of it."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA mmap_size")
        (usual,) = cursor.fetchone() or (0,)
        cursor.execute("PRAGMA mmap_size = 0")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA mmap_size = {int(usual)}")


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
