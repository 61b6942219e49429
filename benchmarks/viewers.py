"""The streaming clients of the benchmarks, in their own process: they receive bytes and ignore them.

`python -m benchmarks.viewers WHAT PORT PATH …` prints its results as JSON. The kernel drops what is received
(MSG_TRUNC), so that the client is not what is measured.
"""

import json
import random
import select
import socket
import sys
import threading
import time
from collections.abc import Callable

BUFFER_BYTES = 4 * 1024**2


def fetch(port: int, path: str, connections: int, length: int) -> dict[str, float]:
    """Fetch one range per connection, adjacent in the film, all at the same time."""
    threads = [
        threading.Thread(target=_fetch_one, args=(port, path, n * length % 1024**3, length)) for n in range(connections)
    ]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"seconds": time.perf_counter() - began}


def _fetch_one(port: int, path: str, first: int, length: int) -> None:
    viewer, got = _ask(port, path, f"bytes={first}-{first + length - 1}")
    buffer = bytearray(BUFFER_BYTES)
    while got < length:
        piece = viewer.recv_into(buffer, 0, socket.MSG_TRUNC)
        assert piece, f"only {got} of {length} bytes came"
        got += piece
    viewer.close()


def first_byte(port: int, path: str, count: int) -> dict[str, list[float]]:
    """Request random pieces of the film, each on a new connection; return the seconds until their first byte."""
    chance = random.Random(5)
    taken = []
    for _ in range(count):
        first = chance.randrange(16_000) * 65_536
        began = time.perf_counter()
        viewer, got = _ask(port, path, f"bytes={first}-{first + 65_535}")
        if not got:
            got = len(viewer.recv(1))
        taken.append(time.perf_counter() - began)
        while got < 65_536:
            got += len(viewer.recv(65_536))
        viewer.close()
        time.sleep(0.01)
    return {"seconds": taken}


def watch(port: int, path: str, viewers: int, bytes_per_second: int, seconds: int) -> dict[str, object]:
    """Stream the film to many clients at its bit rate; return the smallest and the median share that they got."""
    began, got = time.monotonic(), [0] * viewers
    sockets = [_ask(port, path, f"bytes={n * 1_000}-", buffer_bytes=256 * 1024)[0] for n in range(viewers)]
    for viewer in sockets:
        viewer.setblocking(False)
    print("watching", file=sys.stderr, flush=True)
    began, buffer = time.monotonic(), bytearray(BUFFER_BYTES)
    turn_seconds = 0.2
    for turn in range(1, int(seconds / turn_seconds) + 1):
        # Spread over the turn, like real clients.
        for n, viewer in enumerate(sockets):
            due = int(turn * turn_seconds * bytes_per_second) - got[n]
            got[n] += _take(viewer, buffer, min(due, BUFFER_BYTES))
            if n % 50 == 0:
                time.sleep(max(0.0, began + (turn - 1 + n / viewers) * turn_seconds - time.monotonic()))
    share = sorted(amount / (seconds * bytes_per_second) for amount in got)
    return {"least": share[0], "median": share[viewers // 2], "seconds": time.monotonic() - began}


def _take(viewer: socket.socket, buffer: bytearray, most: int) -> int:
    taken = 0
    while taken < most:
        try:
            piece = viewer.recv_into(buffer, most - taken, socket.MSG_TRUNC)
        except BlockingIOError:
            break
        assert piece, "the server ended a stream"
        taken += piece
    return taken


def stall(port: int, path: str, viewers: int, seconds: int) -> dict[str, object]:
    """Let many clients request the film and take nothing. One that is disconnected reconnects, like a player."""
    poll, watching, again = select.poll(), {}, 0

    def ask() -> None:
        viewer, _ = _ask(port, path, "bytes=0-", buffer_bytes=64 * 1024)
        watching[viewer.fileno()] = viewer
        # Without events only errors are reported: the connections that the server has reset.
        poll.register(viewer, 0)

    for _ in range(viewers):
        ask()
    print("stalled", file=sys.stderr, flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for descriptor, _ in poll.poll(1000):
            poll.unregister(descriptor)
            watching.pop(descriptor).close()
            ask()
            again += 1
    return {"again": again}


def _ask(port: int, path: str, byte_range: str, buffer_bytes: int | None = None) -> tuple[socket.socket, int]:
    """Return a connection that receives the film, and how many of its bytes were read with the head."""
    viewer = socket.socket()
    if buffer_bytes:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer_bytes)
    viewer.settimeout(60)
    viewer.connect(("127.0.0.1", port))
    viewer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    viewer.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\nRange: {byte_range}\r\n\r\n".encode())
    head = b""
    while b"\r\n\r\n" not in head:
        piece = viewer.recv(2048)
        assert piece, "no answer"
        head += piece
    assert head.startswith(b"HTTP/1.1 206 "), head[:200]
    return viewer, len(head.partition(b"\r\n\r\n")[2])


WORK: dict[str, Callable[..., dict]] = {"fetch": fetch, "first_byte": first_byte, "watch": watch, "stall": stall}

if __name__ == "__main__":
    print(json.dumps(WORK[sys.argv[1]](int(sys.argv[2]), sys.argv[3], *map(int, sys.argv[4:]))))
