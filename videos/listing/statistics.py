"""The numbers of the statistics page."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from videos.listing.library_totals import Growth, Totals, figures
from videos.models import MonthlyViews, Tag

TAGS_SHOWN = 15
MONTHS_OF_VIEWS, MONTHS_OF_GROWTH = 24, 240


@dataclass(frozen=True)
class Statistics:
    """Videos by stars (0: not rated), views by month without gaps, and the tags with the most hours and bytes."""

    totals: Totals
    by_stars: dict[int, int]
    views: list[tuple[date, int]]
    growth: Growth
    tags: list[Tag]
    tags_by_size: list[Tag]


def library_in_numbers(viewer: Any) -> Statistics:
    """Return the current numbers of the library, and of what this viewer rated and watched."""
    totals, by_stars, growth = figures(viewer, MONTHS_OF_GROWTH)
    tags = Tag.objects.with_totals().used()
    by_hours, by_size = (list(tags.in_order(total, descending=True)[:TAGS_SHOWN]) for total in ("hours", "size"))
    return Statistics(totals, by_stars, _views_by_month(viewer), growth, by_hours, by_size)


def _views_by_month(viewer: Any) -> list[tuple[date, int]]:
    return without_gaps(MonthlyViews.objects.latest_months(viewer, MONTHS_OF_VIEWS))[-MONTHS_OF_VIEWS:]


def without_gaps(months: Mapping[date, int]) -> list[tuple[date, int]]:
    """Return (month, number) from the first month to the last, with 0 for months without one."""
    if not months:
        return []
    numbers = [month.year * 12 + month.month - 1 for month in months]
    every = (date(number // 12, number % 12 + 1, 1) for number in range(min(numbers), max(numbers) + 1))
    return [(month, months.get(month, 0)) for month in every]
