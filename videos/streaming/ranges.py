"""Parse Range headers. RFC 9110 §14."""

import re
from dataclasses import dataclass

# A header with more ranges is ignored (§14.2, §17.15): players and downloaders never send that many, and each costs a
# seek on the disk. Apache's MaxRanges is the same.
MAX_RANGES = 200

_UNIT = "bytes="
# ASCII digits only: int() would also accept "+1", "1_0" and digits of other scripts.
_SPEC = re.compile(r"([0-9]*)-([0-9]*)\Z", re.ASCII)
# Longer numbers exceed the size of any file, and int() refuses thousands of digits.
_MAX_DIGITS = 20


class RangeNotSatisfiable(Exception):
    """None of the ranges overlaps the file: 416."""


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
    """Return the ranges to send in the requested order; none for the whole file. RFC 9110 §14.1.2, §14.2, §15.3.7.2.

    Overlapping ranges are joined, at the place of the first. Ranges outside of the file are left out. A header that is
    malformed, or has another unit or too many ranges, is ignored, as §14.2 allows. Raises RangeNotSatisfiable.
    """
    specs = _specs(header or "")
    # A suffix of an empty file is the whole file: Content-Range cannot express it.
    if size_bytes == 0 and any(first is None and last for first, last in specs):
        return ()
    found = [_bytes_of(first, last, size_bytes) for first, last in specs]
    ranges = [each for each in found if each.length > 0]
    if found and not ranges:
        raise RangeNotSatisfiable
    return _without_overlaps(ranges)


_Spec = tuple[int | None, int | None]


def _specs(header: str) -> list[_Spec]:
    """Return (first, last) of each range, (None, length) for a suffix; nothing if the header is to be ignored."""
    if header[: len(_UNIT)].lower() != _UNIT:
        return []
    # Lists may contain white space and empty elements (§5.6.1.2).
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
    """Return the part of the range inside the file; may be empty."""
    if first is None:
        return ByteRange(max(size_bytes - (last or 0), 0), size_bytes)
    start = min(first, size_bytes)
    return ByteRange(start, size_bytes if last is None else max(start, min(last + 1, size_bytes)))


def _without_overlaps(ranges: list[ByteRange]) -> tuple[ByteRange, ...]:
    """Return the same bytes without overlaps: overlapping ranges are joined at the place of the first."""
    joined: list[tuple[int, ByteRange]] = []
    for place, each in sorted(enumerate(ranges), key=lambda item: item[1]):
        if joined and each.start < joined[-1][1].stop:
            first_place, before = joined[-1]
            joined[-1] = min(place, first_place), ByteRange(before.start, max(before.stop, each.stop))
        else:
            joined.append((place, each))
    return tuple(each for _, each in sorted(joined))
