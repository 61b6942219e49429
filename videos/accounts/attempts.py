"""How often something was tried within a time: counts that many new keys cannot push out, nor a changed clock."""

import threading
import time
from dataclasses import dataclass
from typing import Protocol

from django.conf import settings
from django.core.cache import cache

# About 25 MB at worst. With a hash or two for each count, nobody comes near it within ten minutes.
MAX_KEYS = 100_000


class AttemptCounts(Protocol):
    def add(self, key: str, seconds: float) -> int:
        """Count one more, and return how many there are. The first one begins a window of so many seconds."""

    def read(self, key: str) -> int:
        """Return how many there are in the window that runs; 0 where none does."""

    def take_back(self, key: str, number: int) -> None:
        """Count so many less. The window stays as it is."""


@dataclass(slots=True)
class _Window:
    count: int
    ends_at: float


class ProcessCounts:
    """Counts in this process. Not in the cache, which drops entries when it is full, whatever they are."""

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

    def take_back(self, key: str, number: int) -> None:
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
        """Drop what is over, and if that is not a quarter of all, the lowest counts: never what was counted most."""
        now = time.monotonic()
        running = {key: window for key, window in self._windows.items() if now < window.ends_at}
        kept = self._max_keys * 3 // 4
        if len(running) > kept:
            ordered = sorted(running.items(), key=lambda item: item[1].count, reverse=True)
            running = dict(ordered[:kept])
        self._windows = running


class SharedCounts:
    """Counts in the cache that several server processes share (Redis), which counts in one step."""

    def add(self, key: str, seconds: float) -> int:
        cache.add(key, 0, seconds)
        try:
            return cache.incr(key)
        except ValueError:  # the window has ended in between
            cache.set(key, 1, seconds)
            return 1

    def read(self, key: str) -> int:
        return int(cache.get(key, 0))

    def take_back(self, key: str, number: int) -> None:
        try:
            cache.decr(key, number)
        except ValueError:  # the window has ended
            return


process_counts = ProcessCounts()


def attempt_counts() -> AttemptCounts:
    """Return the counts of this installation: shared where the cache is, else this process's own."""
    is_shared = not settings.CACHES["default"]["BACKEND"].endswith("LocMemCache")
    return SharedCounts() if is_shared else process_counts
