"""The page of numbers: charts that are drawn in the template, and the table behind each."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate, islice
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.listing import statistics
from videos.listing.library_totals import Growth
from videos.listing.query import GalleryQuery
from videos.models import MAX_STARS

COLUMN_UNITS = 10
CHART_HEIGHT = 100
# One month alone is a column at the end of a year, not a wall.
MIN_MONTHS = 12


@dataclass(frozen=True)
class Bar:
    """A number, and how long it is drawn: in hundredths of the longest."""

    label: Any
    number: float
    share: float
    url: str = ""
    further: Any = None


@dataclass(frozen=True)
class Column:
    """A month's number, and the rectangle that draws it."""

    month: date
    number: int
    x: int
    y: float
    height: float


@require_safe
def stats(request: ViewerRequest) -> HttpResponse:
    """Return the page of numbers: the library's, and those of what this viewer rated and watched."""
    found = statistics.library_in_numbers(request.viewer)
    views, growth = _columns(_at_least_a_year(found.views)), _growth(found.growth)
    context = {
        "here": "stats",
        "totals": found.totals,
        "rated": sum(number for stars, number in found.by_stars.items() if stars),
        "stars": _stars(found.by_stars),
        "tags": _tags(found.tags, "milliseconds"),
        "tags_by_size": _tags(found.tags_by_size, "size_bytes"),
        "views": views,
        "views_width": COLUMN_UNITS * len(views),
        "most_views": max((column.number for column in views), default=0),
        "growth": growth,
        "growth_width": COLUMN_UNITS * max(len(growth) - 1, 1),
        "growth_area": _area(growth),
    }
    return render(request, "videos/stats.html", context)


def _stars(by_stars: dict[int, int]) -> list[Bar]:
    most = max(by_stars.values()) or 1
    return [Bar(stars, by_stars[stars], _share(by_stars[stars], most), _of_stars(stars)) for stars in
            (*range(MAX_STARS, 0, -1), 0)]  # fmt: skip


def _of_stars(stars: int) -> str:
    return reverse("gallery") + GalleryQuery(rating=stars, sort="rating").url() if stars == MAX_STARS else ""


def _tags(tags: Sequence[Any], total: str) -> list[Bar]:
    numbers = [getattr(tag.total, total) for tag in tags]
    most = max(numbers, default=0) or 1
    return [
        Bar(tag.name, number, _share(number, most), tag.get_absolute_url(), tag.total)
        for tag, number in zip(tags, numbers, strict=True)
    ]


def _share(number: float, most: float) -> float:
    """Return hundredths; what is there at all can be seen."""
    return max(round(100 * number / most, 1), 0.5) if number else 0


def _at_least_a_year(months: list[tuple[date, int]]) -> list[tuple[date, int]]:
    """Return the months with those before them that make up a year, in which nothing was watched."""
    if not months:
        return []
    first = months[0][0].year * 12 + months[0][0].month - 1
    earlier = range(first - max(MIN_MONTHS - len(months), 0), first)
    return [*((date(number // 12, number % 12 + 1, 1), 0) for number in earlier), *months]


def _columns(months: list[tuple[date, int]]) -> list[Column]:
    most = max((number for _month, number in months), default=0) or 1
    return [
        Column(month, number, place * COLUMN_UNITS, CHART_HEIGHT - height, height)
        for place, (month, number) in enumerate(months)
        for height in [_share(number, most)]
    ]


def _growth(growth: Growth) -> list[tuple[date, int, int]]:
    """Return (month, added in it, videos at its end)."""
    totals = accumulate((number for _month, number in growth.months), initial=growth.before)
    return [
        (month, number, total) for (month, number), total in zip(growth.months, islice(totals, 1, None), strict=True)
    ]


def _area(growth: list[tuple[date, int, int]]) -> str:
    """Return the points of the area below the line of growth, for an SVG polygon."""
    if not growth:
        return ""
    most = growth[-1][2]
    heights = [CHART_HEIGHT - 100 * total / most for _month, _number, total in growth]
    # One month alone is a line from edge to edge.
    heights = heights * 2 if len(heights) == 1 else heights
    points = [f"{place * COLUMN_UNITS},{height:.1f}" for place, height in enumerate(heights)]
    return " ".join([*points, f"{(len(heights) - 1) * COLUMN_UNITS},{CHART_HEIGHT}", f"0,{CHART_HEIGHT}"])
