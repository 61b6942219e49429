"""How far a command has come: a bar on a terminal, a line now and then in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management.base import BaseCommand
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

from videos.core.progress import Progress as ProgressFunction
from videos.core.progress import word_of

_SECONDS_BETWEEN_LINES = 5


@contextmanager
def progress_of(command: BaseCommand) -> Iterator[ProgressFunction]:
    """Give a function to report progress to: a bar on a terminal, a line now and then elsewhere."""
    if not command.stdout.isatty():
        yield _Lines(command)
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
        self._bar.update(self._task, description=word_of(phase), completed=done, total=total)


class _Lines:
    def __init__(self, command: BaseCommand) -> None:
        self.command = command
        self.next_line = time.monotonic() + _SECONDS_BETWEEN_LINES

    def __call__(self, phase: str, done: int, total: int | None) -> None:
        if time.monotonic() >= self.next_line:
            self.next_line = time.monotonic() + _SECONDS_BETWEEN_LINES
            far = f"{done:,} of {total:,}" if total else f"{done:,}"
            self.command.stdout.write(f"{word_of(phase)}: {far}")
