"""The loop that accepts connections, collects requests, and hands complete ones to threads.

Nothing in the loop blocks. A thread that sends a video sleeps in the kernel (client_socket.py).
"""

import contextlib
import errno
import os
import selectors
import socket
import time
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings

from videos.core.addresses import EVERY_ADDRESS, as_host, split_bind, unmapped
from videos.server.capacity import MAX_HELD_BYTES, MAX_WAITING
from videos.server.client_socket import ClientSocket
from videos.server.connection import Connection, first_to_go
from videos.server.lingering import LingeringConnections
from videos.server.pending_responses import PendingResponses
from videos.server.request_head import RequestRefused
from videos.server.request_reader import Awaits
from videos.server.request_threads import AnsweringThreads

# How long a connection may be idle, how long the head of a request may take, and then its body.
IDLE_SECONDS, REQUEST_SECONDS, BODY_SECONDS = 15.0, 10.0, 20.0
# How long a page may take to be finished once the server is stopped.
FINISH_SECONDS = 0.7
_PIECE_BYTES = 64 * 1024
_ACCEPT_AT_ONCE = 64
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_SLOW = RequestRefused(408, "The request did not come in time.")
_MADE_ROOM = RequestRefused(408, "Too many requests are half here, and this one was among the oldest. Try again.")
_OVERLOADED = RequestRefused(503, "The server has more to do than it can. Try again in a moment.")


class ConnectionLoop:
    """The open connections of a process. All methods but `wake` belong to the thread that runs the loop.

    `answer` is called in one of `max_threads` threads with a connection whose `request` is complete, and returns
    whether the connection stays open.
    """

    def __init__(self, answer: Callable[[Connection], bool], max_threads: int) -> None:
        self.is_stopping = False
        self._waiting: set[Connection] = set()
        self._answering: set[Connection] = set()
        self._listeners: list[Any] = []
        self._held_bytes = 0
        self._is_everywhere = split_bind(settings.BIND)[0] in EVERY_ADDRESS
        self._poller = selectors.DefaultSelector()
        self._lingering = LingeringConnections(self._poller)
        self._pending = PendingResponses[Connection](self._poller, self._go_on_or_end, self._close)
        self._threads = AnsweringThreads(answer, max_threads, self.wake)
        self._wakeup_r, self._wakeup_w = os.pipe()
        for descriptor in (self._wakeup_r, self._wakeup_w):
            os.set_blocking(descriptor, False)
        self._poller.register(self._wakeup_r, selectors.EVENT_READ, lambda _: self._take_answered())

    def listen(self, listeners: Iterable[Any]) -> None:
        """Accept connections on these sockets from the next turn on."""
        for listener in listeners:
            listener.setblocking(False)
            self._poller.register(listener, selectors.EVENT_READ, self._accept)
            self._listeners.append(listener)

    def turn(self, max_seconds: float) -> None:
        """Handle what has happened, or wait for something to happen."""
        for key, _ in self._poller.select(max_seconds):
            key.data(key.fileobj)

    def wake(self) -> None:
        """End the wait of a turn. May be called from any thread and from a signal handler."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._wakeup_w, b".")

    def sweep(self) -> None:
        """Close the connections whose time is over."""
        now = time.monotonic()
        for connection in [connection for connection in self._waiting if connection.deadline <= now]:
            if connection.reader.has_begun():
                self._refuse(connection, _TOO_SLOW)
            else:
                self._close(connection)
        for connection in self._pending.expired():
            self._reset(connection)
        self._lingering.close_expired()

    def stop(self) -> None:
        """Let the pages that are being made be finished, and break off everything else."""
        self.is_stopping = True
        for listener in self._listeners:
            self._poller.unregister(listener)
            listener.close()
        for connection in [*self._waiting]:
            self._close(connection)
        for connection in self._answering:
            if connection.socket.is_sending_file:
                connection.break_off()
        self._wait_for_threads(FINISH_SECONDS)
        for connection in self._pending:
            self._close(connection)
        for connection in self._answering:
            connection.break_off()
        self._wait_for_threads(FINISH_SECONDS)

    def _wait_for_threads(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (self._answering or self._pending) and time.monotonic() < end:
            self.turn(0.05)

    # --- receiving ---------------------------------------------------------------------------------------------

    def _accept(self, listener: Any) -> None:
        for _ in range(_ACCEPT_AT_ONCE):
            try:
                accepted, client = listener.accept()
            except OSError as error:
                # Connections that have been answered no longer need their descriptor.
                if error.errno in _NO_ROOM and not self._lingering.close_some():
                    self._make_room()
                return
            if len(self._waiting) + len(self._pending) >= MAX_WAITING:
                self._make_room()
            self._welcome(accepted, client, listener)

    def _welcome(self, accepted: socket.socket, client: Any, listener: Any) -> None:
        try:
            client_socket = ClientSocket(accepted)
            server = client_socket.getsockname()
        except OSError:
            accepted.close()  # the client has gone
            return
        if self._is_everywhere:
            _admit_own_address(unmapped(server[0]))
        self._receive(Connection(client_socket, client, server, IDLE_SECONDS))

    def _receive(self, connection: Connection) -> None:
        try:
            piece = connection.socket.recv_now(_PIECE_BYTES)
        except OSError:
            piece = b""
        if piece == b"":
            self._close(connection)
            return
        if piece:
            connection.take(piece, REQUEST_SECONDS)
        self._go_on(connection)

    def _receive_what_waits(self, connection: Connection) -> None:
        if connection in self._waiting:  # otherwise it was closed in this turn to make room
            self._receive(connection)

    def _go_on(self, connection: Connection) -> None:
        """Give the next request to a thread if it is complete, else wait for the rest of it."""
        try:
            found = connection.reader.next_request()
        except RequestRefused as refusal:
            self._refuse(connection, refusal)
            return
        if isinstance(found, bytes):
            self._answer_soon(connection, found)
            return
        if found is not Awaits.HEAD:
            connection.wait_for_body(BODY_SECONDS)
        if found is Awaits.GO_AHEAD and not self._say(connection, _GO_AHEAD):
            self._close(connection)
            return
        self._wait_for(connection)

    def _wait_for(self, connection: Connection) -> None:
        if connection not in self._waiting:
            self._waiting.add(connection)
            self._poller.register(
                connection.socket, selectors.EVENT_READ, lambda _: self._receive_what_waits(connection)
            )
        self._count_held(connection)

    def _count_held(self, connection: Connection) -> None:
        self._count(connection, connection.held_bytes())
        if self._held_bytes > MAX_HELD_BYTES:
            self._make_room_in_memory()

    def _answer_soon(self, connection: Connection, request: bytes) -> None:
        self._leave_waiting(connection)
        connection.request = request
        self._count_held(connection)
        # Still no room: all that is held waits for a thread or is being answered.
        if self._held_bytes > MAX_HELD_BYTES and not self._threads.is_free():
            self._refuse(connection, _OVERLOADED)
            return
        self._answering.add(connection)
        self._threads.give(connection)

    def _take_answered(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._wakeup_r, 4096)
        for connection, goes_on in self._threads.take_done():
            self._answering.discard(connection)
            connection.request, connection.goes_on = b"", goes_on
            if connection.socket.unsent and connection.socket.fileno() >= 0:
                connection.since = time.monotonic()
                self._pending.add(connection)
                self._count_held(connection)
            else:
                self._go_on_or_end(connection)

    def _go_on_or_end(self, connection: Connection) -> None:
        """Go on to the next request once the client has the whole answer, or end the connection."""
        if not connection.goes_on:
            self._end(connection)
        elif self.is_stopping:
            self._close(connection)
        else:
            connection.wait(IDLE_SECONDS)
            if connection.reader.has_begun():
                self._go_on(connection)
            else:
                # Usually the next request is here already. Reading it now saves a turn of the loop.
                self._receive(connection)

    # --- ending ------------------------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, refusal: RequestRefused) -> None:
        """Send the reason and end the connection: nobody knows where its next request would begin."""
        if self._say(connection, refusal.response()):
            self._end(connection)
        else:
            self._close(connection)

    def _say(self, connection: Connection, response: bytes) -> bool:
        """Send a short response; return whether the client took all of it."""
        try:
            return connection.socket.send(response, socket.MSG_DONTWAIT) == len(response)
        except OSError:
            return False

    def _end(self, connection: Connection) -> None:
        self._leave_waiting(connection)
        self._count(connection, 0)
        self._lingering.add(connection.socket)

    def _close(self, connection: Connection) -> None:
        self._leave_waiting(connection)
        self._pending.remove(connection)
        self._count(connection, 0)
        connection.close()

    def _reset(self, connection: Connection) -> None:
        """Close a connection and drop what the client has not taken, also in the kernel."""
        connection.socket.forget_unsent()
        self._close(connection)

    def _leave_waiting(self, connection: Connection) -> None:
        if connection in self._waiting:
            self._waiting.discard(connection)
            self._poller.unregister(connection.socket)

    def _count(self, connection: Connection, held_bytes: int) -> None:
        self._held_bytes += held_bytes - connection.counted_bytes
        connection.counted_bytes = held_bytes

    def _make_room(self) -> None:
        """Close the oldest quarter of the connections without a thread, or sleep for a moment if there are none."""
        oldest = first_to_go([*self._waiting, *self._pending])
        for connection in oldest[: len(oldest) // 4 + 1]:
            # Closed at once, since its descriptor is needed.
            if connection in self._waiting:
                if connection.reader.has_begun():
                    self._say(connection, _MADE_ROOM.response())
                self._close(connection)
            else:
                self._reset(connection)
        if not oldest:
            time.sleep(0.01)  # every descriptor belongs to a thread

    def _make_room_in_memory(self) -> None:
        """Close the oldest unfinished requests and untaken answers, until an eighth of the memory is free."""
        unfinished = [connection for connection in self._waiting if connection.reader.has_begun()]
        for connection in first_to_go([*unfinished, *self._pending]):
            if self._held_bytes <= MAX_HELD_BYTES * 7 // 8:
                return
            if connection in self._waiting:
                self._refuse(connection, _MADE_ROOM)
            else:
                self._reset(connection)


def _admit_own_address(address: str) -> None:
    """Allow the address at which a client has just reached this computer as a host name."""
    host = as_host(address)
    if host not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append(host)
