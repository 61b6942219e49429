"""The servers that are compared over loopback with the same film: the real `serve`, and the real nginx."""

import http.client
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.utils import timezone

from benchmarks.first_scan import MANAGE
from videos.models import Video

FILM, FILM_BYTES = "film.mp4", 1024**3
START_SECONDS = 30
# One process per core, otherwise Debian's defaults; no access log, as `serve` writes none either.
_NGINX = """
{user}
worker_processes auto;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 4096; }}
http {{
  access_log off;
  sendfile on;
  keepalive_requests 1000000000;
  client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
  types {{ video/mp4 mp4; }}
  server {{ listen 127.0.0.1:{port}; root {videos}; }}
}}
"""


@dataclass(frozen=True)
class Site:
    """A running server: the address of the film, and the processes that send it."""

    name: str
    port: int
    path: str
    pids: tuple[int, ...]

    def cpu_seconds(self) -> float:
        """Return the CPU time of its processes so far, with nanosecond precision."""
        return sum(time.clock_gettime((~pid) << 3 | 2) for pid in self.pids)

    def megabytes(self) -> float:
        """Return the resident memory of its processes in MB, including shared libraries."""
        found = (re.search(r"Rss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text()) for pid in self.pids)
        return sum(int(match[1]) / 1024 for match in found if match)

    def threads(self) -> int:
        return sum(len(list(Path(f"/proc/{pid}/task").iterdir())) for pid in self.pids)


def made_film(size_bytes: int = FILM_BYTES) -> Video:
    """Write a file of noise, read it into the page cache, and return its row."""
    path = settings.VIDEO_DIR / FILM
    subprocess.run(
        ["dd", "if=/dev/urandom", f"of={path}", "bs=4M", f"count={size_bytes // 4**11}"], check=True, stderr=-3
    )
    path.read_bytes()
    row = {"title": "Film", "file_size": size_bytes, "modified_ns": 1, "added_date": timezone.now()}
    return Video.objects.create(filename=FILM, **row)


@contextmanager
def served(film: Video, *arguments: str, status: int = 206) -> Iterator[Site]:
    """Run `serve` without a worker, and wait until a range of the film is answered with `status`."""
    port = free_port()
    command = [*MANAGE, "serve", "--no-worker", "--bind", f"127.0.0.1:{port}", *arguments]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        path = f"/videos/{film.pk}/stream"
        _wait_until_it_answers(process, port, path, status)
        yield Site("serve", port, path, _children(process.pid))
    finally:
        _stop(process)


@contextmanager
def nginx() -> Iterator[Site]:
    """Run the system's nginx with its own configuration."""
    program = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if program is None:
        sys.exit("This benchmark compares with nginx: apt-get install nginx-light")
    folder, port = settings.DATA_DIR / "nginx", free_port()
    folder.mkdir(exist_ok=True)
    # Started by root it would switch to a user who may not read the temporary folder.
    user = "user root;" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(_NGINX.format(user=user, folder=folder, port=port, videos=settings.VIDEO_DIR))
    process = subprocess.Popen([program, "-c", str(folder / "nginx.conf")], stderr=subprocess.DEVNULL)
    try:
        _wait_until_it_answers(process, port, f"/{FILM}")
        yield Site("nginx", port, f"/{FILM}", _children(process.pid))
    finally:
        _stop(process)


def ask(port: int, path: str, **headers: str) -> int:
    """Return the status of the response, after reading it completely."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        response.read()
        return response.status
    finally:
        connection.close()


def _wait_until_it_answers(process: "subprocess.Popen[bytes]", port: int, path: str, status: int = 206) -> None:
    end = time.monotonic() + START_SECONDS
    while True:
        try:
            assert ask(port, path, Range="bytes=0-0") == status
        except OSError:
            if process.poll() is not None or time.monotonic() > end:
                raise
            time.sleep(0.1)
        else:
            return


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    process.wait()


def _children(pid: int) -> tuple[int, ...]:
    return tuple(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])
