"""The values in the JSON files, checked one by one. Every function raises BadValue."""

import json
import re
import sys
from collections.abc import Callable
from datetime import datetime
from typing import Any

from videos.backup.dates import NotADate, moment_of
from videos.backup.snapshot import ViewRecord
from videos.core.filenames import printable
from videos.models import MAX_COUNT, MAX_STARS, MIN_STARS

_WHOLE_NUMBER = re.compile(r"[0-9]{1,30}\Z")


class BadValue(ValueError):
    """A value that cannot be used. The message is the reason."""


class Entries(dict[str, Any]):
    """A JSON object that knows which of its keys were repeated."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__(pairs)
        self.repeated: frozenset[str] = frozenset()
        if len(self) != len(pairs):
            seen: set[str] = set()
            self.repeated = frozenset(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]


def kind_of(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a text", bool: "true or false", type(None): "null"}
    return next((name for kind, name in names.items() if isinstance(value, kind)), "a number")


def shown(value: Any) -> str:
    # A list or an object may be of any length: its kind says enough.
    if isinstance(value, dict | list):
        return kind_of(value)
    return printable(json.dumps(value, ensure_ascii=False)[:40])


def _whole_number(value: Any, what: str) -> int:
    if isinstance(value, str) and _WHOLE_NUMBER.match(value):
        return int(value)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, bool) or not isinstance(value, int):
        raise BadValue(f"{shown(value)} is not {what}")
    return value


def stars_of(value: Any) -> int:
    """Return the stars, 1 to 5, of an entry in ratings.json. Raises BadValue."""
    stars = _whole_number(value, "a number of stars")
    if not MIN_STARS <= stars <= MAX_STARS:
        raise BadValue(f"{shown(value)} stars: it is {MIN_STARS} to {MAX_STARS}")
    return stars


def view_record_of(value: Any, note: Callable[[str], None]) -> ViewRecord:
    """Return the record of an entry in views.json. `note` is called with the reason for each bad field.

    Raises BadValue if no field is good.
    """
    if not isinstance(value, dict):
        return ViewRecord(view_count_of(value))
    readers: dict[str, Callable[[Any], Any]] = {
        "view_count": view_count_of, "last_viewed": date_of, "position_seconds": _position_of,
        "watched": _watched_of,
    }  # fmt: skip
    found: dict[str, Any] = {}
    problems = [] if "view_count" in value else ['there is no "view_count"']
    for name, read in readers.items():
        try:
            if name in repeated_keys(value):
                raise BadValue(f"{name} stands there more than once")
            if name in value and (field_value := read(value[name])) is not None:
                found[name] = field_value
        except BadValue as error:
            problems.append(str(error))
    if not found:
        raise BadValue("; ".join(problems) or "it holds nothing")
    for problem in problems:
        note(problem)
    return ViewRecord(**found)


def repeated_keys(value: dict[str, Any]) -> frozenset[str]:
    return value.repeated if isinstance(value, Entries) else frozenset()


def _watched_of(value: Any) -> bool | None:
    if value is None or isinstance(value, bool):
        return value
    raise BadValue(f"{shown(value)} is neither true nor false")


def _position_of(value: Any) -> float | None:
    if value is None:
        return None
    # An int may be larger than any float, so it is compared with the largest finite one.
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= sys.float_info.max:
        raise BadValue(f"{shown(value)} is not a position in seconds")
    return float(value)


def view_count_of(value: Any) -> int:
    count = _whole_number(value, "a number of views")
    if not 0 <= count <= MAX_COUNT:
        raise BadValue(f"{shown(value)} views: it is 0 to {MAX_COUNT}")
    return count


def date_of(value: Any, *, sqlite: bool = False) -> datetime | None:
    """Return the moment as `dates.moment_of` reads it. Raises BadValue."""
    try:
        return moment_of(value, sqlite=sqlite)
    except NotADate as error:
        raise BadValue(f"{shown(value)} is not a date") from error
