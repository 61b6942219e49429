"""make_demo: a few short clips to look around with."""

from typing import Any

from django.conf import settings
from django.core.management import call_command

from videos.library.scan import scan
from videos.management.base import LibraryCommand
from videos.media.demo import make_demo


class Command(LibraryCommand):
    help = "Make a few short, playable clips in the video folder and add them to the library. Existing files stay."

    def handle(self, **options: Any) -> None:
        # It may be the first command that is run.
        call_command("migrate", interactive=False, verbosity=0)
        clips = list(make_demo(settings.VIDEO_DIR))
        for path, is_new in clips:
            self.stdout.write(f"{path}: {'made' if is_new else 'was there'}")
        # A running server may have found some already.
        scan(settings.VIDEO_DIR)
        self.stdout.write(f"All {len(clips)} are in the library.")
