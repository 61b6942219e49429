"""The process that serves: one loop that collects requests, and many threads that answer them.

A thread is given a connection only when the whole request has come: a thousand people who send half a request, or none,
hold none. Nothing in the loop waits for anybody. A thread that sends a film sleeps in the kernel (sending.py).
"""

import contextlib
import errno
import logging
import os
import queue
import re
import selectors
import signal
import socket
import threading
import time
from collections import deque
from typing import Any

from django.conf import settings
from gunicorn import http, util
from gunicorn.http import wsgi
from gunicorn.http.errors import NoMoreData
from gunicorn.workers.base import Worker

from lvs_site.settings import EVERY_ADDRESS, as_host, split_bind, unmapped
from videos.management.frames import with_room
from videos.management.further_ranges import FurtherRanges
from videos.management.sending import SendingEnded, ViewerSocket

logger = logging.getLogger(__name__)

# An idle connection is kept so long; one on which a request has begun must have all of it by then.
IDLE_SECONDS, REQUEST_SECONDS = 15.0, 10.0
# How long a page that is being made, when the server is stopped, may take to be finished.
FINISH_SECONDS = 0.7
# Beyond the threads: connections that wait for a request. Those who have waited longest make room for others.
MOST_WAITING = 4096
# Longer bodies than this, and those of unknown length, are read by a thread; only so many at a time.
MOST_BODY_BYTES, MOST_LONG_BODIES = 64 * 1024, 8
_MOST_HEAD_BYTES, _PIECE_BYTES = 64 * 1024, 64 * 1024
_ACCEPT_AT_ONCE = 64
_CLOSE_SECONDS = 1.0
_LENGTH = re.compile(rb"\r\ncontent-length:[ \t]*([0-9]{1,18})[ \t]*\r\n")
_TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class Connection:
    """A viewer's connection and what has come of the next request on it."""

    def __init__(self, viewer: ViewerSocket, client: Any, server: Any, cfg: Any) -> None:
        self.socket, self.client, self.server = viewer, client, server
        self.parser = http.get_parser(cfg, viewer, client)
        self.received = bytearray()
        self.deadline = time.monotonic() + IDLE_SECONDS
        self.has_long_body = False

    def take(self, piece: bytes) -> None:
        if not self.received:
            self.deadline = time.monotonic() + REQUEST_SECONDS
        self.received += piece

    def is_ready(self) -> bool:
        """Return whether a thread can answer: all of the request is there, or its body is too long to be kept here."""
        end = self.received.find(b"\r\n\r\n") + 4
        if end < 4:
            # Bare line feeds never end a head: gunicorn says so.
            return self.received.count(b"\n") != self.received.count(b"\r\n")
        head = self.received[:end].lower()
        length = _LENGTH.search(head)
        body_bytes = int(length[1]) if length else 0
        is_asked_for = b"\r\ntransfer-encoding:" in head or (b"\r\nexpect:" in head and body_bytes > 0)
        self.has_long_body = is_asked_for or body_bytes > MOST_BODY_BYTES
        return self.has_long_body or len(self.received) >= end + body_bytes

    def is_too_large(self) -> bool:
        """Return whether what has come, and is not ready, can be no request."""
        return len(self.received) > _MOST_HEAD_BYTES + MOST_BODY_BYTES

    def give_to_parser(self) -> bytes:
        """Return the request as far as it has come, which the parser then finds."""
        request = bytes(self.received)
        self.received.clear()
        self.parser.unreader.unread(request)
        return request

    def close(self) -> None:
        util.close(self.socket)

    def end(self) -> None:
        """Let the viewer have what was sent, and close. Waits a moment for the viewer, so never in the loop."""
        util.close_graceful(self.socket, timeout=_CLOSE_SECONDS)

    def break_off(self) -> None:
        """Wake the thread that sends or receives on it, which then finds the connection at its end."""
        with contextlib.suppress(OSError):
            self.socket.shutdown(socket.SHUT_RDWR)


_Inbox = queue.SimpleQueue[Connection]


class ConnectionLoop(Worker):
    """gunicorn's worker process. What is named _x here belongs to the loop's thread, unless it says otherwise."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: set[Connection] = set()
        self._answering: set[Connection] = set()
        self._long_bodies: list[Connection] = []
        self._long_bodies_read = 0
        self._interrupts = 0
        self._is_everywhere = split_bind(settings.BIND)[0] in EVERY_ADDRESS
        # The threads that are idle, by what each is given its next connection in; and connections that wait for one.
        self._idle: list[_Inbox] = []
        self._threads = 0
        self._backlog: deque[Connection] = deque()
        # From the threads back to the loop.
        self._answered: queue.SimpleQueue[tuple[_Inbox, Connection, bool]] = queue.SimpleQueue()

    def init_process(self) -> None:
        self._poller = selectors.DefaultSelector()
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
                if error.errno in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                    self._make_room()
                return
            if len(self._waiting) >= MOST_WAITING:
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
        self._wait_for_request(Connection(viewer, client, server, self.cfg))

    def _make_room(self) -> None:
        """Let go of a quarter of those who wait for a request, or wait for a moment where there are none."""
        by_deadline = sorted(self._waiting, key=lambda connection: connection.deadline)
        for connection in by_deadline[: len(by_deadline) // 4 + 1]:
            self._drop(connection)
        if not by_deadline:
            time.sleep(0.01)  # every descriptor is a thread's

    def _wait_for_request(self, connection: Connection) -> None:
        self._waiting.add(connection)
        self._poller.register(connection.socket, selectors.EVENT_READ, lambda _: self._receive(connection))
        # Mostly the request is here already, and one turn of the loop is spared.
        self._receive(connection)

    def _receive(self, connection: Connection) -> None:
        if connection not in self._waiting:
            return  # it had to make room in this very turn
        try:
            piece = connection.socket.recv_now(_PIECE_BYTES)
        except OSError:
            piece = b""
        if piece:
            connection.take(piece)
            self._look_at(connection)
        elif piece is not None:
            self._drop(connection)

    def _look_at(self, connection: Connection) -> None:
        if connection.is_ready():
            self._leave_waiting(connection)
            self._answer_soon(connection)
        elif connection.is_too_large():
            with contextlib.suppress(OSError):
                connection.socket.send(_TOO_LARGE, socket.MSG_DONTWAIT)
            self._drop(connection)

    def _leave_waiting(self, connection: Connection) -> None:
        self._waiting.discard(connection)
        self._poller.unregister(connection.socket)

    def _drop(self, connection: Connection) -> None:
        self._leave_waiting(connection)
        connection.close()

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection in [connection for connection in self._waiting if connection.deadline <= now]:
            self._drop(connection)
        for connection in [connection for connection in self._long_bodies if connection.deadline <= now]:
            self._long_bodies.remove(connection)
            connection.close()

    # --- from the loop to the threads and back -----------------------------------------------------------------

    def _answer_soon(self, connection: Connection) -> None:
        if connection.has_long_body:
            if self._long_bodies_read >= MOST_LONG_BODIES:
                self._long_bodies.append(connection)
                return
            self._long_bodies_read += 1
        self._answering.add(connection)
        if not self._idle and self._threads < self.cfg.threads:
            self._start_thread()
        if self._idle:
            # The last to become idle is the warmest: a few threads make all pages, and the others stay as they are.
            self._idle.pop().put(connection)
        else:
            self._backlog.append(connection)

    def _start_thread(self) -> None:
        inbox: _Inbox = queue.SimpleQueue()
        self._threads += 1
        name = f"viewer-{self._threads}"
        threading.Thread(target=with_room, args=(self._answer_for_ever, inbox), name=name, daemon=True).start()
        self._idle.append(inbox)

    def _take_back(self) -> None:
        with contextlib.suppress(BlockingIOError):
            os.read(self._bell, 4096)
        while not self._answered.empty():
            inbox, connection, goes_on = self._answered.get()
            self._answering.discard(connection)
            if self._backlog:
                inbox.put(self._backlog.popleft())
            else:
                self._idle.append(inbox)
            if connection.has_long_body:
                self._long_bodies_read -= 1
                connection.has_long_body = False
                if self._long_bodies:
                    self._answer_soon(self._long_bodies.pop(0))
            if goes_on and self.alive:
                self._keep(connection)
            elif goes_on:
                connection.close()

    def _keep(self, connection: Connection) -> None:
        connection.deadline = time.monotonic() + IDLE_SECONDS
        ahead = connection.parser.unreader.take_buffered()
        if ahead:
            connection.take(ahead)
            if connection.is_ready():
                self._answer_soon(connection)
                return
        self._wait_for_request(connection)

    # --- in a thread -------------------------------------------------------------------------------------------

    def _answer_for_ever(self, inbox: _Inbox) -> None:
        while True:
            connection = inbox.get()
            goes_on = False
            try:
                goes_on = self._answer(connection)
            finally:
                if not goes_on:
                    connection.end()
                self._answered.put((inbox, connection, goes_on))
                self._ring()

    def _answer(self, connection: Connection) -> bool:
        """Answer a request, and those that ask at once for more of the same; return whether the connection goes on."""
        request = None
        received = connection.give_to_parser()
        connection.socket.expect_body()
        try:
            request = next(connection.parser)
            return self._respond(connection, request, received)
        except (NoMoreData, StopIteration):
            pass
        except SendingEnded as ending:
            logger.debug("%s: %s.", connection.client, ending.strerror)
        except (ConnectionError, TimeoutError) as error:
            logger.debug("%s: %s.", connection.client, error.strerror)
        except Exception as error:  # noqa: BLE001  whatever one request stumbles over, the thread serves the next
            self.handle_error(request, connection.socket, connection.client, error)
        return False

    def _respond(self, connection: Connection, request: Any, received: bytes) -> bool:
        created: Any = wsgi.create(request, connection.socket, connection.client, connection.server, self.cfg)
        response, environ = created
        environ["wsgi.multithread"] = True
        if not self.alive:
            response.force_close()
        decided = time.monotonic()
        content = self.wsgi(environ, response.start_response)
        try:
            is_whole = _send(response, content, environ)
            if not is_whole or response.should_close() or not _is_read(connection.parser):
                return False
            further = FurtherRanges.after(received, response, content, decided)
            if further is None:
                return True
            request_after = further.send_to(connection.socket)
            connection.parser.unreader.unread(request_after or b"")
            return request_after is not None
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
            self._drop(connection)
        while self._long_bodies:
            self._long_bodies.pop().close()
        for connection in self._answering:
            if connection.socket.is_sending_file:
                connection.break_off()
        self._wait_for_threads(FINISH_SECONDS)
        for connection in self._answering:
            connection.break_off()
        self._wait_for_threads(FINISH_SECONDS)
        # Not back the way that this process came, which began as a copy of the one that started it.
        logging.shutdown()
        os._exit(0)

    def _wait_for_threads(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while self._answering and time.monotonic() < end:
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


def _is_read(parser: Any) -> bool:
    """Return whether the next request begins where this one ends, after what nobody has read of its body."""
    return getattr(parser.mesg.body.reader, "length", None) == 0 or parser.finish_body(time.monotonic() + 1.0)


def _admit_own_address(address: str) -> None:
    """Let the server be called by an address of this computer at which somebody has just reached it."""
    host = as_host(address)
    if host not in settings.ALLOWED_HOSTS:
        settings.ALLOWED_HOSTS.append(host)
