"""What the worker does at intervals: it scans, and removes what is old. It also repairs times from a wrong clock."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db.models import Max, Q
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from videos.analysis.analyzer import SELDOM
from videos.core.clock import TOLERANCE, is_recent
from videos.db.transactions import write_transaction
from videos.jobs.enqueue import enqueue_once
from videos.jobs.tasks import scan_folder
from videos.library import observed_time
from videos.maintenance import retention
from videos.models import Video

logger = logging.getLogger(__name__)

# The results of failed tasks are kept longer, so that the reason can be looked up.
_KEEP_FAILED, _KEEP_DONE = timedelta(days=14), timedelta(hours=6)
# Scans take at most this share of the time, however long one takes.
_SHARE_OF_SCANS = 0.05


def enqueue_scheduled_scan() -> None:
    """Enqueue a scan of the whole folder if the last one ended SCAN_MINUTES ago, or longer for slow scans."""
    last = _last_scan(timezone.now())
    if last is not None:
        if last.finished_at is None or last.started_at is None:
            return
        pause = max(timedelta(minutes=settings.SCAN_MINUTES), (last.finished_at - last.started_at) / _SHARE_OF_SCANS)
        if is_recent(last.finished_at, pause, timezone.now()):
            return
    enqueue_once(scan_folder, full=False)


def prune_results(now: datetime) -> None:
    """Delete the results of tasks that ended long ago, except for the last scan, which decides when the next is due.

    A task that ended in the future ran while the clock was wrong.
    """
    last = _last_scan(now)
    done = DBTaskResult.objects.exclude(pk=last.pk) if last else DBTaskResult.objects.all()
    from_the_future = Q(finished_at__gt=now + TOLERANCE)
    done.successful().filter(from_the_future | Q(finished_at__lt=now - _KEEP_DONE)).delete()
    done.failed().filter(from_the_future | Q(finished_at__lt=now - _KEEP_FAILED)).delete()


def bring_forward(now: datetime) -> None:
    """Make tasks and files due now that were put off while the clock was ahead: nothing is put off for that long."""
    too_late = now + 2 * SELDOM
    waiting = DBTaskResult.objects.filter(status="READY", run_after__gt=too_late).exclude(run_after=get_date_max())
    if waiting.exists():
        waiting.update(run_after=get_date_max())
    due_too_late = Video.objects.awaiting_analysis().filter(analysis_due_at__gt=too_late)
    if due_too_late.exists():
        with write_transaction():
            due_too_late.update(analysis_due_at=now)


def _last_scan(now: datetime) -> DBTaskResult | None:
    """Return the scan that was enqueued last, ignoring those of the future: one would stay the last for years."""
    scans = DBTaskResult.objects.filter(task_path=scan_folder.module_path, enqueued_at__lte=now + TOLERANCE)
    return scans.order_by("-enqueued_at").first()


def shorten_sessions(now: datetime) -> None:
    """Shorten sessions from when the clock was years ahead. Does nothing until the clock is known to be right."""
    longest = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    too_long = Session.objects.filter(expire_date__gt=now + longest + observed_time.MAX_GAP)
    if observed_time.is_steady() and too_long.exists():
        too_long.update(expire_date=now + longest)


def thin_copies() -> None:
    """Remove the backups and snapshots that LVS_KEEP_* do not ask for."""
    try:
        removed = retention.thin()
    except OSError as error:
        logger.warning("Older backups could not be removed: %s", error)
        return
    if removed:
        logger.info("Removed %s backups and snapshots, as LVS_KEEP_* say, the last one %s", len(removed), removed[-1])


def latest_end_of_a_scan() -> datetime | None:
    scans = DBTaskResult.objects.filter(task_path=scan_folder.module_path)
    latest: datetime | None = scans.aggregate(latest=Max("finished_at"))["latest"]
    return latest
