"""Locks between processes: files in the data folder, which the system unlocks when their holder dies."""

import errno
import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from django.conf import settings
from filelock import FileLock, Timeout

from videos.core.errors import LibraryError
from videos.db.conditions import os_condition

MAX_WORKERS = 64
_MIGRATION, _POLL_SECONDS = "migrate", 0.1


class Busy(LibraryError):
    """Another process holds the lock."""


@contextmanager
def exclusive_lock(work: str, message: str, *, even_unlocked: bool = False) -> Iterator[None]:
    """Hold the lock for `work`. Raises Busy with `message` if another process or thread holds it.

    With `even_unlocked` the work goes on if the disk refuses the lock: for work that only reads.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_lock(work, timeout=0))
        except Timeout as error:
            raise Busy(message) from error
        except OSError as error:
            if not even_unlocked or os_condition(error) is None:
                raise
            if is_held(work):
                raise Busy(message) from error
        yield


@contextmanager
def migration_lock() -> Iterator[None]:
    """Hold the lock for changing tables, after waiting for its holder.

    If the disk refuses the lock, nothing can be migrated either, so nobody needs to wait.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_lock(_MIGRATION, timeout=-1))
        except OSError as error:
            if os_condition(error) is None:
                raise
        yield


def wait_for_migration() -> None:
    """Wait until no process changes the tables."""
    while is_held(_MIGRATION):
        time.sleep(_POLL_SECONDS)


@contextmanager
def _lock(work: str, timeout: float) -> Iterator[None]:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.DATA_DIR / f".{work}.lock", timeout=timeout, thread_local=False):
        yield


@contextmanager
def shared(work: str) -> Iterator[None]:
    """Hold the lock for `work` together with others who share it, after waiting for an exclusive holder.

    If the data folder is read-only or supports no locks, the work goes on without.
    """
    with _locked(work, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(work: str) -> Iterator[bool]:
    """Hold the lock for `work` alone, and give whether it is: False if others share it or locks fail."""
    with _locked(work, fcntl.LOCK_EX | fcntl.LOCK_NB) as is_locked:
        yield is_locked


@contextmanager
def _locked(work: str, kind: int) -> Iterator[bool]:
    try:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(settings.DATA_DIR / f".{work}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        yield False
        return
    try:
        is_locked = True
        try:
            fcntl.flock(descriptor, kind)
        except OSError:
            is_locked = False
        yield is_locked
    finally:
        os.close(descriptor)


def is_held(work: str) -> bool:
    """Return whether any process, this one included, holds the lock for `work`; False if unknown."""
    return _is_locked(work, lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))


def is_record_locked(kind: str) -> bool:
    """Return whether another process holds any record of this kind; False if unknown.

    Never call this in a process that holds records of this kind: it would lose them.
    """
    return _is_locked(kind, lambda descriptor: fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))


def _is_locked(name: str, share: Callable[[int], object]) -> bool:
    # Takes a shared lock for an instant. An `exclusive_lock` at that very instant fails, and its caller tries again
    # later.
    try:
        descriptor = os.open(settings.DATA_DIR / f".{name}.lock", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        share(descriptor)
    except OSError as error:
        return error.errno in (errno.EAGAIN, errno.EACCES)
    finally:
        os.close(descriptor)
    return False


class RecordLocks:
    """Locks on numbered records, each held by one process: byte locks of a file, freed when the process dies.

    Use one object for each kind in a process: the system counts these locks by process, and drops all locks of a file
    when the process closes any descriptor of it.
    """

    def __init__(self, kind: str) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(settings.DATA_DIR / f".{kind}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def take(self, number: int) -> bool:
        """Return whether this process holds the number now; False if another process does."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except BlockingIOError:
            return False
        return True

    def release(self, number: int) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, number)

    def close(self) -> None:
        """Release all records."""
        os.close(self._descriptor)


class WorkerSlots:
    """The numbers of running workers. A process holds its number until it ends, however it ends."""

    def __init__(self) -> None:
        self._claims = RecordLocks("workers")
        self.own: int | None = None

    def take(self) -> int:
        """Take and return the first free number. Raises Busy if none is left."""
        self.own = next((number for number in range(1, MAX_WORKERS) if self._claims.take(number)), None)
        if self.own is None:
            raise Busy(f"{MAX_WORKERS - 1} workers run on this library already.")
        return self.own

    def is_alive(self, number: int) -> bool:
        if number == self.own:
            return True
        if not self._claims.take(number):
            return True
        self._claims.release(number)
        return False

    def others_alive(self) -> int:
        """Return how many other workers there are."""
        return sum(self.is_alive(number) for number in range(1, MAX_WORKERS) if number != self.own)

    def close(self) -> None:
        self._claims.close()
