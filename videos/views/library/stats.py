"""The statistics page: charts drawn by the template, each with a table."""

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
# A single month is a column at the end of a year, instead of filling the chart.
MIN_MONTHS = 12


@dataclass(frozen=True)
class Bar:
    """A number, and the length of its bar in percent of the longest."""

    label: Any
    number: float
    share: float
    url: str = ""
    further: Any = None


@dataclass(frozen=True)
class Column:
    """The number of a month, and the rectangle of its column."""

    month: date
    number: int
    x: int
    y: float
    height: float


@require_safe
def stats(request: ViewerRequest) -> HttpResponse:
    """Return the statistics of the library, and of what this viewer rated and watched."""
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
    """Return the percentage of `most`, with a visible minimum for numbers above 0."""
    return max(round(100 * number / most, 1), 0.5) if number else 0


def _at_least_a_year(months: list[tuple[date, int]]) -> list[tuple[date, int]]:
    """Return the months, preceded by empty ones so that they make up a year."""
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
    """Return (month, videos added, videos at its end)."""
    totals = accumulate((number for _month, number in growth.months), initial=growth.before)
    return [
        (month, number, total) for (month, number), total in zip(growth.months, islice(totals, 1, None), strict=True)
    ]


def _area(growth: list[tuple[date, int, int]]) -> str:
    """Return the points of an SVG polygon for the area below the line of growth."""
    if not growth:
        return ""
    most = growth[-1][2]
    heights = [CHART_HEIGHT - 100 * total / most for _month, _number, total in growth]
    # A single month is a horizontal line.
    heights = heights * 2 if len(heights) == 1 else heights
    points = [f"{place * COLUMN_UNITS},{height:.1f}" for place, height in enumerate(heights)]
    return " ".join([*points, f"{(len(heights) - 1) * COLUMN_UNITS},{CHART_HEIGHT}", f"0,{CHART_HEIGHT}"])
