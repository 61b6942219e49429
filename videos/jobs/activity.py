"""The progress of the worker's tasks, kept in the database for the pages and the admin."""

import time
from collections.abc import Mapping
from types import TracebackType

from django.db.models import F
from django.utils import timezone

from videos.core.clock import is_recent
from videos.core.errors import LibraryError
from videos.core.progress import stored_counts
from videos.core.work_errors import stored_failure
from videos.db.locks import Busy
from videos.db.transactions import write_transaction
from videos.models import SILENT, Activity

SECONDS_BETWEEN_REPORTS = 0.5


class Reporter:
    """Keeps the Activity row of one kind of work up to date; an instance is the progress function of that work.

    An exception is stored as the row's error and raised again. Busy leaves the row alone: it belongs to another
    process. With `goes_on` set, the work counts as paused and not as ended.
    """

    def __init__(self, kind: str, *, paused: Activity | None = None) -> None:
        self.kind, self.goes_on = kind, False
        # What the work did; None until it is done.
        self.counts: Mapping[str, int] | None = None
        self._phase = paused.phase if paused else ""
        self._next_report = 0.0
        # The last counts, whether stored or not.
        self._progress: dict[str, int | None] = {}

    def __enter__(self) -> "Reporter":
        return self

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        self._progress = {"done": done, "total": total}
        if phase == self._phase and time.monotonic() < self._next_report:
            return
        self._next_report = time.monotonic() + SECONDS_BETWEEN_REPORTS
        now = timezone.now()
        values = {"phase": phase, **self._progress, "updated_at": now, "ended_at": None}
        if phase != self._phase:
            values |= {"started_at": now}
        self._phase = phase
        _store(self.kind, values)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if isinstance(error, Busy):
            return
        now = timezone.now()
        ended_at = None if self.goes_on and error is None else now
        values = {**self._progress, "updated_at": now, "ended_at": ended_at, "error": ""}
        values["summary"] = "" if self.counts is None else stored_counts(self.counts)
        if error is not None:
            values["error"] = stored_failure(error) if isinstance(error, LibraryError) else f"Stopped by {error!r}."
        _store(self.kind, values)


def paused(kind: str) -> Activity | None:
    """Return the row of work that paused a short time ago, or None."""
    row = Activity.objects.filter(kind=kind, ended_at=None).first()
    return row if row and is_recent(row.updated_at, SILENT, timezone.now()) else None


def end_paused(kind: str) -> None:
    """End the row of work that paused or was interrupted, and of which nothing is left."""
    left = Activity.objects.filter(kind=kind, ended_at=None)
    if left.exists():
        with write_transaction():
            left.update(ended_at=F("updated_at"))


def _store(kind: str, values: Mapping[str, object]) -> None:
    with write_transaction():
        Activity.objects.update_or_create(kind=kind, defaults=dict(values))
