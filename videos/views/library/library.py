"""The library page: what the worker does, and what needs your attention (actions.py)."""

import threading
import time
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from videos.backup.emergency import shell_command
from videos.core.filenames import printable
from videos.db.triggers.change_log import read_revisions
from videos.jobs.worker_status import worker_state
from videos.maintenance.duplicates import Duplicates, duplicate_groups
from videos.maintenance.relink_candidates import FoundAgain, found_again
from videos.models import MissingBatch, SkippedFiles, Video, counts_of, place_of
from videos.views.library.work_status import all_work

PAGE_ROWS = 50
# Nobody decides about more at a time. The next ones appear when these are done.
MAX_FOUND_AGAIN, MAX_DUPLICATES, MAX_MISSING_BATCHES = 50, 50, 50
MAX_BANNERS = 3
_LISTS, _DUPLICATES, _CACHE_SECONDS = "library_lists", "library_duplicates", 24 * 60 * 60
# An analysis changes no revision number, so the lists are read again after this time.
_LISTS_SECONDS = 30
# With a million videos reading takes a second. Slow reading takes at most this share of the time.
_SLOW_SECONDS, _SHARE_OF_READING = 0.1, 0.05


# --- missing files --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gone:
    """How many videos are missing, and (folder, files) of those missing together, the largest number first."""

    missing: int
    together: tuple[tuple[str, int], ...]

    @property
    def banners(self) -> tuple[tuple[str, int], ...]:
        return self.together[:MAX_BANNERS]

    @property
    def further(self) -> int:
        return len(self.together[MAX_BANNERS:])


def what_is_gone(missing: int) -> Gone:
    """Return this for the number of missing videos. One query, or none."""
    if not missing:
        return Gone(0, ())
    by_folder = MissingBatch.objects.with_files().order_by().values_list("folder", "files")
    together = sorted(((place_of(folder), files) for folder, files in by_folder), key=lambda row: (-row[1], row[0]))
    return Gone(missing, tuple(together))


# --- the page -------------------------------------------------------------------------------------------------------


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Return the library page."""
    lists, now = _cached_lists(), _progress()
    unreadable = Paginator(Video.objects.with_problem().order_by("-pk"), PAGE_ROWS)
    unreadable.count = now["counts"]["unreadable"]
    missing_batches = list(MissingBatch.objects.with_files()[: MAX_MISSING_BATCHES + 1])
    context = {
        **now,
        "here": "library",
        "video_dir": printable(str(settings.VIDEO_DIR)),
        "missing_batches": missing_batches[:MAX_MISSING_BATCHES],
        "more_missing_batches": len(missing_batches) > MAX_MISSING_BATCHES,
        "lists": lists,
        "page": unreadable.get_page(request.GET.get("page")),
        "page_url": "?",
        "skipped": list(SkippedFiles.objects.all()),
        "now": timezone.now(),
    }
    return render(request, "videos/library.html", context)


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Return the part of the page that shows what the worker does."""
    response = render(request, "videos/_progress.html", _progress())
    response["Cache-Control"] = "no-store"
    return response


def _progress() -> dict[str, Any]:
    """Return what open pages ask for every two seconds: only counts that an index answers."""
    return {
        "all_work": all_work().values(),
        "worker": worker_state(),
        "worker_command": shell_command("worker"),
        "counts": {
            **counts_of(
                videos=Video.objects.present(),
                missing=Video.objects.missing(),
                waiting=Video.objects.awaiting_analysis(),
                unreadable=Video.objects.with_problem(),
            ),
            # The number when the page was last loaded, or None: counting takes a second for a million videos.
            "duplicates": cache.get(_DUPLICATES),
        },
    }


@dataclass(frozen=True)
class _Lists:
    """The limited lists of the page, and when and how they were read."""

    found_again: list[FoundAgain]
    more_found_again: bool
    duplicate_groups: list[Duplicates]
    more_duplicate_groups: bool
    revision: int | None
    read_at: float
    took_seconds: float

    @property
    def sure(self) -> list[FoundAgain]:
        return [found for found in self.found_again if found.is_sure]

    def is_fresh(self, revision: int | None) -> bool:
        age = time.time() - self.read_at
        if self.took_seconds > _SLOW_SECONDS and 0 <= age < self.took_seconds / _SHARE_OF_READING:
            return True
        return revision is not None and revision == self.revision and 0 <= age < _LISTS_SECONDS


_READING_LISTS = threading.Lock()


def _cached_lists() -> _Lists:
    """Return the lists, read again when videos were added or removed, but less often if that is slow."""
    revision = read_revisions().get("videos")
    # An open transaction may still be rolled back, so its lists are not cached.
    if connection.in_atomic_block:
        return _read_lists(revision)
    lists: _Lists | None = cache.get(_LISTS)
    if lists is None or not lists.is_fresh(revision):
        # One thread reads the lists while the others wait.
        with _READING_LISTS:
            lists = cache.get(_LISTS)
            if lists is None or not lists.is_fresh(revision):
                lists = _read_lists(revision)
                cache.set(_LISTS, lists, _CACHE_SECONDS)
    return lists


def forget_lists() -> None:
    """Read the lists again for the next page, so that it shows the decision that was just made."""
    cache.delete(_LISTS)


def _read_lists(revision: int | None) -> _Lists:
    started, began = time.time(), time.monotonic()
    found, (groups, duplicates) = found_again(MAX_FOUND_AGAIN + 1), duplicate_groups(MAX_DUPLICATES + 1)
    cache.set(_DUPLICATES, duplicates, _CACHE_SECONDS)
    return _Lists(
        found_again=found[:MAX_FOUND_AGAIN],
        more_found_again=len(found) > MAX_FOUND_AGAIN,
        duplicate_groups=groups[:MAX_DUPLICATES],
        more_duplicate_groups=len(groups) > MAX_DUPLICATES,
        revision=revision,
        read_at=started,
        took_seconds=time.monotonic() - began,
    )
