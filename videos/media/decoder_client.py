"""Analyze files in a child process, which a bad file may crash without harm to the parent."""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from videos.core.errors import LibraryError
from videos.core.problems import Problem
from videos.media.decoder_process import TOO_MUCH_MEMORY
from videos.media.decoder_protocol import Nonsense, facts_in, pictures_in, reason_in, receive, request_body, send
from videos.media.demuxer import UnreadableMedia
from videos.media.probe import Facts
from videos.media.thumbnails import MadeFor, Pictures

CRASHED = Problem.DECODER_CRASHED.sentence
NONSENSE = Problem.DECODER_NONSENSE.sentence

_PROJECT = Path(__file__).resolve().parent.parent.parent
_SECONDS_TO_START = 60
# A child that hangs in the kernel on an unresponsive disk ends when it can.
_SECONDS_TO_END = 3
# Variables that locate Python and its libraries; the child gets nothing else of the parent's environment.
_ENVIRONMENT = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")


class NoDecoder(LibraryError):
    """The child process does not start, regardless of the file: something is wrong with the installation."""


@dataclass(frozen=True)
class Analysis:
    """The facts, and the pictures or the `problem` that prevented them ("" for none).

    `is_kept`: the existing pictures are still right, so there are none here.
    """

    facts: Facts
    pictures: Pictures | None
    problem: str
    is_kept: bool = False


@dataclass
class _Child:
    process: subprocess.Popen[bytes]
    channel: socket.socket
    files: int = 0


@dataclass
class _Exchange:
    """What the child has sent about one file so far."""

    has_begun: bool = False
    facts: Facts | None = None
    pictures: Pictures | None = None
    reason: str = ""
    may_keep: bool = False
    is_kept: bool = False
    is_sound: bool = False
    end: float = 0

    def outcome(self) -> Analysis | str | None:
        if self.facts is not None:
            return Analysis(self.facts, self.pictures, self.reason, self.is_kept)
        return self.reason if self.has_begun else None


class Decoder:
    """A child process that analyzes one file after another; for use by one thread at a time.

    It is started at first use, and again after it died or after `files_per_child` files. A file fails if it makes no
    progress for `stall_seconds`, or takes `most_seconds` in all.
    """

    def __init__(self, *, stall_seconds: float = 10, most_seconds: float = 300, files_per_child: int = 1000) -> None:
        self._stall_seconds, self._most_seconds = stall_seconds, most_seconds
        self._files_per_child = files_per_child
        self._child: _Child | None = None

    @property
    def process_id(self) -> int | None:
        """The child's process id, or None."""
        return self._child.process.pid if self._child is not None else None

    def analyze(self, descriptor: int, made_for: MadeFor | None = None) -> Analysis:
        """Return the analysis of an open file, which the caller closes. Raises UnreadableMedia, NoDecoder.

        Pictures that were `made_for` the same file by earlier rules are kept if they would come out the same. If only
        the pictures fail, the facts are returned with the reason.
        """
        # If a child ended before it began, the file is not the reason: the next child gets it.
        answer = self._attempt(descriptor, made_for) or self._attempt(descriptor, made_for)
        if answer is None:
            raise NoDecoder("the decoder ends before it begins")
        if isinstance(answer, str):
            raise UnreadableMedia(answer)
        return answer

    def close(self) -> None:
        """End the child, if there is one."""
        child, self._child = self._child, None
        if child is not None:
            _end(child)

    def _attempt(self, descriptor: int, made_for: MadeFor | None) -> Analysis | str | None:
        """Return the analysis, or the reason why it failed, or None if the child had not begun."""
        child = self._child = self._child or _start(self._most_seconds)
        exchange = _Exchange(may_keep=made_for is not None)
        try:
            send(child.channel, "look", request_body(made_for), descriptor=descriptor)
            self._listen(child, exchange)
        except Nonsense:
            exchange.reason = NONSENSE
        except TimeoutError:
            exchange.reason = self._too_slow(exchange)
        except OSError:
            exchange.reason = self._why_it_ended(child)
        finally:
            child.files += 1
            # After an error, the child's next message would be taken for the answer to the next request.
            if not exchange.is_sound or child.files >= self._files_per_child:
                self.close()
        return exchange.outcome()

    def _listen(self, child: _Child, exchange: _Exchange) -> None:
        """Receive messages until the child has answered. Raises Nonsense, TimeoutError or OSError."""
        exchange.end = time.monotonic() + self._most_seconds
        while True:
            message = receive(child.channel, min(time.monotonic() + self._stall_seconds, exchange.end))
            if message.kind in ("begun", "beat"):
                exchange.has_begun = True
            elif message.kind == "facts" and exchange.facts is None:
                exchange.facts = facts_in(message)
            elif message.kind == "pictures" and exchange.facts is not None:
                exchange.pictures = pictures_in(message)
                exchange.is_sound = True
                return
            elif message.kind == "kept" and exchange.may_keep and exchange.facts is not None:
                exchange.is_kept = exchange.is_sound = True
                return
            elif message.kind == "failed":
                exchange.reason = reason_in(message)
                # After running out of memory only a new process has all of it again.
                exchange.is_sound = exchange.reason != TOO_MUCH_MEMORY
                return
            else:
                raise Nonsense(message.kind)

    def _too_slow(self, exchange: _Exchange) -> str:
        if time.monotonic() >= exchange.end:
            return f"{Problem.DECODING_TOO_SLOW.sentence} {self._most_seconds:g} s"
        return f"{Problem.DECODER_STALLED.sentence} {self._stall_seconds:g} s"

    def _why_it_ended(self, child: _Child) -> str:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(_SECONDS_TO_END)
        if child.process.returncode == -signal.SIGXCPU:
            return f"{Problem.DECODING_TOO_SLOW.sentence} {self._most_seconds:g} s"
        return CRASHED


def _start(most_seconds: float) -> _Child:
    """Start a child and wait until it is ready. Raises NoDecoder."""
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # One malloc arena, and one numpy thread: each takes its part of the child's limited address space.
    environment |= {
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    # Slightly after the parent's own limit, whose message is clearer.
    seconds = str(int(most_seconds) + 5)
    try:
        process = subprocess.Popen(  # noqa: S603  Python itself, with arguments from here
            [sys.executable, "-m", "videos.media.decoder_process", str(theirs.fileno()), seconds],
            cwd=_PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=[theirs.fileno()],
            start_new_session=True,
        )
    except OSError as error:
        ours.close()
        raise NoDecoder(f"the decoder cannot be started: {error}") from error
    finally:
        theirs.close()
    child = _Child(process, ours)
    try:
        if receive(ours, time.monotonic() + _SECONDS_TO_START).kind == "ready":
            return child
    except (OSError, Nonsense) as error:
        _end(child)
        raise NoDecoder("the decoder does not start") from error
    _end(child)
    raise NoDecoder("the decoder does not start")


def _end(child: _Child) -> None:
    """Kill a child, and wait for its end for a limited time."""
    child.channel.close()
    with suppress(ProcessLookupError):
        child.process.kill()
    with suppress(subprocess.TimeoutExpired):
        child.process.wait(_SECONDS_TO_END)
