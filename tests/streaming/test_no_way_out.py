"""No request, row or file of the folder leads to a file outside of it. Over real sockets, by the running server."""

import os
import re
import socket
import sqlite3
import threading
from contextlib import closing

import pytest

from tests.conftest import migrated_shell
from tests.counts import at_full_count
from tests.live_server import running, wait_for
from tests.streaming.conftest import CONTENT, add_videos, write_film
from tests.streaming.wire import Wire

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long("videos/library/paths.py", "videos/streaming"),
]

SECRET = b"secret content of somebody else"
# Paths as no client would send them. All are of the old addresses, which hold a name.
TARGETS = [
    "/video/../secret.mp4", "/video/..%2fsecret.mp4", "/video/%2e%2e/secret.mp4", "/video/%2e%2e%2fsecret.mp4",
    "/video/.%2e/secret.mp4", "/video/%252e%252e%252fsecret.mp4", "/video/..%5csecret.mp4", "/video/..\\secret.mp4",
    "/video/sub/../../secret.mp4", "/video/./../secret.mp4", "/video/....//secret.mp4", "/video/..;/secret.mp4",
    "/video//etc/passwd", "/video/%2fetc%2fpasswd", "/video//../secret.mp4", "/video/film.mp4%00.txt",
    "/video/%00", "/video/film.mp4%00", "/video/..%00/secret.mp4", "/video/%c0%ae%c0%ae/secret.mp4",
    "/video/%e0%80%ae%e0%80%ae/secret.mp4", "/video/%c0%af..%c0%afsecret.mp4", "/video/%uff0e%uff0e/secret.mp4",
    "/video/\uff0e\uff0e/secret.mp4", "/video/%ef%bc%8e%ef%bc%8e/secret.mp4", "/video/%ff%fe", "/video/%ed%a0%80.mp4",
    "/video/C:%5csecret.mp4", "/video/~/secret.mp4", "/video/~root/secret.mp4", "/video/$HOME/secret.mp4",
    "/video/file:%2f%2f%2fetc%2fpasswd", "/video/%0d%0aX-Evil:%201", "/video/" + "a/" * 2000,
    "/video/" + "%2e%2e%2f" * 40, "/video/folder.mp4",
    "/video/outside.mp4", "/video/folder%20outside/secret.mp4", "/video/loop.mp4", "/video/fifo.mp4",
    "/watch/../secret.mp4", "/watch/%2e%2e%2fsecret.mp4", "/videos/../videos/../../secret.mp4", "/videos/1/../stream",
    "/videos/1/stream/../../secret.mp4", "/videos/-1/stream", "/videos/1%00/stream", "/videos/+1/stream",
    "/videos/\u0661/stream", "/videos/%d9%a1/stream", "/videos/1_0/stream", "/videos/" + "9" * 400 + "/stream",
    "/videos/1.0/stream", "/videos/0x1/stream", "/../../../../etc/passwd", "//etc/passwd", "/static/../secret.mp4",
    "/static/%2e%2e/%2e%2e/secret.mp4", "/static/..%2f..%2fvideo_metadata.db", "/media/film.mp4", "/film.mp4",
]  # fmt: skip

# Names that no scan would take, as a row may hold them all the same.
ROWS = [
    "../secret.mp4", "sub/../../secret.mp4", "..", ".", "/etc/passwd", "//etc/passwd", "./film.mp4", "sub//film.mp4",
    "film.mp4\0", "..\\secret.mp4", "outside.mp4", "absolute.mp4", "folder outside/secret.mp4", "loop.mp4",
    "loop a/film.mp4", "chain.mp4", "fifo.mp4", "folder.mp4", "socket.mp4", "device.mp4", "null", "dangling.mp4",
    "gone.mp4", "film.mp4/inside", "x" * 4096, "y/" * 2000 + "z.mp4", "~/secret.mp4", "%2e%2e/secret.mp4",
    "no permission.mp4",
]  # fmt: skip


@pytest.fixture(scope="module")
def shell(tmp_path_factory):
    """A library with a film, a folder, and whatever does not belong there."""
    shell = migrated_shell(tmp_path_factory.mktemp("fortress"))
    videos, outside = shell.videos, shell.videos.parent
    (outside / "secret.mp4").write_bytes(SECRET)
    (videos / "sub").mkdir()
    for path in (videos / "film.mp4", videos / "sub" / "film.mp4"):
        write_film(path, CONTENT)
    (videos / "outside.mp4").symlink_to("../secret.mp4")
    (videos / "absolute.mp4").symlink_to(outside / "secret.mp4")
    (videos / "folder outside").symlink_to(outside)
    (videos / "loop.mp4").symlink_to("loop.mp4")
    (videos / "loop a").symlink_to("loop b")
    (videos / "loop b").symlink_to("loop a")
    (videos / "device.mp4").symlink_to("/dev/zero")
    (videos / "null").symlink_to("/dev/null")
    (videos / "dangling.mp4").symlink_to("nothing.mp4")
    (videos / "folder.mp4").mkdir()
    os.mkfifo(videos / "fifo.mp4")
    target = videos / "film.mp4"
    for number in range(1100):
        (outside / f"link {number}").symlink_to(target)
        target = outside / f"link {number}"
    (videos / "chain.mp4").symlink_to(target)
    with socket.socket(socket.AF_UNIX) as unix, pytest.MonkeyPatch.context() as patch:
        patch.chdir(videos)  # the path of a socket is short
        unix.bind("socket.mp4")
    if os.geteuid() == 0:
        (videos / "no permission.mp4").mkdir()
    else:
        (videos / "no permission.mp4").touch(0o000)
    return shell


@pytest.fixture(scope="module")
def site(shell):
    assert add_videos(shell, "film.mp4") == [1]
    with running(shell, "--no-worker") as server:
        yield server
    assert "Internal Server Error" not in server.log
    assert not re.findall(r"Traceback(?!(?s:.){,3000}DisallowedHost)", server.log)


def ask_raw(port, target, method="GET"):
    with Wire(port) as wire:
        request = f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        wire.send(request.encode())
        return wire.read(method)


@pytest.mark.parametrize("target", TARGETS, ids=[ascii(target)[1:50] for target in TARGETS])
def test_no_address_leads_out(site, target):
    for method in ("GET", "HEAD"):
        reply = ask_raw(site.port, target, method)
        assert reply.status in (301, 400, 404), reply.status
        assert SECRET not in reply.body
        assert b"root:" not in reply.body
        assert reply["X-Evil"] is None
        if reply.status == 301:
            # Django only adds the slash at the end of a page's address.
            assert reply["Location"].endswith("/")


@pytest.mark.parametrize("filename", ROWS, ids=[ascii(name)[1:40] for name in ROWS])
def test_no_row_leads_out_and_each_that_would_is_said(site, shell, filename):
    with closing(sqlite3.connect(shell.database, timeout=20, isolation_level=None)) as database:
        known = [
            row[1] for row in database.execute("PRAGMA table_info(videos_video)") if row[1] not in ("id", "filename")
        ]
        columns = ", ".join(known)
        values = f"INSERT INTO videos_video (filename, {columns}) SELECT ?, {columns} FROM videos_video WHERE id = 1"
        number = database.execute(values, (filename,)).lastrowid
        try:
            before = len(site.log)
            for method in ("GET", "HEAD"):
                reply = ask_raw(site.port, f"/videos/{number}/stream", method)
                assert reply.status == 404
                assert SECRET not in reply.body
            wait_for(lambda: f"{filename!r} cannot be played: " in site.log[before:], 5)
        finally:
            database.execute("DELETE FROM videos_video WHERE id = ?", (number,))


def test_the_film_itself_is_there(site):
    assert ask_raw(site.port, "/videos/1/stream").body == CONTENT


def test_a_file_that_is_swapped_for_a_link_while_it_is_asked_for_is_sent_or_refused(site, shell):
    path = shell.videos / "swapped.mp4"
    write_film(path, CONTENT)
    (number,) = add_videos(shell, path.name)
    is_over = threading.Event()

    def swap_for_ever():
        link, fifo, film = (shell.videos / f"{kind}.part" for kind in ("link", "fifo", "film"))
        while not is_over.is_set():
            link.symlink_to(shell.videos.parent / "secret.mp4")
            link.replace(path)
            write_film(film, CONTENT)
            film.replace(path)
            os.mkfifo(fifo)
            fifo.replace(path)

    swapper = threading.Thread(target=swap_for_ever)
    swapper.start()
    try:
        with Wire(site.port) as wire:
            replies = [wire.ask("GET", f"/videos/{number}/stream") for _ in range(at_full_count(400, 100))]
    finally:
        is_over.set()
        swapper.join()
    assert {reply.status for reply in replies} == {200, 404}
    assert all(reply.body == CONTENT for reply in replies if reply.status == 200)


def test_without_a_database_names_are_played_from_the_folder_and_none_leads_out(tmp_path, shell):
    broken = migrated_shell(tmp_path)
    broken.environment["LVS_VIDEO_DIR"] = str(shell.videos)
    broken.run("migrate", "--verbosity", "0")
    broken.database.write_bytes(os.urandom(50_000))
    with running(broken, "--no-worker") as server:
        reply = ask_raw(server.port, "/video/film.mp4")
        assert reply.body == CONTENT, (reply.status, server.log)
        assert ask_raw(server.port, "/video/sub/film.mp4").body == CONTENT
        for target in TARGETS:
            reply = ask_raw(server.port, target)
            assert reply.status in (301, 400, 404, 503), (target, reply.status)
            assert SECRET not in reply.body
            assert b"root:" not in reply.body
        assert "Traceback" not in server.log


def test_a_thousand_requests_that_are_broken_off_leave_nothing_open(site):
    """In every way: before the answer, in its middle, after a part of a request, and not at all."""
    (process,) = site.family()

    def descriptors():
        found = {}
        for name in os.listdir(f"/proc/{process}/fd"):
            try:
                found[name] = os.readlink(f"/proc/{process}/fd/{name}")
            except FileNotFoundError:
                continue  # closed in between
        # A connection of one of the threads to the database is no file of a viewer's.
        return [target for target in found.values() if target.startswith("socket:") or target.endswith(".mp4")]

    requests = [
        b"GET /videos/1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /videos/1/stream HTTP/1.1\r\nHost: localhost\r\nRange: bytes=5-\r\n\r\n",
        b"GET /videos/1/stream HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-9,500-90000\r\n\r\n",
        b"HEAD /videos/1/stream HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /videos/1/stream HTTP/1.1\r\nHost: localhost\r\nRange: bytes=999999-\r\n\r\n",
        b'GET /videos/1/stream HTTP/1.1\r\nHost: localhost\r\nIf-Match: "x"\r\n\r\n',
        b"GET /videos/1/stream HTT",
        b"",
    ]
    assert ask_raw(site.port, "/videos/1/stream").status == 200
    wait_for(lambda: not [each for each in descriptors() if each.endswith(".mp4")], 20)
    before = len(descriptors())
    for number in range(at_full_count(1000, 160)):
        client = socket.create_connection(("127.0.0.1", site.port), timeout=20)
        client.sendall(requests[number % len(requests)])
        if number % 3 == 1 and requests[number % len(requests)].endswith(b"\r\n\r\n"):
            client.recv(100)
        if number % 3 == 2:
            # A reset, not a farewell.
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.close()
    wait_for(lambda: len(descriptors()) <= before, 40, lambda: f"{before}: {descriptors()}")
    assert ask_raw(site.port, "/videos/1/stream").body == CONTENT
