"""The query language: words, phrases and terms such as rating:>=4.

Any text is valid. An invalid term adds a message to `Question.problems`, and the rest of the query applies.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from videos.core.clock import TOLERANCE
from videos.core.folding import fold
from videos.models import MAX_STARS, MIN_STARS
from videos.search.tokens import folder_key, is_short, spelled

MAX_LENGTH, MAX_TERMS = 500, 20
STATES = ("favorite", "missing", "started", "unwatched", "watched")
_CODECS = {"h265": "hevc", "x265": "hevc", "h.265": "hevc", "avc": "h264", "x264": "h264", "h.264": "h264"}
_SECONDS = {"s": 1, "sec": 1, "m": 60, "min": 60, "": 60, "h": 3600}
_BYTES = {"b": 1, "kb": 2**10, "k": 2**10, "mb": 2**20, "m": 2**20, "": 2**20, "gb": 2**30, "g": 2**30, "tb": 2**40}
_DAYS = {"h": 1 / 24, "d": 1, "w": 7, "m": 30, "y": 365}
# Phones insert these automatically.
_QUOTATION_MARKS = str.maketrans(dict.fromkeys("“”„‟〝〞＂", '"'))
# The endings of short names: C++, C#, 5%.
_MEANT_SIGNS = "+#%"
# A term ends at a space outside quotation marks; the closing mark may be missing, as while typing.
_TERM = re.compile(r'(?P<minus>-?)(?:(?P<field>[a-zA-Z]+):)?(?P<value>"[^"]*"?|[^\s"]+|(?<=:))')
_NUMBER = re.compile(r"(\d{1,15}(?:\.\d{1,6})?)([a-z]*)", re.ASCII)
_CLOCK = re.compile(r"(?:(\d{1,4}):)?(\d{1,4}):(\d{2})", re.ASCII)
_DATE = re.compile(r"(\d{4})(?:-(\d{1,2}))?(?:-(\d{1,2}))?", re.ASCII)
_COMPARISON = re.compile(r"(>=|<=|>|<|=|)(.*)", re.DOTALL)
_LOOKUPS = {">=": "gte", "<=": "lte", ">": "gt", "<": "lt"}
_MIRRORED = {">=": "<=", "<=": ">=", ">": "<", "<": ">"}

# (Django lookup, value); all must match.
Bounds = tuple[tuple[str, Any], ...]


@dataclass(frozen=True)
class Words:
    """A word or a phrase in the title, the name or a tag. `text` is normalized (videos/search/tokens.py).

    If `literal` is set, as for "c++", only the literal text counts wherever it exists in the library. A word of signs
    alone has only a `literal`.
    """

    text: str
    negated: bool = False
    literal: str = ""


@dataclass(frozen=True)
class Term:
    """A condition on a field: a text for "tag", "codec", "folder" and "is", bounds for the others."""

    field: str
    value: "str | Bounds"
    negated: bool = False


@dataclass(frozen=True)
class Question:
    """A parsed query."""

    words: tuple[Words, ...] = ()
    terms: tuple[Term, ...] = ()
    problems: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Return whether the query has any condition."""
        return bool(self.words or self.terms)

    @property
    def wants_missing(self) -> bool:
        """Return whether it asks for missing files, which no other list shows."""
        return Term("is", "missing") in self.terms


class _Senseless(ValueError):
    """An invalid term. The message ends a sentence: what the field takes."""


def parse(text: str, now: datetime | None = None) -> Question:
    """Parse a text. Never fails. Ages, as in added:<7d, are counted from `now`."""
    now = now or timezone.now()
    # The database cannot store these characters.
    text = "".join(" " if sign == "\0" or "\ud800" <= sign <= "\udfff" else sign for sign in text[:MAX_LENGTH])
    text = text.translate(_QUOTATION_MARKS)
    words, terms, problems = [], [], []
    found = list(_TERM.finditer(text))
    for match in found[:MAX_TERMS]:
        field, value = (match["field"] or "").lower(), match["value"]
        try:
            if field in FIELDS:
                terms.append(Term(_NAMES.get(field, field), FIELDS[field](_unquoted(value), now), bool(match["minus"])))
            else:
                words += _words(match)
        except (_Senseless, OverflowError) as error:
            reason = str(error) if isinstance(error, _Senseless) else gettext("too far")
            problems.append(gettext("“%(term)s” is ignored: %(reason)s.") % {"term": match.group(), "reason": reason})
    if len(found) > MAX_TERMS:
        problems.append(gettext("Only the first %(most)s words are used.") % {"most": MAX_TERMS})
    if terms or any(word.text for word in words):
        # Signs next to words are part of how a title is written: "tom & jerry", "face - off".
        words = [word for word in words if word.text]
    return Question(tuple(dict.fromkeys(words)), tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(problems)))


def _unquoted(value: str) -> str:
    return " ".join(value.strip('"').split())


def _words(match: re.Match[str]) -> list[Words]:
    """Return the words of a term without a known field; its colon is an ordinary sign."""
    value = match["value"]
    if not value.startswith('"') or match["field"]:
        value = match.group()[len(match["minus"]) :].replace('"', "")
    value, is_negated = " ".join(value.strip('"').split()), bool(match["minus"])
    text, folded = spelled(value), fold(value)
    if text:
        letters = text.replace("-", "")
        is_name = (
            is_short(letters) and folded[: len(letters)] == letters and folded[len(letters) :].strip(_MEANT_SIGNS) == ""
        )
        return [Words(text, is_negated, folded if is_name and folded != letters else "")]
    # A single minus or quotation mark is probably the start of something still being typed.
    return [Words("", is_negated, value)] if value and value != "-" else []


# --- what each field takes -------------------------------------------------------------------------------------------


def _text(value: str, now: datetime) -> str:
    if not value:
        raise _Senseless(gettext("a word is missing after the colon"))
    return value


def _state(value: str, now: datetime) -> str:
    if value.lower() not in STATES:
        raise _Senseless(
            gettext("use is: with %(states)s or %(last)s") % {"states": ", ".join(STATES[:-1]), "last": STATES[-1]}
        )
    return value.lower()


def _codec(value: str, now: datetime) -> str:
    name = _text(value, now).lower()
    return _CODECS.get(name, name)


def _folder(value: str, now: datetime) -> str:
    return folder_key(_text(value, now).strip("/")) + "/"


def _stars(value: str, now: datetime) -> Bounds:
    sign, number = _compared(value)
    if not (number.isascii() and number.isdigit() and int(number[:9]) <= MAX_STARS):
        raise _Senseless(
            gettext("use %(fewest)s to %(most)s stars, as in rating:>=4, or 0 for none")
            % {"fewest": MIN_STARS, "most": MAX_STARS}
        )
    return _bounds(sign, int(number), int(number) + 1)


def _pixels(value: str, now: datetime) -> Bounds:
    sign, number = _compared(value)
    number = number.removesuffix("p")
    if not (number.isascii() and number.isdigit() and len(number) < 6):
        raise _Senseless(gettext("use a number, as in height:>=1080"))
    return _bounds(sign, int(number), int(number) + 1)


def _duration(value: str, now: datetime) -> Bounds:
    sign, length = _compared(value)
    if clock := _CLOCK.fullmatch(length):
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        total = float(hours * 3600 + minutes * 60 + seconds)
        return _bounds(sign, total, total + 1)
    return _measured(sign, length, _SECONDS, gettext("use a duration, as in duration:>20m, 90s, 1.5h or 1:30:00"))


def _size(value: str, now: datetime) -> Bounds:
    return _measured(*_compared(value), _BYTES, gettext("use a size, as in size:>1gb or 500mb"))


def _added(value: str, now: datetime) -> Bounds:
    sign, moment = _compared(value)
    if date := _DATE.fullmatch(moment):
        return _bounds(sign, *_span(date))
    number = _NUMBER.fullmatch(moment)
    if not number or number[2] not in _DAYS:
        raise _Senseless(gettext("use an age or a date, as in added:<7d, added:2024 or added:>2024-05-01"))
    oldest = now - timedelta(days=(float(number[1]) + 1) * _DAYS[number[2]])
    age = now - timedelta(days=float(number[1]) * _DAYS[number[2]])
    if sign not in _MIRRORED:
        return ("gt", oldest), ("lte", age)
    # A lower age is a later date; but a date in the future, from a wrong clock, is not new.
    bound = _LOOKUPS[_MIRRORED[sign]], age
    return (bound, ("lte", now + TOLERANCE)) if sign in ("<", "<=") else (bound,)


def _span(date: re.Match[str]) -> tuple[datetime, datetime]:
    """Return the local start of a year, month or day, and the start of the next one."""
    year, month, day = (None if part is None else int(part) for part in date.groups())
    try:
        start = datetime(year or 0, month or 1, day or 1)  # noqa: DTZ001  made aware below
        if day:
            end = start + timedelta(days=1)
        elif month:
            end = (start + timedelta(days=31)).replace(day=1)
        else:
            end = start.replace(year=start.year + 1)
        return _here(start), _here(end)
    except ValueError as error:
        raise _Senseless(gettext("this date does not exist")) from error


def _here(moment: datetime) -> datetime:
    return timezone.make_aware(moment).astimezone(UTC)


def _compared(value: str) -> tuple[str, str]:
    """Return (sign, the rest) of ">=4"; the sign of "4" and of "=4" is ""."""
    match = _COMPARISON.fullmatch(value)
    assert match, "the pattern takes any text"
    return match[1].strip("=") and match[1], match[2].strip().lower()


def _measured(sign: str, value: str, units: dict[str, int], advice: str) -> Bounds:
    number = _NUMBER.fullmatch(value)
    if not number or number[2] not in units:
        raise _Senseless(advice)
    unit = units[number[2]]
    start = float(number[1]) * unit
    return _bounds(sign, start, start + unit)


def _bounds(sign: str, start: Any, end: Any) -> Bounds:
    """Return the bounds for a comparison with something that lasts from start to end: a day, a minute, a star."""
    if sign in ("", "="):
        return (("gte", start), ("lt", end))
    if isinstance(start, datetime) and sign in (">", "<="):
        return (("gte" if sign == ">" else "lt", end),)
    return ((_LOOKUPS[sign], start),)


FIELDS: dict[str, Callable[[str, datetime], "str | Bounds"]] = {
    "tag": _text,
    "is": _state,
    "codec": _codec,
    "folder": _folder,
    "rating": _stars,
    "stars": _stars,
    "height": _pixels,
    "duration": _duration,
    "size": _size,
    "added": _added,
}
_NAMES = {"stars": "rating"}
