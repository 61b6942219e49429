"""The server is killed many times while four clients write: no acknowledged write may be lost."""

import http.client
import os
import random
import signal
import sqlite3
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.db import connections

from benchmarks import synthetic
from benchmarks.figures import verdict
from benchmarks.first_scan import MANAGE
from benchmarks.sites import free_port

KILLS, CLIENTS, VIDEOS = 44, 4, 20
# Every n-th time the arbiter is killed as well, and the server is started again.
_KILL_ALL_EVERY = 4
_MAX_SECONDS_BETWEEN = 0.5
_TOKEN = "t" * 32


@dataclass
class Outcome:
    """The number of views sent for each video, and how many of them were acknowledged."""

    sent: Counter[int] = field(default_factory=Counter)
    acknowledged: Counter[int] = field(default_factory=Counter)
    kills: int = 0

    def lost(self, database: Path) -> int:
        """Return how many acknowledged views are missing in the database, plus how many it has too many."""
        with closing(sqlite3.connect(database, timeout=30)) as opened:
            assert opened.execute("PRAGMA integrity_check").fetchone() == ("ok",)
            counted = dict(opened.execute("SELECT video_id, sum(view_count) FROM videos_view GROUP BY video_id"))
        videos = self.sent.keys()
        too_few = sum(max(0, self.acknowledged[video] - counted.get(video, 0)) for video in videos)
        too_many = sum(max(0, counted.get(video, 0) - self.sent[video]) for video in videos)
        return too_few + too_many


def kill_while_writing(environment: Mapping[str, str], video_ids: list[int], kills: int) -> Outcome:
    """Kill a server `kills` times while clients count views of these videos."""
    port, outcome = free_port(), Outcome()
    command = [*MANAGE, "serve", "--no-worker", "--threads", "32", "--bind", f"127.0.0.1:{port}"]

    def start() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    server = start()
    try:
        with _clients_writing(port, video_ids, outcome):
            for number in range(kills):
                _wait_for_writes(outcome, server)
                time.sleep(random.random() * _MAX_SECONDS_BETWEEN)
                is_whole = number % _KILL_ALL_EVERY == 0
                _kill(server, whole=is_whole)
                server = start() if is_whole else server
                outcome.kills += 1
            _wait_for_writes(outcome, server)
    finally:
        server.terminate()
        server.wait()
    return outcome


def _kill(server: "subprocess.Popen[bytes]", *, whole: bool) -> None:
    """Kill the process that serves, and with `whole` also the arbiter, which would start another."""
    children = _children(server.pid)
    if whole:
        server.kill()
        server.wait()
    for child in children:
        with suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)


@contextmanager
def _clients_writing(port: int, video_ids: list[int], outcome: Outcome) -> Iterator[None]:
    """Let clients count views, and record what they sent and what was acknowledged."""
    stop, guard = threading.Event(), threading.Lock()

    def write() -> None:
        while not stop.is_set():
            video = random.choice(video_ids)
            with guard:
                outcome.sent[video] += 1
            if _count_view(port, video):
                with guard:
                    outcome.acknowledged[video] += 1
            else:
                time.sleep(0.02)

    clients = [threading.Thread(target=write) for _ in range(CLIENTS)]
    for client in clients:
        client.start()
    try:
        yield
    finally:
        stop.set()
        for client in clients:
            client.join()


def _wait_for_writes(outcome: Outcome, server: "subprocess.Popen[bytes]") -> None:
    """Wait until another ten views were acknowledged."""
    wanted, end = outcome.acknowledged.total() + 10, time.monotonic() + 120
    while outcome.acknowledged.total() < wanted:
        assert server.poll() is None, "the server ended"
        assert time.monotonic() < end, "nothing is written any more"
        time.sleep(0.01)


def _count_view(port: int, video: int) -> bool:
    """Return whether the server acknowledged the view."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    headers = {"Cookie": f"csrftoken={_TOKEN}", "X-CSRFToken": _TOKEN}
    try:
        connection.request("POST", f"/videos/{video}/views", headers=headers)
        return connection.getresponse().status == 204
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _children(pid: int) -> list[int]:
    try:
        return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def run() -> bool:
    names = synthetic.make_rows()[:VIDEOS]
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as database:
        marks = ", ".join("?" * len(names))
        ids = [row[0] for row in database.execute(f"SELECT id FROM videos_video WHERE filename IN ({marks})", names)]
        database.execute("DELETE FROM videos_view")
        database.commit()
    connections.close_all()
    outcome = kill_while_writing(os.environ, ids, KILLS)
    lost = outcome.lost(Path(settings.DATABASES["default"]["NAME"]))
    measured = f"{lost} of {outcome.acknowledged.total():,} acknowledged writes lost"
    return verdict(f"{outcome.kills} kills under {CLIENTS} writing clients", measured, "0", lost == 0)
