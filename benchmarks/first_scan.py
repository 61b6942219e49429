"""The first scan of 100,000 files, in seconds from the start of the command to its end, and the pages meanwhile.

`serve` runs in one process, `scan_library` in another, and this one requests `/` over loopback in a loop. Each page
must be a 200 within a second.
"""

import http.client
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import synthetic
from benchmarks.figures import note, seconds, spread, verdict
from videos.models import Video

BAR_SECONDS, BAR_PAGE_SECONDS = 30.0, 1.0
IDLE_PAGES, START_SECONDS = 200, 30
MANAGE = [sys.executable, str(Path(__file__).resolve().parent.parent / "manage.py")]


def run() -> bool:
    synthetic.make_files()
    with server() as port:
        get_page(port)
        started = time.perf_counter()
        scan = subprocess.Popen([*MANAGE, "scan_library"], stdout=subprocess.DEVNULL)
        pages = []
        while scan.poll() is None:
            pages.append(seconds(lambda: get_page(port)))
        scan_seconds = time.perf_counter() - started
        idle = [seconds(lambda: get_page(port)) for _ in range(IDLE_PAGES)]
    assert scan.returncode == 0
    assert Video.objects.present().count() == synthetic.VIDEOS
    met = verdict(
        "first scan of 100,000 files, pages asked for meanwhile",
        f"{scan_seconds:.1f} s, {len(pages)} pages, slowest {max(pages) * 1000:.0f} ms",
        f"{BAR_SECONDS:g} s, pages within {BAR_PAGE_SECONDS:g} s",
        scan_seconds < BAR_SECONDS and max(pages) < BAR_PAGE_SECONDS,
    )
    note(f"/ during the scan: {spread(pages)}")
    note(f"/ afterwards, idle: {spread(idle)}")
    return met


@contextmanager
def server() -> Iterator[int]:
    """Run `serve` and yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [*MANAGE, "serve", "--no-worker", "--bind", f"127.0.0.1:{port}", "--threads", "32"]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(server, port)
        yield port
    finally:
        server.terminate()
        server.wait()


def _wait_until_it_answers(server: "subprocess.Popen[bytes]", port: int) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            return get_page(port)
        except OSError:
            if server.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)


def get_page(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    connection.close()
    assert response.status == 200, response.status
