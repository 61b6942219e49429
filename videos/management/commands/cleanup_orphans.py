"""cleanup_orphans: remove the videos whose file is gone."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import CommandError
from django.template.defaultfilters import pluralize

from videos.backup.emergency import shell_command
from videos.backup.exporter import backed_up_viewers
from videos.core.filenames import printable
from videos.maintenance.cleanup import BRAKE_SHARE, Orphans, brake_problem, find_orphans, remove_orphans
from videos.management.base import LibraryCommand
from videos.presentation.failure_messages import what_to_do


class Command(LibraryCommand):
    help = (
        "Remove videos whose file is gone, with their stars, views, tags and favorites, after a snapshot of everything"
        " into backup_json/. Looks at the disk itself, and refuses where it looks unmounted."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="list what would go, and remove nothing")
        parser.add_argument(
            "--force",
            action="store_true",
            help="also where more than a fifth of the library would go, and videos for which a file is offered",
        )

    def handle(self, *, dry_run: bool, force: bool, **options: Any) -> None:
        backups = settings.DATA_DIR / "backup_json"
        try:
            orphans = (
                find_orphans(settings.VIDEO_DIR, force=force)
                if dry_run
                else remove_orphans(settings.VIDEO_DIR, backups, force=force)
            )
        except OSError as error:
            problem = f"The snapshot cannot be written to {backups}: {error}. Nothing was removed. {what_to_do(error)}"
            raise CommandError(problem.strip()) from error
        is_braked = dry_run and not force and brake_problem(orphans) is not None
        self._print(orphans, "Would remove" if dry_run else "Removed", is_braked)

    def _print(self, orphans: Orphans, verb: str, is_braked: bool) -> None:
        for filename in sorted(orphans.videos.values()):
            self.stdout.write(f"{verb} {printable(filename)}")
        for name in orphans.tags:
            self.stdout.write(f"{verb} the tag {printable(name)}, which no video carries")
        for filename in sorted(orphans.unknown):
            self.stdout.write(f"Left {printable(filename)}: it cannot be told whether it is there")
        for filename in sorted(orphans.undecided):
            self.stdout.write(f"Left {printable(filename)}: a file that may be it is there; decide at /library/")
        if orphans.backup:
            self.stdout.write("What went is kept. To bring it back, put the files back and run")
            for folder, username in backed_up_viewers(orphans.backup):
                self.stdout.write(f"  {shell_command('migrate_json', '--from', folder, '--viewer', username)}")
        tags = f"{len(orphans.tags):,} tag{pluralize(len(orphans.tags))}"
        said = f"{verb} {len(orphans.videos):,} of {orphans.library_size:,} videos and {tags}"
        if is_braked:
            said += f", but only with --force: that is more than {BRAKE_SHARE:.0%}. Is a disk unplugged?"
        self.stdout.write(said if is_braked else f"{said}.")
