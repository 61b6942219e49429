"""restore_database: replace the database by a backup."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management import call_command

from videos.backup.database_backup import restore_database
from videos.maintenance import integrity
from videos.management.base import LibraryCommand
from videos.management.old_app import bring_over


class Command(LibraryCommand):
    help = "Check a backup, keep the present database beside it, and put the backup in its place."
    needs_database = False
    # It may have to replace a damaged database of both applications.
    brings_old_app_over = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="a file that backup_database made")

    def handle(self, *, file: Path, **options: Any) -> None:
        kept = restore_database(file)
        integrity.forget()
        # A backup may be older than the program.
        call_command("migrate", interactive=False, verbosity=0)
        bring_over(self.stdout.write)
        if kept:
            self.stdout.write(f"The replaced database is kept as {kept}")
        self.stdout.write(f"[OK] {file} is restored.")
