"""What the worker is at, told to the pages and the admin through the database."""

import time
from collections.abc import Mapping
from types import TracebackType

from django.db.models import F
from django.utils import timezone

from videos.core.clock import is_recent
from videos.core.errors import LibraryError
from videos.db.locks import Busy, is_held, is_record_locked
from videos.db.transactions import write_transaction
from videos.models import SILENT, Activity

SECONDS_BETWEEN_REPORTS = 0.5


class Reporter:
    """Keeps the Activity row of one kind of work while it runs; called as the progress function of that work.

    A failure becomes the row's error and goes on; Busy, another process's work, leaves its row alone. With `goes_on`
    set, the work is paused and not ended.
    """

    def __init__(self, kind: str, *, paused: Activity | None = None) -> None:
        self.kind, self.summary, self.goes_on = kind, "", False
        self._phase = paused.phase if paused else ""
        self._next_report = 0.0
        # The last that was told, stored or not.
        self._counts: dict[str, int | None] = {}

    def __enter__(self) -> "Reporter":
        return self

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        self._counts = {"done": done, "total": total}
        if phase == self._phase and time.monotonic() < self._next_report:
            return
        self._next_report = time.monotonic() + SECONDS_BETWEEN_REPORTS
        now = timezone.now()
        values = {"phase": phase, **self._counts, "updated_at": now, "ended_at": None}
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
        values = {**self._counts, "updated_at": now, "ended_at": ended_at, "summary": self.summary, "error": ""}
        if error is not None:
            known = isinstance(error, LibraryError)
            values["error"] = str(error) if known else f"Stopped by {error!r}."
        _store(self.kind, values)


def standing(activity: Activity) -> str:
    """Return the row's state, but "stuck" for "interrupted" where a process is still at it.

    It holds the lock of that work, so it lives; and it hangs, as a rule in a disk that does not answer.
    """
    is_silent = activity.state == "interrupted"
    return "stuck" if is_silent and _is_at_it(activity.kind) else activity.state


def _is_at_it(kind: str) -> bool:
    return is_held("scan") if kind == "scan" else is_record_locked("analyses")


def paused(kind: str) -> Activity | None:
    """Return the row of work that has just paused and goes on now, or None."""
    row = Activity.objects.filter(kind=kind, ended_at=None).first()
    return row if row and is_recent(row.updated_at, SILENT, timezone.now()) else None


def end_paused(kind: str) -> None:
    """End the row of work that has paused, or was interrupted, and of which nothing is left to be done."""
    left = Activity.objects.filter(kind=kind, ended_at=None)
    if left.exists():
        with write_transaction():
            left.update(ended_at=F("updated_at"))


def _store(kind: str, values: Mapping[str, object]) -> None:
    with write_transaction():
        Activity.objects.update_or_create(kind=kind, defaults=dict(values))
