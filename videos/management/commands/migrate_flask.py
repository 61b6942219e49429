"""migrate_flask: import the old app's data from a folder."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from videos.accounts.household import HOUSEHOLD
from videos.core.filenames import printable
from videos.db.sqlite_file import sqlite_path
from videos.importers.flask_import import import_old_app, time_stamp
from videos.importers.flask_sources import NoSource, sources_at
from videos.importers.set_aside import is_in_the_way
from videos.management.base import LibraryCommand
from videos.management.old_app import bring_over
from videos.management.reports import bad_ones, print_report


class Command(LibraryCommand):
    help = (
        "Merge what the old Flask app kept into the database: its own database, the four JSON files, and the tag files"
        " beside films, each found by itself. All or nothing; a second run changes nothing; the sources stay as they"
        " are. Exit status 2: done, but some rows were bad and are named."
    )
    brings_old_app_over = False  # a dry run writes nothing

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "place", nargs="?", type=Path, metavar="FOLDER|FILE", help="the old app's folder, or one file (default: the"
            " data folder)",
        )  # fmt: skip
        parser.add_argument("--viewer", default=HOUSEHOLD, help="whose stars, views and favorites they are")
        parser.add_argument("--keep-existing", action="store_true", help="stars in the database win over the old app's")
        parser.add_argument("--dry-run", action="store_true", help="print what would change, and write nothing")

    def handle(self, *, place: Path | None, viewer: str, keep_existing: bool, dry_run: bool, **options: Any) -> None:
        live = sqlite_path()
        if not dry_run:
            bring_over(self.stdout.write)
        elif live is not None and is_in_the_way(live):
            raise CommandError(
                f"{live} is the old app's database, in the place of this one. The next start, or any command, sets it"
                " aside whole and brings it over. For a dry run move it elsewhere, and name it."
            )
        place = (place or settings.DATA_DIR).expanduser()
        try:
            sources = sources_at(place)
        except NoSource as error:
            raise CommandError(str(error)) from error
        if not sources:
            raise CommandError(
                f"There is nothing of the old app in {place}: no video_metadata.db, none of the four JSON files, and no"
                " tag files beside films."
            )
        for path in [*sources.databases, *(folder / f"{kind}.json" for folder, kind in sources.json_files)]:
            self.stdout.write(f"Found {printable(str(path))}")
        if sources.tag_files:
            self.stdout.write(f"Found tag files beside {len(sources.tag_files):,} films")
        owner = self.viewer(viewer)
        name = f"flask-{time_stamp()}"
        outcome = import_old_app(sources, owner, name=name, keep_existing=keep_existing, dry_run=dry_run)
        for line in outcome.unreadable:
            self.stderr.write(printable(line))
        print_report(self, outcome.report, dry_run=dry_run)
        for sentence in outcome.sentences[dry_run:]:
            self.stdout.write(sentence)
        if outcome.report.bad or outcome.unreadable:
            done = "would be skipped" if dry_run else "were skipped; all others are in"
            raise CommandError(f"{bad_ones(outcome.report)} {done}.", returncode=2)
