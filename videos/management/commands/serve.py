"""serve: the web server and the background worker in one command."""

import contextlib
import os
import shlex
import signal
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, connection, connections

from lvs_site.env import access_settings
from videos.accounts import household
from videos.backup.emergency import advice, shell_command
from videos.core.addresses import EVERY_ADDRESS, as_host, is_loopback, split_bind
from videos.core.filenames import printable
from videos.core.files import atomic_write
from videos.db import health
from videos.db.locks import exclusive_lock
from videos.db.sqlite_file import is_lost, sqlite_path
from videos.management.base import LibraryCommand
from videos.management.old_app import bring_over
from videos.presentation.failure_messages import about_disk, way_out
from videos.server.capacity import allow_open_files, threads_for_streams
from videos.server.gunicorn_app import run_server
from videos.server.lan import address_problem, lan_address, qr_code, url_of
from videos.server.static_files import collect_static_files
from videos.server.worker_supervisor import WorkerSupervisor

# A thousand streams, and the threads that are reserved for pages.
DEFAULT_THREADS = 1032


class Command(LibraryCommand):
    help = "Bring the database up to date, then serve the library until stopped with Ctrl-C."
    needs_database = False
    brings_old_app_over = False  # only after the checks that may end the command

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "video_dir", nargs="?", type=Path, help="the folder of videos; remembered for the next time"
        )
        parser.add_argument("--bind", help=f"address and port to listen on (default: {settings.BIND})")
        parser.add_argument(
            "--threads",
            type=int,
            default=DEFAULT_THREADS,
            help="requests served at the same time; some are kept for pages (default: %(default)s)",
        )
        parser.add_argument(
            "--allow-anonymous", action="store_true", help="let everybody who reaches this computer in, without a login"
        )
        parser.add_argument("--no-worker", action="store_true", help="leave the folder's changes to another process")

    def handle(self, *, video_dir: Path | None, bind: str | None, threads: int, **options: Any) -> None:
        if threads < 1:
            raise CommandError("--threads is at least 1.")
        self._apply_arguments(video_dir, bind, allow_anonymous=options["allow_anonymous"])
        host, port = split_bind(settings.BIND)
        if problem := address_problem(host, port):
            raise CommandError(f"Cannot listen on {settings.BIND}: {problem}. --bind chooses another address or port.")
        is_running = f"A server is running on the library in {settings.DATA_DIR} already."
        # Without locks on this disk two servers may run; they do each other no harm.
        with exclusive_lock("serve", is_running, even_unlocked=True):
            if video_dir is not None:
                self._remember(settings.VIDEO_DIR)
            self._prepare_database()
            self._prepare_files()
            threads = self._apply_threads(threads)
            self._print_account_hint()
            connections.close_all()
            self.stdout.write(f"Videos: {printable(str(settings.VIDEO_DIR))}")
            self._print_addresses(host, port)
            self.stdout.flush()
            self._serve(host, port, threads, with_worker=not options["no_worker"])

    def _serve(self, host: str, port: int, threads: int, *, with_worker: bool) -> None:
        worker = WorkerSupervisor() if with_worker else None
        own_process = os.getpid()
        try:
            run_server(host, port, threads)
        except SystemExit as ending:
            # gunicorn forks. If the child cannot start, SystemExit arrives here, and the child has nothing to stop.
            if os.getpid() != own_process:
                os._exit(int(ending.code or 0))
            raise
        finally:
            # From here on Ctrl-C ends this process.
            signal.signal(signal.SIGINT, signal.SIG_DFL)
            if worker:
                worker.stop()
            _tidy_database()

    def _apply_arguments(self, video_dir: Path | None, bind: str | None, *, allow_anonymous: bool) -> None:
        """Apply the arguments, which override the variables, here and in the worker."""
        if video_dir is not None:
            settings.VIDEO_DIR = Path(os.path.abspath(video_dir.expanduser()))
            if not settings.VIDEO_DIR.is_dir():
                raise CommandError(f"{settings.VIDEO_DIR} is not a folder.")
        elif settings.VIDEO_DIR == settings.BASE_DIR / "media":
            _make_folder(settings.VIDEO_DIR)
        os.environ["LVS_VIDEO_DIR"] = str(settings.VIDEO_DIR)
        if bind is not None:
            for name, value in access_settings(bind).items():
                setattr(settings, name, value)
            os.environ["LVS_BIND"] = bind
        if allow_anonymous:
            settings.REQUIRE_LOGIN = False
            os.environ["LVS_REQUIRE_LOGIN"] = "0"

    def _apply_threads(self, threads: int) -> int:
        """Return how many threads the system allows, and set how many of them may stream."""
        allowed = allow_open_files(threads)
        if allowed < threads:
            self.stderr.write(
                f"This system lets a process open too few files for {threads:,} threads: {allowed:,} it is. "
                "`ulimit -Hn` tells its limit."
            )
        settings.MAX_STREAMS = threads_for_streams(allowed)
        return allowed

    def _prepare_database(self) -> None:
        bring_over(self.stdout.write, go_on_if_damaged=True)
        problem = health.recheck()
        if problem:
            self.stderr.write(f"[FAIL] {problem} {way_out()}".rstrip())
            self.stderr.write("Serving read-only from the JSON files until the database is back.")
            return
        if is_lost():
            self.stderr.write(f"The database that was here is gone; a new one begins. {advice(settings.DATA_DIR)}")
        call_command("migrate", interactive=False, verbosity=0)
        self.stdout.write("[OK] Database backend initialized")
        if trouble := health.trouble_by_writing():
            self.stderr.write(f"Nothing can be changed for now. {health.refusal(trouble)}")

    def _prepare_files(self) -> None:
        if settings.SECRET_KEY_PROBLEM:
            self.stderr.write(f"{settings.SECRET_KEY_PROBLEM}: logins end when this server stops.")
        if problem := collect_static_files():
            self.stderr.write(f"The files of the pages are served uncompressed. {problem}")

    def _remember(self, video_dir: Path) -> None:
        content = os.fsencode(video_dir) + b"\n"
        try:
            _write_unless_there(settings.REMEMBERED_VIDEO_DIR, content)
        except OSError as error:
            problem = about_disk(error)
            if problem is None:
                raise CommandError(f"{settings.REMEMBERED_VIDEO_DIR} cannot be written: {error.strerror}.") from error
            self.stderr.write(f"The folder is not remembered for the next time. {problem}")

    def _print_account_hint(self) -> None:
        if settings.REQUIRE_LOGIN and health.problem() is None and not household.somebody_can_log_in():
            self.stdout.write(f"Nobody can log in yet. This makes an account: {account_command()}")

    def _print_addresses(self, host: str, port: int) -> None:
        """Print the address to open, and for other devices the address in the local network, with a QR code."""
        here = url_of("localhost" if host in EVERY_ADDRESS else host, port)
        house = lan_address() if host in EVERY_ADDRESS else None if is_loopback(host) else host
        if house is None:
            self.stdout.write(f"Listening on {here}  (Ctrl-C stops)")
            return
        if host in EVERY_ADDRESS:
            settings.ALLOWED_HOSTS += [name for name in [as_host(house)] if name not in settings.ALLOWED_HOSTS]
            self.stdout.write(f"Listening on {url_of(house, port)}, and {here} on this computer  (Ctrl-C stops)")
        else:
            self.stdout.write(f"Listening on {here}  (Ctrl-C stops)")
        who = "whoever logs in" if settings.REQUIRE_LOGIN else "everybody who reaches it, without a login"
        self.stdout.write(f"Open to {who}.")
        if self.stdout.isatty():
            self.stdout.write(qr_code(url_of(house, port)))


def account_command() -> str:
    """Return the shell line that creates an account for this library."""
    data_dir = os.environ.get("LVS_DATA_DIR", "")
    here = f"LVS_DATA_DIR={shlex.quote(str(settings.DATA_DIR))} " if data_dir else ""
    return here + shell_command("createsuperuser")


def _tidy_database() -> None:
    """Open the database once more and close it: the last connection checkpoints the WAL and removes it."""
    if sqlite_path() and health.problem() is None:
        with contextlib.suppress(DatabaseError):
            connection.ensure_connection()
        connections.close_all()


def _write_unless_there(path: Path, content: bytes) -> None:
    """Write the file atomically, unless it has this content already. Raises OSError."""
    with contextlib.suppress(FileNotFoundError):
        if path.read_bytes() == content:
            return
    atomic_write(path, content)


def _make_folder(video_dir: Path) -> None:
    try:
        video_dir.mkdir(exist_ok=True)
    except OSError as error:
        raise CommandError(f"The video folder {video_dir} cannot be made: {error.strerror}.") from error
