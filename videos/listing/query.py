"""What a gallery's URL asks for: parsed, checked, and made into addresses again."""

import re
import secrets
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from videos.core.tag_names import clean_tag_name, fold_tag_name
from videos.models import FIRST_YEAR, LAST_YEAR, MAX_FILENAME_LENGTH, MAX_STARS, MIN_STARS
from videos.models.querysets import SHUFFLE_PRIME, SORTS
from videos.search.query_parser import MAX_LENGTH, Question, parse

MAX_TAGS = 8
SORT_LABELS = {
    "added": pgettext_lazy("order", "Added"), "title": gettext_lazy("Title"), "rating": gettext_lazy("Stars"),
    "views": gettext_lazy("Views"), "viewed": gettext_lazy("Last viewed"), "duration": gettext_lazy("Duration"),
    "size": gettext_lazy("Size"), "random": gettext_lazy("Random"),
}  # fmt: skip
# The same where it follows what is in a list.
BY = {
    "added": gettext_lazy("by date added"), "title": gettext_lazy("by title"), "rating": gettext_lazy("by stars"),
    "views": gettext_lazy("by views"), "viewed": gettext_lazy("by last viewed"),
    "duration": gettext_lazy("by duration"), "size": gettext_lazy("by size"), "random": gettext_lazy("in random order"),
}  # fmt: skip
USUAL_ORDER = {"title": "asc"}
WATCHED = {"yes": gettext_lazy("Watched"), "started": gettext_lazy("In progress"), "no": gettext_lazy("Unwatched")}
# By the seconds that the URL holds; a person may ask for any others.
DURATIONS = {
    "0-300": gettext_lazy("Up to 5 min"), "300-1200": gettext_lazy("5 to 20 min"),
    "1200-3600": gettext_lazy("20 to 60 min"), "3600-": gettext_lazy("Over an hour"),
}  # fmt: skip
# By the shorter side, so that a phone's upright film counts as what it is.
RESOLUTIONS = {"sd": (1, 720), "720": (720, 1080), "1080": (1080, 2160), "4k": (2160, None)}
RESOLUTION_LABELS = {"sd": "SD", "720": "720p", "1080": "1080p", "4k": "4K"}
ADDED = {"7d": gettext_lazy("Last 7 days"), "30d": gettext_lazy("Last 30 days"), "1y": gettext_lazy("Last year")}
_DAYS = {"d": 1, "y": 365}
_CODEC = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_RANGE = re.compile(r"([0-9]{0,9})-([0-9]{0,9})", re.ASCII)


_CODEC_LABELS = {"h264": "H.264", "h263": "H.263", "mpeg4": "MPEG-4", "mpeg2video": "MPEG-2", "mpeg1video": "MPEG-1"}


def codec_label(name: str) -> str:
    """Return "H.264" for "h264"."""
    return _CODEC_LABELS.get(name, name.upper())


def or_more(stars: int) -> Any:
    """Return "★★★ or more", in the language that it is read in."""
    shown = "★" * stars
    return format_lazy(gettext_lazy("{stars} or more"), stars=shown) if stars < MAX_STARS else shown


@dataclass(frozen=True)
class ListPage:
    """A page that shows lists: what it is called, what it fixes of them, and the order that they begin in.

    What is fixed, as (name, value), follows from the page's path, and does not stand in its addresses.
    """

    name: Any = ""
    here: str = ""
    fixed: tuple[tuple[str, Any], ...] = ()
    sort: str = "added"
    only_viewed: bool = False

    def holds(self, values: dict[str, Any]) -> bool:
        """Return whether a list is one of this page's: else its address is the gallery's."""
        return all(
            _folded(value) <= _folded(values[name]) if isinstance(value, tuple) else values[name] == value
            for name, value in self.fixed
        )

    @property
    def is_of_marks(self) -> bool:
        """Whether it is one of the lists of what stands out, which lead to each other."""
        return self.here in ("favorites", "popular", "best")

    def beside(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values without those filters that are fixed."""
        return {**values, **{name: _less(values[name], value) for name, value in self.fixed if name in _FILTERS}}


LIBRARY = ListPage()


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
    # Where it is shown: this changes its addresses, not what is in it.
    page: ListPage = field(default=LIBRARY, compare=False, repr=False)

    @classmethod
    def of(cls, parameters: QueryDict, page: ListPage = LIBRARY) -> "GalleryQuery":
        """Return what the parameters ask for on a page. What they do not say is as the page fixes it."""
        asked, fixed = cls._asked(parameters, page), dict[str, Any]()
        for name, value in page.fixed:
            if isinstance(value, tuple):
                fixed[name] = (*value, *_less(getattr(asked, name), value))[:MAX_TAGS]
            elif not getattr(asked, name):
                fixed[name] = value
        return replace(asked, **fixed)

    @classmethod
    def _asked(cls, parameters: QueryDict, page: ListPage) -> "GalleryQuery":
        sort = _one_of(parameters.get("sort", ""), SORTS) or page.sort
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
            page=page,
        )

    @cached_property
    def question(self) -> Question:
        return parse(self.q)

    def url(self, **changes: Any) -> str:
        """Return the gallery's address of the same list with some values changed, from its first page on."""
        return f"?{urlencode(self.parameters(**changes))}"

    def parameters(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the (name, value) pairs of an address that asks for this, with some values changed."""
        values = {**self._values(), **changes}
        return _filters(values) + _arrangement(values)

    def page_url(self, **changes: Any) -> str:
        """Return the address of the same list, with some values changed, on the page that shows this one.

        It begins with "?"; or else it leads to the gallery, as the page holds no such list.
        """
        values = {**self._values(), **changes}
        if not self.page.holds(values):
            return f"{reverse('gallery')}{self.url(**changes)}"
        return f"?{urlencode(_filters(self.page.beside(values)) + _arrangement(values, self.page.sort))}"

    def saved(self) -> str:
        """Return the one text that asks for this list, as it is saved: at random means in a new order each time."""
        return self.url(seed=0)[1:]

    def suffix(self) -> str:
        """Return "?list=…" for the addresses of videos, so that their pages know the list that one came from."""
        return f"?{urlencode({'list': self.url()[1:]})}"

    def filters(self) -> list[tuple[str, str]]:
        """Return (parameter, value) of each filter that is on, as a form keeps them; not the words of a search."""
        return [(name, value) for name, value in _filters(self.page.beside(self._values())) if name != "q"]

    def arrangement(self) -> list[tuple[str, str]]:
        """Return (parameter, value) of the order, as far as it is not the usual one, as a form keeps it."""
        return _arrangement(self._values(), self.page.sort)

    def sorts(self) -> list[tuple[str, str]]:
        """Return (order's label, address of the same list in that order) for the menu."""
        return [
            (str(label), self.page_url(sort=sort, order=USUAL_ORDER.get(sort, "desc"), seed=0))
            for sort, label in SORT_LABELS.items()
        ]

    def unread(self, parameters: QueryDict) -> list[str]:
        """Return "name=value" of what the parameters ask for that no list can be told by, and is left out."""
        left_out = []
        for name, values in parameters.lists():
            known = getattr(self, _REPEATED.get(name, name), None) if name in (*_SINGLE, *_REPEATED) else None
            if name in _ARRANGED:
                known = not values[-1] or values[-1] in _ARRANGED[name]
            if name not in ("page", "seed") and not known:
                # "0" is how a form says no.
                left_out += [f"{name}={value}" for value in values if value not in ("", "0")]
        return left_out

    def wants_too_many_tags(self, parameters: QueryDict) -> bool:
        """Return whether the parameters name more tags in one way than a list is told by."""
        return any(len(parameters.getlist(name)) > MAX_TAGS for name in _REPEATED)

    def is_on_its_page(self) -> bool:
        """Return whether it is a list of the page; the parameters may ask for another."""
        return self.page.holds(self._values())

    def is_narrowed(self) -> bool:
        """Return whether a filter is on beside what the page fixes."""
        values = self.page.beside(self._values())
        return any(values[name] for name in _FILTERS)

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _DEFAULTS}

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

    def added_range(self) -> tuple[datetime, datetime] | None:
        """Return the first moment, and the first one after.

        A window begins and ends at midnight, so that its list is the same one all day.
        """
        if not self.added:
            return None
        if self.added.isdigit():
            zone, year = timezone.get_current_timezone(), int(self.added)
            return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=int(self.added[:-1]) * _DAYS[self.added[-1]]), midnight + timedelta(days=1)

    def chips(self) -> list[tuple[str, str]]:
        """Return (what is filtered, address without that filter)."""
        chips = [(gettext("“%(words)s”") % {"words": self.q}, self.page_url(q=""))] if self.q else []
        for name, sign in (
            ("tags", "#%(tag)s"),
            ("any_tags", gettext("or #%(tag)s")),
            ("no_tags", gettext("not #%(tag)s")),
        ):
            tags = getattr(self, name)
            chips += [
                (sign % {"tag": tag}, self.page_url(**{name: [other for other in tags if other != tag]}))
                for tag in tags
            ]
        labels = {
            "rating": or_more(self.rating),
            "favorites": gettext("Favorites"),
            "watched": WATCHED.get(self.watched, ""),
            "duration": DURATIONS.get(self.duration) or gettext("%(range)s seconds") % {"range": self.duration},
            "resolution": RESOLUTION_LABELS.get(self.resolution, ""),
            "codec": codec_label(self.codec),
            "added": ADDED.get(self.added) or gettext("Added %(window)s") % {"window": self.added},
            "folder": self.folder.rstrip("/"),
            "missing": gettext("Missing"),
        }
        return chips + [
            (str(label), self.page_url(**{name: _DEFAULTS[name]}))
            for name, label in labels.items()
            if getattr(self, name)
        ]


_DEFAULTS = {each.name: each.default for each in fields(GalleryQuery) if each.compare}
_FILTERS = [name for name in _DEFAULTS if name not in ("sort", "order", "seed")]
_REPEATED = {"tag": "tags", "any_tag": "any_tags", "no_tag": "no_tags"}
_ARRANGED = {"sort": SORTS, "order": ("asc", "desc")}
_SINGLE = [name for name in _FILTERS if name not in _REPEATED.values()]


def _filters(values: dict[str, Any]) -> list[tuple[str, str]]:
    asked = [(name, _text(values[name])) for name in _SINGLE if values[name]]
    return asked + [(name, tag) for name, many in _REPEATED.items() for tag in values[many]]


def _arrangement(values: dict[str, Any], usual: str = "added") -> list[tuple[str, str]]:
    sort, order, seed = values["sort"], values["order"], values["seed"]
    asked = [("sort", sort)] if sort != usual else []
    asked += [("order", order)] if order != USUAL_ORDER.get(sort, "desc") else []
    return asked + ([("seed", str(seed))] if seed else [])


def _folded(tags: Any) -> set[str]:
    return {fold_tag_name(tag) for tag in tags}


def _less(value: Any, fixed: Any) -> Any:
    """Return a filter's value without what is fixed of it."""
    if isinstance(fixed, tuple):
        return tuple(tag for tag in value if not _folded([tag]) <= _folded(fixed))
    return type(fixed)()


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
