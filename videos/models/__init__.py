"""Facts about one row: a video file, and what a viewer made of it."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.db.models.signals import pre_save
from django.dispatch import receiver
from django.urls import reverse
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext, gettext_lazy

from videos.core import tag_names
from videos.core.clock import is_recent
from videos.core.sort_keys import MAX_KEY_LENGTH, title_key, title_of
from videos.db.triggers.tables import ChangeKind
from videos.models.querysets import (
    BulkActionQuerySet,
    BulkChangeQuerySet,
    DisappearanceQuerySet,
    MarkerQuerySet,
    MarkQuerySet,
    MonthlyViewsQuerySet,
    NameKey,
    OldAppImportQuerySet,
    SmartListQuerySet,
    TagQuerySet,
    VideoQuerySet,
    ViewQuerySet,
)

MIN_STARS, MAX_STARS = 1, 5
MAX_COUNT = 2**63 - 1
MAX_FILENAME_LENGTH = 4096
MAX_PROBLEM_LENGTH = 300
MAX_MARKER_LENGTH = 200
MAX_LIST_NAME_LENGTH = 100
MAX_LIST_QUERY_LENGTH = 2000
# The two problems that go by themselves.
STILL_BEING_WRITTEN = "still being written"
LOOKS_INCOMPLETE = "looks incomplete: still being copied?"
# Work that is not ended and has not been heard of for so long was interrupted.
SILENT = timedelta(seconds=60)
FIRST_YEAR, LAST_YEAR = 2, 9998
# What a row holds of a file that nobody has looked into; for inserts that make no instances.
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


def is_showable(moment: datetime) -> bool:
    """Return whether every time zone has a name for the moment; in the first and the last year some have none."""
    return FIRST_YEAR <= moment.year <= LAST_YEAR


def validate_date(moment: datetime) -> None:
    if not is_showable(moment):
        raise ValidationError(
            gettext("The year must be %(first)s to %(last)s.") % {"first": FIRST_YEAR, "last": LAST_YEAR}
        )


class TagNameField(models.CharField):
    """A tag's name, cleaned on every way in: forms, saves, bulk inserts and lookups."""

    def to_python(self, value: Any) -> Any:
        value = super().to_python(value)
        return tag_names.clean_tag_name(value) if isinstance(value, str) else value

    def get_prep_value(self, value: Any) -> Any:
        return self.to_python(super().get_prep_value(value))

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        name = self.to_python(getattr(model_instance, self.attname))
        setattr(model_instance, self.attname, name)
        return name


class FoldedNameField(models.CharField):
    """The key that makes tag names unique without regard to case, derived from `name` at each save."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        folded = tag_names.fold_tag_name(cast(Tag, model_instance).name)
        setattr(model_instance, self.attname, folded)
        return folded


class TitleKeyField(models.CharField):
    """The key that a video sorts by, derived from its title at each save and bulk insert."""

    def pre_save(self, model_instance: models.Model, add: bool) -> Any:
        video = cast(Video, model_instance)
        key = title_key(video.title, video.filename)
        setattr(model_instance, self.attname, key)
        return key


def validate_tag_name(name: str) -> None:
    problem = tag_names.tag_name_problem(name)
    if problem:
        raise ValidationError(f"{problem[0].upper()}{problem[1:]}.")


class Tag(models.Model):
    # SQLite folds only ASCII letters, so the key without regard to case is a column of its own.
    name = TagNameField(gettext_lazy("name"), max_length=tag_names.MAX_LENGTH, validators=[validate_tag_name])
    folded_name = FoldedNameField(max_length=3 * tag_names.MAX_LENGTH, unique=True, editable=False)

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = [NameKey("name"), "folded_name"]
        verbose_name, verbose_name_plural = gettext_lazy("tag"), gettext_lazy("tags")
        constraints = [models.CheckConstraint(condition=~Q(name="") & ~Q(folded_name=""), name="tag_name_not_empty")]

    def __str__(self) -> str:
        return self.name

    def save(self, *, update_fields: Iterable[str] | None = None, **options: Any) -> None:
        if update_fields is not None and "name" in update_fields:
            update_fields = {*update_fields, "folded_name"}
        super().save(update_fields=update_fields, **options)

    def natural_key(self) -> tuple[str]:
        return (self.name,)

    @property
    def slug(self) -> str:
        """Return "north-sea-12", which the id at its end makes unique; "12" for a name without letters."""
        return f"{slugify(self.name, allow_unicode=True)}-{self.pk}".lstrip("-")

    def get_absolute_url(self) -> str:
        return reverse("tag_page", args=[self.slug])

    def clean(self) -> None:
        same = Tag.objects.filter(folded_name=tag_names.fold_tag_name(self.name or "")).exclude(pk=self.pk)
        if same.exists():
            raise ValidationError(
                {
                    "name": gettext("The tag “%(name)s” already exists; tags ignore upper and lower case.")
                    % {"name": same[0].name}
                }
            )


class TagTotal(models.Model):
    """What the videos of a tag come to, those whose file is there. Triggers keep it (db/triggers/tag_counters.py)."""

    tag = models.OneToOneField(Tag, on_delete=models.CASCADE, primary_key=True, related_name="total")
    videos = models.BigIntegerField(default=0)
    milliseconds = models.BigIntegerField(default=0, help_text="The duration of all of them.")
    size_bytes = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.videos} videos of {self.tag_id}"


class Disappearance(models.Model):
    """Files of one folder that went missing together, until a person confirms it or they come back."""

    folder = models.CharField(
        max_length=MAX_FILENAME_LENGTH, unique=True, blank=True, help_text="Path, with / at its end; empty: the whole."
    )
    noticed_at = models.DateTimeField(gettext_lazy("detected"), default=timezone.now)

    objects = DisappearanceQuerySet.as_manager()

    class Meta:
        ordering = ["folder"]
        verbose_name, verbose_name_plural = gettext_lazy("disappearance"), gettext_lazy("disappearances")

    def __str__(self) -> str:
        return self.place

    @property
    def place(self) -> str:
        return place_of(self.folder)


def place_of(folder: str) -> str:
    """Return the words for a folder of the library, "trips/"; "" is the video folder itself."""
    return folder or gettext("the video folder")


class Video(models.Model):
    """A video file of the library, there or missing."""

    # To be raised when facts or pictures are made by other rules; a migration then makes the files due.
    FACTS_VERSION = 1
    # No version: the facts may be today's, but the pictures are made anew whatever the content is.
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
    # As the system numbers them, folded into 64 bits with a sign (library/file_status.py).
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
        help_text="What the facts were made from, until it is known whether a file of another date holds it.",
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
    # Null rather than a default: SQLite adds such a column to a million rows at once.
    facts_version = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        editable=False,
        help_text="By which rules it was looked into; empty: by none, or old ones.",
    )
    look_due = models.DateTimeField(null=True, blank=True, help_text="When it is to be looked into; empty: it was.")
    disappearance = models.ForeignKey(
        Disappearance, on_delete=models.SET_NULL, null=True, blank=True, related_name="videos", db_index=False
    )
    tags = models.ManyToManyField(Tag, related_name="videos", blank=True, verbose_name=gettext_lazy("tags"))

    objects = VideoQuerySet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = gettext_lazy("video"), gettext_lazy("videos")
        constraints = [
            models.CheckConstraint(condition=~Q(filename=""), name="video_filename_not_empty"),
            models.CheckConstraint(condition=Q(duration=None) | Q(duration__gte=0), name="video_duration_not_negative"),
        ]
        # A page lists what is present, in one of these orders; the commands ask for what is missing.
        indexes = [
            models.Index(fields=["-added_date", "-id"], name="video_by_added", condition=Q(missing_since=None)),
            models.Index(fields=["title_key", "filename"], name="video_by_title_key"),
            # Not an order: what was found again is looked for by its title (maintenance/relink.py).
            models.Index(Lower("title"), "id", name="video_by_title", condition=Q(missing_since=None)),
            models.Index(fields=["file_size", "id"], name="video_by_size", condition=Q(missing_since=None)),
            models.Index(fields=["duration", "id"], name="video_by_duration", condition=Q(missing_since=None)),
            models.Index(fields=["missing_since", "id"], name="video_missing", condition=~Q(missing_since=None)),
            # The worker asks for the newest that is due; the library page for what it could not read.
            models.Index(
                fields=["-look_due", "-id"],
                name="video_look_due",
                condition=Q(look_due__isnull=False, missing_since=None),
            ),
            models.Index(fields=["id"], name="video_with_problem", condition=~Q(problem="")),
            models.Index(
                fields=["fingerprint", "file_size"],
                name="video_by_content",
                condition=Q(missing_since=None) & ~Q(fingerprint=""),
            ),
            models.Index(fields=["disappearance"], name="video_disappeared", condition=Q(disappearance__isnull=False)),
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
        """Return the file's date."""
        return None if self.modified_ns is None else datetime.fromtimestamp(self.modified_ns / 1e9, UTC)

    @property
    def display_title(self) -> str:
        return self.title or title_of(self.filename)

    @property
    def is_unreadable(self) -> bool:
        """Return whether nothing is known of the content because it could not be read, for the reason in `problem`."""
        return bool(self.problem) and self.width is None

    @property
    def looks_incomplete(self) -> bool:
        """Return whether its file is like half of one, and is tried again by itself."""
        return self.problem == LOOKS_INCOMPLETE


@receiver(pre_save, sender=Video)
def keep_title_key(instance: Video, **_: Any) -> None:
    """Fixtures are saved past the model's own methods and its fields'."""
    instance.title_key = title_key(instance.title, instance.filename)


class Details(models.Model):
    """What a look into the file found beside the columns of its video: lists that no page of many videos shows.

    `audio`, `subtitles` and `chapters` are lists of the fields of media.probe.Track and Chapter; `sprite` has the
    fields of media.pictures.Sprite but the image, or is null.
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
    """A subtitle file that lies beside a video."""

    video = models.ForeignKey(Video, on_delete=models.CASCADE, related_name="subtitles")
    filename = models.CharField(max_length=MAX_FILENAME_LENGTH, help_text="Path under the video folder.")
    language = models.CharField(max_length=35, blank=True, help_text="Such as en or pt-br; empty: not known.")
    label = models.CharField(max_length=200, help_text="What the player's menu shows.")

    class Meta:
        ordering = ["label", "id"]
        constraints = [models.UniqueConstraint(fields=["filename", "video"], name="subtitle_once")]

    def __str__(self) -> str:
        return self.filename


class SkippedFiles(models.Model):
    """What the last scan of the whole folder passed over for one reason: how many files, and the first names."""

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


class Activity(models.Model):
    """What the worker is at, or was at last: one row a kind of work."""

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
        """Return "running", "ended", "stopped" by an error, or "interrupted": not heard of for a minute."""
        if self.ended_at is not None:
            return "stopped" if self.error else "ended"
        return "running" if is_recent(self.updated_at, SILENT, timezone.now()) else "interrupted"

    @property
    def rate(self) -> float | None:
        """Return how many a second it does in this phase, or None where that is not known yet."""
        seconds = (self.updated_at - self.started_at).total_seconds()
        return self.done / seconds if self.done and seconds >= 1 else None

    @property
    def time_left(self) -> timedelta | None:
        """Return how long this phase goes on at this rate, in whole seconds, or None where that is not known."""
        if not (self.rate and self.total) or self.ended_at is not None:
            return None
        return timedelta(seconds=round(max(self.total - self.done, 0) / self.rate))


class ViewersMark(models.Model):
    """What a viewer made of a video. The viewer is protected: deleting an account never takes its stars along."""

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
            # Few are being watched of the many that were: "continue watching" must not look through all of them.
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


class Marker(ViewersMark):
    """A moment of a video that a viewer gave a name."""

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


class MonthlyViews(models.Model):
    """How often a viewer watched anything in one month. A View keeps only how often in all, and when last."""

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


class SmartList(models.Model):
    """A list that a viewer saved: what its address asks for, under a name. What is in it follows the library."""

    viewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, db_index=False, verbose_name=gettext_lazy("viewer")
    )
    name = models.CharField(gettext_lazy("name"), max_length=MAX_LIST_NAME_LENGTH)
    query = models.CharField(
        gettext_lazy("query"),
        max_length=MAX_LIST_QUERY_LENGTH,
        blank=True,
        help_text=gettext_lazy("The address after its question mark."),
    )
    position = models.PositiveIntegerField(gettext_lazy("position"), default=0)

    objects = SmartListQuerySet.as_manager()

    class Meta:
        default_related_name = "smart_lists"
        verbose_name, verbose_name_plural = gettext_lazy("smart list"), gettext_lazy("smart lists")
        ordering = ["position", "id"]
        constraints = [
            models.UniqueConstraint(fields=["viewer", "name"], name="smart_list_once"),
            models.CheckConstraint(condition=~Q(name=""), name="smart_list_name_not_empty"),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return f"{reverse('gallery')}?{self.query}"


class OldAppImport(models.Model):
    """A source of the old application that was brought over, noted in the transaction that did it: once is enough."""

    source = models.CharField(max_length=MAX_FILENAME_LENGTH, unique=True, help_text="Path below the data folder.")
    imported_at = models.DateTimeField(default=timezone.now)
    summary = models.TextField(blank=True, help_text="What came.")

    objects = OldAppImportQuerySet.as_manager()

    class Meta:
        verbose_name = "import from the old app"
        verbose_name_plural = "imports from the old app"

    def __str__(self) -> str:
        return self.source


class BulkAction(models.Model):
    """What a viewer did, mostly to many videos at once, for as long as it can be undone (videos/userdata/)."""

    class Kind(models.TextChoices):
        ADD_TAGS = "add_tags", "tags added"
        REMOVE_TAGS = "remove_tags", "tags removed"
        STARS = "stars", "stars given"
        FAVORITE = "favorite", "made favorites"
        UNFAVORITE = "unfavorite", "taken from the favorites"
        WATCHED = "watched", "marked as watched"
        UNWATCHED = "unwatched", "marked as unwatched"
        RENAME_TAG = "rename_tag", "tag renamed"
        MERGE_TAGS = "merge_tags", "tags merged"
        DELETE_TAG = "delete_tag", "tag deleted"
        REMOVE_MARKER = "remove_marker", "marker removed"
        RELINK = "relink", "found again"

    viewer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE)
    kind = models.CharField(max_length=20, choices=Kind.choices)
    details = models.JSONField(default=dict, help_text="The tags, as [id, name], the stars, or what else undo needs.")
    video_count = models.PositiveIntegerField(default=0, help_text="Videos that it changed.")
    began_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, help_text="Empty while it runs, and if it was interrupted.")
    undoable_until = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    objects = BulkActionQuerySet.as_manager()

    class Meta:
        default_related_name = "bulk_actions"
        ordering = ["-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.video_count:,} videos"


class BulkChange(models.Model):
    """A part of a bulk action: what one transaction of it changed, how that was before, and how it left it."""

    action = models.ForeignKey(BulkAction, on_delete=models.CASCADE, related_name="changes")
    entries = models.JSONField(help_text="[mark, value before, value after], as videos/userdata/bulk_changes.py says.")
    first_video = models.BigIntegerField(help_text="The lowest id of the videos in it.")
    last_video = models.BigIntegerField(help_text="The highest.")

    objects = BulkChangeQuerySet.as_manager()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"part {self.pk} of action {self.action_id}"


class Change(models.Model):
    """A video of which something changed that lists are filtered by: a log with an end, written by triggers.

    What is kept in memory follows by it (videos/catalog/).
    """

    Kind = ChangeKind

    number = models.BigAutoField(primary_key=True)
    kind = models.PositiveSmallIntegerField(choices=Kind.choices)
    video_id = models.BigIntegerField(help_text="0 for what a tag is called.")
    stamp = models.BigIntegerField(help_text="Drawn by lot: after a restore the same number is another change.")

    def __str__(self) -> str:
        return f"{self.number}: video {self.video_id}"


class Revision(models.Model):
    """The number of changes to one kind of metadata, moved by triggers in the transaction of the change."""

    kind = models.CharField(max_length=20, primary_key=True)
    number = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"
