"""Python processes for tests that run commands: forked where that is possible, since most of a start are imports.

`start` takes what `subprocess.Popen` takes, as far as the tests need it, and what it returns is used in the same way.
"""

import functools
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

PROJECT = Path(__file__).resolve().parent.parent
DEVNULL, PIPE, STDOUT = subprocess.DEVNULL, subprocess.PIPE, subprocess.STDOUT
# As long as is waited where nobody says how long.
MOST_SECONDS = 100_000.0

Stream = int | IO[Any] | None


class Process:
    """A running process. Used as a subprocess.Popen is; text is UTF-8."""

    def __init__(self, what: Mapping[str, Any], streams: tuple[Stream, Stream, Stream], *, text: bool) -> None:
        self.returncode: int | None = None
        self.stdin: IO[Any] | None = None
        self.stdout: IO[Any] | None = None
        self.stderr: IO[Any] | None = None
        theirs: list[int] = []
        for number, stream in enumerate(streams):
            if stream == PIPE:
                reads, writes = os.pipe()
                ours, end = (writes, reads) if number == 0 else (reads, writes)
                mode = ("w" if number == 0 else "r") + ("" if text else "b")
                setattr(self, ("stdin", "stdout", "stderr")[number], os.fdopen(ours, mode))
                theirs.append(end)
            elif stream == STDOUT:
                theirs.append(os.dup(theirs[1]))
            elif stream == DEVNULL:
                theirs.append(os.open(os.devnull, os.O_RDWR))
            else:
                taken = number if stream is None else stream
                theirs.append(os.dup(taken if isinstance(taken, int) else taken.fileno()))
        self._ended, end = os.pipe()
        self.pid = _ready_python().fork(what, [*theirs, end])
        for descriptor in (*theirs, end):
            os.close(descriptor)

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *exception: object) -> None:
        self._close()
        self.wait()

    def poll(self) -> int | None:
        """Return the status with which it ended, negative for a signal; None while it runs."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            poll = select.poll()
            poll.register(self._ended, select.POLLIN)
            if not poll.poll(None if timeout is None else timeout * 1000):
                raise subprocess.TimeoutExpired("python", timeout or 0)
            told = os.read(self._ended, 4)
            assert len(told) == 4, "the Python that forks has ended"
            self.returncode = int.from_bytes(told, signed=True)
            os.close(self._ended)
        return self.returncode

    def communicate(self, given: Any = None, timeout: float | None = None) -> tuple[Any, Any]:
        """Write what is given, and return all that it prints until its end."""
        deadline = time.monotonic() + (MOST_SECONDS if timeout is None else timeout)
        printed: dict[int, Any] = {}

        def read(number: int, stream: IO[Any]) -> None:
            with suppress(ValueError):  # it is closed already
                printed[number] = stream.read()

        readers = [
            threading.Thread(target=read, args=(number, stream), daemon=True)
            for number, stream in enumerate((self.stdout, self.stderr))
            if stream is not None
        ]
        for reader in readers:
            reader.start()
        if self.stdin is not None and not self.stdin.closed:
            with suppress(BrokenPipeError):
                if given:
                    self.stdin.write(given)
                self.stdin.flush()
            with suppress(BrokenPipeError):
                self.stdin.close()
        for reader in readers:
            reader.join(max(0.0, deadline - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired("python", timeout or 0)
        self.wait(max(0.0, deadline - time.monotonic()))
        self._close()
        return printed.get(0), printed.get(1)

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def terminate(self) -> None:
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def _close(self) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                with suppress(BrokenPipeError):
                    stream.close()


def start(
    arguments: Sequence[str | Path],
    *,
    env: Mapping[str, str],
    cwd: str | Path | None = None,
    code: str | None = None,
    stdin: Stream = None,
    stdout: Stream = None,
    stderr: Stream = None,
    text: bool = False,
    own_group: bool = False,
) -> Process | subprocess.Popen[Any]:
    """Start a script with its arguments, or `code` with `arguments`, as `python` would."""
    words = [str(each) for each in arguments]
    folder = str(cwd or os.getcwd())
    if sys.platform != "linux":
        command = [sys.executable, *(("-c", code) if code is not None else ()), *words]
        return subprocess.Popen(
            command, env=env, cwd=folder, stdin=stdin, stdout=stdout, stderr=stderr, text=text,
            process_group=0 if own_group else None,
        )  # fmt: skip
    what = {"arguments": words, "code": code, "environment": dict(env), "folder": folder, "own_group": own_group}
    return Process(what, (stdin, stdout, stderr), text=text)


def run(arguments: Sequence[str | Path], *, timeout: float = 120, **options: Any) -> subprocess.CompletedProcess[str]:
    """Return what it printed, and the status with which it ended."""
    process = start(arguments, text=True, stdout=PIPE, stderr=PIPE, **options)
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise
    assert process.returncode is not None
    return subprocess.CompletedProcess([*arguments], process.returncode, out, err)


class _ReadyPython:
    """The process of tests/ready_python.py; it ends when nobody can ask it any more."""

    def __init__(self) -> None:
        self._channel, theirs = socket.socketpair()
        with theirs:
            environment = {
                name: value for name, value in os.environ.items() if not name.startswith(("LVS_", "DJANGO_"))
            }
            # A library that starts threads at its import could not be forked.
            environment["OPENBLAS_NUM_THREADS"] = "1"
            self._process = subprocess.Popen(
                [sys.executable, str(PROJECT / "tests" / "ready_python.py")], stdin=theirs, env=environment
            )

    def fork(self, what: Mapping[str, Any], descriptors: list[int]) -> int:
        """Return the id of the new process; the last of the descriptors is told of its end."""
        with tempfile.TemporaryFile("w") as request:
            json.dump(what, request)
            request.seek(0)
            socket.send_fds(self._channel, [b"?"], [request.fileno(), *descriptors])
        told = self._channel.recv(8, socket.MSG_WAITALL)
        assert len(told) == 8, "the Python that forks has ended"
        return int.from_bytes(told)


@functools.cache
def _ready_python() -> _ReadyPython:
    return _ReadyPython()
