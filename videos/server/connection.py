"""A client's connection as the loop sees it, and which connections are closed first when there are too many."""

import contextlib
import ipaddress
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings

from videos.core.addresses import unmapped
from videos.server.client_socket import ClientSocket
from videos.server.gunicorn_internals import close_socket
from videos.server.request_reader import RequestReader

# The memory of a connection apart from the bytes it received: its objects, and its entry in the poller.
CONNECTION_BYTES = 4 * 1024


class Connection:
    """A client's connection and what it has received of the next request."""

    def __init__(self, client_socket: ClientSocket, client: Any, server: Any, idle_seconds: float) -> None:
        self.socket, self.client, self.server = client_socket, client, server
        self.reader = RequestReader(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        # The complete request that a thread answers.
        self.request = b""
        # Whether there may be another request after the answer.
        self.goes_on = True
        # The memory that the loop has counted for it.
        self.counted_bytes = 0
        self._has_head = False
        self.wait(idle_seconds)

    def wait(self, seconds: float) -> None:
        """Start the time limit for the next request to begin."""
        self.since = time.monotonic()
        self.deadline = self.since + seconds
        self._has_head = False

    def take(self, piece: bytes, seconds: float) -> None:
        """Keep the bytes that arrived. If a request begins with them, its head must be complete in so many seconds."""
        if not self.reader.has_begun():
            self.since = time.monotonic()
            self.deadline = self.since + seconds
        self.reader.feed(piece)

    def wait_for_body(self, seconds: float) -> None:
        """Start the time limit for the body, counted from the end of the head."""
        if not self._has_head:
            self._has_head = True
            self.deadline = time.monotonic() + seconds

    def held_bytes(self) -> int:
        return CONNECTION_BYTES + self.reader.held_bytes() + len(self.request) + sys.getsizeof(self.socket.unsent)

    def close(self) -> None:
        close_socket(self.socket)

    def break_off(self) -> None:
        """Shut the connection down: a thread that sends on it wakes up and finds it closed."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


def first_to_go(connections: Iterable[Connection]) -> list[Connection]:
    """Return the connections in the order in which they are closed to make room: the oldest first.

    Connections of a network that holds more than its share come before all others, so that one client with a thousand
    connections only pushes out its own.
    """
    by_network = [(_network(connection.client), connection) for connection in connections]
    held: Counter[str] = Counter()
    for network, connection in by_network:
        held[network] += connection.counted_bytes
    share = held.total() / len(held) if held else 0
    by_network.sort(key=lambda pair: (held[pair[0]] <= share, pair[1].since))
    return [connection for _, connection in by_network]


def _network(client: Any) -> str:
    """Return the IPv4 address, or the /64 of an IPv6 address, which a provider assigns to one household."""
    address = unmapped(client[0])
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
