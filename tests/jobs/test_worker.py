"""The real worker over real files: each gets its facts and pictures, or the reason why not."""

import ctypes
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import av
import pytest

from tests.conftest import PROJECT, Shell, migrated_shell
from tests.counts import at_full_count
from tests.live_server import wait_for
from tests.media.samples import make_sample, recipe, write
from tests.worker import SECONDS, descendants, drafts, pictures, rows, video, wait_for_analysis, working
from videos.core.problems import stored_problem
from videos.models import LOOKS_INCOMPLETE, MAX_PROBLEM_LENGTH

pytestmark = pytest.mark.slow

# Name: container, codecs, width and height as shown, seconds.
KINDS = {
    "h264.mp4": ("mp4", "h264", "aac", 320, 180, 4),
    "hevc.mp4": ("mp4", "hevc", "aac", 320, 180, 4),
    "vp9.webm": ("webm", "vp9", "opus", 320, 180, 4),
    "av1.mp4": ("mp4", "av1", "aac", 320, 180, 2),
    "subtitles.mkv": ("matroska", "h264", "aac", 320, 180, 4),
    "mpeg4.avi": ("avi", "mpeg4", "mp3", 320, 180, 4),
    "wmv.wmv": ("asf", "wmv2", "wmav2", 320, 180, 4),
    "portrait.mp4": ("mp4", "h264", "aac", 180, 320, 4),
    "silent.mp4": ("mp4", "h264", "", 320, 180, 4),
    "two_frames.mp4": ("mp4", "h264", "", 320, 180, 0.08),
    "wrong_extension.avi": ("mp4", "h264", "aac", 320, 180, 4),
}
INCOMPLETE = "looks incomplete: still being copied?"
# Name: content, what the library says of it.
DISGUISES = {
    "zero bytes.mp4": (b"", "the file is empty"),
    "text.mp4": (b"Dear diary,\nnothing happened today.\n", "a text file, not a video"),
    "playlist.mp4": (b"#EXTM3U\n#EXTINF:4,\nh264.mp4\n", "an HLS playlist, not a video"),
    "list.mp4": (b"ffconcat version 1.0\nfile 'h264.mp4'\n", "an ffconcat list, not a video"),
    "noise.mp4": (bytes(range(1, 256)) * 99, "not a video in a known format"),
}


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return migrated_shell(tmp_path)


@pytest.fixture(scope="module")
def analyzed(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shell, str]:
    """A library with files of each kind and with what only looks like one, after `worker --once`; what that said."""
    shell = migrated_shell(tmp_path_factory.mktemp("kinds"))
    for name in KINDS:
        make_sample(name, shell.videos)
    for name, (content, _) in DISGUISES.items():
        (shell.videos / name).write_bytes(content)
    whole = (shell.videos / "h264.mp4").read_bytes()
    (shell.videos / "cut off.mp4").write_bytes(whole[: len(whole) // 2])
    os.mkfifo(shell.videos / "pipe.mp4")
    with socket.socket(socket.AF_UNIX) as plug:
        plug.bind(str(shell.videos / "plug.mp4"))
    outside = shell.data.parent / "outside.mp4"
    outside.write_bytes(whole)
    (shell.videos / "link.mp4").symlink_to(outside)
    return shell, shell.run("worker", "--once")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_file_gets_its_facts(analyzed, name):
    shell, _ = analyzed
    row = video(shell, name)
    container, video_codec, audio_codec, width, height, seconds = KINDS[name]
    assert (row["problem"], row["analysis_due_at"], row["missing_since"]) == ("", None, None)
    assert (row["container"], row["video_codec"], row["audio_codec"]) == (container, video_codec, audio_codec)
    assert (row["width"], row["height"]) == (width, height)
    assert row["duration"] == pytest.approx(seconds, abs=0.2)
    assert row["frame_rate"] == pytest.approx(25, rel=0.01)
    assert row["rotation"] == (90 if name == "portrait.mp4" else 0)
    assert row["bit_rate"] == pytest.approx(8 * row["file_size"] / row["duration"], rel=0.1)
    assert len(row["fingerprint"]) == 32
    assert row["color"].startswith("#")


@pytest.mark.parametrize("name", KINDS)
def test_each_kind_of_file_gets_a_cover_and_a_sprite(analyzed, name):
    shell, _ = analyzed
    row = video(shell, name)
    assert row["cover_version"] > 0
    cover, sprite = pictures(shell, row["id"])
    size = size_of_webp(cover)
    assert size[0] == 480
    assert size[1] == pytest.approx(480 * row["height"] / row["width"], abs=2)
    (details,) = rows(shell, "SELECT * FROM videos_details WHERE video_id = ?", row["id"])
    facts = json.loads(details["sprite"])
    tiles = len(facts["times"])
    assert 1 <= tiles <= 100
    lines = -(-tiles // facts["columns"])
    assert size_of_webp(sprite) == (facts["columns"] * facts["tile_width"], lines * facts["tile_height"])


def size_of_webp(path):
    """Return (width, height) of a picture, after seeing that it is WebP and decoding it."""
    head = path.read_bytes()[:12]
    assert (head[:4], head[8:]) == (b"RIFF", b"WEBP")
    with av.open(str(path), format="webp_pipe") as container:
        (frame,) = container.decode(video=0)
        return frame.width, frame.height


def test_tracks_and_chapters_are_listed(analyzed):
    shell, _ = analyzed
    (details,) = rows(shell, "SELECT * FROM videos_details WHERE video_id = ?", video(shell, "subtitles.mkv")["id"])
    assert [(track["language"], track["title"]) for track in json.loads(details["subtitles"])] == [
        ("eng", "Full"), ("deu", "Für Hörgeschädigte")
    ]  # fmt: skip
    assert [chapter["title"] for chapter in json.loads(details["chapters"])] == ["Opening", "Ende – schön"]
    (audio,) = json.loads(details["audio"])
    assert (audio["codec"], audio["channels"]) == ("aac", 2)


@pytest.mark.parametrize("name", DISGUISES)
def test_what_is_no_video_is_listed_with_the_reason(analyzed, name):
    shell, said = analyzed
    reason = DISGUISES[name][1]
    row = video(shell, name)
    assert (row["problem"], row["analysis_due_at"]) == (stored_problem(reason, MAX_PROBLEM_LENGTH), None)
    assert (row["width"], row["duration"], row["cover_version"]) == (None, None, None)
    assert not any(path.exists() for path in pictures(shell, row["id"]))
    assert f"  {name}: {reason}\n" in said


def test_a_file_that_was_cut_off_is_listed_with_the_reason(analyzed):
    shell, said = analyzed
    # As new as it is, it may still be in the middle of a copy.
    assert video(shell, "cut off.mp4")["problem"] == LOOKS_INCOMPLETE
    assert f"  cut off.mp4: {INCOMPLETE}\n" in said


def test_what_is_no_file_and_what_leads_out_never_enters_the_library(analyzed):
    shell, said = analyzed
    for name in ("pipe.mp4", "plug.mp4", "link.mp4"):
        assert video(shell, name) == {}
    assert f"{len(KINDS) + len(DISGUISES) + 1} added, 3 skipped" in said
    assert "  skipped pipe.mp4: a FIFO, not a file\n" in said
    assert "  skipped plug.mp4: a socket, not a file\n" in said
    assert "  skipped link.mp4: a link that leaves the video folder\n" in said


def test_a_second_run_finds_nothing_left_to_do_and_repeats_no_old_reasons(analyzed):
    shell, said = analyzed
    assert "  zero bytes.mp4: the file is empty\n" in said
    again = shell.run("worker", "--once")
    # What looks like half a copy is tried again, and may be due by now; nothing else is.
    assert again.endswith(("\n0 files looked into\n", "\n1 file looked into\n  cut off.mp4: " + INCOMPLETE + "\n"))


def test_a_run_lists_what_it_met_itself(shell):
    for name in ("old.mp4", "mended.mp4", "again.mp4"):
        (shell.videos / name).write_bytes(b"")
    shell.run("worker", "--once")
    make_sample("two_frames.mp4", shell.videos).replace(shell.videos / "mended.mp4")
    (shell.videos / "new.mp4").write_bytes(b"")
    rows(shell, "UPDATE videos_video SET analysis_due_at = '2020-01-01' WHERE filename = 'again.mp4'")
    said = shell.run("worker", "--once")
    assert said.endswith("\n3 files looked into\n  again.mp4: the file is empty\n  new.mp4: the file is empty\n")
    # What is tried again later was not met either.
    rows(shell, "UPDATE videos_video SET analysis_due_at = datetime('now', '+30 minutes') WHERE filename = 'again.mp4'")
    assert shell.run("worker", "--once").endswith("\n0 files looked into\n")


def test_an_analysis_is_reported_before_the_disk_is_touched(shell):
    make_sample("two_frames.mp4", shell.videos)
    rows(shell, "CREATE TABLE reported (phase, done, total, ended_at)")
    rows(
        shell,
        "CREATE TRIGGER tell AFTER INSERT ON videos_activity WHEN NEW.kind = 'look'"
        " BEGIN INSERT INTO reported VALUES (NEW.phase, NEW.done, NEW.total, NEW.ended_at); END",
    )
    with working(shell) as worker:
        wait_for_analysis(shell, "two_frames.mp4", worker)
    assert rows(shell, "SELECT * FROM reported") == [{"phase": "thumbnails", "done": 0, "total": 1, "ended_at": None}]


def test_the_log_of_a_run_without_a_terminal_has_no_bar(analyzed):
    _, said = analyzed
    assert "\x1b" not in said
    assert "\r" not in said


def test_a_file_that_cannot_be_read_is_listed_and_the_others_are_done(shell):
    make_sample("two_frames.mp4", shell.videos)
    (shell.videos / "locked.mp4").write_bytes(b"secret")
    (shell.videos / "locked.mp4").chmod(0)
    # A process of its own from the start: what it may read is settled before Python begins.
    process = subprocess.Popen(
        [sys.executable, PROJECT / "manage.py", "worker", "--once"], env=shell.environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, preexec_fn=read_only_what_is_allowed,  # noqa: PLW1509  no other thread runs here
    )  # fmt: skip
    said, errors = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, errors
    assert "locked.mp4: cannot be read: Permission denied\n" in said
    assert video(shell, "two_frames.mp4")["duration"] == pytest.approx(0.08)


def read_only_what_is_allowed():
    """Take from a process, and from those that it starts, root's right to read everything."""
    drop_from_bounding_set, dac_override, dac_read_search = 24, 1, 2
    if os.geteuid() == 0:
        system = ctypes.CDLL(None, use_errno=True)
        for right in (dac_override, dac_read_search):
            if system.prctl(drop_from_bounding_set, right, 0, 0, 0):
                raise OSError(ctypes.get_errno(), "a right cannot be given up")


# --- files that change under the eye ----------------------------------------------------------------------------------


def test_a_file_that_grows_while_the_worker_runs_ends_up_right(shell):
    whole = make_sample("h264.ts", shell.data.parent).read_bytes()
    growing = shell.videos / "growing.ts"

    def write_slowly():
        with open(growing, "ab", buffering=0) as file:
            for start in range(0, len(whole), len(whole) // 12):
                file.write(whole[start : start + len(whole) // 12])
                time.sleep(0.5)

    growing.write_bytes(b"")
    writer = threading.Thread(target=write_slowly)
    with working(shell) as worker:
        writer.start()
        wait_for(lambda: video(shell, "growing.ts"), SECONDS, lambda: worker.log)
        writer.join()
        wait_for(lambda: video(shell, "growing.ts")["file_size"] == len(whole), SECONDS, lambda: worker.log)
        row = wait_for_analysis(shell, "growing.ts", worker)
    assert row["problem"] == ""
    assert row["duration"] == pytest.approx(4, abs=0.2)


def test_a_file_that_shrinks_loses_its_facts_and_pictures_and_has_them_back_when_it_is_whole_again(shell):
    path = make_sample("silent.mp4", shell.videos)
    whole = path.read_bytes()
    with working(shell) as worker:
        before = wait_for_analysis(shell, "silent.mp4", worker)
        os.truncate(path, len(whole) // 3)
        cut = wait_for(lambda: changed_from(shell, before), SECONDS, lambda: worker.log)
        assert cut["problem"] == LOOKS_INCOMPLETE
        assert (cut["id"], cut["duration"], cut["cover_version"]) == (before["id"], None, None)
        assert not any(picture.exists() for picture in pictures(shell, before["id"]))
        path.write_bytes(whole)
        mended = wait_for(lambda: changed_from(shell, cut), SECONDS, lambda: worker.log)
        assert (mended["id"], mended["problem"], mended["duration"]) == (before["id"], "", before["duration"])
        assert all(picture.exists() for picture in pictures(shell, before["id"]))


def changed_from(shell, before):
    row = video(shell, before["filename"])
    is_analyzed = row["analysis_due_at"] is None or row["problem"] == LOOKS_INCOMPLETE != before["problem"]
    return row if row["file_size"] != before["file_size"] and is_analyzed else {}


# --- damage -----------------------------------------------------------------------------------------------------------


@pytest.mark.long("videos/analysis", "videos/media")
def test_three_hundred_damaged_files_cost_nothing_but_themselves(shell):
    chance = random.Random(3)
    folder = shell.data.parent
    small = [
        write(recipe(name, name=f"small-{name}", seconds=0.4, width=96, height=64), folder).read_bytes()
        for name in (*KINDS, "h264.ts", "mpeg2.mpg")
        if name not in ("portrait.mp4", "two_frames.mp4", "av1.mp4")
    ]
    damages = (cut, flipped, zeroed)
    count = at_full_count(300, 45)
    for number in range(count):
        content = damages[number % 3](small[chance.randrange(len(small))], chance)
        (shell.videos / f"{number:03}.{chance.choice(('mp4', 'mkv', 'avi', 'ts'))}").write_bytes(content)
    make_sample("h264.mp4", shell.videos)
    shell.environment["LVS_DECODERS"] = "2"
    said = shell.run("worker", "--once")
    assert f"{count + 1} added" in said
    found = rows(shell, "SELECT filename, duration, width, cover_version, problem, analysis_due_at FROM videos_video")
    assert len(found) == count + 1
    assert [row for row in found if not (row["problem"] or row["width"])] == []
    # As new as they are, what looks like half a copy is tried again, and nothing else.
    assert {row["problem"] for row in found if row["analysis_due_at"]} == {LOOKS_INCOMPLETE}
    assert [row for row in found if not (row["problem"] or row["cover_version"])] == []
    assert sum(1 for row in found if row["problem"]) > count / 6
    assert sum(1 for row in found if row["cover_version"]) > count / 6
    good = video(shell, "h264.mp4")
    assert (good["problem"], good["width"], bool(good["cover_version"])) == ("", 320, True)
    assert "Traceback" not in said
    assert drafts(shell) == []


def cut(content, chance):
    return content[: chance.randrange(len(content))]


def flipped(content, chance):
    damaged = bytearray(content)
    for _ in range(chance.randrange(1, 200)):
        damaged[chance.randrange(len(damaged))] ^= 1 << chance.randrange(8)
    return bytes(damaged)


def zeroed(content, chance):
    start = chance.randrange(len(content))
    length = min(chance.randrange(1, 8192), len(content) - start)
    return content[:start] + bytes(length) + content[start + length :]


# --- a disk that is full ----------------------------------------------------------------------------------------------


def test_where_no_pictures_can_be_written_one_line_says_so_and_the_work_goes_on_by_itself_later(shell):
    make_sample("silent.mp4", shell.videos)
    make_sample("two_frames.mp4", shell.videos)
    (shell.data / "generated").mkdir(exist_ok=True)
    in_the_way = shell.data / "generated" / "pictures"
    in_the_way.write_bytes(b"")
    with working(shell) as worker:
        stopped = wait_for(
            lambda: rows(
                shell, "SELECT * FROM videos_activity WHERE kind = 'look' AND error <> '' AND ended_at IS NOT NULL"
            ),
            SECONDS, lambda: worker.log,
        )  # fmt: skip
        error = json.loads(stopped[0]["error"])
        assert (error["code"], error["folder"]) == ("pictures_not_saved", str(shell.data / "generated"))
        assert [row["cover_version"] for row in rows(shell, "SELECT * FROM videos_video")] == [None, None]
        assert rows(shell, "SELECT * FROM videos_video WHERE analysis_due_at IS NULL") == []
        again = wait_for(
            lambda: rows(
                shell, "SELECT * FROM django_tasks_database_dbtaskresult WHERE status = 'READY' AND task_path = ?",
                "videos.jobs.tasks.analyze_files",
            ),
            SECONDS, lambda: worker.log,
        )  # fmt: skip
        assert len(again) == 1
        in_the_way.unlink()
        # Rather than to wait for the minute.
        rows(shell, "UPDATE django_tasks_database_dbtaskresult SET run_after = '2000-01-01' WHERE status = 'READY'")
        for name in ("silent.mp4", "two_frames.mp4"):
            row = wait_for_analysis(shell, name, worker)
            assert (row["problem"], all(path.exists() for path in pictures(shell, row["id"]))) == ("", True)
        wait_for(
            lambda: rows(shell, "SELECT * FROM videos_activity WHERE kind = 'look' AND error = ''"), SECONDS,
            lambda: worker.log,
        )  # fmt: skip
        lines = [line for line in worker.log.splitlines() if "Pictures cannot be written" in line]
    assert len(lines) == 1
    assert "Traceback" not in worker.log
    assert drafts(shell) == []


def test_a_run_that_cannot_keep_its_pictures_ends_with_one_clear_line(shell):
    make_sample("two_frames.mp4", shell.videos)
    (shell.data / "generated").mkdir(exist_ok=True)
    (shell.data / "generated" / "pictures").write_bytes(b"")
    said = shell.run("worker", "--once", status=1)
    assert said.startswith("CommandError: Pictures cannot be written to ")
    assert said.count("\n") == 1


# --- several workers, and dead ones -----------------------------------------------------------------------------------


# As much as keeps both of them busy for some seconds.
SHARED = 200


def test_two_workers_share_the_files_and_analyze_each_once(shell):
    small = write(
        recipe("silent.mp4", name="small.mp4", seconds=1, width=96, height=64), shell.data.parent
    ).read_bytes()
    dropped = shell.data.parent / "dropped"
    dropped.mkdir()
    for number in range(SHARED):
        (dropped / f"{number}.mp4").write_bytes(small + f"free{number}".encode())
    rows(shell, "CREATE TABLE analyses (video_id)")
    rows(
        shell,
        "CREATE TRIGGER each_look AFTER UPDATE OF fingerprint ON videos_video WHEN NEW.fingerprint <> ''"
        " BEGIN INSERT INTO analyses VALUES (NEW.id); END",
    )
    with working(shell) as one, working(shell) as other:
        wait_for(lambda: is_listening(one) and is_listening(other), SECONDS, lambda: one.log + other.log)
        dropped.rename(shell.videos / "dropped")
        distinct = "SELECT count(DISTINCT video_id) AS n FROM analyses"
        with_decoders = set()

        def all_are_analyzed():
            # A decoder ends when its worker has nothing left to do.
            with_decoders.update(worker for worker in (one, other) if descendants(worker.process.pid))
            return rows(shell, distinct)[0]["n"] == SHARED

        wait_for(all_are_analyzed, SECONDS, lambda: one.log + other.log)
        assert with_decoders == {one, other}, "one of them had nothing to do"
    assert rows(shell, "SELECT count(*) AS n FROM analyses") == [{"n": SHARED}]
    assert "Traceback" not in one.log + other.log


def is_listening(worker):
    """Return whether the worker watches the folder."""
    for path in Path(f"/proc/{worker.process.pid}/fd").iterdir():
        with suppress(FileNotFoundError):
            if "inotify" in os.readlink(path):
                return True
    return False


def test_a_worker_waits_in_peace_while_another_process_has_the_last_file(shell):
    make_sample("two_frames.mp4", shell.videos)
    shell.run("scan_library")
    (row,) = rows(shell, "SELECT id FROM videos_video")
    code = (
        "import django; django.setup(); from videos.db.locks import RecordLocks; claims = RecordLocks('analyses');"
        f" print(claims.take({row['id']}), flush=True); input()"
    )
    holder = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=shell.environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert holder.stdout.readline() == "True\n"
        rows(shell, "UPDATE videos_video SET analysis_due_at = '2000-01-01'")
        with working(shell) as worker:
            queued = "SELECT * FROM django_tasks_database_dbtaskresult WHERE task_path LIKE '%analyze_files'"
            wait_for(lambda: len(rows(shell, f"{queued} AND status = 'SUCCESSFUL'")), SECONDS, lambda: worker.log)
            time.sleep(3)
            assert len(rows(shell, queued)) < 8
            holder.send_signal(signal.SIGKILL)
            holder.wait()
            assert wait_for_analysis(shell, "two_frames.mp4", worker)["cover_version"]
    finally:
        holder.kill()
        holder.communicate()


def test_a_worker_begins_with_the_drafts_that_a_killed_one_left_unless_another_is_writing(shell):
    folder = shell.data / "generated" / "pictures" / "0"
    folder.mkdir(parents=True)
    (folder / ".1.cover.webp.abcd.part").write_bytes(b"half")
    with working(shell) as worker:
        wait_for(lambda: not drafts(shell), SECONDS, lambda: worker.log)
        # Two scans at once are refused, and a worker begins with one.
        ended = "SELECT * FROM videos_activity WHERE kind = 'scan' AND ended_at IS NOT NULL"
        wait_for(lambda: rows(shell, ended), SECONDS, lambda: worker.log)
        (folder / ".2.cover.webp.abcd.part").write_bytes(b"the other one writes")
        shell.run("worker", "--once")
        assert drafts(shell) == [".2.cover.webp.abcd.part"]
    shell.run("worker", "--once")
    assert drafts(shell) == []


def test_a_worker_without_a_database_waits_for_one(tmp_path):
    shell = Shell(tmp_path)
    make_sample("two_frames.mp4", shell.videos)
    with working(shell) as worker:
        wait_for(lambda: "The worker waits: " in worker.log, SECONDS, lambda: worker.log)
        shell.run("migrate", "--verbosity", "0")
        assert wait_for_analysis(shell, "two_frames.mp4", worker)["cover_version"]
        assert "Traceback" not in worker.log


def test_a_worker_says_which_folder_it_watches_and_beside_how_many_others(shell):
    said = []
    others = []
    try:
        for _ in range(3):
            others.append(shell.start("worker", stdin=subprocess.DEVNULL))
            said.append(others[-1].stdout.readline())
    finally:
        for process in others:
            process.kill()
            process.communicate()
    assert said == [
        f"Watching {shell.videos}  (Ctrl-C stops)\n",
        f"Watching {shell.videos}, beside 1 other worker  (Ctrl-C stops)\n",
        f"Watching {shell.videos}, beside 2 other workers  (Ctrl-C stops)\n",
    ]


# --- a terminal -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("arguments", "phase"), [(["scan_library"], "Looking"), (["worker", "--once"], "Pictures")])
def test_on_a_terminal_a_bar_shows_how_far_it_is(shell, arguments, phase):
    make_sample("silent.mp4", shell.videos)
    make_sample("two_frames.mp4", shell.videos)
    printed = on_a_terminal(shell, *arguments)
    assert "\x1b[" in printed
    assert phase in printed
    assert "2 added" in printed


def on_a_terminal(shell, *arguments):
    """Return all that the command wrote to a pseudo-terminal, control characters included."""
    ours, theirs = os.openpty()
    environment = {**shell.environment, "TERM": "xterm", "COLUMNS": "120"}
    command = [sys.executable, str(PROJECT / "manage.py"), *arguments]
    process = subprocess.Popen(command, env=environment, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    printed = b""
    try:
        while chunk := os.read(ours, 65536):
            printed += chunk
    except OSError:
        pass  # the other end is closed: all is said
    finally:
        os.close(ours)
        assert process.wait(SECONDS) == 0, printed
    return printed.decode()
