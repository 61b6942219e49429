"""Hash two passwords at a time: each hash takes a core for a fifth of a second, and pages need cores too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher, PBKDF2SHA1PasswordHasher, ScryptPasswordHasher

from videos.core.errors import LibraryError

# Each waiting request holds a thread, so few may wait, and not for long.
MAX_RUNNING, MAX_WAITING, WAIT_SECONDS = 2, 8, 5.0
# About the time until the last waiting request gets its turn.
RETRY_AFTER_SECONDS = 3


class TooManyPasswords(LibraryError):
    """The queue for password hashing is full. Nothing was checked or changed."""


class HashingSlots:
    """Lets a number of blocks run at the same time, and a number of others wait."""

    def __init__(self, running: int, waiting: int, wait_seconds: float) -> None:
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(running)
        self._inside, self._most_inside = 0, running + waiting
        self._wait_seconds = wait_seconds

    @contextmanager
    def take(self) -> Iterator[None]:
        """Run the block when a slot is free. Raises TooManyPasswords if too many wait, or after the longest wait."""
        with self._lock:
            if self._inside >= self._most_inside:
                raise TooManyPasswords
            self._inside += 1
        try:
            if not self._free.acquire(timeout=self._wait_seconds):
                raise TooManyPasswords
            try:
                yield
            finally:
                self._free.release()
        finally:
            with self._lock:
                self._inside -= 1


slots = HashingSlots(MAX_RUNNING, MAX_WAITING, WAIT_SECONDS)


class _Limited:
    """Overrides `encode`, which makes every hash: at a login, for an unknown name, for a new password."""

    def encode(self, *args: Any, **kwargs: Any) -> str:
        with slots.take():
            encoded: str = super().encode(*args, **kwargs)  # type: ignore[misc]
            return encoded


class LimitedPBKDF2PasswordHasher(_Limited, PBKDF2PasswordHasher):
    pass


class LimitedPBKDF2SHA1PasswordHasher(_Limited, PBKDF2SHA1PasswordHasher):
    pass


class LimitedScryptPasswordHasher(_Limited, ScryptPasswordHasher):
    pass
