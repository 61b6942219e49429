"""Responses that are ready before the client can take them. The loop sends the rest, so no thread waits."""

import selectors
import time
from collections.abc import Callable, Iterator
from typing import Generic, Protocol, TypeVar

from videos.server import client_socket
from videos.server.client_socket import ClientSocket


class HasSocket(Protocol):
    socket: ClientSocket


Pending = TypeVar("Pending", bound=HasSocket)


class PendingResponses(Generic[Pending]):
    """Connections with a part of a response still to be sent (`ClientSocket.unsent`)."""

    def __init__(
        self, poller: selectors.BaseSelector, when_sent: Callable[[Pending], None], when_gone: Callable[[Pending], None]
    ) -> None:
        self._poller, self._when_sent, self._when_gone = poller, when_sent, when_gone
        # (deadline to take MIN_BYTES more, number of unsent bytes at which the deadline is extended)
        self._deadlines: dict[Pending, tuple[float, int]] = {}

    def __len__(self) -> int:
        return len(self._deadlines)

    def __iter__(self) -> Iterator[Pending]:
        return iter([*self._deadlines])

    def add(self, connection: Pending) -> None:
        self._extend_deadline(connection)
        self._poller.register(connection.socket, selectors.EVENT_WRITE, lambda _: self._send_on(connection))

    def remove(self, connection: Pending) -> None:
        """Stop sending. Does nothing for a connection that is not here."""
        if self._deadlines.pop(connection, None):
            self._poller.unregister(connection.socket)

    def expired(self) -> list[Pending]:
        """Return the connections that took fewer than MIN_BYTES in STALL_SECONDS."""
        now = time.monotonic()
        return [connection for connection, (deadline, _) in self._deadlines.items() if deadline <= now]

    def _extend_deadline(self, connection: Pending) -> None:
        enough = len(connection.socket.unsent) - client_socket.MIN_BYTES
        self._deadlines[connection] = time.monotonic() + client_socket.STALL_SECONDS, enough

    def _send_on(self, connection: Pending) -> None:
        if connection not in self._deadlines:
            return  # it was closed earlier in this turn of the loop
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
        elif unsent <= self._deadlines[connection][1]:
            self._extend_deadline(connection)
