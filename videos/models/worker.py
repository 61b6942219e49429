"""What the worker is doing, and which files its last scan skipped."""

from datetime import timedelta

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from videos.core.clock import is_recent
from videos.models.limits import MAX_PROBLEM_LENGTH

# Work without progress for this long counts as interrupted.
SILENT = timedelta(seconds=60)


class Activity(models.Model):
    """The progress of one kind of work, running or ended: one row for each kind."""

    kind = models.CharField(max_length=20, primary_key=True)
    phase = models.CharField(max_length=40, blank=True)
    done = models.PositiveBigIntegerField(default=0)
    total = models.PositiveBigIntegerField(null=True, help_text="Empty: not known.")
    started_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, help_text="Empty while it runs.")
    summary = models.TextField(blank=True, help_text="What it did.")
    error = models.TextField(blank=True, help_text="Why it could not go on.")

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("activity"), gettext_lazy("activities")

    def __str__(self) -> str:
        return self.kind

    @property
    def state(self) -> str:
        """Return "running", "ended", "stopped" (by an error) or "interrupted" (no progress for a minute)."""
        if self.ended_at is not None:
            return "stopped" if self.error else "ended"
        return "running" if is_recent(self.updated_at, SILENT, timezone.now()) else "interrupted"

    @property
    def rate(self) -> float | None:
        """Return the items a second in this phase, or None if unknown."""
        seconds = (self.updated_at - self.started_at).total_seconds()
        return self.done / seconds if self.done and seconds >= 1 else None

    @property
    def time_left(self) -> timedelta | None:
        """Return how long this phase will take at its present rate, in whole seconds, or None if unknown."""
        if not (self.rate and self.total) or self.ended_at is not None:
            return None
        return timedelta(seconds=round(max(self.total - self.done, 0) / self.rate))


class SkippedFiles(models.Model):
    """Files that the last full scan skipped for one reason: their number, and the first names."""

    reason = models.CharField(max_length=MAX_PROBLEM_LENGTH, primary_key=True)
    files = models.PositiveBigIntegerField()
    names = models.JSONField(default=list)

    class Meta:
        ordering = ["-files", "reason"]
        verbose_name_plural = "skipped files"

    def __str__(self) -> str:
        return f"{self.files:,} skipped: {self.reason}"

    @property
    def further(self) -> int:
        return self.files - len(self.names)
