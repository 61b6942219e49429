"""One at a time across processes: a lock file in the data folder, let go by the system when its holder dies."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from filelock import FileLock, Timeout


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
