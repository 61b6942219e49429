"""What anybody can send who has no login, over real sockets: it holds no thread, little memory, and no disk."""

import os
import re
import resource
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.conftest import PROJECT, migrated_shell
from tests.counts import at_full_count
from tests.live_server import free_port, running, wait_for
from tests.server.test_connection_worker import assert_pages_answer, ended, get, read_answer, status_of
from tests.streaming.wire import Wire

pytestmark = [pytest.mark.slow, pytest.mark.long("videos/middleware", "videos/server")]

LIMITS = {"IDLE_SECONDS": 6.0, "REQUEST_SECONDS": 3.0, "BODY_SECONDS": 4.0, "STALL_SECONDS": 3.0, "WAKE_SECONDS": 0.5}
POST = "POST /login/ HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\n"
COOKIE = "a" * 32
FORM = f"csrfmiddlewaretoken={COOKIE}&username=anna&password=wrong"
CONTENT = os.urandom(200_000)
# More than the server has threads, also where that is not quite so many.
ELEVEN_HUNDRED = at_full_count(1_100, 110)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server that requires a login, and whose temporary folder is its own."""
    folder = tmp_path_factory.mktemp("strangers")
    shell = migrated_shell(folder)
    (folder / "tmp").mkdir()
    shell.environment |= {"TMPDIR": str(folder / "tmp"), "LVS_REQUIRE_LOGIN": "1"}
    (shell.videos / "clip.mp4").write_bytes(CONTENT)
    shell.run("scan_library")
    shell.python(
        "from django.contrib.auth.models import User; User.objects.create_superuser('anna', password='a long password')"
    )
    with running(shell, "--no-worker", **LIMITS) as server:
        yield server


@pytest.fixture
def many_files():
    """Let this process hold some thousand connections."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 8192 if before[1] == resource.RLIM_INFINITY else min(8192, before[1])
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@contextmanager
def connected(site, count, *requests):
    """Give as many connections, on which the requests were sent in turn."""
    clients = [site.connect(requests[number % len(requests)]) for number in range(count)]
    try:
        yield clients
    finally:
        for client in clients:
            client.close()


def has_answer(client, seconds=0.0):
    poll = select.poll()  # select() knows no descriptor beyond 1023
    poll.register(client, select.POLLIN)
    return bool(poll.poll(seconds * 1000))


def login(site):
    """Return the headers of somebody who has logged in."""
    token = re.search(r"csrftoken=(\w+)", site.get("/login/").headers["Set-Cookie"])[1]
    form = f"csrfmiddlewaretoken={token}&username=anna&password=a+long+password"
    with site.connect(f"{POST}Cookie: csrftoken={token}\r\nContent-Length: {len(form)}\r\n\r\n{form}") as client:
        head, _ = read_answer(client)
    assert head.startswith("HTTP/1.1 302 "), head
    cookies = dict(re.findall(r"Set-Cookie:\s+(\w+)=(\w+)", head))
    return {"Cookie": f"sessionid={cookies['sessionid']}; csrftoken={cookies['csrftoken']}"}, cookies["csrftoken"]


@pytest.mark.parametrize(
    "head",
    [
        POST + "Content-Length: 60000\r\n\r\n",
        POST + "Content-Length: 400000\r\n\r\n",
        POST + "Transfer-Encoding: chunked\r\n\r\n",
        POST + "Transfer-Encoding: chunked\r\n\r\nffff;ext=1\r\nabc",
        POST + "Expect: 100-continue\r\nContent-Length: 60000\r\n\r\n",
        POST + "Expect: 100-continue\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["length", "long", "chunked", "in a chunk", "expect", "expect chunked"],
)
def test_eleven_hundred_who_promise_a_body_and_send_none_keep_nobody_out_and_are_let_go(site, many_files, head):
    with connected(site, ELEVEN_HUNDRED, head) as clients:
        assert_pages_answer_at_login(site)
        wait_for(lambda: all(map(ended, clients)), 15)
    assert_pages_answer_at_login(site)


def assert_pages_answer_at_login(site):
    for _ in range(3):
        began = time.monotonic()
        assert site.get("/login/").status == 200
        assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    "length", ["0000000000000060000", "+60000", "60000, 60000", "0x60000", "60000\r\nContent-Length: 60000"]
)
def test_eleven_hundred_with_a_length_that_is_none_are_answered_at_once(site, many_files, length):
    with connected(site, ELEVEN_HUNDRED, f"{POST}Content-Length: {length}\r\n\r\n") as clients:
        assert_pages_answer_at_login(site)
        assert {status_of(client)[0] for client in clients} == {400}
    assert_pages_answer_at_login(site)


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (POST + f"Content-Length: {300 * 1024**2}\r\n\r\n", 413),
        (POST + f"Content-Length: {2**63}\r\n\r\n", 413),
        (POST + "Expect: 100-continue\r\nContent-Length: 600000\r\n\r\n", 413),
        (POST + "Transfer-Encoding: chunked\r\n\r\nffffff\r\n", 413),
        (POST + "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        (POST + "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (POST + "Expect: the-unexpected\r\nContent-Length: 5\r\n\r\n", 417),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
        (b"GET /\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET /" + b"x" * 9000, 414),
        (b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_what_is_refused_is_refused_at_once_and_in_words(site, request_, status):
    began = time.monotonic()
    with site.connect(request_) as client:
        head, body = read_answer(client)
        assert head.startswith(f"HTTP/1.1 {status} ")
        assert time.monotonic() - began < 2
        assert "Connection: close" in head
        assert len(body.split()) > 3
        wait_for(lambda: ended(client), 3)


def test_a_request_that_does_not_end_in_its_time_is_told_so(site):
    for part in (b"GET / HTTP/1.1\r\nHost: loc", POST.encode() + b"Content-Length: 1000\r\n\r\nusername"):
        with site.connect(part) as client:
            assert status_of(client)[0] == 408


def test_who_dribbles_a_body_gets_no_more_time_for_it(site):
    with site.connect(f"{POST}Content-Length: 100000\r\n\r\n") as client:
        began = time.monotonic()
        with suppress(OSError):
            while not has_answer(client, 0.1):
                client.send(b"x")
                assert time.monotonic() - began < 10
        assert status_of(client)[0] == 408


def test_a_form_of_any_framing_logs_in(site):
    cookie = f"Cookie: csrftoken={COOKIE}\r\n"
    chunks = "".join(f"{len(piece):x};a=b\r\n{piece}\r\n" for piece in (FORM[:7], FORM[7:])) + "0\r\nTrailer: x\r\n\r\n"
    for framed in (
        f"Content-Length: {len(FORM)}\r\n\r\n{FORM}",
        f"Transfer-Encoding: chunked\r\n\r\n{chunks}",
        f"transfer-encoding:\tCHUNKED \r\n\r\n{chunks}",
    ):
        with site.connect(POST + cookie + framed + get("/healthz")) as client:
            head, body = read_answer(client)
            assert head.startswith("HTTP/1.1 200 "), head
            assert b"username" in body, "the form was read, and the password was wrong"
            assert read_answer(client)[1] == b"ok\n"


def test_who_asks_whether_to_send_a_form_is_told_to(site):
    with Wire(site.port) as wire:
        wire.send(
            f"{POST}Cookie: csrftoken={COOKIE}\r\nExpect: 100-continue\r\nContent-Length: {len(FORM)}\r\n\r\n".encode()
        )
        assert wire._until(b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        wire._received = b""
        wire.send(FORM.encode())
        assert wire.read().status == 200


@pytest.mark.parametrize(
    "framed",
    [
        "Content-Length: 40\r\nContent-Length: 0\r\n\r\n",
        "Content-Length: 40\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n\r\n0\r\n\r\n",
        "Transfer-Encoding: xchunked\r\n\r\n",
        "Content-Length: 0\n\n",
        "Content_Length: 40\r\nContent-Length: 0x0\r\n\r\n",
        "Content-Length : 40\r\n\r\n",
        "Transfer-Encoding: chunked\r\n\r\n0\n\n",
        "Transfer-Encoding: chunked\r\n\r\n0\r\nX: y\n\r\n",
        "Content-Length: 1\r\n Content-Length: 0\r\n\r\n",
        "Transfer-Encoding:\x0bchunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_no_second_request_is_found_behind_one_that_could_end_in_two_places(site, framed):
    with site.connect(POST + framed + get("/healthz")) as client:
        assert status_of(client)[0] == 400
        rest = b""
        with suppress(OSError):
            rest = b"".join(iter(lambda: client.recv(65536), b""))
        assert b"HTTP/1.1 " not in rest


def test_a_body_is_no_request_of_its_own(site):
    hidden = get("/healthz")
    for path in ("/login/", "/videos/1/stream", "/nowhere"):
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nRange: bytes=0-1\r\nContent-Length: {len(hidden)}\r\n\r\n"
        with Wire(site.port) as wire:
            wire.send((head + hidden + get("/nowhere-else")).encode())
            assert wire.read().status in (302, 401, 403, 404, 405)
            assert wire.read().status != 200


# --- nothing of it reaches the disk --------------------------------------------------------------------------------


class Watched:
    """The most that lay in some folders while the block ran."""

    def __init__(self, *folders):
        self._folders, self.most_bytes, self._is_over = folders, 0, threading.Event()

    def __enter__(self):
        self._before = self._bytes()
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()
        return self

    def __exit__(self, *exception):
        self._is_over.set()
        self._thread.join()
        self.most_bytes = max(self.most_bytes, self._bytes() - self._before)

    def _watch(self):
        while not self._is_over.wait(0.002):
            self.most_bytes = max(self.most_bytes, self._bytes() - self._before)

    def _bytes(self):
        found = 0
        for folder in self._folders:
            for path in Path(folder).rglob("*"):
                with suppress(OSError):
                    found += path.lstat().st_size
        return found


def upload(port, path, megabytes, *, chunked=False):
    """Send a film in a form, as fast as it is taken, and return the status of the answer, or None where none came."""
    begin = f'--x\r\nContent-Disposition: form-data; name="csrfmiddlewaretoken"\r\n\r\n{COOKIE}\r\n'
    begin += '--x\r\nContent-Disposition: form-data; name="f"; filename="film.mp4"\r\n\r\n'
    end, piece = "\r\n--x--\r\n", bytes(1024**2)
    length = len(begin) + len(end) + megabytes * len(piece)
    framed = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {length}"
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nCookie: csrftoken={COOKIE}\r\n"
    head += "Content-Type: multipart/form-data; boundary=x\r\n"
    with Wire(port) as wire:
        with suppress(OSError):
            wire.send(f"{head}{framed}\r\n\r\n".encode())
            for part in [begin.encode(), *[piece] * megabytes, end.encode()]:
                wire.send(b"%x\r\n%b\r\n" % (len(part), part) if chunked else part)
            wire.send(b"0\r\n\r\n" if chunked else b"")
        return wire.read().status


@pytest.mark.parametrize("path", ["/login/", "/admin/login/", "/i18n/setlang/", "/nowhere"])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_no_byte_of_a_strangers_upload_reaches_the_disk(site, path, chunked):
    with Watched(site.shell.environment["TMPDIR"], site.shell.data) as watched:
        assert upload(site.port, path, 300 if path == "/login/" else 30, chunked=chunked) == 413
    assert watched.most_bytes < 100_000
    assert_pages_answer_at_login(site)


@pytest.mark.parametrize("server", ["gunicorn", "wsgiref"])
def test_under_another_server_no_byte_of_it_reaches_the_disk_either(site, server, tmp_path):
    port = free_port()
    wsgiref = (
        "from wsgiref.simple_server import make_server; from lvs_site.wsgi import application; "
        f"make_server('127.0.0.1', {port}, application).serve_forever()"
    )
    command = {
        "gunicorn": [
            "-m",
            "gunicorn",
            "lvs_site.wsgi",
            "--bind",
            f"127.0.0.1:{port}",
            "--threads",
            "2",
            "--no-control-socket",
        ],
        "wsgiref": ["-c", wsgiref],
    }[server]
    environment = {**site.shell.environment, "TMPDIR": str(tmp_path)}
    with open(tmp_path.parent / f"{tmp_path.name}.log", "wb") as log:
        process = subprocess.Popen([sys.executable, *command], cwd=PROJECT, env=environment, stdout=log, stderr=log)
    try:
        wait_for(lambda: is_listening(port), 30, lambda: Path(log.name).read_text())
        with Watched(tmp_path, site.shell.data) as watched:
            # It is the server's affair how much it takes of a body that nobody reads, and whether it then resets.
            with suppress(EOFError, ConnectionError):
                assert upload(port, "/login/", 300) == 413
        assert watched.most_bytes < 100_000
        assert upload_in_memory(port) == 413
    finally:
        process.terminate()
        process.wait()


def is_listening(port):
    with suppress(OSError), Wire(port) as wire:
        return wire.ask("GET", "/healthz").status == 200
    return False


def upload_in_memory(port):
    """Send a form with a small file, which a parser would keep in memory at first."""
    return upload(port, "/login/", 0)


# --- what is decided is decided for each request -------------------------------------------------------------------


def test_after_a_logout_elsewhere_a_range_on_a_kept_connection_is_refused_at_once(site):
    headers, token = login(site)
    with Wire(site.port) as wire, Wire(site.port) as other:
        asked = [*headers.items(), ("Range", "bytes=0-9")]
        for first in (0, 50, 100):
            reply = wire.ask("GET", "/videos/1/stream", [*headers.items(), ("Range", f"bytes={first}-{first + 9}")])
            assert (reply.status, reply.body) == (206, CONTENT[first : first + 10])
        form = f"csrfmiddlewaretoken={token}"
        other.send(
            f"POST /logout/ HTTP/1.1\r\nHost: localhost\r\nCookie: {headers['Cookie']}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n\r\n{form}".encode()
        )
        assert other.read().status == 302
        assert wire.ask("GET", "/videos/1/stream", asked).status in (302, 401)


def test_a_range_with_a_body_is_one_request(site):
    headers, _ = login(site)
    asked = "".join(f"{name}: {text}\r\n" for name, text in headers.items()) + "Range: bytes=0-9\r\n"
    head = f"GET /videos/1/stream HTTP/1.1\r\nHost: localhost\r\n{asked}"
    hidden = f"{head}\r\n"
    with Wire(site.port) as wire:
        for _ in range(3):
            wire.send(f"{head}Content-Length: {len(hidden)}\r\n\r\n{hidden}".encode())
            assert wire.read().body == CONTENT[:10]
        assert wire.ask("GET", "/healthz").body == b"ok\n"


# --- memory --------------------------------------------------------------------------------------------------------


def megabytes(pid):
    """Return what the process holds in memory, libraries that it shares with others included."""
    return int(re.search(r"Rss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text())[1]) / 1024


def test_three_thousand_six_hundred_half_requests_take_no_more_than_their_share_of_memory(tmp_path, many_files):
    # As long as all of them are sent, nobody's time is over.
    with running(migrated_shell(tmp_path), "--no-worker", REQUEST_SECONDS=300.0, BODY_SECONDS=300.0) as site:
        (web,) = site.family()
        assert_pages_answer(site)
        before, most = megabytes(web), 0.0
        head = b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"".join(b"X-%d: %s\r\n" % (n, b"y" * 8000) for n in range(7))
        form = POST.encode() + b"Content-Length: 400000\r\n\r\n" + b"x" * 300_000

        def enough_are_answered():
            nonlocal most
            most = max(most, megabytes(web))
            return sum(map(has_answer, clients)) > 2_900

        with connected(site, 3_600, head, head, head, form) as clients:
            wait_for(enough_are_answered, 60, lambda: f"{sum(map(has_answer, clients))} of 3,600 had to go")
            assert not any(map(has_answer, clients[-100:])), "the oldest go first"
            assert status_of(clients[0])[0] == 408
            assert_pages_answer(site)
            most = max(most, megabytes(web))
        assert most - before < 64 + 24, f"{before:.0f} MB before, {most:.0f} MB with half requests"


def test_a_request_that_is_half_here_is_not_pushed_out_by_another_address(tmp_path, many_files):
    limits = {"MAX_HELD_BYTES": 3_000_000, "REQUEST_SECONDS": 60.0, "BODY_SECONDS": 60.0}
    with running(migrated_shell(tmp_path), "--no-worker", **limits) as site:
        honest = FORM.encode()
        with Wire(site.port) as wire, socket_from("127.0.0.9", site.port) as first:
            wire.send(
                f"{POST}Cookie: csrftoken={COOKIE}\r\nContent-Length: {len(honest)}\r\n\r\n".encode() + honest[:10]
            )
            first.sendall(POST.encode() + b"Content-Length: 400000\r\n\r\n" + b"x" * 300_000)
            strangers = [socket_from("127.0.0.9", site.port) for _ in range(40)]
            for stranger in strangers:
                stranger.sendall(POST.encode() + b"Content-Length: 400000\r\n\r\n" + b"x" * 300_000)
            wait_for(lambda: has_answer(first), 10)
            wire.send(honest[10:])
            assert wire.read().status == 200
            for stranger in strangers:
                stranger.close()


def socket_from(address, port):
    client = socket.socket()
    client.bind((address, 0))
    client.settimeout(20)
    client.connect(("127.0.0.1", port))
    return client


@pytest.mark.parametrize("ending", ["reset", "half closed", "closed"])
def test_those_who_go_in_the_middle_of_a_request_leave_nothing_behind(site, ending):
    (web,) = site.family()
    wait_for(lambda: len(os.listdir(f"/proc/{web}/fd")) < 60, 20)
    for part in (
        b"",
        b"GET / HT",
        POST.encode() + b"Content-Length: 999\r\n\r\nabc",
        POST.encode() + b"Transfer-Encoding: chunked\r\n\r\n5\r\n",
    ):
        for _ in range(50):
            client = site.connect(part)
            if ending == "reset":
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            if ending == "half closed":
                client.shutdown(socket.SHUT_WR)
            client.close()
    wait_for(lambda: len(os.listdir(f"/proc/{web}/fd")) < 60, 5)
    assert_pages_answer_at_login(site)


def test_who_has_closed_its_half_still_gets_the_answer(site):
    with site.connect(get("/healthz")) as client:
        client.shutdown(socket.SHUT_WR)
        assert read_answer(client)[1] == b"ok\n"
        wait_for(lambda: ended(client), 3)


def test_two_hundred_who_never_close_a_refused_connection_hold_no_thread(site, many_files):
    bad = b"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n"  # a thread answers it, and the connection goes on
    last = get("/healthz", Connection="close")
    with connected(site, at_full_count(200, 60), bad, b"nonsense\r\n\r\n", last) as clients:
        assert_pages_answer_at_login(site)
        wait_for(lambda: all(has_answer(client) for client in clients), 5)
        assert_pages_answer_at_login(site)


# --- those who ask and do not take ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def script(site):
    """The address of a file that the login page loads, of some size."""
    return max(re.findall(r'(/static/[^"]+)"', site.get("/login/").text), key=lambda path: len(site.get(path).body))


@pytest.mark.parametrize("asked", ["script", "/login/"])
def test_sixty_who_ask_for_pages_and_take_none_hold_no_thread(tmp_path, asked, site, script):
    shell = migrated_shell(tmp_path)
    shell.environment["LVS_REQUIRE_LOGIN"] = "1"
    # Twice as many as there are threads.
    count = at_full_count(60, 8)
    with running(shell, "--no-worker", threads=count // 2) as patient:
        (web,) = patient.family()
        # More answers than the system keeps on the way to them.
        request = get(script if asked == "script" else asked) * 700
        clients = [patient.connect(request[:60_000], buffer_bytes=4096) for _ in range(count)]
        wait_until_idle(web)
        assert_pages_answer_at_login(patient)
        for client in clients:
            client.close()


def wait_until_idle(pid):
    """Wait until the process has nothing to do."""

    def ticks():
        return sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13]))

    before = -1
    while (now := ticks()) > before + 2:
        before = now
        time.sleep(1.0)


def test_an_answer_that_is_taken_slowly_is_whole(site, script):
    whole = site.get(script).body
    with site.connect(get(script) * 3, buffer_bytes=4096) as client:
        for _ in range(3):
            time.sleep(1.0)
            assert read_answer(client)[1] == whole
