"""A list of videos as a gallery's URL asks for it, and the URLs of lists near it."""

from dataclasses import dataclass, field, fields, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from videos.core.tag_names import fold_tag_name
from videos.listing.labels import SORT_LABELS, filter_labels
from videos.listing.query_urls import (
    DAYS,
    DEFAULT_SORT,
    FILTERS,
    MAX_TAGS,
    default_order,
    filter_parameters,
    has_too_many_tags,
    order_parameters,
    unread_parameters,
    values_in,
)
from videos.search.query_parser import Question, parse


@dataclass(frozen=True)
class ListPage:
    """A page that shows lists: its name, the values that its path fixes, and its default order.

    Fixed values, as (name, value), are left out of the page's query strings.
    """

    name: Any = ""
    # Which entry of the navigation it is.
    here: str = ""
    fixed: tuple[tuple[str, Any], ...] = ()
    sort: str = DEFAULT_SORT
    only_viewed: bool = False

    def holds(self, values: dict[str, Any]) -> bool:
        """Return whether this page can show a list with these values; otherwise only the gallery can."""
        return all(
            _folded(value) <= _folded(values[name]) if isinstance(value, tuple) else values[name] == value
            for name, value in self.fixed
        )

    @property
    def is_of_marks(self) -> bool:
        """Whether it is one of favorites, most viewed and best of, which link to each other."""
        return self.here in ("favorites", "popular", "best")

    def beside(self, values: dict[str, Any]) -> dict[str, Any]:
        """Return the values without the filters that are fixed."""
        return {**values, **{name: _without(values[name], value) for name, value in self.fixed if name in FILTERS}}


LIBRARY = ListPage()


@dataclass(frozen=True)
class GalleryQuery:
    """A list of videos: its filters and its order."""

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
    sort: str = DEFAULT_SORT
    order: str = "desc"
    seed: int = 0
    # The page that shows it. It changes the list's addresses, not its videos.
    page: ListPage = field(default=LIBRARY, compare=False, repr=False)

    @classmethod
    def of(cls, parameters: QueryDict, page: ListPage = LIBRARY) -> "GalleryQuery":
        """Return what the parameters ask for on a page, with the page's fixed values where they say nothing.

        A value that makes no sense is left out: a mistyped link still shows the library.
        """
        asked, fixed = cls(**values_in(parameters, page.sort), page=page), dict[str, Any]()
        for name, value in page.fixed:
            if isinstance(value, tuple):
                fixed[name] = (*value, *_without(getattr(asked, name), value))[:MAX_TAGS]
            elif not getattr(asked, name):
                fixed[name] = value
        return replace(asked, **fixed)

    @cached_property
    def question(self) -> Question:
        return parse(self.q)

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in _VALUES}

    # --- its URLs ---------------------------------------------------------------------------------------------

    def url(self, **changes: Any) -> str:
        """Return the query string of the same list in the gallery, with some values changed, from its first page."""
        return f"?{urlencode(self.parameters(**changes))}"

    def parameters(self, **changes: Any) -> list[tuple[str, str]]:
        """Return the (name, value) pairs of a query string for this list, with some values changed."""
        values = {**self._values(), **changes}
        return filter_parameters(values) + order_parameters(values)

    def page_url(self, **changes: Any) -> str:
        """Return the address of the same list, with some values changed, on the page that shows this one.

        It begins with "?", or with the gallery's path for a list that the page cannot show.
        """
        values = {**self._values(), **changes}
        if not self.page.holds(values):
            return f"{reverse('gallery')}{self.url(**changes)}"
        return f"?{urlencode(filter_parameters(self.page.beside(values)) + order_parameters(values, self.page.sort))}"

    def saved(self) -> str:
        """Return the query string that is stored for a saved list. A random order gets a new seed at each visit."""
        return self.url(seed=0)[1:]

    def suffix(self) -> str:
        """Return "?list=…" for the addresses of videos, so that the watch page knows which list they were in."""
        return f"?{urlencode({'list': self.url()[1:]})}"

    def filters(self) -> list[tuple[str, str]]:
        """Return (parameter, value) of each filter that is on, for hidden fields; not the words of a search."""
        return [(name, value) for name, value in filter_parameters(self.page.beside(self._values())) if name != "q"]

    def arrangement(self) -> list[tuple[str, str]]:
        """Return (parameter, value) of the order, for hidden fields, as far as it differs from the default."""
        return order_parameters(self._values(), self.page.sort)

    def sorts(self) -> list[tuple[str, str]]:
        """Return (label, address of the same list in that order) for the menu."""
        return [
            (str(label), self.page_url(sort=sort, order=default_order(sort), seed=0))
            for sort, label in SORT_LABELS.items()
        ]

    def chips(self) -> list[tuple[str, str]]:
        """Return (label, address of the list without it) of each filter that is on."""
        labels = filter_labels(self._values())
        return [(label, self.page_url(**{name: value})) for label, name, value in labels]

    def unread(self, parameters: QueryDict) -> list[str]:
        """Return "name=value" of the parameters that this query was read from and that it leaves out."""
        return unread_parameters(parameters, self._values())

    def wants_too_many_tags(self, parameters: QueryDict) -> bool:
        """Return whether the parameters name more than MAX_TAGS tags in one way."""
        return has_too_many_tags(parameters)

    # --- its filters ------------------------------------------------------------------------------------------

    def is_on_its_page(self) -> bool:
        """Return whether its page can show it: the parameters may ask for another list."""
        return self.page.holds(self._values())

    def is_narrowed(self) -> bool:
        """Return whether a filter is on in addition to those that the page fixes."""
        values = self.page.beside(self._values())
        return any(values[name] for name in FILTERS)

    def is_filtered(self) -> bool:
        return any(getattr(self, name) for name in FILTERS)

    def is_only(self, name: str) -> bool:
        """Return whether this is the one filter that is on."""
        return bool(getattr(self, name)) and not any(getattr(self, other) for other in FILTERS if other != name)

    def is_only_missing(self) -> bool:
        return self.is_only("missing")

    def is_only_favorites(self) -> bool:
        return self.is_only("favorites")

    def duration_seconds(self) -> tuple[int, int | None] | None:
        """Return the shortest duration and the first one that is too long, or None for no upper limit."""
        if not self.duration:
            return None
        low, high = self.duration.split("-")
        return int(low), int(high) if high else None

    def added_range(self) -> tuple[datetime, datetime] | None:
        """Return the first moment of the window, and the first one after it.

        A window begins and ends at midnight, so that its list is the same all day.
        """
        if not self.added:
            return None
        if self.added.isdigit():
            zone, year = timezone.get_current_timezone(), int(self.added)
            return datetime(year, 1, 1, tzinfo=zone), datetime(year + 1, 1, 1, tzinfo=zone)
        midnight = timezone.localtime().replace(hour=0, minute=0, second=0, microsecond=0)
        return midnight - timedelta(days=int(self.added[:-1]) * DAYS[self.added[-1]]), midnight + timedelta(days=1)


_VALUES = [each.name for each in fields(GalleryQuery) if each.compare]


def _folded(tags: Any) -> set[str]:
    return {fold_tag_name(tag) for tag in tags}


def _without(value: Any, fixed: Any) -> Any:
    """Return a filter's value without the part that is fixed."""
    if isinstance(fixed, tuple):
        return tuple(tag for tag in value if not _folded([tag]) <= _folded(fixed))
    return type(fixed)()
