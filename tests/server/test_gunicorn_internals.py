"""gunicorn keeps what gunicorn_internals.py relies on: in the version that is pinned, and in the newest one."""

import inspect
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gunicorn
import pytest
from gunicorn.arbiter import Arbiter
from gunicorn.config import Config
from gunicorn.glogging import Logger

from tests.conftest import PROJECT
from videos.server import gunicorn_internals
from videos.server.gunicorn_app import options

SERVER = PROJECT / "videos"
POST = b"POST /a?b=c HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc"
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
CLIENT, SERVED = ("192.0.2.7", 4711), ("192.0.2.1", 8000)
NO_NETWORK = re.compile("resolution|Name or service|Network is unreachable|timed out|Connection refused|ProxyError")


@pytest.fixture
def config() -> Config:
    """gunicorn's settings as `serve` makes them: each of the names is known, each of the values taken."""
    made = Config()
    for name, value in options("127.0.0.1", 8000, 4).items():
        made.set(name, value)
    return made


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    """The two ends of a connection: the server's and the viewer's."""
    ours, theirs = socket.socketpair()
    theirs.settimeout(5)
    with ours, theirs:
        yield ours, theirs


def worker(config: Config) -> Any:
    class App:
        def wsgi(self) -> str:
            return "the application"

    return gunicorn_internals.WorkerProcess(1, os.getppid(), ["a listener"], App(), 30, config, Logger(config))


def respond(config: Config, ours: socket.socket, request: bytes, headers: list[tuple[str, str]], content: Any) -> Any:
    """Send a response, and return (whether it was whole, the response, the environ)."""
    parsed = gunicorn_internals.parse_request(request, CLIENT, config)
    response, environ = gunicorn_internals.response_to(parsed, ours, CLIENT, SERVED, config)
    assert not gunicorn_internals.has_begun(response)
    response.start_response("200 OK", headers)
    content = content(environ) if callable(content) else content
    return gunicorn_internals.send(response, content, environ), response, environ


def test_no_other_module_imports_gunicorn() -> None:
    named = {
        path
        for path in SERVER.rglob("*.py")
        if re.search(r"^\s*(from|import) gunicorn\b", path.read_text(), re.MULTILINE)
    }
    assert named == {Path(gunicorn_internals.__file__)}


def test_the_parser_takes_bytes_and_ends_with_the_request(config: Config) -> None:
    request = gunicorn_internals.parse_request(POST, CLIENT, config)
    assert (request.method, request.path, request.query, request.body.read()) == ("POST", "/a", "b=c", b"abc")
    assert gunicorn_internals.parse_request(b"", CLIENT, config) is None


def test_a_response_says_whether_it_was_whole_and_whether_another_may_follow(config: Config, ends: Any) -> None:
    ours, theirs = ends
    whole, response, environ = respond(config, ours, POST, [("Content-Length", "5")], [b"he", b"llo"])
    assert whole
    assert gunicorn_internals.has_begun(response)
    assert gunicorn_internals.may_go_on(response)
    assert environ["wsgi.multithread"] is True
    assert environ["wsgi.input"].read() == b"abc"
    assert (environ["REMOTE_ADDR"], environ["SERVER_PORT"]) == ("192.0.2.7", "8000")
    received = theirs.recv(65_536)
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    assert received.endswith(b"\r\n\r\nhello")
    whole, response, _ = respond(config, ours, GET, [("Content-Length", "5")], [b"he"])
    assert not whole
    response.force_close()
    assert not gunicorn_internals.may_go_on(response)


def test_a_response_to_head_has_no_body_and_is_whole(config: Config, ends: Any) -> None:
    ours, theirs = ends
    whole, _, _ = respond(config, ours, GET.replace(b"GET", b"HEAD"), [("Content-Length", "5")], [])
    assert whole
    assert theirs.recv(65_536).endswith(b"\r\n\r\n")


def test_a_file_goes_out_by_the_connections_own_sendfile(config: Config, tmp_path: Path) -> None:
    class Sending(socket.socket):
        sent: list[tuple[int, int | None]] = []

        def sendfile(self, file: Any, offset: int = 0, count: int | None = None) -> int:
            self.sent.append((offset, count))
            return super().sendfile(file, offset, count)

    one, theirs = socket.socketpair()
    (tmp_path / "film").write_bytes(b"0123456789")
    with theirs, Sending(fileno=one.detach()) as ours, (tmp_path / "film").open("rb") as file:
        ours.settimeout(5)
        file.seek(2)
        whole, _, _ = respond(
            config, ours, GET, [("Content-Length", "5")], lambda environ: environ["wsgi.file_wrapper"](file)
        )
        assert whole
        assert ours.sent == [(2, 5)]
        received = theirs.recv(65_536)
        assert (received + (b"" if received.endswith(b"23456") else theirs.recv(65_536))).endswith(b"\r\n\r\n23456")


def test_a_worker_has_what_the_loop_uses(config: Config) -> None:
    made = worker(config)
    assert (made.cfg, made.sockets, made.alive, made.ppid) == (config, ["a listener"], True, os.getppid())
    made.load_wsgi()
    assert made.wsgi == "the application"
    made.notify()
    assert "self.run()" in inspect.getsource(type(made).init_process)
    made.handle_exit(signal.SIGTERM, None)
    assert made.alive is False


def test_signals_reach_the_handlers_of_the_worker() -> None:
    handlers = inspect.getsource(gunicorn_internals.WorkerProcess.init_signals)
    for name, handler in (("SIGTERM", "handle_exit"), ("SIGINT", "handle_quit"), ("SIGQUIT", "handle_quit")):
        assert f"signal.signal(signal.{name}, self.{handler})" in handlers


def test_an_error_is_answered_also_where_there_is_no_request(config: Config, ends: Any) -> None:
    ours, theirs = ends
    worker(config).handle_error(None, ours, CLIENT, ValueError("stumbled"))
    assert b"500 Internal Server Error" in theirs.recv(65_536)


def test_a_worker_that_died_is_told_from_one_that_could_not_start() -> None:
    told = "Worker (pid:%s) exited with code %s."
    assert f'"{told}"' in inspect.getsource(Arbiter)
    assert gunicorn_internals.is_of_a_worker_that_died(told, (4711, -9))
    for code in (Arbiter.WORKER_BOOT_ERROR, Arbiter.APP_LOAD_ERROR):
        assert not gunicorn_internals.is_of_a_worker_that_died(told, (4711, code))
    assert not gunicorn_internals.is_of_a_worker_that_died("Invalid request", ())


def test_a_socket_that_is_closed_may_be_closed_again(ends: Any) -> None:
    ours, _ = ends
    gunicorn_internals.close_socket(ours)
    gunicorn_internals.close_socket(ours)
    assert ours.fileno() == -1


@pytest.mark.slow
def test_the_newest_gunicorn_keeps_all_of_it_as_well(tmp_path: Path) -> None:
    newest = tmp_path / "newest"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
    done = subprocess.run(
        [*install, "--target", str(newest), "--upgrade", "gunicorn"], capture_output=True, text=True, check=False
    )
    if done.returncode and NO_NETWORK.search(done.stderr):
        pytest.skip("The newest gunicorn comes from PyPI, and there is no network.")
    assert done.returncode == 0, done.stderr
    version = "import gunicorn; print(gunicorn.__file__)"
    environment = {**os.environ, "PYTHONPATH": str(newest)}
    found = subprocess.run([sys.executable, "-c", version], env=environment, capture_output=True, text=True, check=True)
    assert found.stdout.startswith(str(newest))
    # This file but for this test, and the requests that gunicorn has to read as request_reader.py does.
    files = [__file__, str(Path(__file__).with_name("test_request_reader.py"))]
    run = [sys.executable, "-m", "pytest", "-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-m", "not slow", *files]
    tested = subprocess.run(run, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False)
    assert tested.returncode == 0, f"{sorted(newest.glob('*.dist-info'))}\n{tested.stdout}"
    assert gunicorn.__file__ != found.stdout.strip()
