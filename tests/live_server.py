"""The real `manage.py serve`, on a library of its own and a free port of 127.0.0.1."""

import http.client
import itertools
import os
import random
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, NamedTuple

from tests import processes
from tests.conftest import PROJECT, Shell

START_SECONDS, STOP_SECONDS = 60, 20


_WITH_LIMITS = """
import sys
import manage
from videos.server import client_socket, connection_loop, connection_worker

for name, seconds in {limits!r}.items():
    modules = [module for module in (client_socket, connection_loop, connection_worker) if hasattr(module, name)]
    assert modules, name
    for module in modules:
        setattr(module, name, seconds)
manage.main()
"""


class Answer(NamedTuple):
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode()


class Server:
    """A running server; `log` is what it, and the worker beside it, printed so far."""

    def __init__(
        self, shell: Shell, *arguments: str | Path, port: int | None = None, threads: int = 32, **limits: float
    ) -> None:
        """Start it; `limits` are the seconds of videos.server, made shorter for a test."""
        self.shell = shell
        self.port = port or free_port()
        self._log = shell.data.parent / f"serve-{time.monotonic_ns()}.log"
        command = ["serve", *arguments, "--bind", f"127.0.0.1:{self.port}", "--threads", threads]
        with open(self._log, "wb") as log:
            self.process = processes.start(
                command if limits else [PROJECT / "manage.py", *command],
                code=_WITH_LIMITS.format(limits=limits) if limits else None,
                env=shell.environment,
                cwd=PROJECT,
                stdout=log,
                stderr=subprocess.STDOUT,
                # As a terminal gives it, so that a test can press Ctrl-C.
                own_group=True,
            )

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def get(self, path: str, method: str = "GET", **headers: str) -> Answer:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, headers={name.replace("_", "-"): text for name, text in headers.items()})
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()

    def connect(self, request: str | bytes = b"", *, buffer_bytes: int | None = None) -> socket.socket:
        """Return a connection on which the request, or a part of one, has been sent."""
        client = socket.socket()
        client.settimeout(20)
        if buffer_bytes:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
        client.connect(("127.0.0.1", self.port))
        client.sendall(request if isinstance(request, bytes) else request.encode())
        return client

    def wait_until_it_answers(self) -> None:
        def answers() -> bool:
            assert self.process.poll() is None, f"serve ended with status {self.process.returncode}:\n{self.log}"
            with suppress(OSError, http.client.HTTPException):
                return self.get("/healthz").status in (200, 503)
            return False

        wait_for(answers, START_SECONDS, lambda: f"no answer:\n{self.log}")

    def family(self) -> list[int]:
        """Return the ids of the processes that the server started."""
        return [pid for pid in _processes() if _parent(pid) == self.process.pid]


@contextmanager
def running(
    shell: Shell, *arguments: str | Path, port: int | None = None, threads: int = 32, **limits: float
) -> Iterator[Server]:
    """Serve while the block runs. Afterwards nothing of it is left, whatever happened in between."""
    server = Server(shell, *arguments, port=port, threads=threads, **limits)
    family: list[int] = []
    try:
        server.wait_until_it_answers()
        family = server.family()
        yield server
    finally:
        if server.process.poll() is None:
            family = family or server.family()
            server.process.terminate()
        try:
            server.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            server.process.kill()
            server.process.wait()
        for pid in filter(is_alive, family):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)


# Below those from which the system takes the ports of clients: one that is free would be taken by any of these before a
# server has begun. Each process of a run begins elsewhere.
_PORTS = itertools.cycle(random.Random(os.getpid()).sample(range(10_000, 32_000), 5_000))


def free_port() -> int:
    """Return a port that a server can listen on in a moment."""
    for port in _PORTS:
        with suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("the ports go round for ever")


def wait_for(
    condition: Callable[[], Any], seconds: float, complaint: Callable[[], str] = lambda: "waited in vain"
) -> Any:
    """Return what `condition` gives as soon as that is true."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, complaint()
        time.sleep(0.05)
    return found


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and that nobody has asked after does not."""
    return _status(pid)[:1] not in ([], ["Z"], ["X"])


def _processes() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int | None:
    status = _status(pid)
    return int(status[1]) if status else None


def _status(pid: int) -> list[str]:
    """Return the state and what follows it in /proc; nothing for a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
