"""`manage.py serve` as a person runs it: it starts, shows the folder, survives what happens to it, and ends cleanly."""

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from urllib.parse import urlencode

import pytest

from tests.conftest import PROJECT, Shell, migrated_shell
from tests.live_server import free_port, is_alive, running, wait_for
from tests.media.samples import make_sample, recipe, write
from tests.worker import SECONDS, descendants, pictures, rows, video, wait_for_analysis, working

pytestmark = pytest.mark.slow

CONTENT = os.urandom(5_000_003)


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A server whose folder held one clip when it started, and another after its first scan."""
    shell = Shell(tmp_path_factory.mktemp("serve"))
    (shell.videos / "first clip.mp4").write_bytes(CONTENT)
    with running(shell) as server:
        page_of(server, "first clip")
        (shell.videos / "sub").mkdir()
        (shell.videos / "sub" / "later clip.webm").write_bytes(b"later")
        yield server


@pytest.fixture
def other_shell(tmp_path):
    """A library of its own, migrated and empty."""
    return migrated_shell(tmp_path)


def page_of(server, title):
    """Return the address of the watch page of the clip with this title, once the gallery shows it."""
    pattern = re.compile(rf'href="(/videos/\d+/)(?:\?[^"]*)?">(?:(?!</a>).)*?{re.escape(title)}</h2>', re.DOTALL)
    return wait_for(lambda: pattern.search(server.get("/").text), 60, lambda: server.log)[1]


def test_the_start_says_that_the_database_is_there_and_where_to_look(site):
    assert "[OK] Database backend initialized\n" in site.log
    assert f"Videos: {site.shell.videos}\n" in site.log
    assert f"Listening on {site.address}/" in site.log
    assert site.get("/healthz").body == b"ok\n"
    assert site.shell.database.exists()


def test_the_library_page_never_says_that_no_worker_runs_while_one_starts(other_shell):
    with running(other_shell) as server:
        seen = set()
        deadline = time.monotonic() + 30
        while "running" not in seen:
            assert time.monotonic() < deadline, server.log
            said = server.get("/library/progress").text
            assert "No worker is running" not in said
            seen.add("starting" if "The worker is starting" in said else "running")
        first = server.get("/").text
        assert "No worker is running" not in first


def test_a_server_without_a_worker_says_so_at_once(other_shell):
    with running(other_shell, "--no-worker") as server:
        assert "No worker is running" in server.get("/library/").text
        assert "No worker is running" in server.get("/").text


def test_static_files_have_hashed_names_and_may_be_kept_for_ever(site):
    (style,) = re.findall(r'href="(/static/videos/site\.[0-9a-f]{12}\.css)"', site.get("/").text)
    answer = site.get(style, Accept_Encoding="gzip")
    assert answer.status == 200
    assert "immutable" in answer.headers["Cache-Control"]
    assert answer.headers["Content-Encoding"] == "gzip"
    assert "javascript" in site.get(re.search(r"/static/\S+\.js", watch_page(site)).group()).headers["Content-Type"]


def watch_page(site):
    return site.get(page_of(site, "first clip")).text


@pytest.mark.parametrize(
    ("header", "start", "stop"),
    [
        (None, 0, len(CONTENT)),
        ("bytes=0-", 0, len(CONTENT)),
        ("bytes=0-1", 0, 2),
        ("bytes=1048575-3145729", 1048575, 3145730),
        ("bytes=-100001", len(CONTENT) - 100001, len(CONTENT)),
        ("bytes=5000002-9999999", 5000002, 5000003),
    ],
)
def test_the_bytes_on_the_wire_are_exactly_those_of_the_file(site, header, start, stop):
    address = page_of(site, "first clip") + "stream"
    answer = site.get(address, **({"Range": header} if header else {}))
    assert answer.status == (206 if header else 200)
    assert answer.headers["Content-Length"] == str(stop - start)
    assert answer.headers["Transfer-Encoding"] is None
    assert answer.body == CONTENT[start:stop]
    head = site.get(address, "HEAD", **({"Range": header} if header else {}))
    assert (head.status, head.headers["Content-Length"], head.body) == (answer.status, str(stop - start), b"")


def test_one_connection_serves_one_range_after_the_other(site):
    address = page_of(site, "first clip") + "stream"
    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=30)
    for start in (4_000_000, 0, 9_000_000, 123):
        connection.request("GET", address, headers={"Range": f"bytes={start}-{start + 999}"})
        response = connection.getresponse()
        assert response.status == (416 if start > len(CONTENT) else 206)
        assert response.read() == CONTENT[start : start + 1000]
    connection.close()


def test_clients_that_go_away_in_the_middle_leave_no_file_open(site):
    address = page_of(site, "first clip") + "stream"

    def files_open():
        folders = [f"/proc/{pid}/fd/{name}" for pid in site.family() for name in os.listdir(f"/proc/{pid}/fd")]
        return [path for path in folders if os.path.realpath(path).endswith("first clip.mp4")]

    sockets = [socket.create_connection(("127.0.0.1", site.port)) for _ in range(8)]
    for client in sockets:
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        client.sendall(f"GET {address} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode())
    for client in sockets:
        assert client.recv(1000).startswith(b"HTTP/1.1 200")
    wait_for(files_open, 10)
    for client in sockets:
        client.close()
    wait_for(lambda: not files_open(), 15)
    assert site.get("/healthz").status == 200


def test_a_second_server_on_the_same_data_says_so_and_changes_nothing(site, tmp_path):
    (tmp_path / "elsewhere").mkdir()
    output = site.shell.run("serve", tmp_path / "elsewhere", "--bind", f"127.0.0.1:{free_port()}", status=1)
    assert "A server is running on the library" in output
    assert "Traceback" not in output
    assert not (site.shell.data / ".video_dir").exists()
    assert site.get("/healthz").status == 200


def test_a_taken_port_is_one_clear_line(site, other_shell):
    output = other_shell.run("serve", "--bind", f"127.0.0.1:{site.port}", status=1)
    said = f"CommandError: Cannot listen on 127.0.0.1:{site.port}: Address already in use."
    assert output.strip() == f"{said} --bind chooses another address or port."


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("LVS_VIDEODIR", "/tmp", "did you mean LVS_VIDEO_DIR?"),
        ("LVS_REQUIRE_LOGIN", "maybe", "LVS_REQUIRE_LOGIN"),
        ("LVS_BIND", "here", "LVS_BIND"),
    ],
)
def test_an_unknown_or_malformed_variable_is_one_clear_line(other_shell, variable, value, said):
    other_shell.environment[variable] = value
    output = other_shell.run("serve", status=1)
    assert output.startswith("Error: ")
    assert said in output
    assert len(output.strip().splitlines()) == 1


def test_where_no_server_can_run_it_says_in_one_line_what_to_use_instead(other_shell):
    # As on Windows, where Python has no fcntl.
    code = "import sys, runpy; sys.modules['fcntl'] = None; sys.argv = ['manage.py', 'serve']; "
    run = f"runpy.run_path({str(PROJECT / 'manage.py')!r}, run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code + run], env=other_shell.environment, text=True, capture_output=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: Local Video Server runs on Linux and macOS. On Windows it runs in WSL:")
    assert len(done.stderr.splitlines()) == 1


def test_a_folder_that_is_none_is_one_clear_line(other_shell):
    output = other_shell.run("serve", other_shell.data / "nothing", status=1)
    assert output.strip() == f"CommandError: {other_shell.data / 'nothing'} is not a folder."


def test_the_folder_is_remembered_and_a_signal_ends_everything_with_status_0(other_shell, tmp_path):
    del other_shell.environment["LVS_VIDEO_DIR"]
    folder = tmp_path / "my films ü"
    folder.mkdir()
    (folder / "film.mkv").write_bytes(b"film")
    with running(other_shell, folder) as server:
        page_of(server, "film")
        family = server.family()
        assert len(family) == 2, "the web server's process and the worker"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        assert not any(map(is_alive, family))
        assert "Traceback" not in server.log
    assert str(folder) in other_shell.run("scan_library")
    with running(other_shell, "--no-worker") as server:
        assert f"Videos: {folder}\n" in server.log
        page_of(server, "film")


def test_nothing_outlives_a_server_that_is_killed(other_shell):
    make_sample("two_frames.mp4", other_shell.videos)
    with running(other_shell) as server:
        wait_for_analysis(other_shell, "two_frames.mp4")
        family = descendants(server.process.pid)
        assert len(family) >= 3, "the web server's process, the worker and its decoder"
        server.process.kill()
        server.process.wait()
        wait_for(lambda: not any(map(is_alive, family)), 20, lambda: f"{list(filter(is_alive, family))}\n{server.log}")
    with running(other_shell, port=server.port) as server:
        assert server.get("/healthz").status == 200


def test_a_worker_that_is_killed_is_started_again_and_takes_up_what_it_left(other_shell):
    film = write(recipe("silent.mp4", name="film.mp4", seconds=1, width=96, height=64), other_shell.data).read_bytes()
    for number in range(80):
        (other_shell.videos / f"{number}.mp4").write_bytes(film + bytes([number]))
        os.utime(other_shell.videos / f"{number}.mp4", (1_000_000_000, 1_000_000_000))
    left = "SELECT * FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING' AND task_path LIKE '%analyze%'"
    undone = "SELECT * FROM videos_video WHERE analysis_due_at IS NOT NULL"
    with running(other_shell) as server:
        wait_for(lambda: rows(other_shell, left), SECONDS, lambda: server.log)
        (first,) = workers(server)
        os.kill(first, signal.SIGKILL)
        (task,) = rows(other_shell, left)
        assert rows(other_shell, undone), "it had done everything already"
        wait_for(lambda: workers(server) not in ([first], []), 20, lambda: server.log)
        assert "The worker ended unexpectedly; starting it again." in server.log
        wait_for(lambda: not rows(other_shell, undone), SECONDS, lambda: server.log)
        again = "SELECT * FROM django_tasks_database_dbtaskresult WHERE id = ? AND status = 'SUCCESSFUL'"
        (done,) = wait_for(lambda: rows(other_shell, again, task["id"]), SECONDS, lambda: server.log)
        assert len(json.loads(done["worker_ids"])) == 2
        facts = "SELECT DISTINCT width, problem, cover_version IS NULL AS blank FROM videos_video"
        assert rows(other_shell, facts) == [{"width": 96, "problem": "", "blank": 0}]
        family = descendants(server.process.pid)
        assert len(family) >= 3, "the web server's process, the worker and its decoder"
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(20) == 0
        wait_for(lambda: not any(map(is_alive, family)), 20, lambda: f"{list(filter(is_alive, family))}")
        assert "Traceback" not in server.log


def workers(server):
    """Return the ids of the worker beside the server: one, or none while it is being started."""
    found = []
    for pid in server.family():
        with suppress(OSError), open(f"/proc/{pid}/cmdline", "rb") as file:
            found += [pid] if b"--until-eof" in file.read() else []
    return found


def test_without_a_worker_the_folder_is_left_to_one_elsewhere_or_to_that_of_the_task_queue(other_shell):
    with running(other_shell, "--no-worker") as server:
        assert len(server.family()) == 1
        make_sample("silent.mp4", other_shell.videos)
        with working(other_shell) as worker:
            assert wait_for_analysis(other_shell, "silent.mp4", worker)["cover_version"]
            page_of(server, "silent")
        make_sample("two_frames.mp4", other_shell.videos)
        os.utime(other_shell.videos / "two_frames.mp4", (1_000_000_000, 1_000_000_000))
        assert "1 file waits for facts and pictures" in other_shell.run("scan_library")
        page_of(server, "two_frames")
        assert video(other_shell, "two_frames.mp4")["cover_version"] is None
        other_shell.run("db_worker", "--queue-name", "*", "--batch")
        assert video(other_shell, "two_frames.mp4")["cover_version"]


def test_where_a_login_is_required_only_health_login_and_static_files_are_open(other_shell):
    other_shell.environment["LVS_REQUIRE_LOGIN"] = "1"
    (other_shell.videos / "a.mp4").write_bytes(b"secret")
    with running(other_shell) as server:
        login = server.get("/login/")
        assert login.status == 200
        assert server.get(re.search(r"/static/videos/site\S+\.css", login.text).group()).status == 200
        assert server.get("/healthz").status == 200
        for path in ("/", "/videos/1/", "/videos/1/stream", "/video/a.mp4", "/admin/"):
            assert server.get(path).status == 302, path


def test_whoever_cannot_log_in_yet_is_told_the_command_and_it_works_as_it_stands(other_shell, tmp_path):
    other_shell.environment["LVS_REQUIRE_LOGIN"] = "1"
    with running(other_shell, "--no-worker") as server:
        (command,) = re.findall(r"^Nobody can log in yet\. This makes an account: (.+)$", server.log, re.MULTILINE)
        new_shell = {name: text for name, text in os.environ.items() if not name.startswith(("LVS_", "DJANGO_"))}
        new_shell["DJANGO_SUPERUSER_PASSWORD"] = "long enough"
        arguments = " --noinput --username ada --email ada@example.org"
        subprocess.run(command + arguments, shell=True, env=new_shell, cwd=tmp_path, check=True, capture_output=True)
    with running(other_shell, "--no-worker") as server:
        assert "Nobody can log in yet" not in server.log


def test_allow_anonymous_lets_everybody_in_whatever_the_variable_says(other_shell):
    other_shell.environment["LVS_REQUIRE_LOGIN"] = "1"
    with running(other_shell, "--no-worker", "--allow-anonymous") as server:
        assert server.get("/").status == 200
        assert "Nobody can log in yet" not in server.log


def test_the_icon_that_browsers_ask_for_is_there(site):
    answer = site.get("/favicon.ico")
    assert answer.status == 302
    assert site.get(answer.headers["Location"]).headers["Content-Type"] == "image/svg+xml"


def test_logging_in_over_plain_http_works_and_the_cookies_are_out_of_reach_of_scripts_and_other_sites(other_shell):
    other_shell.environment |= {"LVS_REQUIRE_LOGIN": "1", "DJANGO_SUPERUSER_PASSWORD": "long enough"}
    other_shell.run("migrate", "--verbosity", "0")
    other_shell.run("createsuperuser", "--noinput", "--username", "ada", "--email", "ada@example.org")
    with running(other_shell, "--no-worker") as server:
        page = server.get("/login/")
        token = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page.text)[1]
        cookie = page.headers["Set-Cookie"].partition(";")[0]
        form = urlencode({"username": "ada", "password": "long enough", "next": "/", "csrfmiddlewaretoken": token})
        headers = {"Cookie": cookie, "Content-Type": "application/x-www-form-urlencoded", "Origin": server.address}
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        connection.request("POST", "/login/", form, headers)
        answer = connection.getresponse()
        answer.read()
        assert (answer.status, answer.headers["Location"]) == (302, "/")
        (session,) = [text for text in answer.headers.get_all("Set-Cookie") if text.startswith("sessionid=")]
        assert "HttpOnly" in session
        assert "SameSite=Lax" in session
        assert "Secure" not in session, "on plain http such a cookie would never come back"
        assert server.get("/", Cookie=session.partition(";")[0]).status == 200
        connection.request("POST", "/login/", form, headers | {"Origin": "http://evil.example"})
        assert connection.getresponse().status == 403


def test_a_broken_database_is_said_read_around_and_when_it_is_restored_all_is_back(other_shell):
    shell = other_shell
    (shell.videos / "film.mp4").write_bytes(CONTENT)
    (shell.data / "ratings.json").write_text(json.dumps({"film.mp4": 4}))
    shell.run("migrate", "--verbosity", "0")
    shell.run("scan_library")
    shell.run("migrate_json")
    (backup,) = re.findall(r"\S+\.db", shell.run("backup_database"))
    shell.database.write_bytes(os.urandom(50_000))

    with running(shell) as server:
        (failed,) = [line for line in server.log.splitlines() if line.startswith("[FAIL]")]
        assert str(shell.database) in failed
        assert f"restore_database {backup}" in failed
        assert "[OK]" not in server.log
        gallery = server.get("/")
        assert gallery.status == 200
        assert "Read-only mode" in gallery.text
        assert "★★★★☆" in gallery.text
        assert server.get("/watch/film.mp4").status == 200
        part = server.get("/video/film.mp4", Range="bytes=4000000-")
        assert (part.status, part.body) == (206, CONTENT[4_000_000:])
        assert server.get("/", "POST").status == 503
        assert server.get("/healthz").status == 503

        shell.run("restore_database", backup)
        wait_for(lambda: server.get("/healthz").status == 200, 20, lambda: server.log)
        assert "Read-only mode" not in server.get("/").text
        assert server.get(page_of(server, "film") + "stream").body == CONTENT
        (shell.videos / "new after all.mp4").write_bytes(b"new")
        page_of(server, "new after all")


def test_a_film_is_followed_from_its_coming_to_its_going_while_the_server_runs(site):
    shell = site.shell
    make_sample("h264.mp4", shell.videos).rename(shell.videos / "before.mp4")
    address = page_of(site, "before")
    row = wait_for_analysis(shell, "before.mp4")
    assert (row["problem"], row["width"], row["duration"]) == ("", 320, pytest.approx(4, abs=0.2))
    cover = site.get(f"{address}cover.webp?v={row['cover_version']}")
    assert (cover.status, cover.headers["Content-Type"], cover.body[8:12]) == (200, "image/webp", b"WEBP")
    assert all(path.exists() for path in pictures(shell, row["id"]))
    (shell.videos / "before.mp4").rename(shell.videos / "after.mp4")
    assert page_of(site, "after") == address
    assert video(shell, "after.mp4")["id"] == row["id"]
    assert video(shell, "before.mp4") == {}
    (shell.videos / "after.mp4").unlink()
    wait_for(lambda: video(shell, "after.mp4")["missing_since"], SECONDS, lambda: site.log)
    wait_for(lambda: "after</h2>" not in site.get("/").text, SECONDS, lambda: site.log)
    assert video(shell, "after.mp4")["cover_version"] == row["cover_version"]


# The last of the file: by then the worker has had most of its twenty seconds.
def test_a_clip_put_into_the_folder_while_it_runs_appears_within_a_minute(site):
    assert site.get(page_of(site, "later clip") + "stream").body == b"later"
