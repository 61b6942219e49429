"""The bytes of a connection, split into requests. Nothing else in this process looks for the end of a request."""

import re
import sys
from collections.abc import Generator
from enum import Enum, auto

from videos.server.request_head import (
    MAX_HEAD_BYTES,
    MAX_LINE_BYTES,
    RequestRefused,
    read_fields,
    read_head,
    split_request_line,
    too_large,
)

# No client splits a form into so many chunks that their sizes and line ends add up to this.
MAX_CHUNK_FRAMING_BYTES = 64 * 1024
_MAX_CHUNK_LINE_BYTES = 4096
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]{1,8})(?:[ \t]*;[^\x00-\x08\x0a-\x1f\x7f]*)?")


class Awaits(Enum):
    """The missing part of a request."""

    HEAD = auto()
    BODY = auto()
    # The client sends the body after a 100 Continue (Expect: 100-continue).
    GO_AHEAD = auto()


class RequestReader:
    """Reads the requests of one connection."""

    def __init__(self, max_body_bytes: int) -> None:
        self._received, self._content = bytearray(), bytearray()
        # A generator that knows the buffers but not this object: a reference cycle would be freed late.
        self._requests = _requests(self._received, self._content, max_body_bytes)
        self._awaits: Awaits | None = None

    def feed(self, piece: bytes) -> None:
        self._received += piece

    def next_request(self) -> bytes | Awaits:
        """Return the next request, complete and with a Content-Length, or its missing part.

        Raises RequestRefused, after which nothing more can be read from the connection.
        """
        found = next(self._requests)
        self._awaits = found if isinstance(found, Awaits) else None
        return found

    def has_begun(self) -> bool:
        """Return whether a part of the next request has arrived."""
        return bool(self._received) or self._awaits in (Awaits.BODY, Awaits.GO_AHEAD)

    def held_bytes(self) -> int:
        """Return the memory of the buffers in bytes, including what they have in reserve."""
        return sys.getsizeof(self._received) + sys.getsizeof(self._content)


_Part = Generator[Awaits, None, bytes]


def _requests(received: bytearray, content: bytearray, max_body_bytes: int) -> Generator[bytes | Awaits, None, None]:
    while True:
        head = read_head((yield from _head(received)), max_body_bytes)
        is_there = bool(received) or head.length == 0
        if head.expects_continue and not is_there:
            yield Awaits.GO_AHEAD
        if head.length is None:
            body = yield from _chunks(received, content, max_body_bytes)
        else:
            body = yield from _exactly(received, head.length)
        yield head.whole_request(body)


def _head(received: bytearray) -> _Part:
    """Take a head without the empty line at its end. Bytes that cannot become one are refused as early as possible."""
    searched, has_request_line = 0, False
    while True:
        # An empty line before a request is skipped: some clients send one after a form (RFC 9112 §2.2).
        start = 2 if received.startswith(b"\r\n") else 0
        end = received.find(b"\r\n\r\n", max(start, searched - 3))
        # A carriage return at the end may be the first half of a line end.
        check_to = len(received) - received.endswith(b"\r") if end < 0 else end
        if _has_stray_ends(received, searched, check_to) or not _may_begin(received[start : start + 1]):
            raise RequestRefused(400, "This is not a request of HTTP/1.1.")
        if not has_request_line:
            has_request_line = _check_request_line(received, start, end)
        if end >= 0:
            break
        if len(received) > MAX_HEAD_BYTES:
            raise RequestRefused(431, "The headers of the request are too long.")
        searched = check_to
        yield Awaits.HEAD
    head = bytes(received[start:end])
    del received[: end + 4]
    if len(head) > MAX_HEAD_BYTES:
        raise RequestRefused(431, "The headers of the request are too long.")
    return head


def _has_stray_ends(received: bytearray, start: int, end: int) -> bool:
    """Return whether there is a lone CR or LF, or a NUL. By counting, since heads can be long."""
    lines = received.count(b"\r\n", start, end)
    return (
        received.count(b"\n", start, end) != lines
        or received.count(b"\r", start, end) != lines
        or received.find(b"\x00", start, end) >= 0
    )


def _may_begin(first: bytearray) -> bool:
    """Return whether a request can begin with this byte. A TLS handshake does not."""
    return not first or first.isupper() or first == b"\r"


def _check_request_line(received: bytearray, start: int, end: int) -> bool:
    """Return whether the request line has arrived. Raises RequestRefused if it is none."""
    line_end = received.find(b"\r\n", start)
    if line_end < 0:
        if len(received) - start > MAX_LINE_BYTES + 2:
            raise RequestRefused(414, "The address is too long.")
        return False
    if end < 0:  # otherwise the whole head is validated at once
        split_request_line(bytes(received[start:line_end]))
    return True


def _exactly(received: bytearray, length: int) -> _Part:
    while len(received) < length:
        yield Awaits.BODY
    body = bytes(received[:length])
    del received[:length]
    return body


def _chunks(received: bytearray, content: bytearray, max_body_bytes: int) -> _Part:
    """Take a chunked body (RFC 9112 §7.1), and drop its trailers."""
    framing_bytes = 0
    while True:
        line = yield from _line(received)
        found = _CHUNK_SIZE.fullmatch(line)
        framing_bytes += len(line) + 4
        if not found or framing_bytes > MAX_CHUNK_FRAMING_BYTES:
            raise RequestRefused(400, "The chunks of the request are malformed.")
        size = int(found[1], 16)
        if len(content) + size > max_body_bytes:
            raise too_large(max_body_bytes)
        if size == 0:
            break
        content += yield from _exactly(received, size)
        if (yield from _exactly(received, 2)) != b"\r\n":
            raise RequestRefused(400, "The chunks of the request are malformed.")
    yield from _trailers(received, framing_bytes)
    body = bytes(content)
    content.clear()
    return body


def _trailers(received: bytearray, framing_bytes: int) -> Generator[Awaits, None, None]:
    while line := (yield from _line(received)):
        read_fields([line])
        framing_bytes += len(line) + 2
        if framing_bytes > MAX_CHUNK_FRAMING_BYTES:
            raise RequestRefused(431, "The trailers of the request are too long.")


def _line(received: bytearray) -> _Part:
    """Take a line without its end."""
    searched = 0
    while (end := received.find(b"\n", searched)) < 0:
        searched = len(received)
        if searched > _MAX_CHUNK_LINE_BYTES:
            raise RequestRefused(400, "The chunks of the request are malformed.")
        yield Awaits.BODY
    line = bytes(received[: end + 1])
    del received[: end + 1]
    if not line.endswith(b"\r\n") or len(line) > _MAX_CHUNK_LINE_BYTES:
        raise RequestRefused(400, "The chunks of the request are malformed.")
    return line[:-2]
