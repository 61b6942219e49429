"""Whether a time is recent, on a clock that may have been wrong: a time in the future is not recent."""

from datetime import datetime, timedelta

# Two machines' clocks may differ by this much, or one may be set back by it.
TOLERANCE = timedelta(minutes=1)


def is_recent(moment: datetime, within: timedelta, now: datetime) -> bool:
    """Return whether the moment is less than `within` before now.

    A moment more than a minute in the future was noted while the clock was wrong, so it counts as long ago.
    """
    return -min(within, TOLERANCE) <= now - moment < within
