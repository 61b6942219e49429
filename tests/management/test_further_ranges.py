"""Ranges that follow at once on the same connection: bytes and headers as by the whole way, and no old answer."""

import os
import random
import re
import time

import pytest

from tests.conftest import migrated_shell
from tests.management.test_connections import get, read_answer
from tests.server import running
from tests.worker import rows

pytestmark = pytest.mark.slow

CONTENT = os.urandom(2_000_003)
STREAM = "/videos/1/stream"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    shell = migrated_shell(tmp_path_factory.mktemp("further"))
    for name in ("clip.mp4", "other.mp4"):
        (shell.videos / name).write_bytes(CONTENT)
        os.utime(shell.videos / name, (1_700_000_000, 1_700_000_000))
        shell.run("scan_library")
    with running(shell, "--no-worker") as server:
        yield server


@pytest.fixture
def client(site):
    with site.connect() as connected:
        yield connected


def ask(client, path=STREAM, **headers):
    client.sendall(get(path, **headers).encode())
    head, body = read_answer(client)
    status, *lines = head.split("\r\n")
    return int(status.split()[1]), dict(line.split(": ", 1) for line in lines), body


def test_ranges_that_follow_each_other_at_once_have_the_bytes_and_headers_of_those_that_do_not(site, client):
    chance = random.Random(1)
    for _ in range(300):
        first = chance.randrange(len(CONTENT))
        last = first + chance.choice([0, 1, 1000, 65_535, 10**9])
        asked = f"bytes={first}-{chance.choice([last, '']) if last > first + 65_535 else last}"
        status, headers, body = ask(client, Range=asked)
        stop = min(last + 1, len(CONTENT)) if asked[-1] != "-" else len(CONTENT)
        assert (status, body) == (206, CONTENT[first:stop]), asked
        assert headers["Content-Range"] == f"bytes {first}-{stop - 1}/{len(CONTENT)}"
    alone = site.get(STREAM, Range="bytes=0-9").headers
    own = {"Content-Length", "Content-Range", "Date"}
    assert {n: t for n, t in headers.items() if n not in own} == {n: t for n, t in alone.items() if n not in own}


def test_what_is_another_request_is_answered_as_such(site, client):
    etag = ask(client, Range="bytes=0-9")[1]["ETag"]
    for headers, status, content in (
        ({"Range": "bytes=5-9"}, 206, CONTENT[5:10]),
        ({"Range": "bytes=9-5"}, 200, CONTENT),
        ({"Range": "bytes=7-8"}, 206, CONTENT[7:9]),
        ({"Range": "bytes=99999999-"}, 416, None),
        ({"Range": "bytes=7-8"}, 206, CONTENT[7:9]),
        ({"Range": "bytes=-3"}, 206, CONTENT[-3:]),
        ({"Range": "bytes=1-1,3-3"}, 206, None),
        ({"Range": "bytes=7-8"}, 206, CONTENT[7:9]),
        ({}, 200, CONTENT),
        ({"Range": "bytes=0-9", "If-None-Match": etag}, 304, b""),
        ({"Range": "bytes=0-9", "If-Range": etag}, 206, CONTENT[:10]),
        ({"Range": "bytes=10-19", "If-Range": etag}, 206, CONTENT[10:20]),
        ({"Range": "bytes=10-19", "If-Range": '"other"'}, 200, CONTENT),
        ({"Range": "bytes=0-1", "Host": "evil.example"}, 400, None),
    ):
        if status in (304, 400):
            client = site.connect(get(STREAM, **headers).replace("Host: localhost\r\n", "", "Host" in headers))
            assert client.recv(12) == b"HTTP/1.1 %d" % status, headers
            client = site.connect()
            continue
        answered, _, body = ask(client, **headers)
        if status == 206 and "," in headers["Range"]:
            continue  # one part or several: another test's business
        assert answered == status, headers
        assert content is None or body == content, headers


def test_another_film_on_the_same_connection_is_the_other_film(site, client):
    for number in (1, 2, 1, 2):
        for first in (0, 1_000):
            headers = ask(client, f"/videos/{number}/stream", Range=f"bytes={first}-{first + 9}")[1]
            assert re.search(r'filename="(\w+)', headers["Content-Disposition"])[1] == ("clip", "other")[number - 1]


def test_a_file_that_is_written_to_is_answered_anew(site, client):
    path = site.shell.videos / "clip.mp4"
    before = ask(client, Range="bytes=0-9")[1]["ETag"]
    path.write_bytes(CONTENT[::-1] + b"more")
    try:
        _, headers, body = ask(client, Range="bytes=10-19")
        assert headers["ETag"] != before
        assert headers["Content-Range"] == f"bytes 10-19/{len(CONTENT) + 4}"
        assert body == CONTENT[::-1][10:20]
    finally:
        path.write_bytes(CONTENT)
        os.utime(path, (1_700_000_000, 1_700_000_000))


def test_within_a_second_what_was_decided_is_decided_anew(site, client):
    assert ask(client, "/videos/2/stream", Range="bytes=0-9")[0] == 206
    rows(site.shell, "UPDATE videos_video SET id = 77 WHERE id = 2")
    try:
        end = time.monotonic() + 1.5
        statuses = []
        while time.monotonic() < end and statuses[-1:] != [404]:
            statuses.append(ask(client, "/videos/2/stream", Range="bytes=5-9")[0])
        assert statuses[-1] == 404
    finally:
        rows(site.shell, "UPDATE videos_video SET id = 2 WHERE id = 77")
