"""One client's connection, what the loop knows of it, and who has to go first where there is no room for all."""

import contextlib
import ipaddress
import socket
import sys
import time
from collections import Counter
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from gunicorn import util

from videos.core.addresses import unmapped
from videos.server.client_socket import ViewerSocket
from videos.server.request_reader import RequestReader

# What a connection takes beside the bytes that have come on it: its objects, and its entry in the poller.
CONNECTION_BYTES = 4 * 1024


class Connection:
    """A viewer's connection and what has come of the next request on it."""

    def __init__(self, viewer: ViewerSocket, client: Any, server: Any, idle_seconds: float) -> None:
        self.socket, self.client, self.server = viewer, client, server
        self.reader = RequestReader(settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
        # The request that a thread has to answer.
        self.request = b""
        # Whether there may be another request after the answer.
        self.goes_on = True
        # What the loop has counted of it.
        self.counted_bytes = 0
        self._has_head = False
        self.wait(idle_seconds)

    def wait(self, seconds: float) -> None:
        """Give the next request its time to begin."""
        self.since = time.monotonic()
        self.deadline = self.since + seconds
        self._has_head = False

    def take(self, piece: bytes, seconds: float) -> None:
        """Keep what has come. A request that begins with it has so many seconds for its head."""
        if not self.reader.has_begun():
            self.since = time.monotonic()
            self.deadline = self.since + seconds
        self.reader.feed(piece)

    def wait_for_body(self, seconds: float) -> None:
        """Give the body its time, from the moment when the head was there."""
        if not self._has_head:
            self._has_head = True
            self.deadline = time.monotonic() + seconds

    def held_bytes(self) -> int:
        return CONNECTION_BYTES + self.reader.held_bytes() + len(self.request) + sys.getsizeof(self.socket.unsent)

    def close(self) -> None:
        util.close(self.socket)

    def break_off(self) -> None:
        """Wake the thread that sends on it, which then finds the connection at its end."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


def first_to_go(connections: Iterable[Connection]) -> list[Connection]:
    """Return the connections in the order in which they make room: the oldest first.

    Those of an address that holds more than its share come before all others, so that one stranger with a thousand
    connections pushes nobody out but itself.
    """
    by_network = [(_network(connection.client), connection) for connection in connections]
    held: Counter[str] = Counter()
    for network, connection in by_network:
        held[network] += connection.counted_bytes
    share = held.total() / len(held) if held else 0
    by_network.sort(key=lambda pair: (held[pair[0]] <= share, pair[1].since))
    return [connection for _, connection in by_network]


def _network(client: Any) -> str:
    """Return whose a connection is: an IPv4 address, or the /64 of an IPv6 one, as a provider gives it to a house."""
    address = unmapped(client[0])
    if ":" not in address:
        return address
    return str(ipaddress.ip_network(f"{address}/64", strict=False))
