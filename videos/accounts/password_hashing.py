"""Passwords are hashed two at a time. Each hash takes a core for a fifth of a second, and pages need cores, too."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.hashers import PBKDF2PasswordHasher, PBKDF2SHA1PasswordHasher, ScryptPasswordHasher

from videos.core.errors import LibraryError

# Those that wait hold a thread each, so they are few, and not for long.
MAX_RUNNING, MAX_WAITING, WAIT_SECONDS = 2, 8, 5.0
# How long it takes until all that may wait have had their turn, about.
RETRY_AFTER_SECONDS = 3


class TooManyPasswords(LibraryError):
    """So many passwords are being hashed that one more would wait too long. Nothing was looked at or changed."""


class HashingSlots:
    """Lets so many run at the same time, and so many others wait for a while."""

    def __init__(self, running: int, waiting: int, wait_seconds: float) -> None:
        self._lock = threading.Lock()
        self._free = threading.BoundedSemaphore(running)
        self._inside, self._most_inside = 0, running + waiting
        self._wait_seconds = wait_seconds

    @contextmanager
    def take(self) -> Iterator[None]:
        """Run the block when a slot is free. Raises TooManyPasswords where too many wait, or after waiting for long."""
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
    """Every hash is made by `encode`: at a login, for an unknown name, for a new password, in the admin."""

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
