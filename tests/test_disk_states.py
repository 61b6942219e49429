"""A disk that takes no writes stops nobody from watching: full, read-only, forbidden, failing, damaged: five states.

Each is met by a server that runs, and by one that starts, with a login and without.
"""

import http.client
import os
import re
import resource
import sqlite3
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.conftest import Shell
from tests.counts import only_long
from tests.disks import Disk, ext4_disk, needs_loop, needs_mount, shell_on, small_disk
from tests.live_server import Answer, Server, running, wait_for
from tests.worker import rows

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long("videos"),
    needs_mount,
]

CONTENT = os.urandom(300_001)
TOKEN = "t" * 32
PAGES = (
    "/", "/?q=clip", "/?sort=title", "/facets/", "/videos/1/", "/videos/1/related", "/favorites/", "/popular/",
    "/best-of/", "/history/", "/tags/", "/folders/", "/stats/", "/library/", "/library/progress", "/lists/",
    "/admin/", "/admin/videos/video/",
)  # fmt: skip
SET_UP = """
from django.contrib.auth.models import User
from django.contrib.auth import HASH_SESSION_KEY, SESSION_KEY, BACKEND_SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.conf import settings
from videos.models import Video
Video.objects.create(pk=1, filename="clip.mp4", title="A clip", file_size=300001)
account = User.objects.create_superuser("ann", password="a long password")
session = SessionStore()
session[SESSION_KEY], session[BACKEND_SESSION_KEY] = str(account.pk), settings.AUTHENTICATION_BACKENDS[0]
session[HASH_SESSION_KEY] = account.get_session_auth_hash()
session.save()
print(session.session_key)
"""


class Site(NamedTuple):
    """A library on a disk of its own, and the session of somebody who is logged in."""

    shell: Shell
    disk: Disk
    session: str


class State(NamedTuple):
    """A state of the disk: how it begins and ends, what is said of it, and in one word."""

    begin: Callable[[Disk], None]
    end: Callable[[Disk], None]
    sentence: str
    word: str


STATES = {
    "full": State(Disk.fill, Disk.make_room, "The disk is full: make room", "the disk is full"),
    "read-only": State(Disk.forbid_writing, Disk.allow_writing, "The disk is read-only", "the disk is read-only"),
    "no permission": State(
        Disk.take_permission, Disk.give_permission, "There is no permission to write", "there is no permission to write"
    ),
}


@pytest.fixture(params=[pytest.param(False, id="without login"), pytest.param(True, id="with login", marks=only_long)])
def login(request: pytest.FixtureRequest) -> bool:
    return request.param


@pytest.fixture
def site(request: pytest.FixtureRequest, tmp_path: Path, login: bool) -> Iterator[Site]:
    """On ext4 where the state needs it, else on a small disk in memory."""
    on = ext4_disk if getattr(request, "param", "") == "ext4" else small_disk
    with on(tmp_path / "shell-data") as disk:
        shell = shell_on(tmp_path)
        shell.environment["LVS_REQUIRE_LOGIN"] = str(int(login))
        (shell.videos / "clip.mp4").write_bytes(CONTENT)
        session = shell.python(SET_UP).strip()
        yield Site(shell, disk, session)


def wait_for_the_first_scan(site: Site) -> None:
    """Wait until the worker has scanned: while a scan is asked for, asking for one more changes nothing."""
    scans = (
        "SELECT count(*) AS n FROM django_tasks_database_dbtaskresult WHERE task_path LIKE '%scan_folder' AND status"
    )
    wait_for(lambda: rows(site.shell, f"{scans} = 'SUCCESSFUL'")[0]["n"], 60)
    wait_for(lambda: not rows(site.shell, f"{scans} IN ('READY', 'RUNNING')")[0]["n"], 60)


def get(server: Server, site: Site, path: str, method: str = "GET", **headers: str) -> Answer:
    return server.get(path, method, Cookie=f"sessionid={site.session}", **headers)


def post(server: Server, path: str, session: str = "", htmx: bool = False, **form: str) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {
        "Cookie": f"csrftoken={TOKEN}; sessionid={session}",
        "X-CSRFToken": TOKEN,
        "Content-Type": "application/x-www-form-urlencoded",
        **({"HX-Request": "true"} if htmx else {}),
    }
    try:
        connection.request("POST", path, urlencode(form), headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def assert_everything_can_be_read(server: Server, site: Site, title: str = "A clip") -> None:
    for page in PAGES:
        answer = get(server, site, page)
        assert answer.status == 200, (page, answer.text[:500], server.log)
    assert title in get(server, site, "/").text
    stream = get(server, site, "/videos/1/stream")
    assert (stream.status, stream.body) == (200, CONTENT)
    part = get(server, site, "/videos/1/stream", Range="bytes=100-199")
    assert (part.status, part.body) == (206, CONTENT[100:200])
    page = get(server, site, "/videos/1/").text
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) > 5
    for file in files:
        assert server.get(file).status == 200, file


def assert_writes_are_refused(
    server: Server, site: Site, state: State, login: bool, *, has_a_log: bool = False
) -> None:
    for path, form in WRITES.items():
        if has_a_log and state is STATES["full"]:
            # What a refused write has taken for SQLite's log is enough for a smaller one.
            site.disk.fill()
        answer = post(server, path, site.session, **form)
        assert answer.status == 503, (path, answer.status, answer.text, server.log)
        assert int(answer.headers["Retry-After"]) > 0
        assert state.sentence in answer.text
        assert "restore_database" not in answer.text
        # Whoever is let in without a login is at home, and may know where to make room.
        assert (str(site.shell.data) in answer.text) is not login
    shown = post(server, "/videos/1/stars", site.session, htmx=True, stars="5")
    assert shown.headers["Content-Type"].startswith("text/plain")
    assert shown.text.startswith(state.sentence)


WRITES = {
    "/videos/1/stars": {"stars": "5"}, "/videos/1/favorite": {"favorite": "1"}, "/videos/1/tags": {"add": "new"},
    "/videos/1/title": {"title": "Another"}, "/videos/1/views": {}, "/videos/1/position": {"seconds": "100"},
    "/videos/1/markers": {"name": "here", "at": "0:01"}, "/lists/save": {"name": "mine", "query": "q=clip"},
    "/bulk/": {"action": "stars", "stars": "5", "video": "1"}, "/library/scan": {},
}  # fmt: skip


def assert_writes_work(server: Server, site: Site, state: State) -> None:
    assert post(server, "/videos/1/stars", site.session, stars="4").status == 303, server.log
    wait_for(lambda: server.get("/healthz").body == b"ok\n", 15, lambda: server.get("/healthz").text)
    with closing(sqlite3.connect(site.shell.database, timeout=20)) as database:
        assert database.execute("SELECT stars FROM videos_rating").fetchall() == [(4,)]


ON = [("full", "tmpfs"), ("full", "ext4"), ("read-only", "tmpfs"), ("no permission", "ext4")]


def cases(*others: bool) -> list[object]:
    """Return each state of ON, with a login and without, and with the other choices; all but a few are `only_long`."""
    found = []
    for number, (name, on) in enumerate(ON):
        for login in (False, True):
            for other in others or (False,):
                is_tried = (login, other) == (number % 2 == 1, bool(others) and number % 3 == 0)
                # A server that starts meets the first two states in `make test`, one that runs the others.
                marks = () if is_tried and (number < 2) == bool(others) else only_long
                chosen = (name, on, login, other) if others else (name, on, login)
                words = f"{name}-{on}-{'with login' if login else 'without login'}{'-started before' * other}"
                found.append(pytest.param(*chosen, id=words, marks=marks))
    return found


@needs_loop
@pytest.mark.parametrize(("name", "site", "login"), cases(), indirect=["site", "login"])
def test_a_server_that_runs_reads_on_says_why_it_cannot_write_and_goes_on_by_itself(
    name: str, site: Site, login: bool
) -> None:
    state = STATES[name]
    with running(site.shell) as server:
        assert get(server, site, "/").status == 200
        wait_for_the_first_scan(site)
        state.begin(site.disk)
        assert_everything_can_be_read(server, site)
        assert_writes_are_refused(server, site, state, login, has_a_log=True)
        assert_everything_can_be_read(server, site)
        healthy = server.get("/healthz")
        assert (healthy.status, healthy.text) == (200, f"degraded: {state.word}\n")
        state.end(site.disk)
        assert_writes_work(server, site, state)
        assert_everything_can_be_read(server, site)
        assert "Traceback" not in server.log


@needs_loop
@pytest.mark.parametrize(("name", "site", "login", "collected"), cases(False, True), indirect=["site", "login"])
def test_a_server_that_starts_reads_says_why_it_cannot_write_and_goes_on_by_itself(
    name: str, site: Site, login: bool, collected: bool
) -> None:
    state = STATES[name]
    if collected:
        with running(site.shell):
            wait_for_the_first_scan(site)
    state.begin(site.disk)
    before = files_in(site.shell.data)
    with running(site.shell) as server:
        assert_everything_can_be_read(server, site)
        assert_writes_are_refused(server, site, state, login)
        assert server.get("/healthz").text == f"degraded: {state.word}\n"
        assert state.sentence in server.log
        assert before.items() <= files_in(site.shell.data).items()
        if name != "read-only":  # a lock, a log: nothing but empty files
            assert not [path for path in files_in(site.shell.data).keys() - before.keys() if path.stat().st_size > 3]
        state.end(site.disk)
        assert_writes_work(server, site, state)
        assert_everything_can_be_read(server, site)
        assert "Traceback" not in server.log


def files_in(folder: Path) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in folder.rglob("*") if path.is_file()}


def assert_answers_from_the_files(server: Server, site: Site, login: bool, says: str) -> None:
    """Without a database: films by name where everybody is let in; where a login is needed, one sentence."""
    for page in ("/videos/1/", "/stats/", "/"):
        answer = get(server, site, page)
        assert answer.status == (200 if page == "/" and not login else 503), (page, answer.text)
        assert says in answer.text, page
        assert (str(site.shell.data) in answer.text) is not login
    if not login:
        film = server.get("/video/clip.mp4")
        assert (film.status, film.body) == (200, CONTENT)
    assert post(server, "/videos/1/stars", site.session, stars="4").status == 503
    assert server.get("/healthz").status == 503
    assert server.get("/static/videos/site.css").status == 200


def test_without_a_place_for_its_key_a_server_starts_and_says_that_logins_end_with_it(site: Site) -> None:
    (site.shell.data / ".secret_key").unlink()
    site.disk.forbid_writing()
    with running(site.shell, site.shell.videos) as server:
        assert server.get("/healthz").status == 200
        assert "logins end when this server stops" in server.log
        # What is written down as it is already, or cannot be, stops nothing.
        assert "The folder is not remembered for the next time." in server.log
        assert "Traceback" not in server.log


def test_on_a_full_disk_a_login_is_refused_with_the_sentence_and_works_once_there_is_room(site: Site) -> None:
    site.shell.environment["LVS_REQUIRE_LOGIN"] = "1"
    wanted = {"username": "ann", "password": "a long password"}
    with running(site.shell) as server:
        site.disk.fill()
        refused = post(server, "/login/", **wanted)
        assert (refused.status, "The disk is full" in refused.text) == (503, True)
        assert str(site.shell.data) not in refused.text
        assert post(server, "/login/", **{**wanted, "password": "wrong"}).status == 200
        assert post(server, "/logout/", site.session).status == 503
        assert get(server, site, "/").status == 200
        site.disk.make_room()
        assert post(server, "/login/", **wanted).status == 302
        assert "Traceback" not in server.log


def test_what_a_crash_left_in_the_log_is_read_on_a_disk_that_is_full_or_read_only(site: Site, login: bool) -> None:
    """The index beside the log may be there or gone, as after a copy of the folder."""
    leave = """
        import os, sqlite3
        database = sqlite3.connect(os.environ["LVS_DATA_DIR"] + "/video_metadata.db")
        database.execute("UPDATE videos_video SET title = 'Only in the log'")
        database.commit()
        os._exit(0)
    """
    for has_index in (True, False):
        site.shell.python(textwrap.dedent(leave))
        if not has_index:
            site.shell.database.with_name("video_metadata.db-shm").unlink()
        assert site.shell.database.with_name("video_metadata.db-wal").stat().st_size
        site.disk.forbid_writing()
        with running(site.shell, "--no-worker") as server:
            assert "Only in the log" in get(server, site, "/").text
            assert_everything_can_be_read(server, site, "Only in the log")
        site.disk.allow_writing()
    site.disk.fill()
    with running(site.shell, "--no-worker") as server:
        assert server.get("/healthz").status in (200, 503)
    site.disk.make_room()
    with running(site.shell, "--no-worker") as server:
        assert "Only in the log" in get(server, site, "/").text


@needs_loop
@pytest.mark.parametrize("site", ["ext4"], indirect=True)
def test_a_disk_that_fails_whole_ends_no_server_and_nobody_is_told_to_restore(site: Site, login: bool) -> None:
    with running(site.shell) as server:
        assert get(server, site, "/").status == 200
        processes = server.family()
        site.disk.fail()
        says = "The disk reports an error"
        assert_answers_from_the_files(server, site, login, says)
        assert "restore_database" not in get(server, site, "/").text
        # Whoever is logged in is looked up before any page of ours; the first such error is in the log as it came.
        unexpected = server.log.count("Internal Server Error")
        assert unexpected <= login
        assert ("Traceback" in server.log) == bool(unexpected)
        assert processes == server.family()


@needs_loop
@pytest.mark.parametrize("site", ["ext4"], indirect=True)
def test_on_a_disk_that_fails_whole_a_start_says_so_in_one_line(site: Site) -> None:
    site.disk.fail()
    said = site.shell.run("serve", "--bind", "127.0.0.1:0", status=1)
    assert "Input/output error" in said
    assert "Traceback" not in said
    assert len(said.strip().splitlines()) == 1


def test_a_disk_that_fails_only_at_writing_lets_a_running_server_read_on(site: Site, login: bool) -> None:
    with running(site.shell) as server:
        assert get(server, site, "/").status == 200
        wait_for_the_first_scan(site)
        limit_files(server, 0)
        state = State(Disk.fill, Disk.fill, "The disk reports an error", "the disk reports an error")
        assert_everything_can_be_read(server, site)
        assert_writes_are_refused(server, site, state, login)
        assert_everything_can_be_read(server, site)
        assert server.get("/healthz").text == f"degraded: {state.word}\n"
        limit_files(server, resource.RLIM_INFINITY)
        assert_writes_work(server, site, state)
        assert "Traceback" not in server.log


def limit_files(server: Server, size_bytes: int) -> None:
    """Let each write fail that would make a file longer than this, with an error that is none of a full disk."""
    for pid in server.family():
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (size_bytes, resource.RLIM_INFINITY))


@pytest.mark.parametrize("damage", ["overwritten", pytest.param("cut off", marks=only_long)])
def test_a_database_that_is_damaged_is_to_be_restored(site: Site, login: bool, damage: str) -> None:
    backup = re.search(r"\S+\.db", site.shell.run("backup_database"))
    assert backup
    with running(site.shell) as server:
        assert get(server, site, "/").status == 200
        processes = server.family()
        if damage == "cut off":
            os.truncate(site.shell.database, 4096)
        else:
            site.shell.database.write_bytes(b"not a database " * 5000)
        wait_for(lambda: get(server, site, "/stats/").status == 503, 20, lambda: server.log)
        wait_for(lambda: server.get("/healthz").status == 503, 20, lambda: server.log)
        assert_answers_from_the_files(server, site, login, "" if login else "cannot be used")
        assert login or "restore_database" in get(server, site, "/").text
        assert processes == server.family()
        site.shell.run("restore_database", backup[0])
        wait_for(lambda: get(server, site, "/").status == 200 and server.get("/healthz").status == 200, 20)
        assert_everything_can_be_read(server, site)
        assert post(server, "/videos/1/stars", site.session, stars="4").status == 303
