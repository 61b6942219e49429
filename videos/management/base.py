"""The base of the commands: known failures end with one line, and progress suits a terminal or a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import DatabaseError
from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from videos.accounts import household
from videos.analysis.artwork_store import PicturesNotSaved
from videos.backup.database_backup import BackupFailed
from videos.backup.json_reader import BadSnapshot
from videos.core.progress import Progress as ProgressFunction
from videos.db import health
from videos.db.health import DatabaseUnavailable
from videos.db.locks import Busy, wait_for_migration
from videos.importers.private_copy import SourceUnreadable
from videos.importers.set_aside import CannotSetAside
from videos.library.scratch import NoScratchRoom
from videos.library.walker import FolderUnusable
from videos.maintenance.cleanup import CleanupRefused
from videos.management.old_app import bring_over
from videos.media.decoder_client import NoDecoder
from videos.media.demo import DemoFailed
from videos.presentation.failure_messages import line_about, way_out, what_to_do

FAILURES = (
    BackupFailed, BadSnapshot, Busy, CannotSetAside, CleanupRefused, DemoFailed, FolderUnusable, NoDecoder,
    NoScratchRoom, PicturesNotSaved, SourceUnreadable,
)  # fmt: skip
_SECONDS_BETWEEN_LINES = 5


class LibraryCommand(BaseCommand):
    """A command that ends with one line and status 1 if the library cannot be used."""

    needs_database = True
    # False in commands that import the old application at a later point themselves.
    brings_old_app_over = True
    # True in commands that run until they are stopped, and wait for a sound database.
    waits_for_a_sound_database = False

    def execute(self, *args: Any, **options: Any) -> Any:
        try:
            if self.brings_old_app_over:
                bring_over(self.stderr.write, go_on_if_damaged=self.waits_for_a_sound_database)
            if self.needs_database:
                self.require_database()
            return super().execute(*args, **options)
        except DatabaseUnavailable as error:
            raise CommandError(str(error)) from error
        except FAILURES as error:
            todo = what_to_do(error, getattr(error, "target", None))
            raise CommandError(f"{str(error).removesuffix('.')}. {todo}" if todo else str(error)) from error
        except DatabaseError as error:
            hint = "Run `manage.py migrate`, or `manage.py serve`, once." if "no such table" in str(error) else ""
            raise CommandError(line_about(error) or f"The database says: {error}. {hint}".strip()) from error
        except OSError as error:
            if line := line_about(error):
                raise CommandError(line) from error
            raise

    def require_database(self) -> None:
        """Raise CommandError, with what to do, if the database cannot be used."""
        # Another process may be creating the tables.
        wait_for_migration()
        problem = health.recheck()
        if problem:
            raise CommandError(f"{problem} {way_out()}".strip())

    def viewer(self, username: str) -> Any:
        try:
            return household.viewer_named(username)
        except User.DoesNotExist as error:
            raise CommandError(f"There is no account named {username}.") from error

    @contextmanager
    def progress(self) -> Iterator[ProgressFunction]:
        """Yield a progress function: it shows a bar on a terminal, and elsewhere prints a line every few seconds."""
        if not self.stdout.isatty():
            yield _Lines(self)
            return
        columns = (
            TextColumn("{task.description:12}"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn()
        )  # fmt: skip
        with Progress(*columns, console=Console(file=sys.stdout), transient=True) as bar:
            task = bar.add_task("", total=None)
            yield _Bar(bar, task)


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(f"{task.speed:,.0f}/s" if task.speed else "")


class _Bar:
    def __init__(self, bar: Progress, task: TaskID) -> None:
        self._bar, self._task, self._phase = bar, task, ""

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if phase != self._phase:
            self._phase = phase
            self._bar.reset(self._task)
        self._bar.update(self._task, description=phase, completed=done, total=total)


class _Lines:
    def __init__(self, command: BaseCommand) -> None:
        self.command = command
        self.next_line = time.monotonic() + _SECONDS_BETWEEN_LINES

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
            self.command.stdout.write(f"{phase}: {done:,} of {total:,}" if total else f"{phase}: {done:,}")
