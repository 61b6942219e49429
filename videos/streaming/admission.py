"""Limits on concurrent streams: in all, and for each address."""

import threading
from collections import Counter
from collections.abc import Callable


class TooManyStreams(Exception):
    """The limit is reached. `is_own_fault`: it is this address's own limit."""

    def __init__(self, message: str, *, is_own_fault: bool) -> None:
        super().__init__(message)
        self.is_own_fault = is_own_fault


class Admission:
    """Counts running streams. A stream without an address counts only in the total."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_address: Counter[str] = Counter()
        self._running = 0

    @property
    def running(self) -> int:
        return self._running

    def enter(self, address: str | None, most: int | None, most_of_address: int) -> Callable[[], None]:
        """Count a stream, and return a function to call at its end; further calls do nothing.

        Raises TooManyStreams if `most` streams run (None: no limit), or `most_of_address` of this address.
        """
        with self._lock:
            if address is not None and self._of_address[address] >= most_of_address:
                raise TooManyStreams(f"This device has {most_of_address:,} streams running.", is_own_fault=True)
            if most is not None and self._running >= most:
                raise TooManyStreams("As many films are being watched as this server can send.", is_own_fault=False)
            self._running += 1
            if address is not None:
                self._of_address[address] += 1
        return _Once(lambda: self._leave(address))

    def _leave(self, address: str | None) -> None:
        with self._lock:
            self._running -= 1
            if address is not None:
                self._of_address[address] -= 1
                if not self._of_address[address]:
                    del self._of_address[address]


class _Once:
    """Calls a function once, even if several threads call this."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._functions = [function]

    def __call__(self) -> None:
        try:
            function = self._functions.pop()
        except IndexError:
            return
        function()
