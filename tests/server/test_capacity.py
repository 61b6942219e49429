"""How many threads may stream, and for how many there are files to open."""

import pytest

from tests.conftest import Shell
from videos.management.commands.serve import DEFAULT_THREADS
from videos.server.capacity import threads_for_streams


@pytest.mark.parametrize(
    ("threads", "streams"), [(1, 1), (2, 1), (8, 4), (32, 16), (100, 84), (512, 496), (1000, 969), (4000, 3875)]
)
def test_some_threads_are_kept_for_pages(threads, streams):
    assert threads_for_streams(threads) == streams


def test_a_thousand_viewers_fit_by_default():
    assert threads_for_streams(DEFAULT_THREADS) == 1000


@pytest.mark.parametrize(
    ("limits", "threads", "allowed", "soft"),
    [
        ((256, 4096), 100, 100, 4096),
        ((4096, 4096), 900, 900, 4096),
        ((256, 1024), 1000, 224, 1024),
        ((256, 256), 1000, 32, 256),
        ((64, 64), 1000, 1, 64),
    ],
)
def test_as_many_files_are_allowed_as_the_threads_need_or_there_are_fewer_threads(
    tmp_path, limits, threads, allowed, soft
):
    said = Shell(tmp_path).python(
        "import resource\n"
        "from videos.server.capacity import allow_open_files\n"
        f"resource.setrlimit(resource.RLIMIT_NOFILE, {limits})\n"
        f"print(allow_open_files({threads}), resource.getrlimit(resource.RLIMIT_NOFILE)[0])"
    )
    assert said.split() == [str(allowed), str(soft)]
