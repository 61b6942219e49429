"""A film behind the real `manage.py serve`, once for all tests of a process that ask over the wire."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import Shell, migrated_shell
from tests.live_server import Server, running
from tests.streaming.wire import Wire

CONTENT = random.Random(9110).randbytes(100_003)
MODIFIED_SECONDS = 1_700_000_000
LAST_MODIFIED = "Tue, 14 Nov 2023 22:13:20 GMT"


def add_videos(shell: Shell, *filenames: str) -> list[int]:
    """Put names into the library, whatever lies on the disk, and return their ids."""
    code = "from videos.models import Video; import sys, json\n"
    code += f"print([Video.objects.create(filename=name).pk for name in {filenames!r}])"
    return [int(number) for number in shell.python(code).strip("[]\n").split(",")]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server, and as video 1 a film of CONTENT; nobody looks for other files."""
    shell = migrated_shell(tmp_path_factory.mktemp("wire"))
    write_film(shell.videos / "film.mp4", CONTENT)
    assert add_videos(shell, "film.mp4") == [1]
    with running(shell, "--no-worker") as server:
        yield server
    for complaint in ("Internal Server Error", "Error handling request", "Socket error", "dropping per RFC"):
        assert complaint not in server.log, server.log


def write_film(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    os.utime(path, (MODIFIED_SECONDS, MODIFIED_SECONDS))


@pytest.fixture
def wire(site: Server) -> Iterator[Wire]:
    with Wire(site.port) as wire:
        yield wire


@pytest.fixture(scope="session")
def etag(site: Server) -> str:
    with Wire(site.port) as wire:
        return wire.ask("HEAD", "/videos/1/stream")["ETag"] or ""
