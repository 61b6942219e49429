"""make_demo: a few short clips to look around with."""

from typing import Any

from django.conf import settings
from django.core.management.base import CommandError

from videos.library.scan import scan
from videos.management.base import LibraryCommand
from videos.media.demo import DemoFailed, make_demo


class Command(LibraryCommand):
    help = "Make a few short, playable clips in the video folder and add them to the library. Existing files stay."

    def handle(self, **options: Any) -> None:
        try:
            for path, is_new in make_demo(settings.VIDEO_DIR):
                self.stdout.write(f"{path}: {'made' if is_new else 'was there'}")
        except DemoFailed as error:
            raise CommandError(str(error)) from error
        summary = scan(settings.VIDEO_DIR)
        self.stdout.write(f"{summary.added} added to the library.")
