"""scan_library: bring the library in line with the video folder."""

import os
import sys
import threading
import time
from argparse import SUPPRESS, ArgumentParser, ArgumentTypeError
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.db import DatabaseError

from videos import database
from videos.library.scan import ScanSummary, scan
from videos.management.base import FAILURES, LibraryCommand
from videos.snapshots.json_files import printable


class Command(LibraryCommand):
    needs_database = False  # with --every it waits for one
    help = "Look through the video folder: add new files, update changed ones, mark those gone as missing."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--full", action="store_true", help="open every file to see that it can be read")
        parser.add_argument(
            "--every", type=_seconds, metavar="SECONDS", help="go on, and look again this long after each scan"
        )
        parser.add_argument("--until-eof", action="store_true", help=SUPPRESS)

    def handle(self, *, full: bool, every: float | None, until_eof: bool, **options: Any) -> None:
        if until_eof:
            threading.Thread(target=_end_with_standard_input, daemon=True).start()
        if every is None:
            self.require_database()
            self._scan(full)
            return
        trouble = None
        while True:
            started = time.monotonic()
            trouble = self._scan_in_passing(full, trouble)
            # Into a log, lines would wait for a full buffer, and this may go on for weeks.
            self.stdout.flush()
            # A disk that takes long to look through is not looked through all the time.
            time.sleep(max(every, 10 * (time.monotonic() - started)))

    def _scan_in_passing(self, full: bool, last_trouble: str | None) -> str | None:
        """Scan, and return what was in the way, or None. The same trouble is said once, however long it lasts."""
        try:
            self.require_database()
            self._scan(full, quiet=True)
        except (CommandError, *FAILURES) as error:
            trouble = str(error)
        except DatabaseError as error:
            trouble = database.recheck() or str(error)
        else:
            return None
        if trouble != last_trouble:
            self.stderr.write(trouble)
        return trouble

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


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds < threading.TIMEOUT_MAX:
        raise ArgumentTypeError("a number of seconds above 0")
    return seconds


def _end_with_standard_input() -> None:
    """End this process when whoever holds the other end of its standard input is gone, even if killed."""
    sys.stdin.read()
    # At once, wherever the scan is: an open transaction is rolled back, and the next scan goes on.
    os._exit(0)
