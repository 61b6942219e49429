"""serve: the web server and the background worker, by one command."""

import os
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connections

from lvs_site.settings import EVERY_ADDRESS, door, split_bind
from videos import database
from videos.locks import only_one
from videos.management.base import LibraryCommand
from videos.management.server import Worker, address_problem, run_server
from videos.snapshots.emergency import advice
from videos.snapshots.json_files import printable

DEFAULT_THREADS = 1000


class Command(LibraryCommand):
    help = "Bring the database up to date, then serve the library until stopped with Ctrl-C."
    needs_database = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "video_dir", nargs="?", type=Path, help="the folder of videos; remembered for the next time"
        )
        parser.add_argument("--bind", help=f"address and port to listen on (default: {settings.BIND})")
        parser.add_argument("--threads", type=int, default=DEFAULT_THREADS, help="requests served at the same time")
        parser.add_argument("--no-worker", action="store_true", help="leave the folder's changes to another process")

    def handle(
        self, *, video_dir: Path | None, bind: str | None, threads: int, no_worker: bool, **options: Any
    ) -> None:
        if threads < 1:
            raise CommandError("--threads is at least 1.")
        self._settle(video_dir, bind)
        host, port = split_bind(settings.BIND)
        if problem := address_problem(host, port):
            raise CommandError(f"Cannot listen on {settings.BIND}: {problem}. --bind chooses another address or port.")
        with only_one("serve", f"A server is running on the library in {settings.DATA_DIR} already."):
            if video_dir is not None:
                _remember(settings.VIDEO_DIR)
            self._prepare_database()
            call_command("collectstatic", interactive=False, verbosity=0)
            connections.close_all()
            self.stdout.write(f"Videos: {printable(str(settings.VIDEO_DIR))}")
            self.stdout.write(f"Listening on {_address(host, port)}  (Ctrl-C stops)")
            self.stdout.flush()
            worker = None if no_worker else Worker()
            try:
                run_server(host, port, threads)
            finally:
                if worker:
                    worker.stop()

    def _settle(self, video_dir: Path | None, bind: str | None) -> None:
        """Let the arguments win over the variables, here and in the worker."""
        if video_dir is not None:
            settings.VIDEO_DIR = Path(os.path.abspath(video_dir.expanduser()))
            if not settings.VIDEO_DIR.is_dir():
                raise CommandError(f"{settings.VIDEO_DIR} is not a folder.")
        elif settings.VIDEO_DIR == settings.BASE_DIR / "media":
            _make_folder(settings.VIDEO_DIR)
        os.environ["LVS_VIDEO_DIR"] = str(settings.VIDEO_DIR)
        if bind is not None:
            for name, value in door(bind).items():
                setattr(settings, name, value)
            os.environ["LVS_BIND"] = bind

    def _prepare_database(self) -> None:
        problem = database.recheck()
        if problem:
            self.stderr.write(f"[FAIL] {problem} {advice(settings.DATA_DIR)}")
            self.stderr.write("Serving read-only from the JSON files until the database is back.")
            return
        if database.is_lost():
            self.stderr.write(f"The database that was here is gone; a new one begins. {advice(settings.DATA_DIR)}")
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write("[OK] Database backend initialized")


def _address(host: str, port: int) -> str:
    """Return the address to open in a browser, on this computer where the server listens on all its addresses."""
    if host in EVERY_ADDRESS:
        return f"every address of this computer: http://localhost:{port}/ here"
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _remember(video_dir: Path) -> None:
    try:
        settings.REMEMBERED_VIDEO_DIR.write_bytes(os.fsencode(video_dir) + b"\n")
    except OSError as error:
        raise CommandError(f"{settings.REMEMBERED_VIDEO_DIR} cannot be written: {error.strerror}.") from error


def _make_folder(video_dir: Path) -> None:
    try:
        video_dir.mkdir(exist_ok=True)
    except OSError as error:
        raise CommandError(f"The video folder {video_dir} cannot be made: {error.strerror}.") from error
