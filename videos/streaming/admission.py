"""How many streams may run at the same time: so many in all, and so many for each address."""

import threading
from collections import Counter
from collections.abc import Callable


class TooManyStreams(Exception):
    """One stream more cannot be begun now. `is_own_fault`: this address has its share already."""

    def __init__(self, message: str, *, is_own_fault: bool) -> None:
        super().__init__(message)
        self.is_own_fault = is_own_fault


class Admission:
    """The streams that run. Every stream is counted in all; one without an address is counted nowhere else."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of_address: Counter[str] = Counter()
        self._running = 0

    @property
    def running(self) -> int:
        return self._running

    def enter(self, address: str | None, most: int | None, most_of_address: int) -> Callable[[], None]:
        """Count a stream, and return what ends it: to be called at its end, and harmless after that.

        Raises TooManyStreams where `most` run already (None: as many as there will be), or `most_of_address` of this
        address.
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
    """Calls a function at the first call, and does nothing at the others, whichever threads they come from."""

    def __init__(self, function: Callable[[], None]) -> None:
        self._functions = [function]

    def __call__(self) -> None:
        try:
            function = self._functions.pop()
        except IndexError:
            return
        function()
