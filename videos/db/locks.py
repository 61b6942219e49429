"""One at a time across processes: locks in the data folder, let go by the system when their holder dies."""

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

MOST_WORKERS = 64
_MIGRATION, _POLL_SECONDS = "migrate", 0.1


class Busy(LibraryError):
    """Another process is at it already."""


@contextmanager
def only_one(work: str, message: str, *, even_unlocked: bool = False) -> Iterator[None]:
    """Hold the lock for `work`. Raises Busy with `message` at once where another process, or thread, holds it.

    With `even_unlocked` the work also goes on where the disk does not let the lock be taken: work that reads.
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
def only_migration() -> Iterator[None]:
    """Hold the lock for changes to the tables, after waiting for whoever holds it.

    Where the disk does not let it be taken, nothing can be migrated either, and nobody needs to wait.
    """
    with ExitStack() as held:
        try:
            held.enter_context(_lock(_MIGRATION, timeout=-1))
        except OSError as error:
            if os_condition(error) is None:
                raise
        yield


def wait_for_migration() -> None:
    """Wait until nobody changes the tables any more."""
    while is_held(_MIGRATION):
        time.sleep(_POLL_SECONDS)


@contextmanager
def _lock(work: str, timeout: float) -> Iterator[None]:
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    with FileLock(settings.DATA_DIR / f".{work}.lock", timeout=timeout, thread_local=False):
        yield


@contextmanager
def shared(work: str) -> Iterator[None]:
    """Hold the lock for `work` together with others who share it; waits for whoever has it alone, which is not long.

    A data folder that cannot be written, or knows no locks, keeps nobody from the work.
    """
    with _locked(work, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(work: str) -> Iterator[bool]:
    """Hold the lock for `work` alone, and tell whether that is so: False where others share it, or where locks fail."""
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
    """Return whether somebody, this process included, holds the lock for `work`; False where that cannot be told."""
    return _is_locked(work, lambda descriptor: fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))


def is_claimed(kind: str) -> bool:
    """Return whether another process has any number of this kind; False where that cannot be told.

    Not to be asked in a process that claims numbers of this kind itself: it would drop them.
    """
    return _is_locked(kind, lambda descriptor: fcntl.lockf(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB))


def _is_locked(name: str, share: Callable[[int], object]) -> bool:
    # A shared lock, let go at once: who wants the lock in this very instant finds it taken, and asks again later.
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


class Claims:
    """Numbers of which each is one process's at a time: bytes of a lock file, so that a dead process holds none.

    Within a process there is one object a kind: the system counts locks by process, and drops all of a file's when the
    process closes any descriptor of it.
    """

    def __init__(self, kind: str) -> None:
        settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(settings.DATA_DIR / f".{kind}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def take(self, number: int) -> bool:
        """Return whether the number is ours now; False where another process holds it."""
        try:
            fcntl.lockf(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number)
        except BlockingIOError:
            return False
        return True

    def release(self, number: int) -> None:
        fcntl.lockf(self._descriptor, fcntl.LOCK_UN, 1, number)

    def close(self) -> None:
        """Release all of them."""
        os.close(self._descriptor)


class Slots:
    """The numbers by which workers know of each other. A number is a process's until that ends, however it ends."""

    def __init__(self) -> None:
        self._claims = Claims("workers")
        self.own: int | None = None

    def take(self) -> int:
        """Return the first free number, from then on this process's. Raises Busy where none is left."""
        self.own = next((number for number in range(1, MOST_WORKERS) if self._claims.take(number)), None)
        if self.own is None:
            raise Busy(f"{MOST_WORKERS - 1} workers run on this library already.")
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
        return sum(self.is_alive(number) for number in range(1, MOST_WORKERS) if number != self.own)

    def close(self) -> None:
        self._claims.close()
