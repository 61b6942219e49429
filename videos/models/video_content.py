"""The tracks and chapters of a video, and the subtitle files beside it."""

from django.db import models

from videos.models.limits import MAX_FILENAME_LENGTH
from videos.models.video import Video


class Details(models.Model):
    """What the analysis found besides the columns of Video: lists that only the watch page shows.

    `audio`, `subtitles` and `chapters` are lists with the fields of media.probe.Track and Chapter; `sprite` has the
    fields of media.thumbnails.Sprite except the image, or is null.
    """

    video = models.OneToOneField(Video, on_delete=models.CASCADE, primary_key=True)
    audio = models.JSONField(default=list)
    subtitles = models.JSONField(default=list)
    chapters = models.JSONField(default=list)
    sprite = models.JSONField(null=True)

    class Meta:
        verbose_name_plural = "details"

    def __str__(self) -> str:
        return f"details of {self.video_id}"


class Subtitle(models.Model):
    """A subtitle file beside a video."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="subtitles")
    filename = models.CharField(max_length=MAX_FILENAME_LENGTH, help_text="Path under the video folder.")
    language = models.CharField(max_length=35, blank=True, help_text="Such as en or pt-br; empty: not known.")
    label = models.CharField(max_length=200, help_text="What the player's menu shows.")

    class Meta:
        ordering = ["label", "id"]
        constraints = [models.UniqueConstraint(fields=["filename", "video"], name="subtitle_once")]

    def __str__(self) -> str:
        return self.filename
