"""backup_database: a verified copy of the live database."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings

from videos.backup.database_backup import backup_database, default_folder
from videos.maintenance.retention import thin
from videos.management.base import LibraryCommand


class Command(LibraryCommand):
    help = (
        "Copy the database, also while the server writes; the copy is checked before it counts. Then remove older"
        " copies in the data folder, as LVS_KEEP_* say."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--to", dest="folder", type=Path, help="where to (default: backup_database/)")

    def handle(self, *, folder: Path | None, **options: Any) -> None:
        copy = backup_database(folder or default_folder(settings.DATA_DIR))
        self.stdout.write(f"[OK] {copy} ({copy.stat().st_size:,} bytes, verified)")
        try:
            removed = thin()
        except OSError as error:
            self.stderr.write(f"Older copies could not be removed: {error}")
        else:
            for path in removed:
                self.stdout.write(f"Removed {path}, as LVS_KEEP_* say")
