"""scan_library: bring the library in line with the video folder."""

import os
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser
from typing import Any

from django.conf import settings

from videos.library.scan import ScanSummary, scan
from videos.library.walk import FolderUnusable
from videos.locks import Busy
from videos.management.base import LibraryCommand
from videos.snapshots.json_files import printable


class Command(LibraryCommand):
    help = "Look through the video folder: add new files, update changed ones, mark those gone as missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="open every file to see that it can be read")
        parser.add_argument(
            "--every", type=float, metavar="SECONDS", help="go on, and look again this long after each scan"
        )

        parser.add_argument("--until-eof", action="store_true", help=SUPPRESS)

    def handle(self, *, full: bool, every: float | None, until_eof: bool, **options: Any) -> None:
        if until_eof:
            threading.Thread(target=_end_with_standard_input, daemon=True).start()
        if every is None:
            self._scan(full)
            return
        while True:
            started = time.monotonic()
            try:
                self._scan(full, quiet=True)
            except (FolderUnusable, Busy) as error:
                self.stderr.write(str(error))
            # A disk that takes long to look through is not looked through all the time.
            time.sleep(max(every, 10 * (time.monotonic() - started)))

    def _scan(self, full: bool, quiet: bool = False) -> None:
        started = time.monotonic()
        with self.progress() as progress:
            summary = scan(settings.VIDEO_DIR, full=full, progress=progress)
        changed = summary.added or summary.changed or summary.missing or summary.back
        if changed or not quiet:
            self._print(summary, time.monotonic() - started, with_skipped=not quiet)

    def _print(self, summary: ScanSummary, seconds: float, with_skipped: bool) -> None:
        self.stdout.write(
            f"{settings.VIDEO_DIR}: {summary.added:,} added, {summary.changed:,} changed, {summary.missing:,} missing, "
            f"{summary.back:,} back, {summary.unchanged:,} unchanged, {len(summary.skipped):,} skipped "
            f"({seconds:.1f} s)"
        )
        if with_skipped:
            for name, reason in summary.skipped:
                self.stdout.write(f"  skipped {printable(name)}: {reason}")


def _end_with_standard_input() -> None:
    """End this process when whoever holds the other end of its standard input is gone, even if killed."""
    sys.stdin.read()
    # At once, wherever the scan is: an open transaction is rolled back, and the next scan goes on.
    os._exit(0)
