"""What a gallery's URL asks for: parsed, checked, and made into addresses again."""

import re
import secrets
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.utils import timezone

from videos.models import FIRST_YEAR, LAST_YEAR, MAX_FILENAME_LENGTH, MAX_STARS, MIN_STARS
from videos.querysets import SHUFFLE_PRIME, SORTS
from videos.search.language import MAX_LENGTH, Question, parse
from videos.tag_names import clean_tag_name

MAX_TAGS = 8
SORT_LABELS = {
    "added": "Added", "title": "Title", "rating": "Stars", "views": "Views", "viewed": "Last viewed",
    "duration": "Duration", "size": "Size", "random": "Random",
}  # fmt: skip
USUAL_ORDER = {"title": "asc"}
WATCHED = {"yes": "Watched", "started": "In progress", "no": "Unwatched"}
# By the seconds that the URL holds; a person may ask for any others.
DURATIONS = {
    "0-300": "Up to 5 min", "300-1200": "5 to 20 min", "1200-3600": "20 to 60 min", "3600-": "Over an hour",
}  # fmt: skip
# By the shorter side, so that a phone's upright film counts as what it is.
RESOLUTIONS = {"sd": (1, 720), "720": (720, 1080), "1080": (1080, 2160), "4k": (2160, None)}
RESOLUTION_LABELS = {"sd": "SD", "720": "720p", "1080": "1080p", "4k": "4K"}
ADDED = {"7d": "Last 7 days", "30d": "Last 30 days", "1y": "Last year"}
_DAYS = {"d": 1, "y": 365}
_CODEC = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_RANGE = re.compile(r"([0-9]{0,9})-([0-9]{0,9})", re.ASCII)


@dataclass(frozen=True)
class GalleryQuery:
    """A list of videos. A value that makes no sense is left out: a mistyped link still shows the library."""

    q: str = ""
    tags: tuple[str, ...] = ()
    any_tags: tuple[str, ...] = ()
    no_tags: tuple[str, ...] = ()
    rating: int = 0
    favorites: bool = False
    missing: bool = False
    watched: str = ""
    duration: str = ""
    resolution: str = ""
    codec: str = ""
    added: str = ""
    folder: str = ""
    sort: str = "added"
    order: str = "desc"
    seed: int = 0

    @classmethod
    def of(cls, parameters: QueryDict) -> "GalleryQuery":
        sort = _one_of(parameters.get("sort", ""), SORTS) or "added"
        order = _one_of(parameters.get("order", ""), ("asc", "desc"))
        return cls(
            q=" ".join(parameters.get("q", "").replace("\0", "")[:MAX_LENGTH].split()),
            tags=_tags(parameters, "tag"),
            any_tags=_tags(parameters, "any_tag"),
            no_tags=_tags(parameters, "no_tag"),
            rating=_number(parameters.get("rating"), MIN_STARS, MAX_STARS) or 0,
            favorites=parameters.get("favorites") == "1",
            missing=parameters.get("missing") == "1",
            watched=_one_of(parameters.get("watched", ""), WATCHED),
            duration=_duration(parameters.get("duration", "")),
            resolution=_one_of(parameters.get("resolution", ""), RESOLUTIONS),
            codec=codec.lower() if _CODEC.fullmatch(codec := parameters.get("codec", "")) else "",
            added=_added(parameters.get("added", "")),
            folder=_folder(parameters.get("folder", "")),
            sort=sort,
            order=order or USUAL_ORDER.get(sort, "desc"),
            # A new order for each who asks anew; the links to further pages keep theirs.
            seed=(_number(parameters.get("seed"), 1, SHUFFLE_PRIME) or _new_seed()) if sort == "random" else 0,
        )

    @cached_property
    def question(self) -> Question:
        return parse(self.q)

    def url(self, **changes: Any) -> str:
        """Return the address of the same list with some values changed, from its first page on."""
        return f"?{urlencode(self.parameters(**changes))}"

    def parameters(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the (name, value) pairs of an address that asks for this, with some values changed."""
        values = {**{name: getattr(self, name) for name in _DEFAULTS}, **changes}
        asked = [(name, _text(values[name])) for name in _SINGLE if values[name]]
        asked += [(name, tag) for name, many in _REPEATED.items() for tag in values[many]]
        return asked + _arrangement(values["sort"], values["order"], values["seed"])

    def suffix(self) -> str:
        """Return "?list=…" for the addresses of videos, so that their pages know the list that one came from."""
        return f"?{urlencode({'list': self.url()[1:]})}"

    def filters(self) -> list[tuple[str, str]]:
        """Return (parameter, value) of each filter that is on, as a form keeps them; not the words of a search."""
        asked = [(name, _text(getattr(self, name))) for name in _SINGLE if name != "q" and getattr(self, name)]
        return asked + [(name, tag) for name, many in _REPEATED.items() for tag in getattr(self, many)]

    def arrangement(self) -> list[tuple[str, str]]:
        """Return (parameter, value) of the order, as far as it is not the usual one, as a form keeps it."""
        return _arrangement(self.sort, self.order, self.seed)

    def sorts(self) -> list[tuple[str, str]]:
        """Return (order's label, address of the same list in that order) for the menu."""
        return [
            (label, self.url(sort=sort, order=USUAL_ORDER.get(sort, "desc"), seed=0))
            for sort, label in SORT_LABELS.items()
        ]

    def is_filtered(self) -> bool:
        return any(getattr(self, name) for name in _FILTERS)

    def is_only(self, name: str) -> bool:
        """Return whether this is the one filter that is on."""
        return bool(getattr(self, name)) and not any(getattr(self, other) for other in _FILTERS if other != name)

    def is_only_missing(self) -> bool:
        return self.is_only("missing")

    def is_only_favorites(self) -> bool:
        return self.is_only("favorites")

    def duration_seconds(self) -> tuple[int, int | None] | None:
        """Return the seconds from which and below which, the latter None where there is no end."""
        if not self.duration:
            return None
        low, high = self.duration.split("-")
        return int(low), int(high) if high else None

    def added_range(self) -> tuple[datetime, datetime | None] | None:
        """Return the first moment, and the first one after, or None where it lasts until now.

        A window begins at midnight, so that its list is the same one all day.
        """
        if not self.added:
            return None
        if self.added.isdigit():
            zone, year = timezone.get_current_timezone(), int(self.added)
            return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=int(self.added[:-1]) * _DAYS[self.added[-1]]), None

    def chips(self) -> list[tuple[str, str]]:
        """Return (what is filtered, address without that filter)."""
        chips = [(f"“{self.q}”", self.url(q=""))] if self.q else []
        for name, sign in (("tags", "#"), ("any_tags", "or #"), ("no_tags", "not #")):
            tags = getattr(self, name)
            chips += [(f"{sign}{tag}", self.url(**{name: [other for other in tags if other != tag]})) for tag in tags]
        labels = {
            "rating": "★" * self.rating + (" or more" if self.rating < MAX_STARS else ""),
            "favorites": "Favorites",
            "watched": WATCHED.get(self.watched, ""),
            "duration": DURATIONS.get(self.duration) or f"{self.duration} seconds",
            "resolution": RESOLUTION_LABELS.get(self.resolution, ""),
            "codec": self.codec.upper(),
            "added": ADDED.get(self.added) or f"Added {self.added}",
            "folder": self.folder,
            "missing": "Missing",
        }
        return chips + [
            (label, self.url(**{name: _DEFAULTS[name]})) for name, label in labels.items() if getattr(self, name)
        ]


_DEFAULTS = {field.name: field.default for field in fields(GalleryQuery)}
_FILTERS = [name for name in _DEFAULTS if name not in ("sort", "order", "seed")]
_REPEATED = {"tag": "tags", "any_tag": "any_tags", "no_tag": "no_tags"}
_SINGLE = [name for name in _FILTERS if name not in _REPEATED.values()]


def _arrangement(sort: str, order: str, seed: int) -> list[tuple[str, str]]:
    asked = [("sort", sort)] if sort != "added" else []
    asked += [("order", order)] if order != USUAL_ORDER.get(sort, "desc") else []
    return asked + ([("seed", str(seed))] if seed else [])


def _tags(parameters: QueryDict, name: str) -> tuple[str, ...]:
    tags = (clean_tag_name(tag.replace("\0", "")) for tag in parameters.getlist(name)[:MAX_TAGS])
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _one_of(value: str, known: Any) -> str:
    return value if value in known else ""


def _duration(text: str) -> str:
    """Return "300-1200" with numbers as they are written shortest, or ""."""
    found = _RANGE.fullmatch(text)
    if not found or text == "-":
        return ""
    low, high = int(found[1] or 0), int(found[2]) if found[2] else None
    if high is None:
        return f"{low}-"
    return f"{low}-{high}" if low < high else ""


def _added(text: str) -> str:
    if _number(text, FIRST_YEAR, LAST_YEAR):
        return str(int(text)) if len(text) == 4 else ""
    number = _number(text[:-1], 1, 36500 if text.endswith("d") else 100)
    return f"{number}{text[-1]}" if number and text[-1] in _DAYS else ""


def _folder(text: str) -> str:
    """Return "trips/2024/", or "" for what no folder of the library can be."""
    parts = text.replace("\0", "").strip("/").split("/")
    folder = "/".join(parts)
    return f"{folder}/" if folder and len(folder) < MAX_FILENAME_LENGTH and not {"", ".", ".."} & set(parts) else ""


def _new_seed() -> int:
    return 1 + secrets.randbelow(SHUFFLE_PRIME)


def _text(value: Any) -> str:
    return "1" if value is True else str(value)


def _number(text: str | None, lowest: int, highest: int) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) < 12 and lowest <= int(text) <= highest:
        return int(text)
    return None
