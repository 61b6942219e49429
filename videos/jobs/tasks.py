"""The work of the background worker. Each task may be done twice, or be left halfway, and does no harm."""

import json
import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.db.models import Q
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django_tasks import task
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max

from videos.analysis.analyzer import SELDOM
from videos.analysis.pipeline import AnalysisCounter, AnalyzerPool
from videos.core.errors import LibraryError
from videos.db.locks import Busy
from videos.db.transactions import write_transaction
from videos.jobs.activity import Reporter, end_paused, paused
from videos.library import observed_time
from videos.library.scan import ScanSummary, scan
from videos.library.walk import Scope
from videos.maintenance.cleanup import remove_orphans
from videos.models import Video, place_of

logger = logging.getLogger(__name__)

# A file that is dropped into the folder shows before the pictures of a thousand others are made.
CHANGES_FIRST, SCANS_NEXT, CLEANUP_THEN, LOOKS_LAST = 60, 50, 10, 0
# A look goes on for so long, unless another task waits; then the rest is asked for anew.
LOOK_SECONDS = 60.0
RETRY_WHEN_BUSY, RETRY_WHEN_TAKEN, RETRY_LOOKS = timedelta(seconds=2), timedelta(seconds=5), timedelta(minutes=1)
# As much as a task may say in its row; from this many names on, the whole folder is looked through instead.
MOST_NAMES = 1_000


@task(priority=CHANGES_FIRST)
def scan_changes(files: list[str], folders: list[str]) -> dict[str, Any]:
    """Bring the rows of some files and folders in line with the disk: what the watcher saw change."""
    return _scan(Scope(frozenset(files), frozenset(folders)), lambda: ask_for_scan_of(files, folders, RETRY_WHEN_BUSY))


@task(priority=SCANS_NEXT)
def scan_folder(full: bool = False) -> dict[str, Any]:
    """Bring all rows in line with the video folder."""
    return _scan(None, lambda: ask_for(scan_folder, after=RETRY_WHEN_BUSY, full=full), full=full)


def _scan(scope: Scope | None, ask_again: Callable[[], object], full: bool = False) -> dict[str, Any]:
    started = time.monotonic()
    try:
        with Reporter("scan") as report:
            summary = scan(settings.VIDEO_DIR, full=full, scope=scope, progress=report)
            # What a look at a part found unchanged says nothing of the library.
            report.summary = scan_sentence(summary if scope is None else replace(summary, unchanged=0))
    except Busy as busy:
        ask_again()
        return {"busy": str(busy)}
    except LibraryError as problem:
        _log_once("scan", str(problem))
        return {"problem": str(problem)}
    _said.pop("scan", None)
    if summary.found_changes:
        logger.info("%s: %s", settings.VIDEO_DIR, report.summary)
    for folder, files in summary.disappeared.items():
        logger.warning("%s", together_sentence(folder, files))
    ask_for_looks()
    return {"summary": report.summary, "seconds": round(time.monotonic() - started, 3)}


def scan_sentence(summary: ScanSummary) -> str:
    """Return "3 added, 1 moved, 1,204 unchanged": what is nought is left out."""
    kinds = ("added", "changed", "moved", "missing", "back", "unchanged")
    parts = [f"{getattr(summary, kind):,} {kind}" for kind in kinds if getattr(summary, kind)]
    return ", ".join(parts + ([f"{len(summary.skipped):,} skipped"] if summary.skipped else [])) or "nothing new"


def together_sentence(folder: str, files: int) -> str:
    together = " together" if files > 1 else ""
    return f"{files:,} file{pluralize(files)} of {place_of(folder)} went missing{together}: is a disk unplugged?"


@task(priority=LOOKS_LAST)
def look_into_files() -> dict[str, Any]:
    """Read facts and make pictures of the files that are due, the newest first."""
    earlier = paused("look")
    try:
        with Reporter("look", paused=earlier) as report:
            counter = AnalysisCounter(report, earlier.done if earlier else 0)
            counter(0)  # told before the disk is touched, which may not answer
            looked = _analyzer_pool().analyze_due(LOOK_SECONDS, counter, _something_else_waits)
            report.summary, report.goes_on = counter.summary, counter.left() > 0
    except LibraryError as problem:
        _log_once("look", str(problem))
        ask_for(look_into_files, after=RETRY_LOOKS)
        return {"problem": str(problem)}
    _said.pop("look", None)
    # What is due and was not to be had is in another worker's hands, maybe for minutes.
    ask_for_looks(timedelta() if looked else RETRY_WHEN_TAKEN)
    return {"summary": report.summary}


def _something_else_waits() -> bool:
    return DBTaskResult.objects.ready().exclude(task_path=look_into_files.module_path).exists()


@cache
def _analyzer_pool() -> AnalyzerPool:
    """Return this process's decoders, started at the first look."""
    return AnalyzerPool(settings.VIDEO_DIR, settings.GENERATED_DIR, settings.DECODERS)


@task(priority=CLEANUP_THEN)
def clean_up() -> dict[str, Any]:
    """Remove the videos whose file is gone for LVS_CLEANUP_AFTER_DAYS, with every brake on."""
    days = settings.CLEANUP_AFTER_DAYS
    if days is None:
        return {"off": True}
    observed_time.note(timezone.now())
    cutoff = observed_time.cutoff(days)
    if cutoff is None:
        return {"removed": 0}
    backups = settings.DATA_DIR / "backup_json"
    try:
        orphans = remove_orphans(settings.VIDEO_DIR, backups, missing_before=cutoff.before, but_not=cutoff.later)
    except (LibraryError, OSError) as problem:
        _log_once("clean_up", f"The automatic cleanup removed nothing. {problem}")
        return {"problem": str(problem)}
    _said.pop("clean_up", None)
    if orphans.videos:
        logger.info(
            "Removed %s videos that were missing for over %s days; what went is kept in %s",
            f"{len(orphans.videos):,}", days, orphans.backup,
        )  # fmt: skip
    return {"removed": len(orphans.videos)}


_said: dict[str, str] = {}


def _log_once(work: str, problem: str) -> None:
    """Log the same trouble once, however long it lasts."""
    if _said.get(work) != problem:
        logger.warning("%s", problem)
    _said[work] = problem


# --- asking for work ------------------------------------------------------------------------------------------------


def ask_for(work: Task, *, after: timedelta | None = None, **arguments: Any) -> None:
    """Enqueue the task, unless the same is in the queue already and will be run no later."""
    run_at = timezone.now() + after if after else None
    waiting = DBTaskResult.objects.filter(status="READY", task_path=work.module_path)
    latest = Q(run_after=get_date_max()) | Q(run_after__lte=run_at or timezone.now())
    same = {"args": [], "kwargs": arguments}
    if any(other.args_kwargs == same for other in waiting.filter(latest)):
        return
    (work.using(run_after=run_at) if run_at else work).enqueue(**arguments)


def bring_forward(now: datetime) -> None:
    """Make due now what was put off while the clock was wrong: nothing here is ever put off for so long."""
    too_late = now + 2 * SELDOM
    waiting = DBTaskResult.objects.filter(status="READY", run_after__gt=too_late).exclude(run_after=get_date_max())
    if waiting.exists():
        waiting.update(run_after=get_date_max())
    due_too_late = Video.objects.awaiting_analysis().filter(analysis_due_at__gt=too_late)
    if due_too_late.exists():
        with write_transaction():
            due_too_late.update(analysis_due_at=now)


def ask_for_scan_of(files: Iterable[str], folders: Iterable[str], after: timedelta | None = None) -> None:
    """Enqueue a scan of these, or of everything where they are many."""
    files, folders = sorted(files), sorted(folders)
    if len(files) + len(folders) > MOST_NAMES or len(json.dumps([files, folders])) > 100 * MOST_NAMES:
        ask_for(scan_folder, after=after)
    elif files or folders:
        ask_for(scan_changes, after=after, files=files, folders=folders)


def ask_for_help() -> None:
    """Enqueue a look where none waits: an idle worker helps one that looks, and goes on after one that failed."""
    if not DBTaskResult.objects.filter(status="READY", task_path=look_into_files.module_path).exists():
        ask_for_looks()


def ask_for_looks(not_before: timedelta = timedelta()) -> None:
    """Enqueue a look, now or when the first file is due, if there is any; one that has paused has ended else."""
    due = Video.objects.awaiting_analysis().order_by("analysis_due_at")
    first: datetime | None = due.values_list("analysis_due_at", flat=True).first()
    if first is None:
        # What was left of it has gone: the pages would wait for ever for it to go on.
        end_paused("look")
    else:
        wait = max(first - timezone.now(), not_before)
        ask_for(look_into_files, after=wait if wait > timedelta() else None)
