"""The time that the worker has observed, so that a clock that jumped does not make files look missing for months.

A cleanup deletes files that have been missing for some days. If the clock is wrong once, files lost yesterday may seem
lost years ago. So the worker notes the time every hour: consecutive notes make a span, a jump starts a new span, and
only days within spans count. A computer that is off for more than a day also starts a new span, so the cleanup may come
later than necessary, but never earlier.
"""

import json
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from videos.core.files import atomic_write

logger = logging.getLogger(__name__)

# Switching the computer off for a night is not a jump. Times are in UTC, so daylight saving time does not matter.
MAX_GAP = timedelta(days=1)
# A span may really end this much later than its last note.
NOTE_EVERY = timedelta(hours=1)
_MAX_SPANS = 200


@dataclass(frozen=True)
class Span:
    """An observed time; `start` is None for the first span, before which nothing was noted."""

    start: datetime | None
    end: datetime


@dataclass(frozen=True)
class Cutoff:
    """Files that went missing before `before` count, except within one of the `later` spans."""

    before: datetime
    later: tuple[tuple[datetime, datetime], ...]


def note(now: datetime, last_seen: datetime | None = None) -> None:
    """Note the present time. If the note cannot be saved, the time does not count.

    `last_seen` is a time known from elsewhere, used if there are no notes yet: the time before is trusted if it is
    None, or if `now` follows it closely.
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
    """Return which files have been missing for `days` observed days; None if so many were not observed yet."""
    left, later = timedelta(days=days), list[tuple[datetime, datetime]]()
    for span in reversed(_read() or []):
        if span.start is None or span.end - span.start >= left:
            return Cutoff(span.end - left, tuple(later))
        left -= span.end - span.start
        # After the clock was set back, times repeat: files that went missing in them are only as old as the new span.
        later.append((span.start, span.end + 2 * NOTE_EVERY))
    return None


def is_steady() -> bool:
    """Return whether the clock has not jumped for a day, so that it is probably right."""
    spans = _read() or []
    return bool(spans) and (spans[-1].start is None or spans[-1].end - spans[-1].start >= timedelta(days=1))


def _path() -> Path:
    return Path(settings.DATA_DIR / ".witnessed.json")


def _read() -> list[Span] | None:
    """Return the spans, the latest last; None if nothing was ever noted, [] if the notes cannot be read."""
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
