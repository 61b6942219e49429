"""The tasks of the background worker. Each may run twice, or be killed halfway, and does no harm."""

import json
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from django.conf import settings
from django.template.defaultfilters import pluralize
from django.utils import timezone
from django_tasks import task
from django_tasks_db.models import DBTaskResult

from videos.analysis.pipeline import AnalysisCounter, AnalyzerPool
from videos.core.errors import LibraryError
from videos.db.locks import Busy
from videos.jobs.activity import Reporter, end_paused, paused
from videos.jobs.enqueue import enqueue_once
from videos.library import observed_time
from videos.library.scan import ScanSummary, scan
from videos.library.walk import Scope
from videos.maintenance.cleanup import remove_orphans
from videos.models import Video, place_of

logger = logging.getLogger(__name__)
# A file that is dropped into the folder appears before the thumbnails of a thousand others are made.
CHANGES_PRIORITY, SCAN_PRIORITY, CLEANUP_PRIORITY, ANALYSIS_PRIORITY = 60, 50, 10, 0
# An analysis task runs this long, or until another task waits; then it enqueues itself for the rest.
ANALYSIS_SECONDS = 60.0
RETRY_WHEN_BUSY, RETRY_WHEN_TAKEN, RETRY_ANALYSIS = timedelta(seconds=2), timedelta(seconds=5), timedelta(minutes=1)
# The arguments of a task are stored in its row, so they are limited; beyond this the whole folder is scanned.
MAX_NAMES = 1_000


@task(priority=CHANGES_PRIORITY)
def scan_changes(files: list[str], folders: list[str]) -> dict[str, Any]:
    """Update the rows of the files and folders that the watcher saw change."""
    return _scan(Scope(frozenset(files), frozenset(folders)), lambda: enqueue_scan_of(files, folders, RETRY_WHEN_BUSY))


@task(priority=SCAN_PRIORITY)
def scan_folder(full: bool = False) -> dict[str, Any]:
    """Update all rows from the video folder; with `full`, open every file."""
    return _scan(None, lambda: enqueue_once(scan_folder, after=RETRY_WHEN_BUSY, full=full), full=full)


def _scan(scope: Scope | None, enqueue_again: Callable[[], object], full: bool = False) -> dict[str, Any]:
    started = time.monotonic()
    try:
        with Reporter("scan") as report:
            summary = scan(settings.VIDEO_DIR, full=full, scope=scope, progress=report)
            # The number of unchanged files in a part says nothing about the library.
            report.counts = scan_counts(summary if scope is None else replace(summary, unchanged=0))
    except Busy as busy:
        enqueue_again()
        return {"busy": str(busy)}
    except LibraryError as problem:
        _log_once("scan", str(problem))
        return {"problem": str(problem)}
    _last_logged.pop("scan", None)
    if summary.found_changes:
        logger.info("%s: %s", settings.VIDEO_DIR, scan_sentence(report.counts))
    for folder, files in summary.disappeared.items():
        logger.warning("%s", together_sentence(folder, files))
    enqueue_analysis()
    return {"counts": report.counts, "seconds": round(time.monotonic() - started, 3)}


def scan_counts(summary: ScanSummary) -> dict[str, int]:
    """Return {"added": 3, "moved": 1}, without the zeros."""
    kinds = ("added", "changed", "moved", "missing", "back", "unchanged")
    counts = {kind: getattr(summary, kind) for kind in kinds} | {"skipped": len(summary.skipped)}
    return {kind: number for kind, number in counts.items() if number}


def scan_sentence(counts: Mapping[str, int]) -> str:
    """Return "3 added, 1 moved, 1,204 unchanged", for commands and the log."""
    return ", ".join(f"{number:,} {kind}" for kind, number in counts.items()) or "nothing new"


def together_sentence(folder: str, files: int) -> str:
    together = " together" if files > 1 else ""
    return f"{files:,} file{pluralize(files)} of {place_of(folder)} went missing{together}: is a disk unplugged?"


@task(priority=ANALYSIS_PRIORITY)
def analyze_files() -> dict[str, Any]:
    """Read the metadata and make the thumbnails of the files that are due, the newest first."""
    earlier = paused("look")
    try:
        with Reporter("look", paused=earlier) as report:
            counter = AnalysisCounter(report, earlier.done if earlier else 0)
            counter(0)  # reported before the disk is touched, which may not answer
            analyzed = _analyzer_pool().analyze_due(ANALYSIS_SECONDS, counter, _another_task_waits)
            report.counts, report.goes_on = counter.counts, counter.left() > 0
    except LibraryError as problem:
        _log_once("look", str(problem))
        enqueue_once(analyze_files, after=RETRY_ANALYSIS)
        return {"problem": str(problem)}
    _last_logged.pop("look", None)
    # Files that are due and were not available are with another worker, perhaps for minutes.
    enqueue_analysis(timedelta() if analyzed else RETRY_WHEN_TAKEN)
    return {"counts": report.counts}


def _another_task_waits() -> bool:
    return DBTaskResult.objects.ready().exclude(task_path=analyze_files.module_path).exists()


@cache
def _analyzer_pool() -> AnalyzerPool:
    """Return this process's decoder processes, started by the first task."""
    return AnalyzerPool(settings.VIDEO_DIR, settings.GENERATED_DIR, settings.DECODERS)


@task(priority=CLEANUP_PRIORITY)
def clean_up() -> dict[str, Any]:
    """Remove the videos whose file has been gone for LVS_CLEANUP_AFTER_DAYS, with every safety check on."""
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
    _last_logged.pop("clean_up", None)
    if orphans.videos:
        logger.info(
            "Removed %s videos that were missing for over %s days; what went is kept in %s",
            f"{len(orphans.videos):,}", days, orphans.backup,
        )  # fmt: skip
    return {"removed": len(orphans.videos)}


_last_logged: dict[str, str] = {}


def _log_once(work: str, problem: str) -> None:
    """Log a problem once, however long it lasts."""
    if _last_logged.get(work) != problem:
        logger.warning("%s", problem)
    _last_logged[work] = problem


def enqueue_scan_of(files: Iterable[str], folders: Iterable[str], after: timedelta | None = None) -> None:
    """Enqueue a scan of these, or of the whole folder if they are many."""
    files, folders = sorted(files), sorted(folders)
    if len(files) + len(folders) > MAX_NAMES or len(json.dumps([files, folders])) > 100 * MAX_NAMES:
        enqueue_once(scan_folder, after=after)
    elif files or folders:
        enqueue_once(scan_changes, after=after, files=files, folders=folders)


def enqueue_help() -> None:
    """Enqueue an analysis if none waits, so that an idle worker helps a busy one and continues after a failed one."""
    if not DBTaskResult.objects.filter(status="READY", task_path=analyze_files.module_path).exists():
        enqueue_analysis()


def enqueue_analysis(not_before: timedelta = timedelta()) -> None:
    """Enqueue an analysis for when the first file is due, but not before `not_before` from now.

    If no file is due, a paused analysis has ended.
    """
    due = Video.objects.awaiting_analysis().order_by("analysis_due_at")
    first: datetime | None = due.values_list("analysis_due_at", flat=True).first()
    if first is None:
        # Its remaining files have gone. The pages would wait for it forever.
        end_paused("look")
    else:
        wait = max(first - timezone.now(), not_before)
        enqueue_once(analyze_files, after=wait if wait > timedelta() else None)
