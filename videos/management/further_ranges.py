"""More ranges of the file that was just sent, to the viewer who asks for them at once and in the same words.

A player that jumps about, or a program that fetches a film in small pieces, asks for one range after the other on the
same connection, and nothing but two numbers changes from request to request. The whole way through Django answers the
first. As long as all other bytes of the request are the same, the very file is still open and unchanged, and no second
has passed, what was decided for the first holds for the next: it is the same answer going on.
"""

import os
import re
import time
from typing import Any

from videos.management.sending import ViewerSocket

# So long is a decision held to be the present one.
HOLDS_SECONDS = 1.0
# The thread waits so long for the next request before it turns to somebody else.
_WAIT_SECONDS = 0.02
# A file that was written to just now may be written to again without its time of modification telling.
_SETTLED_NS = 2_000_000_000
_MOST_REQUEST_BYTES = 64 * 1024
_RANGE = re.compile(rb"\r\nrange:[ \t]*bytes=([0-9]{1,18}-[0-9]{0,18})[ \t]*\r\n", re.IGNORECASE)
_RANGE_NAME = re.compile(rb"\r\nrange:", re.IGNORECASE)
_NUMBERS = re.compile(rb"([0-9]{1,18})-([0-9]{0,18})")
_CONTENT_RANGE = re.compile(r"bytes [0-9]+-[0-9]+/([0-9]+)")
_HEADERS_OF_ONE_RANGE = ("content-length", "content-range")


class FurtherRanges:
    """An answer with one range of a file, from which the answers with other ranges of it follow."""

    def __init__(self, before: bytes, after: bytes, headers: str, file: Any, size_bytes: int, until: float) -> None:
        self._before, self._after, self._headers = before, after, headers
        self._file, self._size_bytes, self._until = file, size_bytes, until
        self._identity = _identity(file.fileno())

    @classmethod
    def after(cls, request: bytes, response: Any, content: Any, decided: float) -> "FurtherRanges | None":
        """Return what may follow this answer, or None: only a single range of a file that lies still is followed.

        `request` is all that was received, `decided` the moment when Django began to answer.
        """
        file = getattr(content, "filelike", None)
        asked = _RANGE.search(request)
        if file is None or asked is None or response.status_code != 206 or response.req.method != "GET":
            return None
        sent = [_CONTENT_RANGE.fullmatch(text) for name, text in response.headers if name.lower() == "content-range"]
        is_all = request.find(b"\r\n\r\n") == len(request) - 4
        if not (sent and sent[0] and is_all and len(_RANGE_NAME.findall(request)) == 1):
            return None
        kept = [f"{name}: {text}\r\n" for name, text in response.headers if name.lower() not in _HEADERS_OF_ONE_RANGE]
        headers = "".join([*response.default_headers(), *kept])
        before, after = request[: asked.start(1)], request[asked.end(1) :]
        found = cls(before, after, headers, file, int(sent[0][1]), decided + HOLDS_SECONDS)
        return found if found.file_lies_still() else None

    def file_lies_still(self) -> bool:
        size_bytes, modified_ns, _ = self._identity
        return size_bytes == self._size_bytes and modified_ns < time.time_ns() - _SETTLED_NS

    def send_to(self, viewer: ViewerSocket) -> bytes | None:
        """Send the ranges that are asked for, one after the other, until something else is.

        Returns that other request, b"" where nothing comes, and None where the viewer is gone.
        """
        with viewer.waiting_no_longer_than(_WAIT_SECONDS):
            while time.monotonic() < self._until:
                request = viewer.recv_soon(_MOST_REQUEST_BYTES)
                if not request:
                    return b"" if request is None else None
                bounds = self._bounds_in(request)
                if bounds is None:
                    return request
                self._send(viewer, *bounds)
        return b""

    def _bounds_in(self, request: bytes) -> tuple[int, int] | None:
        """Return the first and the last byte asked for, or None where the whole way has to answer."""
        if not (request.startswith(self._before) and request.endswith(self._after)):
            return None
        numbers = _NUMBERS.fullmatch(request, len(self._before), len(request) - len(self._after))
        if not numbers or _identity(self._file.fileno()) != self._identity:
            return None
        first, end = int(numbers[1]), self._size_bytes - 1
        last = min(int(numbers[2]), end) if numbers[2] else end
        return (first, last) if first <= last else None

    def _send(self, viewer: ViewerSocket, first: int, last: int) -> None:
        length = last - first + 1
        own = f"Content-Length: {length}\r\nContent-Range: bytes {first}-{last}/{self._size_bytes}\r\n\r\n"
        viewer.send_first((self._headers + own).encode("latin-1"))
        viewer.sendfile(self._file, first, length)


def _identity(descriptor: int) -> tuple[int, int, int]:
    status = os.fstat(descriptor)
    return status.st_size, status.st_mtime_ns, status.st_ino
