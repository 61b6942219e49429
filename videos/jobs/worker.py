"""The background worker: it watches the folder, keeps the schedule, and runs the tasks one after the other."""

import logging
import queue
import secrets
import threading
import time
from datetime import timedelta

from django.conf import settings
from django.db import DatabaseError, close_old_connections, connection
from django.utils import timezone
from django_tasks.base import DEFAULT_TASK_BACKEND_ALIAS
from django_tasks_db.management.commands.db_worker import Worker as TaskRunner
from django_tasks_db.models import DBTaskResult

from videos.analysis.artwork_store import remove_drafts
from videos.core.clock import is_recent
from videos.db import health
from videos.db.locks import WorkerSlots
from videos.jobs import tasks
from videos.jobs.enqueue import enqueue_once
from videos.jobs.schedule import (
    bring_forward,
    enqueue_scheduled_scan,
    latest_end_of_a_scan,
    prune_results,
    shorten_sessions,
    thin_copies,
)
from videos.library import observed_time
from videos.library.walk import Scope
from videos.library.watcher import Watcher
from videos.maintenance.integrity import DailyCheck
from videos.presentation.failure_messages import about_disk, line_about

logger = logging.getLogger(__name__)
_POLL_SECONDS, _CHORES_SECONDS, _RETRY_SECONDS = 1.0, 5.0, 5.0
_PRUNE_SECONDS, _CLEAN_UP_SECONDS = observed_time.NOTE_EVERY.total_seconds(), 24 * 60 * 60.0
_THIN_SECONDS = 24 * 60 * 60.0
_NAME = "videos"
# A task may be run by another tool, such as db_worker, which has no slot. After this time it counts as abandoned.
_ABANDONED_AFTER = timedelta(hours=1)


def take_slot(slots: WorkerSlots) -> int:
    """Take a slot and return it. The first worker also removes the half-written files of killed ones."""
    slot = slots.take()
    if not slots.others_alive():
        remove_drafts(settings.GENERATED_DIR)
    return slot


def requeue_abandoned_tasks(slots: WorkerSlots) -> int:
    """Put the tasks of workers that died back into the queue, and return how many. A task may so run twice."""
    requeued = 0
    for task in DBTaskResult.objects.running():
        slot = _slot_of(task)
        if slot is None:
            is_abandoned = task.started_at is None or not is_recent(task.started_at, _ABANDONED_AFTER, timezone.now())
        else:
            is_abandoned = slot == slots.own or not slots.is_alive(slot)
        if is_abandoned:
            same = DBTaskResult.objects.running().filter(pk=task.pk, worker_ids=task.worker_ids)
            requeued += same.update(status="READY", started_at=None)
    return requeued


def _slot_of(running: DBTaskResult) -> int | None:
    """Return the slot in the id of the worker that runs the task, or None if another tool runs it."""
    name, _, rest = str(running.worker_ids[-1] if running.worker_ids else "").partition("-")
    number = rest.partition("-")[0]
    return int(number) if name == _NAME and number.isdecimal() else None


def _disk_problem() -> str | None:
    trouble = health.trouble()
    return health.refusal(trouble) if trouble else None


def _slots_when_possible() -> WorkerSlots:
    """Return the slots as soon as their lock file can be opened."""
    is_logged = False
    while True:
        try:
            return WorkerSlots()
        except OSError as error:
            line = about_disk(error)
            if line is None:
                raise
            if not is_logged:
                logger.warning("The worker waits: %s", line)
            is_logged = True
            time.sleep(_RETRY_SECONDS)


class BackgroundWorker:
    """A worker from its start until it is killed, which it may be at any moment. Raises Busy if too many run."""

    def __init__(self) -> None:
        self._slots = _slots_when_possible()
        self._slot = take_slot(self._slots)
        self._wake = threading.Event()
        # What the watcher saw change. None: it has just started and may have missed anything before.
        self._changes: queue.SimpleQueue[Scope | None] = queue.SimpleQueue()
        # In seconds of the monotonic clock: the wall clock may be set back by years.
        self._next_chores = self._next_thinning = self._next_prune = self._next_cleanup = 0.0
        self._integrity = DailyCheck()
        self._trouble: str | None = None
        self._is_set_up = False

    def others(self) -> int:
        """Return how many workers run beside this one."""
        return self._slots.others_alive()

    def run(self) -> None:
        self._changes.put(None)
        Watcher(settings.VIDEO_DIR, settings.GENERATED_DIR, self._notice, lambda: self._notice(None)).start()
        while True:
            self._wake.clear()
            try:
                has_worked = self._turn()
            except DatabaseError as error:
                self._log_once(line_about(error) or str(error))
                self._wake.wait(_RETRY_SECONDS)
            else:
                if not has_worked:
                    self._wake.wait(_POLL_SECONDS)

    def _notice(self, scope: Scope | None) -> None:
        """Runs in the watcher's thread, which does not use the database."""
        self._changes.put(scope)
        self._wake.set()

    def _turn(self) -> bool:
        """Run the chores that are due and one task; return whether there was a task."""
        close_old_connections()
        if problem := health.problem() or _disk_problem() or self._set_up_problem():
            self._log_once(problem)
            return False
        self._enqueue_changes()
        if time.monotonic() >= self._next_chores:
            self._next_chores = time.monotonic() + _CHORES_SECONDS
            requeue_abandoned_tasks(self._slots)
            bring_forward(timezone.now())
            enqueue_scheduled_scan()
            tasks.enqueue_help()
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
        """Return what to do while the database has no tables yet, or None. Checked until it has them."""
        if not self._is_set_up:
            self._is_set_up = health.is_current(connection)
        return None if self._is_set_up else "the database is not set up yet: manage.py migrate does it"

    def _log_once(self, trouble: str) -> None:
        if trouble != self._trouble:
            logger.warning("The worker waits: %s", trouble)
        self._trouble = trouble

    def _enqueue_changes(self) -> None:
        while not self._changes.empty():
            scope = self._changes.get()
            try:
                if scope is None:
                    enqueue_once(tasks.scan_folder, full=False)
                else:
                    tasks.enqueue_scan_of(scope.files, scope.folders)
            except DatabaseError:
                self._changes.put(scope)
                raise

    def _tidy(self) -> None:
        now = time.monotonic()
        if now >= self._next_prune:
            self._next_prune = now + _PRUNE_SECONDS
            prune_results(timezone.now())
            observed_time.note(timezone.now(), latest_end_of_a_scan())
            shorten_sessions(timezone.now())
        if now >= self._next_thinning:
            self._next_thinning = now + _THIN_SECONDS
            thin_copies()
        self._integrity.start_if_due()
        if settings.CLEANUP_AFTER_DAYS is not None and now >= self._next_cleanup:
            self._next_cleanup = now + _CLEAN_UP_SECONDS
            enqueue_once(tasks.clean_up)
