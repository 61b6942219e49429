"""Counts of attempts within a time window. Neither many new keys nor a changed clock resets a count."""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.cache import cache

# Takes 25 MB at most. Each count costs an attacker a password hash or two, so ten minutes never fill it.
MAX_KEYS = 100_000


class AttemptCounts(Protocol):
    def add(self, key: str, seconds: float) -> int:
        """Add one to a count and return the sum. The first one starts a window of `seconds`."""

    def read(self, key: str) -> int:
        """Return the count of the current window; 0 if there is none."""

    def subtract(self, key: str, number: int) -> None:
        """Subtract from a count. The window stays as it is."""


@dataclass(slots=True)
class _Window:
    count: int
    ends_at: float


class ProcessCounts:
    """Counts in this process. Not in the cache: a full cache drops entries regardless of their count."""

    def __init__(self, max_keys: int = MAX_KEYS) -> None:
        self._lock = threading.Lock()
        self._windows: dict[str, _Window] = {}
        self._max_keys = max_keys

    def add(self, key: str, seconds: float) -> int:
        with self._lock:
            window = self._running(key)
            if window is None:
                if len(self._windows) >= self._max_keys:
                    self._make_room()
                window = self._windows[key] = _Window(0, time.monotonic() + seconds)
            window.count += 1
            return window.count

    def read(self, key: str) -> int:
        with self._lock:
            window = self._running(key)
            return window.count if window else 0

    def subtract(self, key: str, number: int) -> None:
        with self._lock:
            window = self._running(key)
            if window:
                window.count = max(0, window.count - number)

    def clear(self) -> None:
        with self._lock:
            self._windows.clear()

    def _running(self, key: str) -> _Window | None:
        window = self._windows.get(key)
        return window if window and time.monotonic() < window.ends_at else None

    def _make_room(self) -> None:
        """Drop expired windows. If that frees less than a quarter, drop the lowest counts and keep the highest."""
        now = time.monotonic()
        running = {key: window for key, window in self._windows.items() if now < window.ends_at}
        kept = self._max_keys * 3 // 4
        if len(running) > kept:
            ordered = sorted(running.items(), key=lambda item: item[1].count, reverse=True)
            running = dict(ordered[:kept])
        self._windows = running


class SharedCounts:
    """Counts in the cache that several server processes share (Redis), which increments atomically."""

    def add(self, key: str, seconds: float) -> int:
        cache.add(key, 0, seconds)
        try:
            return cache.incr(key)
        except ValueError:  # the window has ended in between
            cache.set(key, 1, seconds)
            return 1

    def read(self, key: str) -> int:
        return int(cache.get(key, 0))

    def subtract(self, key: str, number: int) -> None:
        try:
            cache.decr(key, number)
        except ValueError:  # the window has ended
            return


process_counts = ProcessCounts()


def attempt_counts() -> AttemptCounts:
    """Return the counts of this installation: in the shared cache if there is one, else in this process."""
    is_shared = not settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    return SharedCounts() if is_shared else process_counts
