"""How long ago something was, on a clock that may have been wrong: what lies in the future is not recent."""

from datetime import datetime, timedelta

# So far two clocks differ, or one is set back while all is well.
TOLERANCE = timedelta(minutes=1)


def is_recent(moment: datetime, within: timedelta, now: datetime) -> bool:
    """Return whether the moment lies within so long before now.

    One that lies in the future by more than a minute was noted while the clock was wrong: nobody knows how long ago
    that is, so it counts as long ago.
    """
    return -min(within, TOLERANCE) <= now - moment < within
