"""A viewer's connection: bytes go out by the kernel alone, and whoever takes none for a while is let go.

A thread that sends a film sleeps in the kernel until the film is over, so that a thousand of them cost the interpreter
nothing. What that thread cannot see, the kernel must: each connection carries a time limit (SO_SNDTIMEO).
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

# A viewer who takes nothing for so long is let go. The kernel wakes the thread this often to look at the clock.
STALL_SECONDS, WAKE_SECONDS = 60.0, 10.0
# Less than this in all that time is nothing: no player takes so little.
LEAST_BYTES = 16 * 1024
# So much of an answer is kept for a viewer who has no room for it, so that no thread waits: a page, script or picture.
MAX_UNSENT_BYTES = 1024 * 1024
# How much the kernel is told to send at a time; some refuse 2 GiB and more.
_MOST_BYTES = 256 * 1024 * 1024
_MOST_BYTES_AT_ONCE = 256 * 1024
_CORK = getattr(socket, "MSG_MORE", 0)
_RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class SendingEnded(BrokenPipeError):
    """The connection cannot go on: the viewer takes nothing, or the file has lost its end."""


class ViewerSocket(socket.socket):
    """The accepted end of a connection. Always blocking; it knows whether a file is being sent on it."""

    def __init__(self, accepted: socket.socket) -> None:
        family, kind, protocol = accepted.family, accepted.type, accepted.proto
        super().__init__(family, kind, protocol, fileno=accepted.detach())
        self.setblocking(True)
        self.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, _timeval(WAKE_SECONDS))
        self.is_sending_file = False
        # What the viewer has no room for yet. It is the thread's that makes the answer, and afterwards the loop's.
        self.unsent = bytearray()

    def recv_now(self, size: int) -> bytes | None:
        """Return what has come already, b"" where the viewer is gone, and None where there is nothing."""
        try:
            return super().recv(size, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return None

    def sendall(self, content: Any, flags: int = 0, /) -> None:
        """Send all of it, or keep a rest of up to MAX_UNSENT_BYTES that the viewer has no room for in `unsent`.

        Raises SendingEnded where a longer rest is not taken in STALL_SECONDS.
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
        """Send what the viewer has room for now of what is unsent."""
        with suppress(BlockingIOError):
            while self.unsent:
                sent = self.send(memoryview(self.unsent)[:_MOST_BYTES_AT_ONCE], socket.MSG_DONTWAIT)
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

    def send_first(self, content: bytes) -> None:
        """Send bytes that others follow at once: where it can, the kernel puts them into one packet."""
        self.sendall(content, _CORK)

    def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
        """Send `count` bytes of the file from `offset`, and return how many that were.

        Raises SendingEnded where the viewer takes nothing for too long, and where the file is shorter than promised:
        nothing is put in the place of what is missing.
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
                sent = self._send_piece(descriptor, offset, min(left, _MOST_BYTES))
                offset, left = offset + sent, left - sent
                if not left:
                    break
                # The kernel takes megabytes ahead, and then nothing for long: what counts is what the viewer has.
                has = offset - self._queued_bytes()
                if has >= taken + LEAST_BYTES:
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
        """Return how many bytes wait in the kernel for the viewer; 0 where it does not tell."""
        try:
            return int.from_bytes(fcntl.ioctl(self, termios.TIOCOUTQ, bytes(4)), sys.byteorder)
        except OSError:
            return 0

    def forget_unsent(self) -> None:
        """Let what waits in the kernel for the viewer, up to megabytes, go with the connection, and not later."""
        self.unsent = bytearray()
        self.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def _stalled(self) -> SendingEnded:
        self.forget_unsent()
        return SendingEnded(errno.EPIPE, "the viewer takes nothing")


def _shorter() -> SendingEnded:
    return SendingEnded(errno.EPIPE, "the file has become shorter than it was when sending began")


def _timeval(seconds: float) -> bytes:
    return struct.pack("@ll", int(seconds), int(seconds % 1 * 1_000_000))
