"""What the worker is at, as the pages and the admin tell it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from videos.importers.flask_sources import may_be_offered
from videos.jobs.activity import standing
from videos.jobs.worker import worker_standing
from videos.models import SILENT, Activity, OldAppImport, Video
from videos.presentation.formatting import as_told, files_done, roughly

KINDS = {"scan": gettext_lazy("Video folder"), "look": gettext_lazy("Thumbnails")}


@dataclass(frozen=True)
class Work:
    """One kind of work: its row, None before it was done for the first time, and how it stands ("" then)."""

    kind: str
    activity: Activity | None
    standing: str

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def question(self) -> str:
        """Return what to ask about work that is stuck: "No progress for 3 minutes at …. Is the disk responding?"."""
        return question_about(self.activity) if self.activity else ""

    @property
    def was_never_done(self) -> bool:
        """Return whether it has not ended once, well or badly."""
        row = self.activity
        return row is None or (row.ended_at is None and not row.summary and not row.error)


def question_about(silent: Activity) -> str:
    """Return the question, where the work has not been heard of and something is still at it."""
    return gettext("No progress for %(time)s at “%(phase)s”, %(files)s. Is the disk responding?") % {
        # After a clock that was wrong nobody can say for how long.
        "time": roughly(max(timezone.now() - silent.updated_at, SILENT)),
        "phase": as_told(silent.phase),
        "files": files_done(silent),
    }


def all_work() -> dict[str, Work]:
    """Return {kind: work}, by one query."""
    rows = {row.kind: row for row in Activity.objects.all()}
    return {kind: Work(kind, rows.get(kind), standing(rows[kind]) if kind in rows else "") for kind in KINDS}


@dataclass(frozen=True)
class Beginning:
    """What the first page says where the library has no video: of the folder's scan, and of the worker."""

    scan: Work
    worker: str
    # Whether the old app's files lie in the data folder.
    offers_import: bool = False

    @classmethod
    def now(cls, scan: Work) -> "Beginning":
        offers_import = may_be_offered(settings.DATA_DIR, settings.VIDEO_DIR, OldAppImport.objects.sources_done())
        return cls(scan, worker_standing(), offers_import)

    @property
    def is_looking(self) -> bool:
        """Return whether files may be found any moment: a scan has seen some, or the first one is yet to end."""
        if self.scan.standing == "running":
            return self.scan.was_never_done or bool(self.scan.activity and self.scan.activity.done)
        return self.scan.standing in ("", "interrupted") and self.scan.was_never_done and self.worker != "none"


# A file whose look is that far off was looked into without success, and is tried again then.
_SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class Awaited:
    """What is still to come on a page of the gallery: videos while the first scan runs, pictures of those it shows."""

    videos: Activity | None
    pictures: bool
    looking: Activity | None
    worker: str

    @classmethod
    def of(cls, work: dict[str, Work], shown: Iterable[Video]) -> "Awaited":
        scan, look = work["scan"], work["look"]
        soon = timezone.now() + _SOON
        waiting = any(_waits(video, soon) for video in shown)
        return cls(
            videos=scan.activity if scan.standing == "running" and scan.was_never_done else None,
            pictures=waiting,
            looking=look.activity if look.standing == "running" else None,
            worker=worker_standing() if waiting else "",
        )

    def __bool__(self) -> bool:
        return bool(self.videos or self.pictures)


def _waits(video: Video, soon: datetime) -> bool:
    is_due = video.look_due is not None and video.look_due < soon
    return is_due and video.missing_since is None and video.cover_version is None
