"""How `serve` ends: at once, whole, with status 0, whatever its viewers are doing; and how it gets up again."""

import os
import re
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import migrated_shell
from tests.live_server import is_alive, running, wait_for
from tests.server.test_connection_worker import get, read_answer, stalled_viewers

pytestmark = pytest.mark.slow


@pytest.fixture
def shell(tmp_path):
    shell = migrated_shell(tmp_path)
    with open(shell.videos / "a film.mp4", "wb") as film:
        film.truncate(300_000_000)
    shell.run("scan_library")
    return shell


def press_ctrl_c(site):
    os.killpg(site.process.pid, signal.SIGINT)


def terminate(site):
    site.process.terminate()


def was_read(site, client):
    """Return whether the server has taken the connection and all that was sent on it, as Linux says."""
    ports = (site.port, client.getsockname()[1])
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        _, ours, theirs, _, queues, *_ = fields = line.split()
        if (int(ours.rpartition(":")[2], 16), int(theirs.rpartition(":")[2], 16)) == ports:
            is_taken, unread = fields[9] != "0", int(queues.rpartition(":")[2], 16)
            return is_taken and not unread
    return True  # it is answered and closed already


@pytest.mark.parametrize("stop", [press_ctrl_c, terminate], ids=["ctrl-c", "sigterm"])
def test_streams_end_at_once_idle_connections_too_and_the_database_is_closed(shell, stop):
    with running(shell) as site:
        family = site.family()
        viewers = stalled_viewers(site, 3, "/videos/1/stream")
        assert [status for _, status, _ in viewers] == [200] * 3
        half = site.connect(b"GET / HT")
        # Once these are answered, the half of a request before them has been read.
        idle = [site.connect(get("/healthz")) for _ in range(5)]
        assert [read_answer(client)[1] for client in idle] == [b"ok\n"] * 5
        began = time.monotonic()
        stop(site)
        assert site.process.wait(20) == 0, site.log
        assert time.monotonic() - began < 8, "a second, and what a busy machine adds to it"
        assert half.recv(10) == b""
        for client, *_ in viewers:
            assert sum(map(len, iter(lambda: client.recv(1 << 20), b""))) < 300_000_000  # noqa: B023  read at once
        assert not any(map(is_alive, family))
        for said in ("Traceback", "unexpectedly", "ERROR", "CRITICAL", "memory"):
            assert said not in site.log, site.log
        files = {path.name for path in shell.data.glob("video_metadata.db*")}
        assert files == {"video_metadata.db", "video_metadata.db.set-up"}, "the log is in the database"


def test_a_page_that_is_being_made_is_finished(shell):
    # As long as gunicorn waits at most: on a busy machine a page takes longer than a second.
    with running(shell, "--no-worker", FINISH_SECONDS=4.0) as site:
        # The first one takes longest.
        assert site.get("/").status == 200
        clients = [site.connect(get("/")) for _ in range(4)]
        wait_for(lambda: all(was_read(site, client) for client in clients), 20)
        terminate(site)
        for client in clients:
            head, body = read_answer(client)
            assert head.startswith("HTTP/1.1 200 "), head
            assert body.rstrip().endswith(b"</html>")
        assert site.process.wait(20) == 0


def test_a_second_ctrl_c_does_not_wait_for_anything(shell):
    with running(shell) as site:
        family = site.family()
        press_ctrl_c(site)
        press_ctrl_c(site)
        site.process.wait(8)
        wait_for(lambda: not any(map(is_alive, family)), 5)
        assert "Traceback" not in site.log


def test_the_process_that_serves_is_started_again_when_it_dies_and_says_so_in_one_line(shell):
    with running(shell, "--no-worker") as site:
        (first,) = site.family()
        os.kill(first, signal.SIGKILL)
        said = f"The process that serves ({first}) ended unexpectedly (SIGKILL); starting it again."
        wait_for(lambda: said in site.log, 10, lambda: site.log)
        wait_for(lambda: site.family() not in ([], [first]), 10)
        assert site.get("/healthz").status == 200
        assert site.get("/videos/1/stream", Range="bytes=0-3").body == bytes(4)
        told = [line for line in site.log.splitlines() if re.search(r"WARNING|ERROR|CRITICAL", line)]
        assert len(told) == 1, site.log
        began = time.monotonic()
        terminate(site)
        assert site.process.wait(20) == 0
        assert time.monotonic() - began < 8
