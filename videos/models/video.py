"""A video file of the library and what is known of its content."""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, cast

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy

from videos.core.problems import Problem
from videos.core.sort_keys import MAX_KEY_LENGTH, title_key, title_of
from videos.models.dates import validate_date
from videos.models.limits import MAX_FILENAME_LENGTH, MAX_PROBLEM_LENGTH
from videos.models.missing_batch import MissingBatch
from videos.models.tag import Tag
from videos.models.video_queryset import VideoQuerySet

# The two problems that are retried automatically.
STILL_BEING_WRITTEN = Problem.STILL_BEING_WRITTEN.code

LOOKS_INCOMPLETE = Problem.LOOKS_INCOMPLETE.code

# The column values of a file that was not analyzed; for inserts without model instances.
NO_FACTS = {
    "container": "",
    "video_codec": "",
    "audio_codec": "",
    "fingerprint": "",
    "unconfirmed_fingerprint": "",
    "rotation": 0,
    "color": "",
    "problem": "",
}


class TitleKeyField(models.CharField):
    """The sort key of a video, derived from its title at each save and bulk insert."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        video = cast(Video, model_instance)
        key = title_key(video.title, video.filename)
        setattr(model_instance, self.attname, key)
        return key


class Video(models.Model):
    """A video file of the library, present or missing."""

    # Increase it when facts or pictures are made by new rules; a migration then marks the files as due.
    FACTS_VERSION = 1
    # Not a version: the pictures are remade even if facts and content are current.
    PICTURES_TO_BE_REMADE = 0

    # Annotated by VideoQuerySet.with_twins().
    has_twin: bool

    filename = models.CharField(
        gettext_lazy("filename"),
        max_length=MAX_FILENAME_LENGTH,
        unique=True,
        help_text=gettext_lazy("Path under the video folder, with / between folders."),
    )
    title = models.CharField(gettext_lazy("title"), max_length=MAX_FILENAME_LENGTH, blank=True)
    title_key = TitleKeyField(max_length=MAX_KEY_LENGTH, default="", db_default="", editable=False)
    added_date = models.DateTimeField(gettext_lazy("added"), default=timezone.now, validators=[validate_date])
    missing_since = models.DateTimeField(null=True, blank=True, help_text="Empty while the file is there.")
    file_size = models.PositiveBigIntegerField("size", null=True, blank=True, help_text="Bytes; unknown until scanned.")
    modified_ns = models.BigIntegerField(null=True, blank=True, help_text="The file's date, nanoseconds since 1970.")
    # The file system's numbers, converted to signed 64 bits (library/file_status.py).
    device = models.BigIntegerField(null=True, blank=True)
    inode = models.BigIntegerField(null=True, blank=True)
    duration = models.FloatField(null=True, blank=True, help_text="Seconds; unknown until probed.")
    width = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels, as shown: after turning.")
    height = models.PositiveIntegerField(null=True, blank=True, help_text="Pixels, as shown: after turning.")
    frame_rate = models.FloatField(null=True, blank=True, help_text="Frames a second.")
    rotation = models.PositiveSmallIntegerField(
        default=0, db_default=0, help_text="Degrees clockwise that turn it upright."
    )
    bit_rate = models.PositiveBigIntegerField(null=True, blank=True, help_text="Bits a second, of the whole file.")
    container = models.CharField(gettext_lazy("container"), max_length=100, blank=True)
    video_codec = models.CharField(gettext_lazy("video codec"), max_length=100, blank=True)
    audio_codec = models.CharField(gettext_lazy("audio codec"), max_length=100, blank=True)
    fingerprint = models.CharField(max_length=64, blank=True, help_text="Hash of samples of the content.")
    unconfirmed_fingerprint = models.CharField(
        max_length=64,
        blank=True,
        default="",
        db_default="",
        help_text="The fingerprint from before the file's date changed, until its content is compared.",
    )
    cover_version = models.BigIntegerField(null=True, blank=True, help_text="When the cover was made; empty: none.")
    color = models.CharField(
        max_length=7, blank=True, default="", db_default="", help_text="The cover's average, as #rrggbb."
    )
    problem = models.CharField(
        gettext_lazy("problem"),
        max_length=MAX_PROBLEM_LENGTH,
        blank=True,
        default="",
        db_default="",
        help_text=gettext_lazy("Why it could not be read."),
    )
    # Null instead of a default: SQLite then adds the column without rewriting a million rows.
    facts_version = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="Version of the rules that it was analyzed by; empty: none, or old ones.",
    )
    analysis_due_at = models.DateTimeField(null=True, blank=True, help_text="Empty once the file is analyzed.")
    # Earlier versions called a batch a disappearance; table and column keep that name for triggers and other tools.
    missing_batch = models.ForeignKey(
        MissingBatch,
        on_delete=models.SET_NULL,
        null=True,
        blank=True,
        related_name="videos",
        db_index=False,
        db_column="disappearance_id",
    )
    tags = models.ManyToManyField(Tag, related_name="videos", blank=True, verbose_name=gettext_lazy("tags"))

    objects = VideoQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("video"), gettext_lazy("videos")
        constraints = [
            models.CheckConstraint(condition=~Q(filename=""), name="video_filename_not_empty"),
            models.CheckConstraint(condition=Q(duration=None) | Q(duration__gte=0), name="video_duration_not_negative"),
        ]
        # Pages list present videos in one of these orders; commands look for missing ones.
        indexes = [
            models.Index(fields=["-added_date", "-id"], name="video_by_added", condition=Q(missing_since=None)),
            models.Index(fields=["title_key", "filename"], name="video_by_title_key"),
            # Not for sorting: relinking looks for files by their title (maintenance/relink.py).
            models.Index(Lower("title"), "id", name="video_by_title", condition=Q(missing_since=None)),
            models.Index(fields=["file_size", "id"], name="video_by_size", condition=Q(missing_since=None)),
            models.Index(fields=["duration", "id"], name="video_by_duration", condition=Q(missing_since=None)),
            models.Index(fields=["missing_since", "id"], name="video_missing", condition=~Q(missing_since=None)),
            # The worker asks for the newest due file; the library page for files with a problem.
            models.Index(
                fields=["-analysis_due_at", "-id"],
                name="video_analysis_due",
                condition=Q(analysis_due_at__isnull=False, missing_since=None),
            ),
            models.Index(fields=["id"], name="video_with_problem", condition=~Q(problem="")),
            models.Index(
                fields=["fingerprint", "file_size"],
                name="video_by_content",
                condition=Q(missing_since=None) & ~Q(fingerprint=""),
            ),
            models.Index(fields=["missing_batch"], name="video_disappeared", condition=Q(missing_batch__isnull=False)),
        ]

    def __str__(self) -> str:
        return self.display_title

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None and {"title", "filename"} & set(update_fields):
            update_fields = {*update_fields, "title_key"}
        super().save(update_fields=update_fields, **options)

    def natural_key(self) -> tuple[str]:
        return (self.filename,)

    def get_absolute_url(self) -> str:
        return reverse("watch", args=[self.pk])

    @property
    def modified(self) -> datetime | None:
        """Return the file's modification time."""
        return None if self.modified_ns is None else datetime.fromtimestamp(self.modified_ns / 1e9, UTC)

    @property
    def display_title(self) -> str:
        return self.title or title_of(self.filename)

    @property
    def is_unreadable(self) -> bool:
        """Return whether the file could not be read at all, for the reason in `problem`."""
        return bool(self.problem) and self.width is None

    @property
    def looks_incomplete(self) -> bool:
        """Return whether the file looks like an incomplete copy, which is retried automatically."""
        return self.problem == LOOKS_INCOMPLETE


@receiver(pre_save, sender=Video)
def keep_title_key(instance: Video, **_: Any) -> None:
    """Fixtures are saved raw, without save() and pre_save() of fields."""
    instance.title_key = title_key(instance.title, instance.filename)
