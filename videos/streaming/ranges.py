"""Which bytes a Range header asks for. RFC 9110 §14."""

import re
from dataclasses import dataclass

# A header with more ranges than this is ignored (§14.2, §17.15): nothing that plays or saves a film asks for so many,
# and each costs a read at another place of the disk. The number is that of Apache's MaxRanges.
MAX_RANGES = 200

_UNIT = "bytes="
# Digits only: int() would also take "+1", "1_0" and digits of other scripts.
_SPEC = re.compile(r"([0-9]*)-([0-9]*)\Z", re.ASCII)
# Longer numbers are past the end of any file, and int() refuses to read thousands of digits.
_MAX_DIGITS = 20


class RangeNotSatisfiable(Exception):
    """No byte of the file lies in any of the ranges: 416."""


@dataclass(frozen=True, order=True)
class ByteRange:
    """The bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int

    @property
    def length(self) -> int:
        return self.stop - self.start

    def content_range(self, size_bytes: int) -> str:
        return f"bytes {self.start}-{self.stop - 1}/{size_bytes}"


def requested_ranges(header: str | None, size_bytes: int) -> tuple[ByteRange, ...]:
    """Return the ranges to send in the order asked for; none for the whole file. RFC 9110 §14.1.2, §14.2, §15.3.7.2.

    No byte is in two of them: ranges that overlap become one, at the place of the first. Those without a byte of the
    file are left out. A header that is malformed, has another unit or too many ranges is ignored, as §14.2 allows.
    Raises RangeNotSatisfiable.
    """
    specs = _specs(header or "")
    # The last bytes of an empty file are all of it, and Content-Range has no way to name them.
    if size_bytes == 0 and any(first is None and last for first, last in specs):
        return ()
    found = [_bytes_of(first, last, size_bytes) for first, last in specs]
    ranges = [each for each in found if each.length > 0]
    if found and not ranges:
        raise RangeNotSatisfiable
    return _without_overlaps(ranges)


_Spec = tuple[int | None, int | None]


def _specs(header: str) -> list[_Spec]:
    """Return (first, last) of each range, (None, length) of a suffix; nothing where the header is to be ignored."""
    if header[: len(_UNIT)].lower() != _UNIT:
        return []
    # White space around the elements of a list, and empty ones, are to be borne with (§5.6.1.2).
    elements = [part for part in (part.strip(" \t") for part in header[len(_UNIT) :].split(",")) if part]
    if len(elements) > MAX_RANGES:
        return []
    specs = [spec for spec in map(_spec, elements) if spec]
    return specs if len(specs) == len(elements) else []


def _spec(element: str) -> _Spec | None:
    match = _SPEC.match(element)
    if not match or element == "-":
        return None
    first, last = (_position(digits) for digits in match.groups())
    return None if first is not None and last is not None and last < first else (first, last)


def _position(digits: str) -> int | None:
    if not digits:
        return None
    digits = digits.lstrip("0") or "0"
    return 10**_MAX_DIGITS if len(digits) > _MAX_DIGITS else int(digits)


def _bytes_of(first: int | None, last: int | None, size_bytes: int) -> ByteRange:
    """Return the part of the range that lies in the file; of no length where there is none."""
    if first is None:
        return ByteRange(max(size_bytes - (last or 0), 0), size_bytes)
    start = min(first, size_bytes)
    return ByteRange(start, size_bytes if last is None else max(start, min(last + 1, size_bytes)))


def _without_overlaps(ranges: list[ByteRange]) -> tuple[ByteRange, ...]:
    """Return the same bytes, each once: what overlaps is one range, where the first of its ranges stood."""
    joined: list[tuple[int, ByteRange]] = []
    for place, each in sorted(enumerate(ranges), key=lambda item: item[1]):
        if joined and each.start < joined[-1][1].stop:
            first_place, before = joined[-1]
            joined[-1] = min(place, first_place), ByteRange(before.start, max(before.stop, each.stop))
        else:
            joined.append((place, each))
    return tuple(each for _, each in sorted(joined))
