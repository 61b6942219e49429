"""What viewers recorded about videos: ratings, views, favorites and markers."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import connection, models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy

from videos.db.transactions import insert_rows
from videos.models.dates import validate_date
from videos.models.video import Video

MIN_STARS, MAX_STARS = 1, 5

MAX_MARKER_LENGTH = 200


class MarkQuerySet(models.QuerySet[Any]):
    def get_by_natural_key(self, username: str, filename: str) -> Any:
        return self.get(viewer__username=username, video__filename=filename)


class ViewersMark(models.Model):
    """A record of one viewer about one video. PROTECT: deleting an account must not delete its ratings."""

    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, db_index=False, verbose_name=gettext_lazy("viewer")
    )
    video = models.ForeignKey(Video, on_delete=models.CASCADE, verbose_name=gettext_lazy("video"))

    objects = MarkQuerySet.as_manager()

    class Meta:
        abstract = True

    def natural_key(self) -> tuple[str, str]:
        return (self.viewer.get_username(), self.video.filename)


class Rating(ViewersMark):
    stars = models.PositiveSmallIntegerField(
        gettext_lazy("stars"), choices=[(n, "★" * n) for n in range(MIN_STARS, MAX_STARS + 1)]
    )

    class Meta:
        default_related_name = "ratings"
        verbose_name, verbose_name_plural = gettext_lazy("rating"), gettext_lazy("ratings")
        constraints = [
            models.UniqueConstraint(fields=["viewer", "video"], name="rating_once"),
            models.CheckConstraint(condition=Q(stars__range=(MIN_STARS, MAX_STARS)), name="rating_one_to_five"),
        ]
        indexes = [models.Index(fields=["viewer", "stars", "video"], name="rating_by_stars")]

    def __str__(self) -> str:
        return "★" * self.stars


class ViewQuerySet(MarkQuerySet):
    def watched_by(self, viewer: Any) -> models.QuerySet[Any]:
        """Return (view id, video id) of what a viewer watched, the latest first. The index covers both columns."""
        views = self.filter(viewer=viewer, last_viewed__isnull=False)
        return views.order_by("-last_viewed", "-video").values_list("pk", "video")

    def with_videos(self, ids: Iterable[int]) -> list[Any]:
        """Return the views with these ids in this order, each with its video. One query."""
        found = self.select_related("video").in_bulk(wanted := list(ids))
        return [found[view_id] for view_id in wanted if view_id in found]

    def in_progress(self, viewer: Any) -> "ViewQuerySet":
        """Return the views of videos that a viewer stopped in the middle, with the videos, the latest first."""
        # Matches the condition of the index, and the gallery's filter.
        left = {"position_seconds__isnull": False, "position_seconds__gt": 0}
        started = self.filter(viewer=viewer, video__missing_since=None, **left)
        return started.select_related("video").order_by(F("last_viewed").desc(nulls_last=True), "-video")


class View(ViewersMark):
    view_count = models.PositiveBigIntegerField(gettext_lazy("view count"), default=0)
    last_viewed = models.DateTimeField(gettext_lazy("last viewed"), null=True, blank=True, validators=[validate_date])
    position_seconds = models.FloatField(
        gettext_lazy("resume at"), null=True, blank=True, help_text=gettext_lazy("Seconds from the start.")
    )
    is_watched = models.BooleanField(
        gettext_lazy("watched"), default=False, db_default=False, help_text=gettext_lazy("Played to the end once.")
    )

    objects = ViewQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        default_related_name = "views"
        verbose_name, verbose_name_plural = gettext_lazy("view"), gettext_lazy("views")
        constraints = [
            models.UniqueConstraint(fields=["viewer", "video"], name="view_once"),
            models.CheckConstraint(
                condition=Q(position_seconds=None) | Q(position_seconds__gte=0), name="view_position_not_negative"
            ),
        ]
        indexes = [
            models.Index(fields=["viewer", "view_count", "video"], name="view_by_count"),
            models.Index(fields=["viewer", "last_viewed", "video"], name="view_by_date"),
            # Few of many viewed videos are in progress: "continue watching" must not scan all of them.
            models.Index(
                fields=["viewer", "last_viewed", "video"],
                name="view_in_progress",
                condition=Q(position_seconds__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"viewed {self.view_count} times"


class Favorite(ViewersMark):
    added_date = models.DateTimeField(gettext_lazy("added"), default=timezone.now, validators=[validate_date])

    class Meta:
        default_related_name = "favorites"
        verbose_name, verbose_name_plural = gettext_lazy("favorite"), gettext_lazy("favorites")
        constraints = [models.UniqueConstraint(fields=["viewer", "video"], name="favorite_once")]
        indexes = [models.Index(fields=["viewer", "added_date", "video"], name="favorite_by_date")]

    def __str__(self) -> str:
        return "favorite"


class MarkerQuerySet(MarkQuerySet):
    def get_by_natural_key(self, username: str, filename: str, seconds: float, name: str) -> Any:  # type: ignore[override]
        return self.get(viewer__username=username, video__filename=filename, seconds=seconds, name=name)

    def of(self, viewer: Any, video: "Video") -> "MarkerQuerySet":
        """Return the markers of a viewer in a video, in the order of their positions."""
        return self.filter(viewer=viewer, video=video)


class Marker(ViewersMark):
    """A named position in a video."""

    seconds = models.FloatField(help_text="Seconds from the start.")
    name = models.CharField(max_length=MAX_MARKER_LENGTH)

    objects = MarkerQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        default_related_name = "markers"
        ordering = ["seconds", "id"]
        constraints = [
            models.UniqueConstraint(fields=["viewer", "video", "seconds", "name"], name="marker_once"),
            models.CheckConstraint(condition=Q(seconds__gte=0), name="marker_seconds_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name

    def natural_key(self) -> tuple[str, str, float, str]:  # type: ignore[override]
        return (*super().natural_key(), self.seconds, self.name)


class MonthlyViewsQuerySet(models.QuerySet[Any]):
    def latest_months(self, viewer: Any, months: int) -> dict[date, int]:
        """Return {first day of the month: views} of the last `months` months in which a viewer watched.

        Months in the future, recorded while the clock was wrong, are left out: the chart would begin with empty years.
        """
        until_now = self.filter(viewer=viewer, month__lte=timezone.localdate())
        views = until_now.order_by("-month").values_list("month", "views")
        return dict(views[:months])

    def add(self, viewer: Any, views: Mapping[date, int]) -> None:
        """Add views to the months of the given days: {day: number}. Call it in a transaction."""
        months = Counter[date]()
        for day, number in views.items():
            months[day.replace(day=1)] += number
        table, most, stored = self.model._meta.db_table, 2**63 - 1, connection.ops.adapt_datefield_value
        insert_rows(
            self.model,
            ["viewer_id", "month", "views"],
            [(viewer.pk, stored(month), min(number, most)) for month, number in months.items() if number],
            # The sum stops at the largest integer: SQLite would continue with floating point.
            f"(viewer_id, month) DO UPDATE SET views = CASE WHEN {table}.views > {most} - excluded.views"
            f" THEN {most} ELSE {table}.views + excluded.views END",
        )


class MonthlyViews(models.Model):
    """A viewer's number of views in one month. A View holds only the sum and the last date."""

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False)
    month = models.DateField(help_text="Its first day.")
    views = models.PositiveBigIntegerField(default=0)

    objects = MonthlyViewsQuerySet.as_manager()

    class Meta:
        default_related_name = "monthly_views"
        ordering = ["month"]
        verbose_name_plural = "monthly views"
        constraints = [models.UniqueConstraint(fields=["viewer", "month"], name="monthly_views_once")]

    def __str__(self) -> str:
        return f"{self.views} views in {self.month:%Y-%m}"
