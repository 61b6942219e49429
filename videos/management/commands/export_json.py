"""export_json: export the database to the four JSON files."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from videos.accounts.household import HOUSEHOLD
from videos.backup.exporter import export_json
from videos.management.base import LibraryCommand
from videos.presentation.failure_messages import what_to_do


class Command(LibraryCommand):
    help = "Write ratings.json, views.json, tags.json and favorites.json, each replaced whole or not at all."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", dest="folder", type=Path, help="where to (default: the data folder)")
        parser.add_argument("--viewer", default=HOUSEHOLD, help="whose stars, views and favorites")

    def handle(self, *, folder: Path | None, viewer: str, **options: Any) -> None:
        folder = folder or settings.DATA_DIR
        try:
            snapshot = export_json(folder, self.viewer(viewer))
        except OSError as error:
            problem = f"The files cannot be written to {folder}: {error.strerror}. {what_to_do(error)}"
            raise CommandError(problem.strip()) from error
        self.stdout.write(
            f"{folder}: {len(snapshot.ratings):,} ratings, {len(snapshot.views):,} views, "
            f"{len(snapshot.tags):,} videos with tags, {len(snapshot.favorites):,} favorites"
        )
