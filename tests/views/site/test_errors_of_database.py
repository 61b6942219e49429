"""What an error costs: the database is read whole only where it may be damaged, at most once a minute, and never
while somebody waits for a page."""

import sqlite3
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import OperationalError

from videos.db import health
from videos.db.conditions import Condition
from videos.db.sqlite_file import sqlite_condition

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Each reading of the database: in which thread it was read whole, else "a look"."""
    seen: list[str] = []
    condition = sqlite_condition

    def noted(path: Any, *, whole: bool = True) -> Any:
        seen.append(threading.current_thread().name if whole else "a look")
        return condition(path, whole=whole)

    monkeypatch.setattr(health, "sqlite_condition", noted)
    yield seen
    for thread in threading.enumerate():
        if thread.name == "database check":
            thread.join(10)


def raised(code: int) -> OperationalError:
    """Return the error that Django makes of one of SQLite's."""
    cause = sqlite3.OperationalError("something")
    cause.sqlite_errorcode = code
    error = OperationalError("something")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("code", "condition"),
    [
        (sqlite3.SQLITE_ERROR, None), (sqlite3.SQLITE_BUSY, Condition.BUSY), (sqlite3.SQLITE_LOCKED, Condition.BUSY),
        (sqlite3.SQLITE_FULL, Condition.FULL), (sqlite3.SQLITE_READONLY, Condition.READ_ONLY),
        (sqlite3.SQLITE_READONLY_DBMOVED, Condition.READ_ONLY), (sqlite3.SQLITE_PERM, Condition.NO_PERMISSION),
        (sqlite3.SQLITE_IOERR_READ, Condition.IO_ERROR), (sqlite3.SQLITE_IOERR_WRITE, Condition.IO_ERROR),
        (sqlite3.SQLITE_CANTOPEN, Condition.UNREADABLE), (sqlite3.SQLITE_CORRUPT, Condition.DAMAGED),
        (sqlite3.SQLITE_CORRUPT_VTAB, Condition.DAMAGED), (sqlite3.SQLITE_NOTADB, Condition.DAMAGED),
        (sqlite3.SQLITE_CONSTRAINT, None), (sqlite3.SQLITE_TOOBIG, None),
    ],
)  # fmt: skip
def test_each_error_of_sqlite_is_one_state(code: int, condition: Condition | None, reads: list[str]) -> None:
    assert health.noticed(raised(code)) is condition
    assert health.problem() is None


def test_only_damage_has_the_database_read_whole_once_a_minute_in_a_thread_of_its_own(reads: list[str]) -> None:
    for code in (sqlite3.SQLITE_ERROR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_IOERR):
        health.noticed(raised(code))
    for _ in range(20):
        health.noticed(raised(sqlite3.SQLITE_CORRUPT))
        assert health.problem() is None
    for thread in threading.enumerate():
        if thread.name == "database check":
            thread.join(10)
    assert [each for each in reads if each != "a look"] == ["database check"]


def test_an_error_that_is_none_of_the_database_has_nothing_read(
    client: Any, reads: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    client.raise_request_exception = False
    assert client.get("/stats/").status_code == 200
    reads.clear()
    monkeypatch.setattr("videos.views.library.stats.render", lambda *_: 1 / 0)
    assert client.get("/stats/").status_code == 500
    assert reads == []
