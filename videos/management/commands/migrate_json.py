"""migrate_json: import the four JSON files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from videos.accounts.household import HOUSEHOLD
from videos.backup.json_reader import read_json_files
from videos.backup.snapshot import FILE_NAMES
from videos.importers.flask_json import import_snapshot
from videos.management.base import LibraryCommand
from videos.management.reports import bad_ones, print_report


class Command(LibraryCommand):
    help = (
        "Merge ratings.json, views.json, tags.json and favorites.json into the database. All or nothing; a second run"
        " changes nothing. Exit status 2: done, but some entries were bad and are named."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--from", dest="folder", type=Path, help="the files' folder (default: the data folder)")
        parser.add_argument("--viewer", default=HOUSEHOLD, help="whose stars, views and favorites they are")
        parser.add_argument("--keep-existing", action="store_true", help="stars in the database win over the file's")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and write nothing")

    def handle(self, *, folder: Path | None, viewer: str, keep_existing: bool, dry_run: bool, **options: Any) -> None:
        folder = folder or settings.DATA_DIR
        snapshot = read_json_files(folder)
        if not snapshot.files:
            raise CommandError(f"There is none of {', '.join(FILE_NAMES.values())} in {folder}.")
        report = import_snapshot(snapshot, self.viewer(viewer), keep_existing=keep_existing, dry_run=dry_run)
        print_report(self, report, dry_run=dry_run)
        if report.bad:
            outcome = "would be skipped" if dry_run else "were skipped; all others are in"
            raise CommandError(f"{bad_ones(report)} {outcome}.", returncode=2)
