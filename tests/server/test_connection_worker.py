"""The loop and its threads, as clients of every kind meet them: half requests, stalled viewers, those who vanish."""

import os
import re
import resource
import select
import time
from contextlib import suppress

import pytest

from tests.conftest import Shell, migrated_shell
from tests.counts import at_full_count
from tests.live_server import running, wait_for

pytestmark = pytest.mark.slow

CONTENT = os.urandom(3_000_001)
# Of the 32 threads of the servers here half are kept for pages.
STREAMS = 16
LIMITS = {
    "STALL_SECONDS": 2.0, "WAKE_SECONDS": 0.4, "IDLE_SECONDS": 4.0, "REQUEST_SECONDS": 3.0,
    "BODY_SECONDS": 3.0,
}  # fmt: skip
STREAM = "/videos/1/stream"
GET = "GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server whose patience is short, with a clip, and with a film too long for what the system keeps on the way."""
    shell = migrated_shell(tmp_path_factory.mktemp("connections"))
    (shell.videos / "clip.mp4").write_bytes(CONTENT)
    shell.run("scan_library")
    with open(shell.videos / "film.mp4", "wb") as film:
        film.truncate(300_000_000)
    shell.run("scan_library")
    with running(shell, "--no-worker", **LIMITS) as server:
        yield server


def get(path, **headers):
    return GET.format(path=path, headers="".join(f"{n.replace('_', '-')}: {text}\r\n" for n, text in headers.items()))


def read_answer(client):
    """Return the head and the body of the next answer on a connection."""
    received = b""
    # No more than this answer: the next one may be there already.
    while not received.endswith(b"\r\n\r\n"):
        piece = client.recv(1)
        assert piece, f"the connection ended in the head: {received!r}"
        received += piece
    head, body = received.removesuffix(b"\r\n\r\n"), b""
    length = int(re.search(rb"(?i)\r\ncontent-length: (\d+)", head)[1])
    while len(body) < length:
        piece = client.recv(length - len(body))
        assert piece, f"the connection ended after {len(body)} of {length} bytes"
        body += piece
    return head.decode(), body


def status_of(client):
    """Return the status of the answer of which the head has begun to come."""
    received = b""
    while b"\r\n\r\n" not in received:
        received += client.recv(1)
    return int(received[9:12]), received.decode()


def assert_pages_answer(site, within_seconds=2.0):
    began = time.monotonic()
    assert site.get("/").status == 200
    assert time.monotonic() - began < within_seconds


def ended(client):
    """Return whether the server has ended the connection, whatever it had still to send."""
    client.setblocking(False)
    try:
        while piece := client.recv(1 << 20):
            del piece
    except BlockingIOError:
        return False
    except OSError:
        return True
    return True


def was_reset(client):
    """Return whether the server has let go of a viewer, without taking anything."""
    poll = select.poll()
    poll.register(client, 0)
    return bool(poll.poll(0))


@pytest.mark.long("videos/server")
@pytest.mark.parametrize(
    "part",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: loc",
        b"POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nusername=a",
    ],
    ids=["nothing", "half a head", "half a body"],
)
def test_eleven_hundred_who_send_no_whole_request_hold_no_thread_and_are_let_go(site, part):
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 4096), hard), hard))
    clients = [site.connect(part) for _ in range(at_full_count(1_100, 110))]
    try:
        assert_pages_answer(site)
        wait_for(lambda: all(map(ended, clients)), 12)
        assert_pages_answer(site)
    finally:
        for client in clients:
            client.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_who_dribbles_a_request_byte_by_byte_is_let_go_all_the_same(site):
    client = site.connect(b"GET / HTTP/1.1\r\n")
    began = time.monotonic()
    with suppress(OSError):
        while time.monotonic() - began < 10:
            client.send(b"x")
            if select.select([client], [], [], 0.2)[0]:
                break
    assert time.monotonic() - began < 6
    client.close()


def test_forty_who_dribble_a_long_body_leave_the_pages_their_threads(site):
    head = "POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
    clients = [site.connect(head + "Content-Length: 1000000\r\n\r\n") for _ in range(20)]
    clients += [site.connect(head + "Transfer-Encoding: chunked\r\n\r\n") for _ in range(20)]
    for _ in range(4):
        for client in clients:
            with suppress(OSError):
                client.send(b"1")
        assert_pages_answer(site)
        time.sleep(0.3)
    for client in clients:
        client.close()
    assert_pages_answer(site)


def test_a_form_that_comes_in_pieces_is_taken(site):
    client = site.connect(b"POST /video")
    for piece in (b"s/1/favorite HTTP/1.1\r\nHost: localhost\r\nContent-", b"Length: 10\r\n\r\nfavor", b"ite=1"):
        time.sleep(0.1)
        client.send(piece)
    head, body = read_answer(client)
    assert head.startswith("HTTP/1.1 403 "), "without a token nothing is changed"
    assert b"<html" in body
    client.close()


def test_two_requests_in_one_packet_are_two_answers_in_their_order(site):
    client = site.connect(get(STREAM, Range="bytes=5-9") + get("/healthz") + get(STREAM, Range="bytes=-4"))
    assert read_answer(client)[1] == CONTENT[5:10]
    assert read_answer(client)[1] == b"ok\n"
    assert read_answer(client)[1] == CONTENT[-4:]
    client.close()


def test_a_body_that_nobody_read_is_not_taken_for_the_next_request(site):
    body = "GET /login/ HTTP/1.1\r\nHost: localhost\r\n\r\n"
    head = f"PUT /healthz HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(body)}\r\n\r\n"
    client = site.connect(head + body + get("/healthz"))
    assert read_answer(client)[0].startswith("HTTP/1.1 403 ")
    assert read_answer(client)[1] == b"ok\n"
    client.close()


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (b"GET / HTTP/1.1\nHost: localhost\n\n", 400),
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n12345", 400),
        (b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X: " + b"y" * 200_000, 431),
        (b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 400),
    ],
)
def test_what_is_no_request_is_told_so_at_once(site, request_, status):
    client = site.connect(request_)
    began = time.monotonic()
    assert status_of(client)[0] == status
    assert time.monotonic() - began < 2
    client.close()


def stalled_viewers(site, count, path="/videos/2/stream"):
    """Return viewers who have asked for the film and take no more than the head of the answer, with its status."""
    clients = [site.connect(get(path), buffer_bytes=4096) for _ in range(count)]
    return [(client, *status_of(client)) for client in clients]


def test_stalled_viewers_leave_the_pages_their_threads_are_let_go_and_others_come_in(site):
    viewers = stalled_viewers(site, STREAMS + 3)
    statuses = sorted(status for _, status, _ in viewers)
    assert statuses == [200] * STREAMS + [503] * 3
    refusal = next(head for _, status, head in viewers if status == 503)
    assert "Retry-After: 10\r\n" in refusal
    assert_pages_answer(site)
    wait_for(lambda: site.get(STREAM, Range="bytes=0-9").status == 206, 15)
    wait_for(lambda: all(was_reset(client) for client, status, _ in viewers if status == 200), 15)
    for client, *_ in viewers:
        client.close()
    again = stalled_viewers(site, STREAMS)
    assert {status for _, status, _ in again} == {200}
    for client, *_ in again:
        client.close()


def streams_come_back(site):
    def all_may_stream():
        viewers = stalled_viewers(site, STREAMS)
        for client, *_ in viewers:
            client.close()
        return {status for _, status, _ in viewers} == {200}

    wait_for(all_may_stream, 10)


def test_answers_without_bytes_and_viewers_who_vanish_are_not_counted_for_ever(site):
    etag = site.get(STREAM, "HEAD").headers["ETag"]
    for _ in range(2 * STREAMS):
        assert site.get(STREAM, "HEAD").status == 200
        assert site.get(STREAM, If_None_Match=etag).status == 304
        assert site.get(STREAM, Range="bytes=99999999-").status == 416
    for _ in range(4 * STREAMS):
        site.connect(get("/videos/2/stream")).close()
    streams_come_back(site)


def test_a_file_that_shrinks_while_it_is_sent_ends_the_connection_early_with_nothing_made_up(site):
    path = site.shell.videos / "shrinks.mp4"
    path.write_bytes(os.urandom(1_000_000) * 60)
    site.shell.run("scan_library")
    number = re.search(r'href="/videos/(\d+)/(?:\?[^"]*)?">(?:(?!</a>).)*?shrinks</h2>', site.get("/").text, re.DOTALL)[
        1
    ]
    client = site.connect(get(f"/videos/{number}/stream"), buffer_bytes=4096)
    assert status_of(client)[0] == 200
    content = path.read_bytes()
    os.truncate(path, 10_000_000)
    received = b"".join(iter(lambda: client.recv(1 << 20), b""))
    assert 0 < len(received) < 60_000_000
    assert content.startswith(received[:10_000_000])
    client.close()
    path.unlink()
    streams_come_back(site)


def test_a_paused_player_that_was_let_go_gets_the_rest_by_a_range(site):
    (client, status, _head) = stalled_viewers(site, 1)[0]
    assert status == 200
    wait_for(lambda: was_reset(client), 15)
    assert site.get("/videos/2/stream", Range="bytes=299999990-").body == bytes(10)


def test_each_address_has_its_share_of_the_streams_behind_a_proxy_that_was_named(tmp_path):
    shell = migrated_shell(tmp_path)
    shell.environment |= {"LVS_PROXIES": "127.0.0.1", "LVS_STREAMS_PER_ADDRESS": "2"}
    with open(shell.videos / "film.mp4", "wb") as film:
        film.truncate(300_000_000)
    shell.run("scan_library")
    with running(shell, "--no-worker") as site:

        def watch(*addresses):
            clients = [site.connect(get(STREAM, X_Forwarded_For=text), buffer_bytes=4096) for text in addresses]
            return [(client, *status_of(client)) for client in clients]

        # What a client wrote itself stands before what the proxy added, and says nothing.
        first = watch("203.0.113.7", "1.2.3.4, 203.0.113.7")
        assert [status for _, status, _ in first] == [200, 200]
        ((_, status, head),) = watch("203.0.113.7")
        assert status == 429
        assert "Retry-After: 10\r\n" in head
        assert site.get("/", X_Forwarded_For="203.0.113.7").status == 200
        others = watch("203.0.113.8", "203.0.113.8", "127.0.0.1", "nonsense", "127.0.0.1", "127.0.0.1")
        assert [status for _, status, _ in others] == [200] * 6
        first[0][0].close()
        wait_for(lambda: watch("203.0.113.7")[0][1] == 200, 10)


def test_without_a_named_proxy_x_forwarded_for_says_nothing(tmp_path):
    shell = migrated_shell(tmp_path)
    shell.environment["LVS_STREAMS_PER_ADDRESS"] = "1"
    with open(shell.videos / "film.mp4", "wb") as film:
        film.truncate(300_000_000)
    shell.run("scan_library")
    with running(shell, "--no-worker") as site:
        clients = [site.connect(get(STREAM, X_Forwarded_For="203.0.113.7"), buffer_bytes=4096) for _ in range(3)]
        assert [status_of(client)[0] for client in clients] == [200] * 3, "they come from this computer itself"


def test_more_connections_than_the_system_allows_open_files_are_outlived(tmp_path):
    with running(Shell(tmp_path), "--no-worker") as site:
        (web,) = site.family()
        resource.prlimit(web, resource.RLIMIT_NOFILE, (60, 60))
        clients = [site.connect() for _ in range(100)]
        wait_for(lambda: site.get("/healthz").status == 200, 20, lambda: site.log)
        for client in clients:
            client.close()
        assert site.family() == [web], site.log
