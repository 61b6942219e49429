"""The background worker: it watches the folder, keeps the schedule, and does the tasks, one after the other."""

import logging
import queue
import secrets
import threading
import time
from datetime import datetime, timedelta

from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import DatabaseError, close_old_connections, connection
from django.db.models import Max, Q
from django.utils import timezone
from django_tasks.base import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker as TaskRunner
from django_tasks_db.models import DBTaskResult

from videos.analysis.artwork_store import remove_drafts
from videos.core.clock import TOLERANCE, is_recent
from videos.db import health
from videos.db.locks import WorkerSlots
from videos.jobs import tasks
from videos.library import observed_time
from videos.library.walk import Scope
from videos.library.watcher import Watcher
from videos.maintenance import retention
from videos.maintenance.integrity import DailyCheck
from videos.presentation.failure_messages import about_disk, line_about

logger = logging.getLogger(__name__)

_POLL_SECONDS, _CHORES_SECONDS, _RETRY_SECONDS = 1.0, 5.0, 5.0
_THIN_SECONDS = 24 * 60 * 60.0
_NAME = "videos"
_PRUNE_SECONDS, _CLEAN_UP_SECONDS = observed_time.NOTE_EVERY.total_seconds(), 24 * 60 * 60.0
# The results of tasks are kept so long for whoever wants to know: those that failed, and the others.
_KEEP_FAILED, _KEEP_DONE = timedelta(days=14), timedelta(hours=6)
# A scan takes no more than this share of the time, however long it takes.
_SHARE_OF_SCANS = 0.05
# How long a worker that was just started may take until it is known by its slot.
_STARTING_SECONDS = 15.0
# The worker of another tool is not known by a slot; a task of its that takes so long is taken for abandoned.
_ABANDONED = timedelta(hours=1)


def a_worker_is_running() -> bool:
    """Return whether any worker runs on this library; True also where that cannot be told.

    Not to be asked in a worker's own process.
    """
    try:
        slots = WorkerSlots()
    except OSError:
        return True  # the lock file is another account's
    try:
        return slots.others_alive() > 0
    except OSError:
        return True  # this disk knows no locks
    finally:
        slots.close()


class Starting:
    """When `serve` last started a worker in this process or the one that it was forked from; None: never.

    On the monotonic clock, which all processes share.
    """

    since: float | None = None


def worker_standing() -> str:
    """Return "running"; "starting", where `serve` has just started one; else "none"."""
    if a_worker_is_running():
        return "running"
    is_young = Starting.since is not None and time.monotonic() - Starting.since < _STARTING_SECONDS
    return "starting" if is_young else "none"


def begin(slots: WorkerSlots) -> int:
    """Take a slot and return it. What killed workers left half-written is removed, unless another one is writing."""
    slot = slots.take()
    if not slots.others_alive():
        remove_drafts(settings.GENERATED_DIR)
    return slot


def take_up_left_tasks(slots: WorkerSlots) -> int:
    """Put the tasks of workers that died back into the queue, and return how many. Each may be done twice."""
    taken_up = 0
    for left in DBTaskResult.objects.running():
        slot = _slot_of(left)
        if slot is None:
            is_left = left.started_at is None or not is_recent(left.started_at, _ABANDONED, timezone.now())
        else:
            is_left = slot == slots.own or not slots.is_alive(slot)
        if is_left:
            same = DBTaskResult.objects.running().filter(pk=left.pk, worker_ids=left.worker_ids)
            taken_up += same.update(status="READY", started_at=None)
    return taken_up


def _slot_of(running: DBTaskResult) -> int | None:
    """Return the slot in the id of the worker that runs the task, or None where it is of another kind."""
    name, _, rest = str(running.worker_ids[-1] if running.worker_ids else "").partition("-")
    number = rest.partition("-")[0]
    return int(number) if name == _NAME and number.isdecimal() else None


def ask_for_scheduled_scan() -> None:
    """Enqueue a scan of the whole folder where the last one is long enough ago."""
    last = _last_scan(timezone.now())
    if last is not None:
        if last.finished_at is None or last.started_at is None:
            return
        pause = max(timedelta(minutes=settings.SCAN_MINUTES), (last.finished_at - last.started_at) / _SHARE_OF_SCANS)
        if is_recent(last.finished_at, pause, timezone.now()):
            return
    tasks.ask_for(tasks.scan_folder, full=False)


def prune_results(now: datetime) -> None:
    """Delete what is known of tasks that ended long ago, but for the last scan: by it the next one is due.

    What ended in the future did so while the clock was wrong.
    """
    last = _last_scan(now)
    done = DBTaskResult.objects.exclude(pk=last.pk) if last else DBTaskResult.objects.all()
    from_the_future = Q(finished_at__gt=now + TOLERANCE)
    done.successful().filter(from_the_future | Q(finished_at__lt=now - _KEEP_DONE)).delete()
    done.failed().filter(from_the_future | Q(finished_at__lt=now - _KEEP_FAILED)).delete()


def _last_scan(now: datetime) -> DBTaskResult | None:
    """Return the scan that was asked for last. One of the future is none: it would stay the last one for years."""
    scans = DBTaskResult.objects.filter(task_path=tasks.scan_folder.module_path, enqueued_at__lte=now + TOLERANCE)
    return scans.order_by("-enqueued_at").first()


def _disk_problem() -> str | None:
    trouble = health.trouble()
    return health.refusal(trouble) if trouble else None


def _slots_when_possible() -> WorkerSlots:
    """Return the slots as soon as the disk lets their lock file be opened."""
    is_said = False
    while True:
        try:
            return WorkerSlots()
        except OSError as error:
            line = about_disk(error)
            if line is None:
                raise
            if not is_said:
                logger.warning("The worker waits: %s", line)
            is_said = True
            time.sleep(_RETRY_SECONDS)


def shorten_sessions(now: datetime) -> None:
    """Let sessions that were begun while the clock was years ahead end as others do; only while it is surely right."""
    most = timedelta(seconds=settings.SESSION_COOKIE_AGE)
    too_long = Session.objects.filter(expire_date__gt=now + most + observed_time.MAX_GAP)
    if observed_time.is_steady() and too_long.exists():
        too_long.update(expire_date=now + most)


def thin_copies() -> None:
    """Remove the backups and snapshots that need not be kept any longer."""
    try:
        removed = retention.thin()
    except OSError as error:
        logger.warning("Older backups could not be removed: %s", error)
        return
    if removed:
        logger.info("Removed %s backups and snapshots, as LVS_KEEP_* say, the last one %s", len(removed), removed[-1])


def _latest_end_of_a_scan() -> datetime | None:
    scans = DBTaskResult.objects.filter(task_path=tasks.scan_folder.module_path)
    latest: datetime | None = scans.aggregate(latest=Max("finished_at"))["latest"]
    return latest


class Work:
    """All that a worker does until it is ended. It may be ended at any instant. Raises Busy where too many run."""

    def __init__(self) -> None:
        self._slots = _slots_when_possible()
        self._slot = begin(self._slots)
        self._wake = threading.Event()
        # What the watcher heard; None: it begins to listen, and knows of nothing before.
        self._heard: queue.SimpleQueue[Scope | None] = queue.SimpleQueue()
        # On the monotonic clock: the other one may be set back by years.
        self._next_chores = self._next_thinning = self._next_prune = self._next_cleanup = 0.0
        self._integrity = DailyCheck()
        self._trouble: str | None = None
        self._is_set_up = False

    def others(self) -> int:
        """Return how many workers run beside this one."""
        return self._slots.others_alive()

    def run(self) -> None:
        self._heard.put(None)
        Watcher(settings.VIDEO_DIR, settings.GENERATED_DIR, self._hear, lambda: self._hear(None)).start()
        while True:
            self._wake.clear()
            try:
                has_worked = self._work()
            except DatabaseError as error:
                self._say(line_about(error) or str(error))
                self._wake.wait(_RETRY_SECONDS)
            else:
                if not has_worked:
                    self._wake.wait(_POLL_SECONDS)

    def _hear(self, scope: Scope | None) -> None:
        """Called in the watcher's thread, which leaves the database to the other."""
        self._heard.put(scope)
        self._wake.set()

    def _work(self) -> bool:
        """Do the chores that are due and one task; return whether there was one."""
        close_old_connections()
        if problem := health.problem() or _disk_problem() or self._set_up_problem():
            self._say(problem)
            return False
        self._ask_for_what_was_heard()
        if time.monotonic() >= self._next_chores:
            self._next_chores = time.monotonic() + _CHORES_SECONDS
            take_up_left_tasks(self._slots)
            tasks.bring_forward(timezone.now())
            ask_for_scheduled_scan()
            tasks.ask_for_help()
            self._tidy()
            self._trouble = None
        if not DBTaskResult.objects.ready().exists():
            return False
        runner = TaskRunner(
            queue_names=["*"],
            excluded_queue_names=[],
            interval=0,
            batch=True,
            backend_name=DEFAULT_TASK_BACKEND_ALIAS,
            startup_delay=False,
            max_tasks=1,
            worker_id=f"{_NAME}-{self._slot}-{secrets.token_hex(8)}",
        )
        runner.run()
        return True

    def _set_up_problem(self) -> str | None:
        """Return what is missing while somebody sets the database up beside the worker; asked until nothing is."""
        if not self._is_set_up:
            self._is_set_up = health.is_current(connection)
        return None if self._is_set_up else "the database is not set up yet: manage.py migrate does it"

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            logger.warning("The worker waits: %s", trouble)
        self._trouble = trouble

    def _ask_for_what_was_heard(self) -> None:
        while not self._heard.empty():
            scope = self._heard.get()
            try:
                if scope is None:
                    tasks.ask_for(tasks.scan_folder, full=False)
                else:
                    tasks.ask_for_scan_of(scope.files, scope.folders)
            except DatabaseError:
                self._heard.put(scope)
                raise

    def _tidy(self) -> None:
        now = time.monotonic()
        if now >= self._next_prune:
            self._next_prune = now + _PRUNE_SECONDS
            prune_results(timezone.now())
            observed_time.note(timezone.now(), _latest_end_of_a_scan())
            shorten_sessions(timezone.now())
        if now >= self._next_thinning:
            self._next_thinning = now + _THIN_SECONDS
            thin_copies()
        self._integrity.start_if_due()
        if settings.CLEANUP_AFTER_DAYS is not None and now >= self._next_cleanup:
            self._next_cleanup = now + _CLEAN_UP_SECONDS
            tasks.ask_for(tasks.clean_up)
