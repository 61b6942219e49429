"""What the worker does, for the pages and the admin."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext, gettext_lazy

from videos.importers.flask_sources import may_be_offered
from videos.jobs.worker_status import effective_state, worker_state
from videos.models import SILENT, Activity, OldAppImport, Video
from videos.presentation.formatting import files_done, roughly
from videos.presentation.status_messages import translate_status

KINDS = {"scan": gettext_lazy("Video folder"), "look": gettext_lazy("Thumbnails")}


@dataclass(frozen=True)
class WorkStatus:
    """One kind of work: its row, None before its first run, and its effective state, "" before its first run."""

    kind: str
    activity: Activity | None
    state: str

    @property
    def label(self) -> str:
        return str(KINDS[self.kind])

    @property
    def question(self) -> str:
        """Return the question about work that is stuck, or ""."""
        return question_about(self.activity) if self.activity else ""

    @property
    def was_never_done(self) -> bool:
        """Return whether it has never ended, well or badly."""
        row = self.activity
        return row is None or (row.ended_at is None and not row.summary and not row.error)


def question_about(silent: Activity) -> str:
    """Return the question about work that reports nothing while a process holds its lock."""
    return gettext("No progress for %(time)s at “%(phase)s”, %(files)s. Is the disk responding?") % {
        # If the clock was wrong, the time since the last report may be anything.
        "time": roughly(max(timezone.now() - silent.updated_at, SILENT)),
        "phase": translate_status(silent.phase),
        "files": files_done(silent),
    }


def all_work() -> dict[str, WorkStatus]:
    """Return {kind: its status}. One query."""
    rows = {row.kind: row for row in Activity.objects.all()}
    return {
        kind: WorkStatus(kind, rows.get(kind), effective_state(rows[kind]) if kind in rows else "") for kind in KINDS
    }


@dataclass(frozen=True)
class EmptyLibraryState:
    """What the first page shows of a library without videos: the state of the scan and of the worker."""

    scan: WorkStatus
    worker: str
    # Whether the old app's files are in the data folder.
    offers_import: bool = False

    @classmethod
    def now(cls, scan: WorkStatus) -> "EmptyLibraryState":
        offers_import = may_be_offered(settings.DATA_DIR, settings.VIDEO_DIR, OldAppImport.objects.sources_done())
        return cls(scan, worker_state(), offers_import)

    @property
    def is_looking(self) -> bool:
        """Return whether videos may appear soon: a scan has found files, or the first scan has not ended yet."""
        if self.scan.state == "running":
            return self.scan.was_never_done or bool(self.scan.activity and self.scan.activity.done)
        return self.scan.state in ("", "interrupted") and self.scan.was_never_done and self.worker != "none"


# A file that is due later than this was analyzed without success and is tried again then.
_SOON = timedelta(minutes=1)


@dataclass(frozen=True)
class PendingContent:
    """What a page of the gallery still waits for: videos of the first scan, or thumbnails of the videos it shows."""

    videos: Activity | None
    pictures: bool
    looking: Activity | None
    worker: str

    @classmethod
    def of(cls, work: dict[str, WorkStatus], shown: Iterable[Video]) -> "PendingContent":
        scan, look = work["scan"], work["look"]
        soon = timezone.now() + _SOON
        waiting = any(_waits(video, soon) for video in shown)
        return cls(
            videos=scan.activity if scan.state == "running" and scan.was_never_done else None,
            pictures=waiting,
            looking=look.activity if look.state == "running" else None,
            worker=worker_state() if waiting else "",
        )

    def __bool__(self) -> bool:
        return bool(self.videos or self.pictures)


def _waits(video: Video, soon: datetime) -> bool:
    is_due = video.analysis_due_at is not None and video.analysis_due_at < soon
    return is_due and video.missing_since is None and video.cover_version is None
