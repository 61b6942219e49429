"""worker: the background worker, for when `serve` does not run it."""

import os
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db.models import Max
from django.template.defaultfilters import pluralize
from django.utils import timezone

from videos.analysis.pipeline import AnalysisCounter, AnalyzerPool
from videos.core.filenames import printable
from videos.core.progress import both
from videos.db.locks import WorkerSlots
from videos.jobs.activity import Reporter
from videos.jobs.schedule import bring_forward
from videos.jobs.tasks import scan_counts, scan_sentence
from videos.jobs.worker import BackgroundWorker, take_slot
from videos.library.apply_plan import SETTLE
from videos.library.scan import scan
from videos.management.base import LibraryCommand
from videos.management.progress_display import progress_of
from videos.models import Video
from videos.presentation.problem_messages import in_english


class Command(LibraryCommand):
    needs_database = False
    waits_for_a_sound_database = True
    help = (
        "Do the background work: watch the video folder, read facts and make pictures. `serve` runs one by itself;"
        " after `serve --no-worker` this runs it elsewhere, as often as there are computers or cores for it."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="scan, look into all files that are due, and end")
        parser.add_argument("--until-eof", action="store_true", help=SUPPRESS)

    def handle(self, *, once: bool, until_eof: bool, **options: Any) -> None:
        if until_eof:
            threading.Thread(target=_end_with_standard_input, daemon=True).start()
        if once:
            self.require_database()
            self._work_once()
        else:
            work = BackgroundWorker()
            # `serve` has printed the folder already.
            if not until_eof:
                self._print_folder(work.others())
            work.run()

    def _print_folder(self, others: int) -> None:
        beside = f", beside {others:,} other worker{pluralize(others)}" if others else ""
        self.stdout.write(f"Watching {printable(str(settings.VIDEO_DIR))}{beside}  (Ctrl-C stops)")
        self.stdout.flush()

    def _work_once(self) -> None:
        take_slot(WorkerSlots())
        bring_forward(timezone.now())
        pool = AnalyzerPool(settings.VIDEO_DIR, settings.GENERATED_DIR, settings.DECODERS)
        with progress_of(self) as bar:
            with Reporter("scan") as report:
                summary = scan(settings.VIDEO_DIR, progress=both(bar, report))
                report.counts = scan_counts(summary)
            before = _problems()
            with Reporter("look") as report:
                counter = AnalysisCounter(both(bar, report))
                counter(0)
                pool.analyze_due(float("inf"), counter)
                if _wait_for_just_written():
                    pool.analyze_due(float("inf"), counter)
                report.counts = counter.counts
        pool.close()
        self.stdout.write(f"{printable(str(settings.VIDEO_DIR))}: {scan_sentence(scan_counts(summary))}")
        for name, reason in summary.skipped:
            self.stdout.write(f"  skipped {printable(name)}: {reason}")
        self.stdout.write(counter.summary)
        # Problems that an earlier run found are listed at /library/.
        for filename, problem, _due in sorted(_problems() - before):
            self.stdout.write(f"  {printable(filename)}: {in_english(problem)}")


def _problems() -> set[tuple[str, str, datetime | None]]:
    """Return (filename, problem, when it is tried again) of the unreadable files.

    An analysis changes the time, so that a file which is tried again and still unreadable differs from before.
    """
    return set(Video.objects.with_problem().values_list("filename", "problem", "analysis_due_at"))


def _wait_for_just_written() -> bool:
    """Wait until recently written files have been unchanged for long enough; return whether there are any."""
    soon = Video.objects.due(timezone.now() + SETTLE)
    last: datetime | None = soon.aggregate(last=Max("analysis_due_at"))["last"]
    if last is None:
        return False
    time.sleep(max(0.0, (last - timezone.now()).total_seconds()))
    return True


def _end_with_standard_input() -> None:
    """End this process when standard input is closed: the process at its other end has gone, or was killed."""
    sys.stdin.read()
    # At once: an open transaction is rolled back, and the next worker continues.
    os._exit(0)
