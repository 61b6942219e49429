"""A disk that takes no writes stops nobody from watching: full, read-only, forbidden, failing and damaged are five states.

Each is met by a server that runs, and by one that starts, with a login and without.
"""

import http.client
import os
import re
import resource
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlencode

import pytest

from tests.conftest import Shell, migrated_shell
from tests.disks import Disk, ext4_disk, needs_loop, needs_mount, small_disk
from tests.server import Answer, Server, running, wait_for

pytestmark = [pytest.mark.slow, needs_mount]

CONTENT = os.urandom(300_001)
TOKEN = "t" * 32
PAGES = (
    "/", "/?q=clip", "/?sort=title", "/facets/", "/videos/1/", "/videos/1/related", "/favorites/", "/popular/",
    "/best-of/", "/history/", "/tags/", "/folders/", "/stats/", "/library/", "/library/progress", "/lists/",
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


@pytest.fixture(params=[False, True], ids=["without login", "with login"])
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


def shell_on(folder: Path) -> Shell:
    """Return manage.py on a migrated library whose data folder is there already."""
    (folder / "made").mkdir()
    shell = migrated_shell(folder / "made")
    shutil.copytree(shell.data, folder / "shell-data", dirs_exist_ok=True)
    shell.data = folder / "shell-data"
    shell.environment["LVS_DATA_DIR"] = str(shell.data)
    return shell


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


def assert_everything_can_be_read(server: Server, site: Site) -> None:
    for page in PAGES:
        answer = get(server, site, page)
        assert answer.status == 200, (page, answer.text[:500], server.log)
    assert "A clip" in get(server, site, "/?q=clip").text
    stream = get(server, site, "/videos/1/stream")
    assert (stream.status, stream.body) == (200, CONTENT)
    part = get(server, site, "/videos/1/stream", Range="bytes=100-199")
    assert (part.status, part.body) == (206, CONTENT[100:200])
    page = get(server, site, "/videos/1/").text
    files = re.findall(r'(?:src|href)="(/static/[^"]+)"', page)
    assert len(files) > 5
    for file in files:
        assert server.get(file).status == 200, file


def assert_writes_are_refused(server: Server, site: Site, state: State, login: bool) -> None:
    for path, form in WRITES.items():
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
    "/videos/1/title": {"title": "Another"}, "/videos/1/views": {}, "/videos/1/position": {"seconds": "50"},
    "/videos/1/markers": {"name": "here", "at": "0:01"}, "/lists/save": {"name": "mine", "query": "q=clip"},
    "/bulk/": {"action": "stars", "stars": "5", "video": "1"}, "/library/scan": {},
}  # fmt: skip


def assert_writes_work(server: Server, site: Site, state: State) -> None:
    assert post(server, "/videos/1/stars", site.session, stars="4").status == 303, server.log
    wait_for(lambda: server.get("/healthz").body == b"ok\n", 15, lambda: server.get("/healthz").text)
    with closing(sqlite3.connect(site.shell.database, timeout=20)) as database:
        assert database.execute("SELECT stars FROM videos_rating").fetchall() == [(4,)]


ON = [("full", "tmpfs"), ("full", "ext4"), ("read-only", "tmpfs"), ("no permission", "ext4")]


@needs_loop
@pytest.mark.parametrize(("name", "site"), ON, indirect=["site"])
def test_a_server_that_runs_reads_on_says_why_it_cannot_write_and_goes_on_by_itself(
    name: str, site: Site, login: bool
) -> None:
    state = STATES[name]
    with running(site.shell) as server:
        assert get(server, site, "/").status == 200
        state.begin(site.disk)
        assert_everything_can_be_read(server, site)
        assert_writes_are_refused(server, site, state, login)
        assert_everything_can_be_read(server, site)
        healthy = server.get("/healthz")
        assert (healthy.status, healthy.text) == (200, f"degraded: {state.word}\n")
        state.end(site.disk)
        assert_writes_work(server, site, state)
        assert_everything_can_be_read(server, site)
        assert "Traceback" not in server.log


@needs_loop
@pytest.mark.parametrize("collected", [False, True], ids=["first start", "started before"])
@pytest.mark.parametrize(("name", "site"), ON, indirect=["site"])
def test_a_server_that_starts_reads_says_why_it_cannot_write_and_goes_on_by_itself(
    name: str, site: Site, login: bool, collected: bool
) -> None:
    state = STATES[name]
    if collected:
        with running(site.shell):
            pass
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
