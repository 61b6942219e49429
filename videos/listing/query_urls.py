"""URL parameters of a list: each value read and cleaned, and the values written back as parameters."""

import re
import secrets
from collections.abc import Collection
from typing import Any

from django.http import QueryDict

from videos.core.tag_names import clean_tag_name
from videos.listing.labels import WATCHED
from videos.listing.sort_orders import SHUFFLE_PRIME, SORTS
from videos.models import FIRST_YEAR, LAST_YEAR, MAX_FILENAME_LENGTH, MAX_STARS, MIN_STARS
from videos.search.query_parser import MAX_LENGTH

MAX_TAGS = 8
# By the shorter side, so that a phone's upright video counts as what it is. (first, first one above or None)
RESOLUTIONS = {"sd": (1, 720), "720": (720, 1080), "1080": (1080, 2160), "4k": (2160, None)}
DEFAULT_SORT, DEFAULT_ORDERS = "added", {"title": "asc"}
ORDERS = ("asc", "desc")
# The days of a unit, as in "30d" and "1y".
DAYS = {"d": 1, "y": 365}
# {parameter: value of GalleryQuery} of those that may be repeated.
REPEATED = {"tag": "tags", "any_tag": "any_tags", "no_tag": "no_tags"}
SINGLE = ("q", "rating", "favorites", "missing", "watched", "duration", "resolution", "codec", "added", "folder")
FILTERS = (*SINGLE, *REPEATED.values())
_ARRANGED: dict[str, Collection[str]] = {"sort": SORTS, "order": ORDERS}
_MAX_DAYS, _MAX_YEARS = 36_500, 100
_CODEC = re.compile(r"[A-Za-z0-9_.-]{1,100}", re.ASCII)
_RANGE = re.compile(r"([0-9]{0,9})-([0-9]{0,9})", re.ASCII)


def default_order(sort: str) -> str:
    """Return "asc" or "desc": the largest first, except for titles."""
    return DEFAULT_ORDERS.get(sort, "desc")


# --- reading ------------------------------------------------------------------------------------------------------


def values_in(parameters: QueryDict, default_sort: str) -> dict[str, Any]:
    """Return the values of a GalleryQuery that the parameters ask for. What makes no sense is left out."""
    sort = _one_of(parameters.get("sort", ""), SORTS) or default_sort
    return {
        "q": " ".join(parameters.get("q", "").replace("\0", "")[:MAX_LENGTH].split()),
        **{name: _tags(parameters, parameter) for parameter, name in REPEATED.items()},
        "rating": _number(parameters.get("rating"), MIN_STARS, MAX_STARS) or 0,
        "favorites": parameters.get("favorites") == "1",
        "missing": parameters.get("missing") == "1",
        "watched": _one_of(parameters.get("watched", ""), WATCHED),
        "duration": _duration(parameters.get("duration", "")),
        "resolution": _one_of(parameters.get("resolution", ""), RESOLUTIONS),
        "codec": codec.lower() if _CODEC.fullmatch(codec := parameters.get("codec", "")) else "",
        "added": _added(parameters.get("added", "")),
        "folder": _folder(parameters.get("folder", "")),
        "sort": sort,
        "order": _one_of(parameters.get("order", ""), ORDERS) or default_order(sort),
        # Each new visit gets a new random order. The links to its further pages carry its seed.
        "seed": (_number(parameters.get("seed"), 1, SHUFFLE_PRIME) or _new_seed()) if sort == "random" else 0,
    }


def unread_parameters(parameters: QueryDict, values: dict[str, Any]) -> list[str]:
    """Return "name=value" of what the parameters ask for and `values`, which were read from them, leave out."""
    left_out = []
    for name, texts in parameters.lists():
        is_known = bool(values[REPEATED.get(name, name)]) if name in (*SINGLE, *REPEATED) else False
        if name in _ARRANGED:
            is_known = not texts[-1] or texts[-1] in _ARRANGED[name]
        if name not in ("page", "seed") and not is_known:
            # Forms send "0" for a box that is not checked.
            left_out += [f"{name}={text}" for text in texts if text not in ("", "0")]
    return left_out


def has_too_many_tags(parameters: QueryDict) -> bool:
    return any(len(parameters.getlist(name)) > MAX_TAGS for name in REPEATED)


def _tags(parameters: QueryDict, name: str) -> tuple[str, ...]:
    tags = (clean_tag_name(tag.replace("\0", "")) for tag in parameters.getlist(name)[:MAX_TAGS])
    return tuple(dict.fromkeys(tag for tag in tags if tag))


def _one_of(value: str, known: Collection[str]) -> str:
    return value if value in known else ""


def _duration(text: str) -> str:
    """Return "300-1200" without leading zeros, or "" for what is no range."""
    found = _RANGE.fullmatch(text)
    if not found or text == "-":
        return ""
    low, high = int(found[1] or 0), int(found[2]) if found[2] else None
    if high is None:
        return f"{low}-"
    return f"{low}-{high}" if low < high else ""


def _added(text: str) -> str:
    """Return a year ("2024") or a window ("30d", "1y"), or ""."""
    if _number(text, FIRST_YEAR, LAST_YEAR):
        return str(int(text)) if len(text) == 4 else ""
    number = _number(text[:-1], 1, _MAX_DAYS if text.endswith("d") else _MAX_YEARS)
    return f"{number}{text[-1]}" if number and text[-1] in DAYS else ""


def _folder(text: str) -> str:
    """Return "trips/2024/", or "" for what can be no folder of the library."""
    parts = text.replace("\0", "").strip("/").split("/")
    folder = "/".join(parts)
    return f"{folder}/" if folder and len(folder) < MAX_FILENAME_LENGTH and not {"", ".", ".."} & set(parts) else ""


def _new_seed() -> int:
    return 1 + secrets.randbelow(SHUFFLE_PRIME)


def _number(text: str | None, lowest: int, highest: int) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) < 12 and lowest <= int(text) <= highest:
        return int(text)
    return None


# --- writing ------------------------------------------------------------------------------------------------------


def filter_parameters(values: dict[str, Any]) -> list[tuple[str, str]]:
    """Return (parameter, text) of each filter that is on."""
    single = [(name, "1" if values[name] is True else str(values[name])) for name in SINGLE if values[name]]
    return single + [(parameter, tag) for parameter, name in REPEATED.items() for tag in values[name]]


def order_parameters(values: dict[str, Any], default_sort: str = DEFAULT_SORT) -> list[tuple[str, str]]:
    """Return (parameter, text) of the order, as far as it differs from the default."""
    sort, order, seed = values["sort"], values["order"], values["seed"]
    parameters = [("sort", sort)] if sort != default_sort else []
    parameters += [("order", order)] if order != default_order(sort) else []
    return parameters + ([("seed", str(seed))] if seed else [])
