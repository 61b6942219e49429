"""Connections at their end, until the client has what was sent (RFC 9112 §9.6): the loop's, which they never hold."""

import contextlib
import selectors
import socket
import time

from videos.server.client_socket import ViewerSocket

# Closed while something of the client's is unread, a connection is reset, and the client loses the last answer. So what
# still comes is dropped for a while: a browser reads the refusal of an upload only when it has sent a part of it.
LINGER_SECONDS = 5.0
MAX_LINGERING = 512
_PIECE_BYTES = 64 * 1024


class LingeringConnections:
    """Sockets on which all is said; each is closed when the client closes it, or its time is over."""

    def __init__(self, poller: selectors.BaseSelector) -> None:
        self._poller = poller
        self._until: dict[ViewerSocket, float] = {}  # the oldest first

    def add(self, client: ViewerSocket) -> None:
        """Send the end of the connection behind what was sent, and close it as soon as that can be."""
        try:
            client.shutdown(socket.SHUT_WR)
        except OSError:
            client.close()
            return
        if len(self._until) >= MAX_LINGERING:
            self._close(next(iter(self._until)))
        self._until[client] = time.monotonic() + LINGER_SECONDS
        self._poller.register(client, selectors.EVENT_READ, self._drop_what_comes)

    def close_expired(self) -> None:
        now = time.monotonic()
        for client in [client for client, until in self._until.items() if until <= now]:
            self._close(client)

    def close_some(self) -> bool:
        """Close the older half, whose descriptors are wanted; return whether there were any."""
        clients = [*self._until][: (len(self._until) + 1) // 2]
        for client in clients:
            self._close(client)
        return bool(clients)

    def _drop_what_comes(self, client: ViewerSocket) -> None:
        if client not in self._until:
            return  # it was closed in this very turn of the loop
        piece: bytes | None = b""
        with contextlib.suppress(OSError):
            piece = client.recv_now(_PIECE_BYTES)
        if piece == b"":
            self._close(client)

    def _close(self, client: ViewerSocket) -> None:
        del self._until[client]
        self._poller.unregister(client)
        client.close()
