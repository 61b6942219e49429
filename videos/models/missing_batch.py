"""Files that went missing together."""

from typing import Any

from django.db import models
from django.db.models import Count
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from videos.models.limits import MAX_FILENAME_LENGTH


class MissingBatchQuerySet(models.QuerySet[Any]):
    def with_files(self) -> "MissingBatchQuerySet":
        """Return the batches with files that are still missing, each with their number as `files`."""
        return self.filter(videos__isnull=False).annotate(files=Count("videos"))


class MissingBatch(models.Model):
    """Files of one folder that went missing together, until a person confirms it or they come back."""

    folder = models.CharField(
        max_length=MAX_FILENAME_LENGTH, unique=True, blank=True, help_text="Path, with / at its end; empty: the whole."
    )
    noticed_at = models.DateTimeField(gettext_lazy("detected"), default=timezone.now)

    objects = MissingBatchQuerySet.as_manager()

    class Meta:
        db_table = "videos_disappearance"
        ordering = ["folder"]
        verbose_name, verbose_name_plural = gettext_lazy("disappearance"), gettext_lazy("disappearances")

    def __str__(self) -> str:
        return self.place

    @property
    def place(self) -> str:
        return place_of(self.folder)


def place_of(folder: str) -> str:
    """Return how a folder of the library is called on pages: "trips/"; for "" the words for the video folder."""
    return folder or gettext("the video folder")
