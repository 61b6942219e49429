"""Which times the worker has lived through, so that no file counts as missing for months because a clock jumped.

A cleanup deletes what has been missing for so many days. By a clock that is wrong once, what went missing yesterday did
so years ago. So the worker notes each hour what time it is: times that follow each other make a span, and a jump begins
a new one. Only days within spans count. Where the computer was off for longer than a day, that time does not count
either, and the cleanup comes later than it might: never earlier.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from videos.core.files import atomic_write

logger = logging.getLogger(__name__)

# A night without the computer is no jump. Daylight saving is none either: these are times in UTC.
MAX_GAP = timedelta(days=1)
# What is noted this often may reach further than its note by so long.
NOTE_EVERY = timedelta(hours=1)
_MAX_SPANS = 200


@dataclass(frozen=True)
class Span:
    """A time that was lived through; `start` is None for the first: before it nothing was noted."""

    start: datetime | None
    end: datetime


@dataclass(frozen=True)
class Cutoff:
    """Missing for long enough is what went missing before `before`, but in none of the spans that came later."""

    before: datetime
    later: tuple[tuple[datetime, datetime], ...]


def note(now: datetime, last_seen: datetime | None = None) -> None:
    """Note that it is now. Where it cannot be kept, this time will not count.

    `last_seen` is a time that is known from elsewhere, for where nothing was noted before: what went before is believed
    if there is none, or if now follows it.
    """
    spans = _read()
    if spans is None:
        spans = [Span(None if last_seen is None or _follows(last_seen, now) else now, now)]
    elif spans and _follows(spans[-1].end, now):
        spans[-1] = Span(spans[-1].start, now)
    else:
        spans.append(Span(now, now))
    try:
        _write(spans[-_MAX_SPANS:])
    except OSError as error:
        logger.warning("The time cannot be noted for the automatic cleanup: %s", error)


def _follows(earlier: datetime, now: datetime) -> bool:
    return timedelta() <= now - earlier <= MAX_GAP


def cutoff(days: int) -> Cutoff | None:
    """Return what has been missing for so many days that were lived through; None where there are not as many yet."""
    left, later = timedelta(days=days), list[tuple[datetime, datetime]]()
    for span in reversed(_read() or []):
        if span.start is None or span.end - span.start >= left:
            return Cutoff(span.end - left, tuple(later))
        left -= span.end - span.start
        # A jump back makes times that were there before: what was noted in them is as young as they are.
        later.append((span.start, span.end + 2 * NOTE_EVERY))
    return None


def is_steady() -> bool:
    """Return whether the clock has not jumped for a day, so that it is probably right."""
    spans = _read() or []
    return bool(spans) and (spans[-1].start is None or spans[-1].end - spans[-1].start >= timedelta(days=1))


def _path() -> Path:
    return Path(settings.DATA_DIR / ".witnessed.json")


def _read() -> list[Span] | None:
    """Return the spans, the latest last; None where nothing was ever noted, [] where what was noted cannot be read."""
    try:
        content = json.loads(_path().read_bytes())
        return [Span(_moment(start) if start else None, _moment(end)) for start, end in content]
    except FileNotFoundError:
        return None
    except (OSError, ValueError, TypeError):
        return []


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError("a time without a zone")
    return moment


def _write(spans: list[Span]) -> None:
    content = json.dumps([[span.start and span.start.isoformat(), span.end.isoformat()] for span in spans])
    atomic_write(_path(), content.encode())
