"""Totals of the present videos, from the index: some milliseconds per million."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

import numpy as np
from django.utils import timezone

from videos.listing.columns import PRESENT, VideoColumns, moment_in_microseconds
from videos.listing.index import library_index
from videos.models import MAX_STARS


@dataclass(frozen=True)
class Totals:
    videos: int
    seconds: float
    size_bytes: int

    @property
    def milliseconds(self) -> int:
        return int(1000 * self.seconds)


@dataclass(frozen=True)
class Growth:
    """(month, videos added) of consecutive months, and the number of videos before the first."""

    before: int
    months: list[tuple[date, int]]


def figures(viewer: Any, max_months: int) -> tuple[Totals, dict[int, int], Growth]:
    """Return the totals, {stars of this viewer, 0 for none: videos}, and the growth in the last months."""
    with library_index.reading() as index:
        columns: VideoColumns = index.columns
        present = columns.state == PRESENT
        by_stars = np.bincount(index.user_columns(viewer).stars[present], minlength=MAX_STARS + 1)
        seconds, sizes, added = (getattr(columns, name)[present] for name in ("duration", "size", "added"))
    totals = Totals(len(added), float(seconds[seconds > 0].sum()), int(sizes[sizes > 0].sum()))
    return totals, dict(enumerate(by_stars.tolist())), _growth(added, max_months)


def _growth(added: np.ndarray, max_months: int) -> Growth:
    if not len(added):
        return Growth(0, [])
    this_month = _number(timezone.localdate())
    # A date in the future counts for this month.
    last = min(_number_of(added.max()), this_month)
    first = max(min(_number_of(added.min()), last), last - max_months + 1)
    months = [date(number // 12, number % 12 + 1, 1) for number in range(first, last + 1)]
    begins = [moment_in_microseconds(_midnight(month)) for month in months]
    # Bin 0 is the time before the first month.
    counts = np.bincount(np.searchsorted(begins, added, side="right"), minlength=len(months) + 1)
    return Growth(int(counts[0]), list(zip(months, counts[1:].tolist(), strict=True)))


def _number(day: date) -> int:
    return day.year * 12 + day.month - 1


def _number_of(microseconds: Any) -> int:
    return _number(timezone.localdate(datetime.fromtimestamp(int(microseconds) / 1e6, timezone.get_current_timezone())))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), timezone.get_current_timezone())
