"""The real `manage.py worker`, on a library of its own, and what it wrote into the database."""

import os
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from tests import processes
from tests.conftest import PROJECT, Shell
from tests.live_server import is_alive, wait_for

# Only what is to end too late, if at all, is given more time.
SECONDS = 90


class Worker:
    """A running worker; `log` is what it printed so far."""

    def __init__(self, shell: Shell, *arguments: str) -> None:
        self.shell = shell
        self._log = Path(tempfile.mkstemp(prefix="worker-", suffix=".log", dir=shell.data.parent)[1])
        with open(self._log, "wb") as log:
            self.process = processes.start(
                [PROJECT / "manage.py", "worker", "--until-eof", *arguments],
                env=shell.environment, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.STDOUT,
            )  # fmt: skip

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def stop(self) -> None:
        """End it as `serve` does."""
        assert self.process.stdin is not None
        with suppress(OSError):
            self.process.stdin.close()
        self.process.wait(20)

    def kill(self) -> None:
        """End it at once, as a power cut would."""
        self.process.kill()
        self.process.wait()
        self.stop()


@contextmanager
def working(shell: Shell) -> Iterator[Worker]:
    """Let a worker run beside the block. Afterwards nothing of it is left."""
    worker = Worker(shell)
    family: list[int] = []
    try:
        yield worker
        family = descendants(worker.process.pid)
    finally:
        worker.kill()
        for pid in filter(is_alive, family):
            wait_for(lambda pid=pid: not is_alive(pid), 20, lambda: "a decoder outlives its worker")


def descendants(pid: int) -> list[int]:
    """Return the ids of the processes that a process, in any of its threads, started, and that those did."""
    children: list[int] = []
    for thread in Path(f"/proc/{pid}/task").glob("*"):
        with suppress(OSError):
            children += map(int, (thread / "children").read_text().split())
    return children + [below for child in children for below in descendants(child)]


def rows(shell: Shell, statement: str, *values: object) -> list[dict[str, Any]]:
    """Return what a statement finds in the library's database; a change is committed."""
    with closing(sqlite3.connect(shell.database, timeout=30)) as database:
        database.row_factory = sqlite3.Row
        found = [dict(row) for row in database.execute(statement, values)]
        database.commit()
        return found


def video(shell: Shell, filename: str) -> dict[str, Any]:
    """Return the row of a video, or {} where there is none."""
    found = rows(shell, "SELECT * FROM videos_video WHERE filename = ?", filename)
    return found[0] if found else {}


def wait_for_analysis(shell: Shell, filename: str, worker: Worker | None = None) -> dict[str, Any]:
    """Return the row of a video as soon as its file was analyzed."""

    def analyzed() -> dict[str, Any]:
        row = video(shell, filename)
        return row if row and row["analysis_due_at"] is None else {}

    return wait_for(analyzed, SECONDS, lambda: f"{video(shell, filename)}\n{worker.log if worker else ''}")


def pictures(shell: Shell, video_id: int) -> tuple[Path, Path]:
    """Return the paths where a video's cover and sprite are kept."""
    folder = shell.data / "generated" / "pictures" / str(video_id // 1000)
    return folder / f"{video_id}.cover.webp", folder / f"{video_id}.sprite.webp"


def drafts(shell: Shell) -> list[str]:
    """Return the names of the half-written files of the whole data folder."""
    return [name for _, _, names in os.walk(shell.data / "generated") for name in names if name.endswith(".part")]
