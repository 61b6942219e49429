"""verify_backend: check the installation."""

from typing import Any

from django.core.management.base import CommandError

from videos.checks import run_checks
from videos.management.base import LibraryCommand
from videos.presentation.failure_messages import way_out


class Command(LibraryCommand):
    help = "Check the database, the video folder and the cache, one line each; exit status 1 on any failure."
    needs_database = False

    def handle(self, **options: Any) -> None:
        failed = 0
        for name, problem in run_checks():
            failed += problem is not None
            self.stdout.write(f"[FAIL] {name}: {problem}" if problem else f"[OK] {name}")
        if failed:
            raise CommandError(f"{failed} of the checks failed. {way_out()}".strip())
