"""Closing connections without losing the last response (RFC 9112 §9.6). Runs in the loop and never blocks it."""

import contextlib
import selectors
import socket
import time

from videos.server.client_socket import ClientSocket

# A socket that is closed with unread data is reset, and the client loses the last response. So for a while what still
# arrives is read and dropped: a browser reads the refusal of an upload only after it has sent part of the upload.
LINGER_SECONDS = 5.0
MAX_LINGERING = 512
_PIECE_BYTES = 64 * 1024


class LingeringConnections:
    """Sockets whose last response is sent. Each is closed when the client closes it, or after LINGER_SECONDS."""

    def __init__(self, poller: selectors.BaseSelector) -> None:
        self._poller = poller
        self._until: dict[ClientSocket, float] = {}  # the oldest first

    def add(self, client: ClientSocket) -> None:
        """Shut down our direction, and close the socket when the client has closed its own."""
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
        """Close the older half to free descriptors; return whether there were any."""
        clients = [*self._until][: (len(self._until) + 1) // 2]
        for client in clients:
            self._close(client)
        return bool(clients)

    def _drop_what_comes(self, client: ClientSocket) -> None:
        if client not in self._until:
            return  # it was closed earlier in this turn of the loop
        piece: bytes | None = b""
        with contextlib.suppress(OSError):
            piece = client.recv_now(_PIECE_BYTES)
        if piece == b"":
            self._close(client)

    def _close(self, client: ClientSocket) -> None:
        del self._until[client]
        self._poller.unregister(client)
        client.close()
