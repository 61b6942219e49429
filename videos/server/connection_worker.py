"""The process that serves: one loop that collects requests, and many threads that answer them.

A thread is given a connection only when the whole request has come: a thousand people who send half a request, or none,
hold none. Nothing in the loop waits for anybody. A thread that sends a film sleeps in the kernel (client_socket.py).
"""

import contextlib
import errno
import logging
import os
import selectors
import signal
import socket
import time
from typing import Any

from django.conf import settings
from gunicorn import http
from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.base import Worker

from videos.core.addresses import EVERY_ADDRESS, as_host, split_bind, unmapped
from videos.server.client_socket import SendingEnded, ViewerSocket
from videos.server.connection import Connection, first_to_go
from videos.server.lingering import LingeringConnections
from videos.server.pending_responses import PendingResponses
from videos.server.request_head import RequestRefused
from videos.server.request_reader import Awaits
from videos.server.request_threads import AnsweringThreads

logger = logging.getLogger(__name__)

# An idle connection is kept so long; one on which a request has begun must have its head by then, and then its body.
IDLE_SECONDS, REQUEST_SECONDS, BODY_SECONDS = 15.0, 10.0, 20.0
# How long a page that is being made, when the server is stopped, may take to be finished.
FINISH_SECONDS = 0.7
# Beyond the threads: connections that wait for a request. Those who have waited longest make room for others.
MOST_WAITING = 4096
# So much memory may hold what has come of requests that no thread answers yet: requests make room in the same way.
MAX_HELD_BYTES = 64 * 1024 * 1024
_PIECE_BYTES = 64 * 1024
_ACCEPT_AT_ONCE = 64
_NO_ROOM = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
_GO_AHEAD = b"HTTP/1.1 100 Continue\r\n\r\n"
_TOO_SLOW = RequestRefused(408, "The request did not come in time.")
_MADE_ROOM = RequestRefused(408, "Too many requests are half here, and this one was among the oldest. Try again.")
_OVERLOADED = RequestRefused(503, "The server has more to do than it can. Try again in a moment.")


class ConnectionLoop(Worker):
    """gunicorn's worker process. What is named _x here belongs to the loop's thread, unless it says otherwise."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: set[Connection] = set()
        self._answering: set[Connection] = set()
        self._held_bytes = 0
        self._interrupts = 0
        self._is_everywhere = split_bind(settings.BIND)[0] in EVERY_ADDRESS

    def init_process(self) -> None:
        self._poller = selectors.DefaultSelector()
        self._lingering = LingeringConnections(self._poller)
        self._pending = PendingResponses[Connection](self._poller, self._go_on_or_end, self._close)
        self._threads = AnsweringThreads(self._answer, self.cfg.threads, self._ring)
        self._bell, self._rope = os.pipe()
        for descriptor in (self._bell, self._rope):
            os.set_blocking(descriptor, False)
        super().init_process()

    # --- the loop ----------------------------------------------------------------------------------------------

    def run(self) -> None:
        self._poller.register(self._bell, selectors.EVENT_READ, lambda _: self._take_back())
        for listener in self.sockets:
            listener.setblocking(False)
            self._poller.register(listener, selectors.EVENT_READ, self._accept)
        next_sweep = 0.0
        while self.alive and self.ppid == os.getppid():
            self.notify()
            self._turn(1.0)
            if time.monotonic() >= next_sweep:
                next_sweep = time.monotonic() + 1.0
                self._sweep()
        self._stop()

    def _turn(self, most_seconds: float) -> None:
        for key, _ in self._poller.select(most_seconds):
            key.data(key.fileobj)

    def _accept(self, listener: Any) -> None:
        for _ in range(_ACCEPT_AT_ONCE):
            try:
                accepted, client = listener.accept()
            except OSError as error:
                # Those who have been answered have no use for their descriptor.
                if error.errno in _NO_ROOM and not self._lingering.close_some():
                    self._make_room()
                return
            if len(self._waiting) + len(self._pending) >= MOST_WAITING:
                self._make_room()
            self._welcome(accepted, client, listener)

    def _welcome(self, accepted: socket.socket, client: Any, listener: Any) -> None:
        try:
            viewer = ViewerSocket(accepted)
            server = viewer.getsockname()
        except OSError:
            accepted.close()  # gone already
            return
        if self._is_everywhere:
            _admit_own_address(unmapped(server[0]))
        self._receive(Connection(viewer, client, server, IDLE_SECONDS))

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
        if connection in self._waiting:  # else it had to make room in this very turn
            self._receive(connection)

    def _go_on(self, connection: Connection) -> None:
        """Let a thread answer the next request if it is whole; else wait for what is missing of it."""
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
        # What is left where there is no room now waits for a thread, or is at one.
        if self._held_bytes > MAX_HELD_BYTES and not self._threads.is_free():
            self._refuse(connection, _OVERLOADED)
            return
        self._answering.add(connection)
        self._threads.give(connection)

    def _take_back(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 4096)
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
        """Take the next request after an answer that the client has, or end the connection."""
        if not connection.goes_on:
            self._end(connection)
        elif not self.alive:
            self._close(connection)
        else:
            connection.wait(IDLE_SECONDS)
            if connection.reader.has_begun():
                self._go_on(connection)
            else:
                # Mostly the next request is here already, or comes so soon that a turn of the loop is spared.
                self._receive(connection)

    # --- those who have to go ----------------------------------------------------------------------------------

    def _refuse(self, connection: Connection, refusal: RequestRefused) -> None:
        """Say why, and end the connection: where the next request would begin is unknown."""
        if self._say(connection, refusal.response()):
            self._end(connection)
        else:
            self._close(connection)

    def _say(self, connection: Connection, response: bytes) -> bool:
        """Send a short response; return whether the client has room for it."""
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
        """Close a connection of which the client has not taken all, in the kernel, too."""
        connection.socket.forget_unsent()
        self._close(connection)

    def _leave_waiting(self, connection: Connection) -> None:
        if connection in self._waiting:
            self._waiting.discard(connection)
            self._poller.unregister(connection.socket)

    def _count(self, connection: Connection, held_bytes: int) -> None:
        self._held_bytes += held_bytes - connection.counted_bytes
        connection.counted_bytes = held_bytes

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in [connection for connection in self._waiting if connection.deadline <= now]:
            if connection.reader.has_begun():
                self._refuse(connection, _TOO_SLOW)
            else:
                self._close(connection)
        for connection in self._pending.expired():
            self._reset(connection)
        self._lingering.close_expired()

    def _make_room(self) -> None:
        """Let go of a quarter of those who wait for a request, or wait for a moment where there are none."""
        oldest = first_to_go([*self._waiting, *self._pending])
        for connection in oldest[: len(oldest) // 4 + 1]:
            # At once, as its descriptor is wanted.
            if connection in self._waiting:
                if connection.reader.has_begun():
                    self._say(connection, _MADE_ROOM.response())
                self._close(connection)
            else:
                self._reset(connection)
        if not oldest:
            time.sleep(0.01)  # every descriptor is a thread's

    def _make_room_in_memory(self) -> None:
        """Let go of requests that are half here, and of answers that nobody takes, until there is room for a while."""
        half_here = [connection for connection in self._waiting if connection.reader.has_begun()]
        for connection in first_to_go([*half_here, *self._pending]):
            if self._held_bytes <= MAX_HELD_BYTES * 7 // 8:
                return
            if connection in self._waiting:
                self._refuse(connection, _MADE_ROOM)
            else:
                self._reset(connection)

    # --- in a thread -------------------------------------------------------------------------------------------

    def _answer(self, connection: Connection) -> bool:
        """Answer a request; return whether the connection goes on."""
        request = None
        try:
            # Given the request alone, and no socket, gunicorn's parser finds the end that the reader has found.
            request = next(http.get_parser(self.cfg, [connection.request], connection.client))
            return self._respond(connection, request)
        except (NoMoreData, StopIteration):
            pass
        except SendingEnded as ending:
            logger.debug("%s: %s.", connection.client, ending.strerror)
            connection.close()
        except (ConnectionError, TimeoutError) as error:
            logger.debug("%s: %s.", connection.client, error.strerror)
        except Exception as error:  # noqa: BLE001  whatever one request stumbles over, the thread serves the next
            self.handle_error(request, connection.socket, connection.client, error)
        return False

    def _respond(self, connection: Connection, request: Any) -> bool:
        created: Any = wsgi.create(request, connection.socket, connection.client, connection.server, self.cfg)
        response, environ = created
        environ["wsgi.multithread"] = True
        if not self.alive:
            response.force_close()
        content = self.wsgi(environ, response.start_response)
        try:
            return _send(response, content, environ) and not response.should_close()
        except (ConnectionError, TimeoutError):
            raise
        except Exception:
            if not response.headers_sent:
                raise
            # Nothing can be said any more: an error page would be taken for a part of the film.
            logger.exception("%s %s broke off", request.method, request.uri)
            return False
        finally:
            close = getattr(content, "close", None)
            if close:
                close()

    # --- the end -----------------------------------------------------------------------------------------------

    def handle_exit(self, sig: int, frame: Any) -> None:
        self.alive = False
        self._ring()

    def handle_quit(self, sig: int, frame: Any) -> None:
        self._interrupts += sig == signal.SIGINT
        if self._interrupts > 1:
            os._exit(0)  # a second Ctrl-C: at once, whatever is still being done
        self.handle_exit(sig, frame)

    def _ring(self) -> None:
        """Wake the loop, from wherever."""
        with contextlib.suppress(BlockingIOError):
            os.write(self._rope, b".")

    def _stop(self) -> None:
        """Let pages that are being made be finished, and break off everything else."""
        for listener in self.sockets:
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
        # Not back the way that this process came, which began as a copy of the one that started it.
        logging.shutdown()
        os._exit(0)

    def _wait_for_threads(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (self._answering or self._pending) and time.monotonic() < end:
            self._turn(0.05)


def _send(response: Any, content: Any, environ: dict[str, Any]) -> bool:
    """Send the content; return whether that was all of what the headers promise."""
    if isinstance(content, environ["wsgi.file_wrapper"]):
        response.write_file(content)  # all of it, or SendingEnded
        return True
    for part in content:
        response.write(part)
    response.close()
    has_body = response.req.method != "HEAD" and response.status_code not in (204, 304)
    return not has_body or response.response_length in (None, response.sent)


def _admit_own_address(address: str) -> None:
    """Let the server be called by an address of this computer at which somebody has just reached it."""
    host = as_host(address)
    if host not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append(host)
