"""Bytes to a viewer: all of them, or the end of the connection; never a thread that waits for ever."""

import os
import socket
import threading
import time
from contextlib import suppress

import pytest

from videos.server import client_socket
from videos.server.client_socket import ClientSocket, SendingEnded

CONTENT = os.urandom(5_000_003)


@pytest.fixture(autouse=True)
def _short_patience(monkeypatch):
    for name, seconds in {"STALL_SECONDS": 1.0, "WAKE_SECONDS": 0.2}.items():
        monkeypatch.setattr(client_socket, name, seconds)


@pytest.fixture
def ends():
    """Our end of a connection, and the viewer's, which keeps next to nothing that it does not take."""
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as viewer:
        viewer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        viewer.settimeout(10)
        viewer.connect(listener.getsockname())
        with ClientSocket(listener.accept()[0]) as ours:
            yield ours, viewer


@pytest.fixture
def film(tmp_path):
    (tmp_path / "film.mp4").write_bytes(CONTENT)
    with open(tmp_path / "film.mp4", "rb", buffering=0) as file:
        yield file


def take_all(viewer, into, pause=0.0):
    while piece := viewer.recv(65536):
        into.extend(piece)
        time.sleep(pause)


def in_a_thread(function, *arguments):
    thread = threading.Thread(target=function, args=arguments, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(("offset", "count"), [(0, None), (0, len(CONTENT)), (17, 4_000_000), (5_000_000, 3), (9, 0)])
def test_exactly_the_bytes_asked_for_are_sent(ends, film, offset, count):
    ours, viewer = ends
    taken = bytearray()
    thread = in_a_thread(take_all, viewer, taken)
    length = len(CONTENT) - offset if count is None else count
    assert ours.sendfile(film, offset, count) == length
    assert not ours.is_sending_file
    ours.close()
    thread.join(20)
    assert taken == CONTENT[offset : offset + length]


def test_who_takes_nothing_is_let_go_and_nothing_of_it_is_kept(ends, film):
    ours, viewer = ends
    began = time.monotonic()
    with pytest.raises(SendingEnded, match="the client takes nothing"):
        ours.sendfile(film)
    assert 1.0 <= time.monotonic() - began < 4
    ours.close()
    with pytest.raises(ConnectionResetError):
        take_all(viewer, bytearray())


def test_who_takes_little_but_steadily_is_served_for_longer_than_the_patience(ends, film):
    ours, viewer = ends
    taken = bytearray()
    thread = in_a_thread(take_all, viewer, taken, 0.005)
    began = time.monotonic()
    ours.sendfile(film, 0, 4_000_000)
    assert time.monotonic() - began > 1.0
    ours.close()
    thread.join(20)
    assert taken == CONTENT[:4_000_000]


def test_who_takes_a_crumb_now_and_then_is_let_go(ends, film):
    ours, viewer = ends

    def dribble():
        with suppress(OSError):
            for _ in range(60):
                viewer.recv(50)
                time.sleep(0.1)

    in_a_thread(dribble)
    began = time.monotonic()
    with pytest.raises(SendingEnded, match="the client takes nothing"):
        ours.sendfile(film)
    assert time.monotonic() - began < 5
    ours.close()


def test_a_page_that_nobody_takes_is_given_up(ends):
    ours, _viewer = ends
    with pytest.raises(SendingEnded, match="the client takes nothing"):
        ours.sendall(bytes(20_000_000))


def test_a_page_is_sent_whole(ends):
    ours, viewer = ends
    taken = bytearray()
    thread = in_a_thread(take_all, viewer, taken)
    ours.sendall(b"head")
    ours.sendall(CONTENT)
    # A fast reader leaves less than MAX_UNSENT_BYTES, which the loop sends.
    while ours.unsent:
        ours.send_unsent()
    ours.close()
    thread.join(20)
    assert taken == b"head" + CONTENT


def test_a_file_that_is_shorter_than_promised_ends_it_after_what_there_is(ends, film, tmp_path):
    ours, viewer = ends
    os.truncate(tmp_path / "film.mp4", 1000)
    with pytest.raises(SendingEnded, match="shorter"):
        ours.sendfile(film, 10, 5000)
    ours.close()
    taken = bytearray()
    take_all(viewer, taken)
    assert taken == CONTENT[10:1000]


def test_a_viewer_who_is_gone_is_noticed(ends, film):
    ours, viewer = ends
    viewer.close()
    with pytest.raises(ConnectionError):
        ours.sendfile(film)


def test_a_thread_that_sends_is_woken_by_the_end_of_the_connection(ends, film):
    ours, _viewer = ends
    ended = []

    def send():
        try:
            ours.sendfile(film)
        except OSError as error:
            ended.append((error, ours.is_sending_file))

    thread = in_a_thread(send)
    while not ours.is_sending_file:
        time.sleep(0.01)
    time.sleep(0.1)
    ours.shutdown(socket.SHUT_RDWR)
    thread.join(0.5)
    ((error, is_sending),) = ended
    assert isinstance(error, BrokenPipeError)
    assert not is_sending


def test_what_has_come_nothing_and_the_end_are_told_apart(ends):
    ours, viewer = ends
    assert ours.recv_now(10) is None
    viewer.sendall(b"hello")
    assert ours.recv_now(10) == b"hello"
    viewer.close()
    assert ours.recv_now(10) == b""


def test_a_page_that_the_viewer_has_no_room_for_is_kept_and_sent_on(ends):
    ours, viewer = ends
    page = CONTENT[:900_000]
    for part in (page[:5], page[5:600_000], page[600_000:]):
        ours.sendall(part)
    taken = bytearray()
    while len(taken) < len(page):
        taken += viewer.recv(65536)
        ours.send_unsent()
    assert not ours.unsent
    assert taken == page


def test_a_short_piece_of_a_film_makes_no_thread_wait_and_follows_what_is_unsent(ends, film):
    ours, viewer = ends
    for number in range(6):
        ours.sendall(b"head %d" % number)
        assert ours.sendfile(film, number * 100_000, 100_000) == 100_000
    whole = b"".join(b"head %d" % n + CONTENT[n * 100_000 : (n + 1) * 100_000] for n in range(6))
    taken = bytearray()
    while len(taken) < len(whole):
        taken += viewer.recv(65536)
        ours.send_unsent()
    assert taken == whole


def test_a_long_piece_of_a_film_follows_what_is_unsent(ends, film):
    ours, viewer = ends
    taken = bytearray()
    ours.sendall(CONTENT[:800_000])
    thread = in_a_thread(take_all, viewer, taken)
    ours.sendfile(film, 17, 4_000_000)
    ours.close()
    thread.join(20)
    assert taken == CONTENT[:800_000] + CONTENT[17:4_000_017]
