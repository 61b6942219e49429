"""The socket of a client. Files are sent by the kernel, and a client that takes nothing for a while is closed.

A thread that sends a file sleeps in the kernel until the file is sent, so a thousand of them cost the interpreter
nothing. The kernel also wakes it: each socket has a time limit for sending (SO_SNDTIMEO).
"""

import errno
import fcntl
import os
import socket
import struct
import sys
import termios
import time
from contextlib import suppress
from typing import Any

# A client that takes nothing for STALL_SECONDS is closed. The kernel wakes the sending thread every WAKE_SECONDS.
STALL_SECONDS, WAKE_SECONDS = 60.0, 10.0
# Less than this in STALL_SECONDS counts as nothing: no player is that slow.
MIN_BYTES = 16 * 1024
# The part of a response that is kept for a client without room for it: any page, script or image fits, and no thread
# waits for it.
MAX_UNSENT_BYTES = 1024 * 1024
# The bytes of one sendfile() call: some kernels refuse 2 GiB and more.
_MAX_SENDFILE_BYTES = 256 * 1024 * 1024
_MAX_SEND_BYTES = 256 * 1024
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class SendingEnded(BrokenPipeError):
    """The connection has to end: the client takes nothing, or the file became shorter."""


class ClientSocket(socket.socket):
    """The accepted end of a connection. Always blocking."""

    def __init__(self, accepted: socket.socket) -> None:
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self.setblocking(True)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(WAKE_SECONDS))
        self.is_sending_file = False
        # What the client has no room for yet. It belongs to the thread that answers, and afterwards to the loop.
        self.unsent = bytearray()

    def recv_now(self, size: int) -> bytes | None:
        """Return the bytes that have arrived, b"" at the end of the connection, and None if nothing has arrived."""
        try:
            return super().recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def sendall(self, content: Any, flags: int = 0, /) -> None:
        """Send all of it, or keep up to MAX_UNSENT_BYTES that the client has no room for in `unsent`.

        A longer rest is waited for. Raises SendingEnded if the client does not take it in STALL_SECONDS.
        """
        left = memoryview(content)
        if not self.unsent:
            with suppress(BlockingIOError):
                while left:
                    left = left[self.send(left, flags | socket.MSG_DONTWAIT) :]
        self.unsent += left
        if len(self.unsent) > MAX_UNSENT_BYTES:
            self._wait_until_sent()

    def send_unsent(self) -> None:
        """Send as much of `unsent` as the client has room for now."""
        with suppress(BlockingIOError):
            while self.unsent:
                sent = self.send(memoryview(self.unsent)[:_MAX_SEND_BYTES], socket.MSG_DONTWAIT)
                del self.unsent[:sent]

    def _wait_until_sent(self) -> None:
        kept, self.unsent = self.unsent, bytearray()
        left = memoryview(kept)
        began = time.monotonic()
        while left:
            with suppress(BlockingIOError):
                left = left[self.send(left) :]
            if left and time.monotonic() - began >= STALL_SECONDS:
                raise self._stalled()

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send `count` bytes of the file from `offset`, by default all of them, and return how many that were.

        Raises SendingEnded if the client takes nothing for STALL_SECONDS, or if the file is shorter than that: the
        missing bytes are not made up.
        """
        descriptor = file.fileno()
        left = os.fstat(descriptor).st_size - offset if count is None else count
        total = left
        if left <= MAX_UNSENT_BYTES:
            self._send_short(descriptor, offset, left)
            return total
        self._wait_until_sent()
        self.is_sending_file = True
        taken, taken_at = offset, time.monotonic()
        try:
            while left > 0:
                sent = self._send_piece(descriptor, offset, min(left, _MAX_SENDFILE_BYTES))
                offset, left = offset + sent, left - sent
                if not left:
                    break
                # The kernel buffers megabytes and then takes nothing for a while: what counts is what the client has.
                has = offset - self._queued_bytes()
                if has >= taken + MIN_BYTES:
                    taken, taken_at = has, time.monotonic()
                elif time.monotonic() - taken_at >= STALL_SECONDS:
                    raise self._stalled()
        finally:
            self.is_sending_file = False
        return total

    def _send_short(self, descriptor: int, offset: int, count: int) -> None:
        content = os.pread(descriptor, count, offset)
        self.sendall(content)
        if len(content) < count:
            raise _shorter()

    def _send_piece(self, descriptor: int, offset: int, count: int) -> int:
        try:
            sent = os.sendfile(self.fileno(), descriptor, offset, count)
        except BlockingIOError:
            return 0
        if sent == 0:
            raise _shorter()
        return sent

    def _queued_bytes(self) -> int:
        """Return how many bytes wait in the kernel for the client; 0 if the system cannot say."""
        try:
            return int.from_bytes(fcntl.ioctl(self, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        except OSError:
            return 0

    def forget_unsent(self) -> None:
        """Drop the unsent bytes, also those in the kernel, as soon as the socket is closed."""
        self.unsent = bytearray()
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def _stalled(self) -> SendingEnded:
        self.forget_unsent()
        return SendingEnded(errno.EPIPE, "the client takes nothing")


def _shorter() -> SendingEnded:
    return SendingEnded(errno.EPIPE, "the file has become shorter than it was when sending began")


def _timeval(seconds: float) -> bytes:
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))
