"""Answers that are made, and that the client takes when it likes: the loop sends them on, and no thread waits."""

import selectors
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from videos.server import client_socket
from videos.server.client_socket import ViewerSocket


class HasSocket(Protocol):
    socket: ViewerSocket


Pending = TypeVar("Pending", bound=HasSocket)


class PendingResponses(Generic[Pending]):
    """Connections on which a part of an answer is still to be sent (`ViewerSocket.unsent`)."""

    def __init__(
        self, poller: selectors.BaseSelector, when_sent: Callable[[Pending], None], when_gone: Callable[[Pending], None]
    ) -> None:
        self._poller, self._when_sent, self._when_gone = poller, when_sent, when_gone
        # Until when a connection has to take LEAST_BYTES more, and from how many bytes on it is given time anew.
        self._until: dict[Pending, tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._until)

    def __iter__(self) -> Iterator[Pending]:
        return iter([*self._until])

    def add(self, connection: Pending) -> None:
        self._give_time(connection)
        self._poller.register(connection.socket, selectors.EVENT_WRITE, lambda _: self._send_on(connection))

    def remove(self, connection: Pending) -> None:
        """Send no more of it. For one that is not here, nothing is done."""
        if self._until.pop(connection, None):
            self._poller.unregister(connection.socket)

    def expired(self) -> list[Pending]:
        """Return those that took too little for too long."""
        now = time.monotonic()
        return [connection for connection, (until, _) in self._until.items() if until <= now]

    def _give_time(self, connection: Pending) -> None:
        enough = len(connection.socket.unsent) - client_socket.LEAST_BYTES
        self._until[connection] = time.monotonic() + client_socket.STALL_SECONDS, enough

    def _send_on(self, connection: Pending) -> None:
        if connection not in self._until:
            return  # it had to go in this very turn of the loop
        try:
            connection.socket.send_unsent()
        except OSError:
            self.remove(connection)
            self._when_gone(connection)
            return
        unsent = len(connection.socket.unsent)
        if not unsent:
            self.remove(connection)
            self._when_sent(connection)
        elif unsent <= self._until[connection][1]:
            self._give_time(connection)
