"""What the tests share: an empty library on disk, videos by name, and the commands as a shell runs them."""

import atexit
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.cache import cache
from django.db import connection

from videos.accounts import household
from videos.accounts.attempts import process_counts
from videos.db import health
from videos.models import Video

PROJECT = Path(__file__).resolve().parent.parent


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

    def start(self, *arguments: str | Path, **options: Any) -> subprocess.Popen[str]:
        command = [sys.executable, str(PROJECT / "manage.py"), *map(str, arguments)]
        return subprocess.Popen(
            command, env=self.environment, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
        )

    def start_python(self, code: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", code], env=self.environment, cwd=PROJECT, text=True, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )  # fmt: skip

    def run(self, *arguments: str | Path, status: int = 0) -> str:
        """Return what the command printed, both streams, after seeing that it ended with `status`."""
        process = self.start(*arguments)
        out, err = process.communicate(timeout=120)
        assert process.returncode == status, f"{arguments}: {process.returncode}\n{out}\n{err}"
        return out + err

    def python(self, code: str, status: int = 0, prefix: tuple[str, ...] = ()) -> str:
        """Run code with Django set up, by another program where `prefix` names one, and return what it printed."""
        setup = "import django; django.setup()\n"
        command = [*prefix, sys.executable, "-c", setup + code]
        done = subprocess.run(
            command, env=self.environment, cwd=PROJECT, text=True, capture_output=True, timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == status, done.stdout + done.stderr
        return done.stdout + done.stderr


@functools.cache
def _migrated() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="lvs-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    shell = Shell(folder)
    shell.run("migrate", "--verbosity", "0")
    return shell.data


def migrated_shell(folder: Path) -> Shell:
    """Return manage.py on an empty, migrated library, without the seconds that a migration takes."""
    shell = Shell(folder)
    shutil.copytree(_migrated(), shell.data, dirs_exist_ok=True)
    return shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    """manage.py on an empty, migrated library."""
    return migrated_shell(tmp_path)


@pytest.fixture
def kill() -> Callable[[subprocess.Popen[str]], None]:
    """End a process at once, as a power cut would."""

    def kill_now(process: subprocess.Popen[str]) -> None:
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
def elsewhere(library: Path) -> Iterator[Callable[[str], subprocess.Popen[str]]]:
    """Run code in another process on the same data folder; it waits to be killed once it has printed a line."""
    started = []
    setup = "import django; django.setup()\nfrom videos.db.locks import *\n"

    def start(code: str) -> subprocess.Popen[str]:
        environment = {"LVS_DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "lvs_site.settings"}
        process = subprocess.Popen(
            [sys.executable, "-c", f"{setup}{code}input()"], cwd=PROJECT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()
