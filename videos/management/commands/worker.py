"""worker: the background worker, where `serve` does not run it."""

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

from videos.analysis.pipeline import LookCounter, Lookers
from videos.core.filenames import printable
from videos.core.progress import both
from videos.db.locks import Slots
from videos.jobs.activity import Reporter
from videos.jobs.tasks import bring_forward, scan_sentence
from videos.jobs.worker import Work, begin
from videos.library.apply_plan import SETTLE
from videos.library.scan import scan
from videos.management.base import LibraryCommand
from videos.management.progress_display import progress_of
from videos.models import Video


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
            work = Work()
            # `serve` has named the folder already.
            if not until_eof:
                self._say_where(work.others())
            work.run()

    def _say_where(self, others: int) -> None:
        beside = f", beside {others:,} other worker{pluralize(others)}" if others else ""
        self.stdout.write(f"Watching {printable(str(settings.VIDEO_DIR))}{beside}  (Ctrl-C stops)")
        self.stdout.flush()

    def _work_once(self) -> None:
        begin(Slots())
        bring_forward(timezone.now())
        lookers = Lookers(settings.VIDEO_DIR, settings.GENERATED_DIR, settings.DECODERS)
        with progress_of(self) as bar:
            with Reporter("scan") as report:
                summary = scan(settings.VIDEO_DIR, progress=both(bar, report))
                report.summary = scan_sentence(summary)
            before = _problems()
            with Reporter("look") as report:
                counter = LookCounter(both(bar, report))
                counter(0)
                lookers.look(float("inf"), counter)
                if _wait_for_just_written():
                    lookers.look(float("inf"), counter)
                report.summary = counter.summary
        lookers.close()
        self.stdout.write(f"{printable(str(settings.VIDEO_DIR))}: {scan_sentence(summary)}")
        for name, reason in summary.skipped:
            self.stdout.write(f"  skipped {printable(name)}: {reason}")
        self.stdout.write(counter.summary)
        # What an earlier run met, and this one left alone, stands at /library/.
        for filename, problem, _due in sorted(_problems() - before):
            self.stdout.write(f"  {printable(filename)}: {problem}")


def _problems() -> set[tuple[str, str, datetime | None]]:
    """Return (filename, why it could not be read, when it is tried again) of the files that could not be read.

    A look changes the last of the three: what is due has a time, and what was looked into another one, or none.
    """
    return set(Video.objects.with_problem().values_list("filename", "problem", "look_due"))


def _wait_for_just_written() -> bool:
    """Wait until files that were written just now have been still for long enough; return whether there are any."""
    soon = Video.objects.due(timezone.now() + SETTLE)
    last: datetime | None = soon.aggregate(last=Max("look_due"))["last"]
    if last is None:
        return False
    time.sleep(max(0.0, (last - timezone.now()).total_seconds()))
    return True


def _end_with_standard_input() -> None:
    """End this process when whoever holds the other end of its standard input is gone, even if killed."""
    sys.stdin.read()
    # At once, wherever the work is: an open transaction is rolled back, and the next worker goes on.
    os._exit(0)
