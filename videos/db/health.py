"""Whether the database can be used.

`problem()` says why the database cannot be read. Pages and VideoCache then answer from the JSON files
(videos/backup/json_reader.py) and refuse writes, until the file changes and is sound again. A full or read-only disk
does not stop reading: then `trouble()` says why nothing can be written.
"""

import threading
import time

from django.db import DatabaseError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.utils.translation import gettext

from videos.core.errors import LibraryError
from videos.db.conditions import Condition, condition_at_a_glance, condition_by_writing, condition_of
from videos.db.disk_messages import sentence
from videos.db.opening import the_keeper
from videos.db.sqlite_file import sqlite_condition, sqlite_path

_SOUND = Condition.SOUND, ""
RETRY_AFTER_SECONDS = 30
_RECHECK_SECONDS = 2.0
# Errors trigger a read of the whole database at most this often.
_WHOLE_CHECK_SECONDS = 60.0
# For this long the answer whether the disk takes writes is not checked again.
_TROUBLE_SECONDS = 5.0


class DatabaseUnavailable(LibraryError):
    """The metadata cannot be written, because of the database or its disk. Nothing was changed."""


def is_current(database: BaseDatabaseWrapper) -> bool:
    """Return whether all migrations of this release have run."""
    loader = MigrationLoader(database)
    return all(key in loader.applied_migrations for key in loader.graph.leaf_nodes("videos"))


def _server_condition() -> tuple[Condition, str]:
    try:
        connection.ensure_connection()
    except DatabaseError as error:
        return Condition.UNREADABLE, " ".join(str(error).split())
    return _SOUND


class _Health:
    """What this process knows of the database: checked at first use, after an error, and while it is bad.

    A quick check opens the database. A check of the whole file takes seconds and runs in its own thread, except in
    commands.
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
        # The damaged file's identity: it is not read again until it changes.
        self._damaged: object = None
        self._next_check = self._next_whole_check = 0.0
        self._is_checking = False
        self._trouble: Condition | None = None
        self._next_trial = 0.0

    # --- reading -----------------------------------------------------------------------------------------------

    def problem(self) -> str | None:
        if self._checked and self._problem is None:
            return None
        with self._lock:
            if not self._checked or (self._problem is not None and self._is_check_due()):
                self._check()
            return self._problem

    def recheck(self) -> str | None:
        with self._lock:
            self._take(*self._found(whole=True))
            return self._problem

    def is_damaged(self) -> bool:
        return self.condition is Condition.DAMAGED

    def _is_check_due(self) -> bool:
        return time.monotonic() >= self._next_check and (self._damaged is None or self._signature() != self._damaged)

    def _check(self) -> None:
        condition, reason = self._found(whole=False)
        if condition is Condition.SOUND and self.is_damaged():
            # The file was replaced. It is used only after all of it is found sound.
            self._next_check = time.monotonic() + _RECHECK_SECONDS
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
        # A busy database becomes free soon, while the JSON files may be out of date: so it counts as sound.
        is_bad = condition not in (Condition.SOUND, Condition.BUSY)
        self._damaged = self._signature() if condition is Condition.DAMAGED else None
        if condition is Condition.DAMAGED:
            # Close connections to the broken file now: closing one later would delete the log of the file that replaces
            # it.
            connection.close()
            the_keeper.release(path)
        where = str(path) if path else connection.settings_dict["NAME"]
        what_to_do = f" {sentence(condition, path.parent)}" if path and condition.is_of_disk else ""
        self.condition = condition if is_bad else Condition.SOUND
        self._problem = f"The database {where} cannot be used: {reason}.{what_to_do}" if is_bad else None
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

    # --- errors, and writing -----------------------------------------------------------------------------------

    def noticed(self, error: BaseException) -> Condition | None:
        condition = condition_of(error, sqlite_path())
        if condition is Condition.BUSY:
            return condition
        with self._lock:
            if condition is not None and condition.is_of_disk:
                self._trouble, self._next_trial = condition, time.monotonic() + _TROUBLE_SECONDS
            self._check()
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
    """Return in one line why the database cannot be read, or None. Cheap while it is sound."""
    return _health.problem()


def recheck() -> str | None:
    """Read the whole database and return like `problem`: about a second a gigabyte, so for commands only."""
    return _health.recheck()


def problem_for_strangers() -> str:
    """Return what is wrong with the disk and what to do, without naming a path; "" for other problems."""
    condition = _health.condition
    return refusal(condition, for_strangers=True) if condition.is_of_disk else ""


def is_damaged() -> bool:
    """Return whether only a backup can solve the problem."""
    return _health.is_damaged()


def noticed(error: BaseException) -> Condition | None:
    """Record an error and return the state that it shows; None if it is a bug in the program.

    Afterwards `problem()` says whether the database can still be read. If part of it may be damaged, a thread reads all
    of it, at most once a minute.
    """
    return _health.noticed(error)


def trouble() -> Condition | None:
    """Return why the disk takes no writes, without trying one, or None."""
    return _health.trouble()


def trouble_by_writing() -> Condition | None:
    """Return why the disk takes no writes, after trying one, or None: for startup and commands."""
    return _health.trouble_by_writing()


def wrote() -> None:
    """Record a successful write: the disk takes writes again."""
    _health.wrote()


def refusal(condition: Condition, *, for_strangers: bool = False) -> str:
    """Return why a read or write failed, what is safe and what to do; for strangers without a path."""
    if condition is Condition.BUSY:
        return gettext("Another program has been writing to the database for too long.")
    if condition.is_of_disk:
        path = sqlite_path()
        return sentence(condition, None if for_strangers or path is None else path.parent)
    return gettext("The database reported an error and is being checked.")


def forget_health() -> None:
    """Check the database again at its next use."""
    _health.forget()
