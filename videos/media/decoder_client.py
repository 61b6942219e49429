"""One file after another into facts and pictures, in a child process that a bad file may take down with it."""

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
from videos.media.decoder_process import TOO_MUCH_MEMORY
from videos.media.decoder_protocol import Nonsense, facts_in, pictures_in, reason_in, receive, request_body, send
from videos.media.demuxer import UnreadableMedia
from videos.media.probe import Facts
from videos.media.thumbnails import MadeFor, Pictures

CRASHED = "the decoder crashed on it"
NONSENSE = "the decoder answered nonsense"

_PROJECT = Path(__file__).resolve().parent.parent.parent
_SECONDS_TO_START = 60
# One that sleeps in the kernel, on a disk that does not answer, ends when it can.
_SECONDS_TO_END = 3
# Where Python and its libraries are; nothing else of the parent's environment is the child's business.
_ENVIRONMENT = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH")


class NoDecoder(LibraryError):
    """The child process does not start, whatever the file: the installation is at fault."""


@dataclass(frozen=True)
class Analysis:
    """The facts, and the pictures or the `problem`: why there are none; "" where they are there.

    `is_kept`: the pictures that were made before will do, so there are none here.
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
    """What has been learnt about one file so far."""

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
    """A child process that looks into one file after another; for one thread at a time.

    Started at first use, and anew after it died, or after `files_per_child` files. It fails a file that makes no
    progress for `stall_seconds`, or takes `most_seconds` in all.
    """

    def __init__(self, *, stall_seconds: float = 10, most_seconds: float = 300, files_per_child: int = 1000) -> None:
        self._stall_seconds, self._most_seconds = stall_seconds, most_seconds
        self._files_per_child = files_per_child
        self._child: _Child | None = None

    @property
    def process_id(self) -> int | None:
        """The child's, None where there is none now."""
        return self._child.process.pid if self._child is not None else None

    def analyze(self, descriptor: int, made_for: MadeFor | None = None) -> Analysis:
        """Return what is in an open file; it stays the caller's to close. Raises UnreadableMedia, NoDecoder.

        Pictures that were `made_for` the same file by earlier rules are kept where they would come out the same.
        Where the facts are known but the pictures fail, the facts are returned with the reason.
        """
        # A child that ended before it began had its reasons elsewhere, and the next one gets the file.
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
        """Return the look, or the reason why there is none, or None where the child had not begun."""
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
            # Whatever went wrong: what the child says next would be taken for the answer to the next request.
            if not exchange.is_sound or child.files >= self._files_per_child:
                self.close()
        return exchange.outcome()

    def _listen(self, child: _Child, exchange: _Exchange) -> None:
        """Take the child's messages until it has answered. Raises Nonsense, TimeoutError or OSError."""
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
                # Memory that ran out is not whole again before a new process has it.
                exchange.is_sound = exchange.reason != TOO_MUCH_MEMORY
                return
            else:
                raise Nonsense(message.kind)

    def _too_slow(self, exchange: _Exchange) -> str:
        if time.monotonic() >= exchange.end:
            return f"decoding it takes more than {self._most_seconds:g} s"
        return f"the decoder made no progress for {self._stall_seconds:g} s"

    def _why_it_ended(self, child: _Child) -> str:
        with suppress(subprocess.TimeoutExpired):
            child.process.wait(_SECONDS_TO_END)
        if child.process.returncode == -signal.SIGXCPU:
            return f"decoding it takes more than {self._most_seconds:g} s"
        return CRASHED


def _start(most_seconds: float) -> _Child:
    """Start a child and wait until it is ready. Raises NoDecoder."""
    ours, theirs = socket.socketpair()
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    # One arena for all threads, and one thread for numpy: each would take its part of the child's address space.
    environment |= {
        "LANG": "C.UTF-8",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MALLOC_ARENA_MAX": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    # A little later than the parent, whose word for it is the clearer one.
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
    """Kill a child and wait for its end, but not for ever."""
    child.channel.close()
    with suppress(ProcessLookupError):
        child.process.kill()
    with suppress(subprocess.TimeoutExpired):
        child.process.wait(_SECONDS_TO_END)
