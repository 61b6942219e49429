"""One at a time across processes: locks in the data folder, let go by the system when their holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from filelock import FileLock, Timeout

MOST_WORKERS = 64


class Busy(Exception):
    """Another process is at it already."""


@contextmanager
def only_one(work: str, message: str) -> Iterator[None]:
    """Hold the lock for `work`. Raises Busy with `message` at once where another process, or thread, holds it."""
    settings.DATA_DIR.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(settings.DATA_DIR / f".{work}.lock", timeout=0, thread_local=False):
            yield
    except Timeout as error:
        raise Busy(message) from error


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

    def others_alive(self) -> bool:
        return any(self.is_alive(number) for number in range(1, MOST_WORKERS) if number != self.own)

    def close(self) -> None:
        self._claims.close()
