"""Reading dates in all the formats that SQLite, Flask and JSON use."""

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from videos.models import is_showable

_NUMBER = re.compile(r"[+-]?\d{1,20}(\.\d*)?", re.ASCII)
_DIGITS_OF_A_DAY = 8
# The format of SQLite's CURRENT_TIMESTAMP and datetime(), which is always UTC without saying so.
_SQLITE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", re.ASCII)
_NAMED_ZONE = re.compile(r"\s*(UTC|GMT|Z)$", re.ASCII | re.IGNORECASE)
# In seconds this is the year 5138, in milliseconds 1973, so larger numbers are milliseconds.
_MIN_MILLISECONDS = 1e11


class NotADate(ValueError):
    """The value is no date, or out of the range of calendars."""


def moment_of(value: object, *, sqlite: bool = False) -> datetime | None:
    """Return the moment in UTC; None for "never": null, "", 0. Raises NotADate.

    Reads ISO 8601, HTTP dates, and seconds, milli-, micro- or nanoseconds since 1970, as numbers or as text. A text
    without a time zone is local time; with `sqlite`, one in the format of CURRENT_TIMESTAMP is UTC.
    """
    if isinstance(value, str):
        value = value.strip()
    if value is None or (value in ("", 0, "0") and not isinstance(value, bool)):
        return None
    try:
        if isinstance(value, str):
            moment = _of_text(value, sqlite=sqlite)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            moment = _of_number(value)
        else:
            raise NotADate
    except (OverflowError, OSError, ValueError, TypeError, IndexError) as error:
        raise NotADate from error
    if not is_showable(moment):
        raise NotADate
    return moment


def _of_number(since_1970: float) -> datetime:
    while abs(since_1970) >= _MIN_MILLISECONDS:
        if abs(since_1970) >= 1e20:
            raise NotADate
        since_1970 /= 1000
    return datetime.fromtimestamp(since_1970, UTC)


def _of_text(text: str, *, sqlite: bool) -> datetime:
    if _NUMBER.fullmatch(text) and len(text) != _DIGITS_OF_A_DAY:
        return _of_number(float(text))
    if sqlite and _SQLITE.fullmatch(text):
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    try:
        return datetime.fromisoformat(_NAMED_ZONE.sub("+00:00", text)).astimezone(UTC)
    except ValueError:
        moment = parsedate_to_datetime(text)
    # HTTP dates are always GMT, which the oldest format leaves out.
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
