"""What the tests share: an empty library on disk, videos by name, and the commands as a shell runs them."""

import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from tests import processes
from tests.counts import pytest_collection_finish, pytest_collection_modifyitems
from tests.processes import Process
from tests.shared import made_once
from videos.accounts import household
from videos.accounts.attempts import process_counts
from videos.db import health
from videos.models import Video

__all__ = ["pytest_collection_finish", "pytest_collection_modifyitems"]

PROJECT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def django_db_keepdb() -> bool:
    """The tests' own database begins as a copy of a migrated one."""
    return True


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    name = connection.creation._get_test_db_name()
    for suffix in ("", "-wal", "-shm"):
        Path(f"{name}{suffix}").unlink(missing_ok=True)
    shutil.copyfile(_migrated() / "video_metadata.db", name)


@pytest.fixture(autouse=True)
def _nothing_left_over() -> Iterator[None]:
    cache.clear()
    process_counts.clear()
    health.forget_health()
    yield
    health.forget_health()


@pytest.fixture
def library(tmp_path: Path, settings: Any) -> Path:
    """An empty video folder, with an empty data folder beside it, as settings.VIDEO_DIR and settings.DATA_DIR."""
    settings.VIDEO_DIR = tmp_path / "videos"
    settings.DATA_DIR = tmp_path / "data"
    settings.GENERATED_DIR = settings.DATA_DIR / "generated"
    settings.VIDEO_DIR.mkdir()
    settings.DATA_DIR.mkdir()
    return settings.VIDEO_DIR


@pytest.fixture
def viewer(db: None) -> Any:
    return household.household()


@pytest.fixture
def make_video(db: None) -> Callable[..., Video]:
    """Make a row; its file is the test's business."""
    seen = {"file_size": 1000, "modified_ns": 1}
    return lambda filename, **fields: Video.objects.create(filename=filename, **{**seen, **fields})


class Shell:
    """Runs manage.py in a process of its own, on a library of its own."""

    def __init__(self, folder: Path) -> None:
        self.data, self.videos = folder / "shell-data", folder / "shell-videos"
        self.data.mkdir()
        self.videos.mkdir()
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LVS_", "DJANGO_"))},
            "LVS_DATA_DIR": str(self.data),
            "LVS_VIDEO_DIR": str(self.videos),
            "DJANGO_SETTINGS_MODULE": "lvs_site.settings",
        }

    @property
    def database(self) -> Path:
        return self.data / "video_metadata.db"

    def start(self, *arguments: str | Path, **options: Any) -> Process:
        return processes.start(
            [PROJECT / "manage.py", *arguments], env=self.environment, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, **options,
        )  # fmt: skip

    def start_python(self, code: str) -> Process:
        return processes.start(
            [], code=code, env=self.environment, cwd=PROJECT, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str | Path, status: int = 0) -> str:
        """Return what the command printed, both streams, after seeing that it ended with `status`."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, f"{arguments}: {process.returncode}\n{out}\n{err}"
        return out + err

    def python(self, code: str, status: int = 0) -> str:
        """Run code with Django set up, and return what it printed."""
        whole = f"import django; django.setup()\n{code}"
        done = processes.run([], code=whole, env=self.environment, cwd=PROJECT)
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


def _migrated() -> Path:
    """Return a data folder as `serve` leaves it at its first start, for copies."""

    def make(folder: Path) -> None:
        folder.mkdir()
        shell = Shell(folder)
        shell.run("migrate", "--verbosity", "0")
        shell.python("from videos.server.static_files import collect_static_files; collect_static_files()")

    return made_once("migrated", make) / "shell-data"


def migrated_shell(folder: Path, *, is_collected: bool = True) -> Shell:
    """Return manage.py on an empty library, migrated and with the pages' files, without the seconds that these take."""
    shell = Shell(folder)
    shutil.copytree(_migrated(), shell.data, dirs_exist_ok=True)
    if not is_collected:
        shutil.rmtree(shell.data / "generated")
    return shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """manage.py on an empty, migrated library."""
    return migrated_shell(tmp_path)


@pytest.fixture
def kill() -> Callable[[Process], None]:
    """End a process at once, as a power cut would."""

    def kill_now(process: Process) -> None:
        process.send_signal(signal.SIGKILL)
        process.communicate()

    return kill_now


@pytest.fixture
def query_count() -> Callable[[Callable[[], Any]], int]:
    """Return how many queries a call costs."""
    from django.test.utils import CaptureQueriesContext

    def count(call: Callable[[], Any]) -> int:
        with CaptureQueriesContext(connection) as queries:
            call()
        return len(queries)

    return count


@pytest.fixture
def elsewhere(library: Path) -> Iterator[Callable[[str], Process]]:
    """Run code in another process on the same data folder; it waits to be killed once it has printed a line."""
    started = []
    setup = "import django; django.setup()\nfrom videos.db.locks import *\n"

    def start(code: str) -> Process:
        environment = {"LVS_DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "lvs_site.settings"}
        process = processes.start(
            [], code=f"{setup}{code}input()", cwd=PROJECT, env=environment, text=True, stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
