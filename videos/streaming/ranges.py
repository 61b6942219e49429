"""Which bytes a Range header asks for. RFC 9110 §14."""

import re
from dataclasses import dataclass

# Digits only: int() would also take "+1", "1_0" and digits of other scripts.
_RANGE = re.compile(r"bytes=[ \t]*([0-9]*)-([0-9]*)[ \t]*\Z", re.ASCII | re.IGNORECASE)
# Longer numbers are past the end of any file, and int() refuses to read thousands of digits.
_MOST_DIGITS = 20


class RangeNotSatisfiable(Exception):
    """No byte of the file lies in the range: 416."""


@dataclass(frozen=True)
class ByteRange:
    """The bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size_bytes: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size_bytes}"


def requested_range(header: str | None, size_bytes: int) -> ByteRange | None:
    """Return the bytes to send, or None for the whole file. Raises RangeNotSatisfiable. RFC 9110 §14.1.2, §14.2.

    A header that is malformed, has another unit or asks for several ranges is ignored, as §14.2 allows.
    """
    match = _RANGE.match(header or "")
    if not match or match[1] == match[2] == "":
        return None
    first, last = (_position(digits) for digits in match.groups())
    if first is None:
        return _suffix(last or 0, size_bytes)
    if last is not None and last < first:
        return None
    if first >= size_bytes:
        raise RangeNotSatisfiable
    return ByteRange(first, size_bytes if last is None else min(last + 1, size_bytes))


def _suffix(length: int, size_bytes: int) -> ByteRange | None:
    if length == 0:
        raise RangeNotSatisfiable
    # An empty file has no last bytes to name in Content-Range; all of it is the answer.
    return ByteRange(max(size_bytes - length, 0), size_bytes) if size_bytes else None


def _position(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return 10**_MOST_DIGITS if len(digits) > _MOST_DIGITS else int(digits)
