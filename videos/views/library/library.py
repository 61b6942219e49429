"""The library page: what the worker does, and what waits for a person to decide (decisions.py)."""

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
from videos.jobs.worker import worker_standing
from videos.maintenance.relink import Alike, FoundAgain, duplicate_groups, found_again
from videos.models import MissingBatch, SkippedFiles, Video, counts_of, place_of
from videos.views.library.work_status import all_work

PAGE_ROWS = 50
# A person decides about a few at a time; what comes after them shows when they are done.
MOST_FOUND_AGAIN, MOST_DUPLICATES, MAX_MISSING_BATCHES = 50, 50, 50
MOST_BANNERS = 3
_LISTS, _DUPLICATES, _KEPT_SECONDS = "library_lists", "library_duplicates", 24 * 60 * 60
# What a look into files finds moves no revision, so the lists are read again after so long.
_LISTS_SECONDS = 30
# Where that is slow, at a million videos a second, it takes no more than this share of the time.
_SLOW_SECONDS, _SHARE_OF_READING = 0.1, 0.05


# --- what is gone ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gone:
    """How many videos are missing, and (folder, files) of those that went missing together, the most first."""

    missing: int
    together: tuple[tuple[str, int], ...]

    @property
    def banners(self) -> tuple[tuple[str, int], ...]:
        return self.together[:MOST_BANNERS]

    @property
    def further(self) -> int:
        return len(self.together[MOST_BANNERS:])


def what_is_gone(missing: int) -> Gone:
    """Return it of so many missing videos. One query, or none."""
    if not missing:
        return Gone(0, ())
    by_folder = MissingBatch.objects.with_files().order_by().values_list("folder", "files")
    together = sorted(((place_of(folder), files) for folder, files in by_folder), key=lambda row: (-row[1], row[0]))
    return Gone(missing, tuple(together))


# --- the page -------------------------------------------------------------------------------------------------------


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Return the page about the library itself."""
    lists, now = _kept_lists(), _progress()
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
    """Return the part of the page that says what the worker does."""
    response = render(request, "videos/_progress.html", _progress())
    response["Cache-Control"] = "no-store"
    return response


def _progress() -> dict[str, Any]:
    """Return what is asked for every two seconds by whoever watches: counts of an index each, and no more."""
    return {
        "all_work": all_work().values(),
        "worker": worker_standing(),
        "worker_command": shell_command("worker"),
        "counts": {
            **counts_of(
                videos=Video.objects.present(),
                missing=Video.objects.missing(),
                waiting=Video.objects.awaiting_analysis(),
                unreadable=Video.objects.with_problem(),
            ),
            # As the page last counted them, None before: that takes a second among a million.
            "duplicates": cache.get(_DUPLICATES),
        },
    }


@dataclass(frozen=True)
class _Lists:
    """What the page lists of the videos, of each list as much as a person decides about at a time; and as of when."""

    found_again: list[FoundAgain]
    more_found_again: bool
    duplicate_groups: list[Alike]
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


def _kept_lists() -> _Lists:
    """Return the lists, read anew when videos have come or gone, but where that is slow only now and then."""
    revision = read_revisions().get("videos")
    # What is seen in an open transaction may still be rolled back.
    if connection.in_atomic_block:
        return _read_lists(revision)
    lists: _Lists | None = cache.get(_LISTS)
    if lists is None or not lists.is_fresh(revision):
        # One thread reads them; the others wait for it.
        with _READING_LISTS:
            lists = cache.get(_LISTS)
            if lists is None or not lists.is_fresh(revision):
                lists = _read_lists(revision)
                cache.set(_LISTS, lists, _KEPT_SECONDS)
    return lists


def forget_lists() -> None:
    """Have the lists read again for the next page: who has just decided sees it there, however slow that is."""
    cache.delete(_LISTS)


def _read_lists(revision: int | None) -> _Lists:
    started, began = time.time(), time.monotonic()
    found, (groups, duplicates) = found_again(MOST_FOUND_AGAIN + 1), duplicate_groups(MOST_DUPLICATES + 1)
    cache.set(_DUPLICATES, duplicates, _KEPT_SECONDS)
    return _Lists(
        found_again=found[:MOST_FOUND_AGAIN],
        more_found_again=len(found) > MOST_FOUND_AGAIN,
        duplicate_groups=groups[:MOST_DUPLICATES],
        more_duplicate_groups=len(groups) > MOST_DUPLICATES,
        revision=revision,
        read_at=started,
        took_seconds=time.monotonic() - began,
    )
