"""scan_library: update the library from the video folder."""

import time
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.template.defaultfilters import pluralize
from django.utils import timezone

from videos.core.filenames import printable
from videos.core.progress import both
from videos.jobs import tasks
from videos.jobs.activity import Reporter
from videos.jobs.worker_status import is_a_worker_running
from videos.library.scan import ScanSummary, scan
from videos.management.base import LibraryCommand
from videos.management.progress_display import progress_of
from videos.models import Video


class Command(LibraryCommand):
    help = (
        "Look through the video folder: add new files, update changed ones, recognise those that moved, mark those"
        " gone as missing. Facts and pictures follow from the worker."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="open every file to see that it can be read")

    def handle(self, *, full: bool, **options: Any) -> None:
        started = time.monotonic()
        with progress_of(self) as bar, Reporter("scan") as report:
            summary = scan(settings.VIDEO_DIR, full=full, progress=both(bar, report))
            report.counts = tasks.scan_counts(summary)
        tasks.enqueue_analysis()
        self._print(summary, time.monotonic() - started)

    def _print(self, summary: ScanSummary, seconds: float) -> None:
        self.stdout.write(
            f"{settings.VIDEO_DIR}: {summary.added:,} added, {summary.changed:,} changed, {summary.moved:,} moved, "
            f"{summary.missing:,} missing, {summary.back:,} back, {summary.unchanged:,} unchanged, "
            f"{len(summary.skipped):,} skipped ({seconds:.1f} s)"
        )
        for name, reason in sorted(summary.skipped):
            self.stdout.write(f"  skipped {printable(name)}: {reason}")
        for reason, further in summary.skipped.unnamed.items():
            if further:
                self.stdout.write(f"  skipped {further:,} more: {reason}")
        for folder, files in summary.disappeared.items():
            self.stdout.write(tasks.together_sentence(printable(folder), files))
        due = Video.objects.due(timezone.now()).count()
        if due and not is_a_worker_running():
            waiting = f"{due:,} file{pluralize(due)} wait{pluralize(due, 's,')}"
            self.stdout.write(f"{waiting} for facts and pictures: `serve` makes them, or `worker --once`.")
