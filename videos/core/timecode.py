"""Positions in a video as people write them: 83, 1m23s, 1:23."""

import math
import re

MAX_SECONDS = 10_000_000  # nearly four months

_PLAIN = re.compile(r"[0-9]{1,8}(?:\.[0-9]{1,6})?")
_UNITS = re.compile(r"(?:([0-9]{1,5})h)?(?:([0-9]{1,6})m)?(?:([0-9]{1,8}(?:\.[0-9]{1,6})?)s)?", re.IGNORECASE)
_CLOCK = re.compile(r"(?:([0-9]{1,5}):)?([0-9]{1,6}):([0-9]{1,2}(?:\.[0-9]{1,6})?)")


def seconds_of(text: str) -> float | None:
    """Return the seconds that "83", "83.5", "1m23s", "1:23" or "1:02:03" stand for, else None."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        seconds = float(text)
    else:
        found = _CLOCK.fullmatch(text) or (_UNITS.fullmatch(text) if text else None)
        if found is None:
            return None
        hours, minutes, rest = (float(part or 0) for part in found.groups())
        seconds = (hours * 60 + minutes) * 60 + rest
    return seconds if math.isfinite(seconds) and seconds <= MAX_SECONDS else None


def written(seconds: float) -> str:
    """Return "83" or "83.042" for a URL: to the millisecond, regardless of the language."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".")


def clock(seconds: float) -> str:
    """Return 1:23:45 or 3:05, as players show it: a position by the second that it lies in, without rounding.

    A duration is rounded before: `clock(round(seconds))`. A film of 59.97 s lasts 1:00; its last frame is at 0:59.
    """
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
