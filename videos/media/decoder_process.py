"""The child process that reads strangers' files: `python -m videos.media.decoder_process CHANNEL SECONDS`.

CHANNEL is the descriptor of a socket over which open files come in and facts and pictures go out; SECONDS of computing
is what a file may cost. The process opens nothing itself, and ends when its parent has.
"""

import gc
import math
import os
import resource
import socket
import sys
import time

# PyAV imports these inside its functions, when no file can be opened any more.
import av.audio.codeccontext
import av.audio.stream
import av.container.core
import av.subtitles.codeccontext
import av.subtitles.stream
import av.video.codeccontext
import av.video.stream  # noqa: F401

from videos.core.problems import Problem
from videos.media.decoder_protocol import facts_body, made_for_in, message_after, pictures_message, send
from videos.media.demuxer import UnreadableMedia, open_media
from videos.media.probe import facts_of
from videos.media.thumbnails import MadeFor, are_as_before, take_pictures

MAX_MEMORY_BYTES = 1024**3
TOO_MUCH_MEMORY = f"{Problem.DECODING_TOO_SLOW.sentence} 1 GiB of memory"

_CHANNEL = 3
# Standard input, output, errors, the channel, the file, and FFmpeg's own copy of it: no room for another file.
_MAX_DESCRIPTORS = 6
_SECONDS_BETWEEN_BEATS = 0.25
# The rest of a request comes right behind its first bytes.
_SECONDS_TO_ASK = 60


class _Pulse:
    """Tells the parent that the work goes on, not more often than it wants to know."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel, self._last = channel, time.monotonic()

    def beat(self) -> None:
        now = time.monotonic()
        if now - self._last >= _SECONDS_BETWEEN_BEATS:
            self._last = now
            send(self._channel, "beat")


def main(channel_descriptor: int, seconds: int) -> None:
    """Look into one file after another until the parent closes the channel."""
    os.dup2(channel_descriptor, _CHANNEL)
    os.closerange(_CHANNEL + 1, max(channel_descriptor + 1, 64))
    channel = socket.socket(fileno=_CHANNEL)
    # Not by os.nice(), which counts from wherever the parent is.
    os.setpriority(os.PRIO_PROCESS, 0, 19)
    _limit()
    send(channel, "ready")
    while (request := _next_file(channel)) is not None:
        descriptor, made_for = request
        _allow_seconds(seconds)
        try:
            # From here on an end of this process is the file's doing.
            send(channel, "begun")
            _look(channel, descriptor, made_for)
        finally:
            os.close(descriptor)
            # Containers and their streams hold each other.
            gc.collect()


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY_BYTES, MAX_MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (_MAX_DESCRIPTORS, _MAX_DESCRIPTORS))


def _allow_seconds(seconds: int) -> None:
    """Let the kernel end this process where the file costs more: the parent, who counts too, may be gone."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
    resource.setrlimit(resource.RLIMIT_CPU, (math.ceil(used.ru_utime + used.ru_stime) + seconds, hard))


def _next_file(channel: socket.socket) -> tuple[int, MadeFor | None] | None:
    """Return the open file of the next request and what its pictures were made for; None when the parent has gone."""
    channel.settimeout(None)
    length, descriptors, _, _ = socket.recv_fds(channel, 4, 1)
    if len(length) < 4 or not descriptors:
        return None
    request = message_after(channel, length, time.monotonic() + _SECONDS_TO_ASK)
    return descriptors[0], made_for_in(request)


def _look(channel: socket.socket, descriptor: int, made_for: MadeFor | None) -> None:
    """Send the facts, then the pictures, or that those which there are will do; or the reason why not."""
    try:
        with open_media(descriptor) as container:
            facts = facts_of(container, descriptor)
            send(channel, "facts", facts_body(facts))
            if made_for is not None and are_as_before(container, facts, made_for):
                send(channel, "kept")
                return
            body, blobs = pictures_message(take_pictures(container, facts, _Pulse(channel).beat))
        send(channel, "pictures", body, *blobs)
    except UnreadableMedia as error:
        send(channel, "failed", {"reason": str(error)})
    except MemoryError:
        send(channel, "failed", {"reason": TOO_MUCH_MEMORY})
    except OSError:
        raise
    except Exception as error:  # noqa: BLE001  PyAV raises what it likes; one file fails, not the process
        send(channel, "failed", {"reason": f"{Problem.DECODER_FAILED.sentence}: {type(error).__name__}"})


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]), int(sys.argv[2]))
    except (OSError, KeyboardInterrupt):
        sys.exit(1)  # the parent is gone, or wants this gone
