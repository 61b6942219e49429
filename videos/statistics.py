"""What the library comes to in numbers, for the page about them."""

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from videos.cache import VideoCache
from videos.models import MAX_STARS, MIN_STARS, MonthlyViews, Rating, Tag, Video

TAGS_SHOWN = 15
MONTHS_SHOWN = 24


@dataclass(frozen=True)
class Totals:
    videos: int
    seconds: float
    size_bytes: int

    @property
    def milliseconds(self) -> int:
        return int(1000 * self.seconds)


@dataclass(frozen=True)
class Statistics:
    """Videos by stars, 0 for those without; views and additions by month, without gaps; the tags with most hours."""

    totals: Totals
    by_stars: dict[int, int]
    views: list[tuple[date, int]]
    added: list[tuple[date, int]]
    tags: list[Tag]


def read(viewer: Any) -> Statistics:
    """Return the numbers. What looks at each video is kept until one changes, for a minute at most."""
    cache = VideoCache(viewer)
    # Sizes and durations move no number when a look into files finds them.
    minute = int(timezone.now().timestamp() // 60)
    totals, added = cache.get_kept(f"statistics of {minute}", lambda: (_totals(), _added_by_month()), kinds=())
    rated = cache.get_kept("statistics of stars", lambda: Rating.objects.by_stars(viewer), kinds=("ratings",))
    by_stars = {0: max(totals.videos - sum(rated.values()), 0)}
    by_stars |= {stars: rated.get(stars, 0) for stars in range(MIN_STARS, MAX_STARS + 1)}
    tags = Tag.objects.with_totals().used().in_order("hours", descending=True)[:TAGS_SHOWN]
    return Statistics(totals, by_stars, _views_by_month(viewer), added, list(tags))


def _totals() -> Totals:
    """Return them by three queries, each of an index that holds what it adds up."""
    present = Video.objects.present()
    return Totals(present.count(), present.total("duration"), present.total("file_size"))


def _added_by_month() -> list[tuple[date, int]]:
    months = Counter[date]()
    for hour, videos in Video.objects.present().added_by_hour():
        moment = datetime.strptime(hour, "%Y-%m-%d %H").replace(tzinfo=UTC)
        months[timezone.localdate(moment).replace(day=1)] += videos
    return without_gaps(months)


def _views_by_month(viewer: Any) -> list[tuple[date, int]]:
    months = MonthlyViews.objects.filter(viewer=viewer).order_by("-month").values_list("month", "views")
    return without_gaps(dict(months[:MONTHS_SHOWN]))[-MONTHS_SHOWN:]


def without_gaps(months: "dict[date, int] | Counter[date]") -> list[tuple[date, int]]:
    """Return each month from the first that has a number to the last, with 0 where there was none."""
    if not months:
        return []
    numbers = [month.year * 12 + month.month - 1 for month in months]
    every = (date(number // 12, number % 12 + 1, 1) for number in range(min(numbers), max(numbers) + 1))
    return [(month, months.get(month, 0)) for month in every]
