"""What the four JSON files hold, as values."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime

from videos.core.filenames import printable

FILE_NAMES = {kind: f"{kind}.json" for kind in ("ratings", "views", "tags", "favorites")}


@dataclass(frozen=True)
class BadEntry:
    """An entry that could not be used, or with `is_field` one value of an entry whose other values were used."""

    file: str
    key: str
    reason: str
    is_field: bool = False
    kind: str = ""

    @property
    def kind_of_mark(self) -> str:
        return self.kind or self.file.removesuffix(".json")

    def __str__(self) -> str:
        return f"{self.file}: {printable(self.key)}: {printable(self.reason)}"


@dataclass(frozen=True)
class ViewRecord:
    view_count: int = 0
    last_viewed: datetime | None = None
    position_seconds: float | None = None
    # None: the file does not say, as those of earlier versions and of the old app.
    watched: bool | None = None

    @property
    def is_watched(self) -> bool:
        """Return what the file says, else whether the video was viewed and not left in the middle."""
        if self.watched is not None:
            return self.watched
        return self.view_count > 0 and not self.position_seconds


@dataclass(frozen=True)
class VideoRecord:
    """What another application knows about a video apart from its marks."""

    added_date: datetime | None = None
    duration_seconds: float | None = None


@dataclass
class Snapshot:
    """Marks by the names of videos, the entries that could not be used, and which of the four files were found.

    `is_foreign` means that another application wrote the names: one video may have several spellings, and paths may be
    Windows'. In our own exports each name is that of a file.
    """

    videos: dict[str, VideoRecord] = field(default_factory=dict)
    ratings: dict[str, int] = field(default_factory=dict)
    views: dict[str, ViewRecord] = field(default_factory=dict)
    tags: dict[str, list[str]] = field(default_factory=dict)
    favorites: dict[str, datetime | None] = field(default_factory=dict)
    bad: list[BadEntry] = field(default_factory=list)
    files: set[str] = field(default_factory=set)
    is_foreign: bool = False

    def names(self) -> Iterator[str]:
        """Yield each video's name once, in a stable order."""
        yield from dict.fromkeys([*self.videos, *self.ratings, *self.views, *self.tags, *self.favorites])
