"""The filter panel of the gallery: the options, which are on, and how many videos each would leave."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.core.tag_names import fold_tag_name
from videos.listing import facets as listing_facets
from videos.listing.labels import ADDED, DURATIONS, RESOLUTION_LABELS, WATCHED, or_more
from videos.listing.query import LIBRARY, GalleryQuery, ListPage
from videos.models import MAX_STARS, MIN_STARS

ANY = ("", pgettext_lazy("filter", "Any"), None)
STAR_LABELS = {str(stars): or_more(stars) for stars in range(MAX_STARS, MIN_STARS - 1, -1)}
# {group: (heading, {value: label} of the options that need no counting)}
_LABELS: dict[str, tuple[Any, dict[str, Any]]] = {
    "rating": (gettext_lazy("Stars"), STAR_LABELS),
    "favorites": (gettext_lazy("Favorites"), {"1": gettext_lazy("Favorites")}),
    "watched": (gettext_lazy("Watched"), WATCHED),
    "duration": (gettext_lazy("Duration"), DURATIONS),
    "resolution": (gettext_lazy("Resolution"), RESOLUTION_LABELS),
    "codec": (gettext_lazy("Codec"), {}),
    "added": (gettext_lazy("Added"), ADDED),
    "folder": (gettext_lazy("Folder"), {}),
}
_TAGS = {
    "tag": ("tags", gettext_lazy("All of these tags")),
    "any_tag": ("any_tags", gettext_lazy("Any of these tags")),
    "no_tag": ("no_tags", gettext_lazy("None of these tags")),
}
# (value in the URL, label, number of videos or None if not counted)
Choice = tuple[str, Any, int | None]


@dataclass(frozen=True)
class Option:
    value: str
    label: str
    count: int | None
    is_on: bool


@dataclass(frozen=True)
class Group:
    """A group of options, of which one ("radio") or several ("checkbox") may be on."""

    name: str
    label: Any
    parameter: str
    kind: str
    options: list[Option]
    takes_text: bool = False
    hint: str = ""


@require_safe
def facets(request: ViewerRequest) -> HttpResponse:
    """Return the filter panel with the number of videos beside each option.

    The open panel loads it with htmx. Without scripts it is a page of its own.
    """
    return show_facets(request, LIBRARY)


def show_facets(request: ViewerRequest, page: ListPage) -> HttpResponse:
    query = GalleryQuery.of(request.GET, page)
    counted = listing_facets.facets(query, request.viewer)
    template = "videos/_facets.html" if request.htmx else "videos/filters.html"
    response = render(
        request, template, {**filters_of(query, counted), "list_path": request.path.removesuffix("facets/")}
    )
    patch_vary_headers(response, ("HX-Request",))
    return response


def filters_of(query: GalleryQuery, counted: dict[str, list[tuple[str, str, int]]] | None = None) -> dict[str, Any]:
    """Return the template variables of the panel: its groups, and the tags that it suggests.

    Filters that the page fixes are left out, unless they are tags.
    """
    counted, fixed = counted or {}, dict(query.page.fixed)
    groups = [_single(query, name, counted.get(name)) for name in _LABELS if name not in fixed]
    tags = counted.get("tags", [])
    groups += [_tags(query, parameter, counted.get(field, [])) for parameter, (field, _label) in _TAGS.items()]
    return {"query": query, "groups": groups, "tag_names": [value for value, _label, _count in tags]}


def _single(query: GalleryQuery, name: str, counted: Iterable[Choice] | None) -> Group:
    label, known = _LABELS[name]
    value = getattr(query, name)
    chosen = str(int(value) or "") if isinstance(value, int) else value
    choices: list[Choice] = list(counted or [(value, known[value], None) for value in known])
    if chosen and chosen not in (value for value, _label, _count in choices):
        choices.append((chosen, chosen.rstrip("/"), None))
    if name == "favorites":
        return Group(name, label, name, "checkbox", _options(choices, chosen))
    return Group(name, label, name, "radio", _options([ANY, *choices], chosen) if choices else [])


def _tags(query: GalleryQuery, parameter: str, counted: Iterable[Choice]) -> Group:
    field, label = _TAGS[parameter]
    chosen = {fold_tag_name(tag): tag for tag in getattr(query, field)}
    there = list(counted)
    known = {fold_tag_name(value) for value, _label, _count in there}
    others: list[Choice] = [(tag, tag, None) for key, tag in chosen.items() if key not in known]
    fixed = {fold_tag_name(tag) for tag in dict(query.page.fixed).get(field, ())}
    options = [
        Option(value, label, count, fold_tag_name(value) in chosen)
        for value, label, count in [*others, *there]
        if fold_tag_name(value) not in fixed
    ]
    return Group(parameter, label, parameter, "checkbox", options, takes_text=True, hint=gettext("Add a tag"))


def _options(choices: Iterable[Choice], chosen: str) -> list[Option]:
    return [Option(value, label, count, value == chosen) for value, label, count in choices]
