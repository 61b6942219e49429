"""A worker may be killed at any instant: the next one completes what it left, and no row is in doubt."""

import json
import os
import random
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Shell, migrated_shell
from tests.counts import at_full_count
from tests.live_server import wait_for
from tests.media.samples import recipe, write
from tests.worker import SECONDS, Worker, drafts, pictures, rows, working

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long("videos/analysis", "videos/db", "videos/jobs", "videos/library", "videos/media"),
]

FILES, KILLS = 60, at_full_count(20, 5)
# These are renamed and the others replaced: whoever does both before the analysis has another file.
RENAMED = 45
UNREADABLE = {45: (b"", "empty"), 1: (b"no film\n", "text")}
# Seconds between the start and what happens to the files; and, of the kills that shall meet a worker at work, how soon.
LONGEST_IDLING, LONGEST_WORK, MOST_SECONDS_TO_BEGIN = 0.6, 0.4, 10.0
RUNNING = "SELECT count(*) AS n FROM django_tasks_database_dbtaskresult WHERE status = 'RUNNING' AND started_at > ?"


def test_a_worker_killed_at_twenty_random_moments_leaves_a_library_that_the_next_completes(tmp_path: Path) -> None:
    chance = random.Random(20)
    shell = migrated_shell(tmp_path)
    contents = small_films(tmp_path)
    for number in range(FILES):
        put(shell, number, contents[number % len(contents)], f"a/{number}.mp4")
    shell.run("scan_library")
    viewer = rows(shell, "SELECT id FROM auth_user")[0]["id"]
    known = {row["filename"]: row["id"] for row in rows(shell, "SELECT id, filename FROM videos_video")}
    for video_id in known.values():
        rows(
            shell, "INSERT INTO videos_rating (viewer_id, video_id, stars) VALUES (?, ?, ?)",
            viewer, video_id, video_id % 5 + 1,
        )  # fmt: skip
    names = {number: f"a/{number}.mp4" for number in range(FILES)}
    ids = {number: known[name] for number, name in names.items()}

    moments = [kill_at_a_random_moment(shell, chance, names, contents, attempt) for attempt in range(KILLS)]
    assert sum(moments) > KILLS / 4, f"the kills hardly met a worker at work: {moments}"

    with working(shell) as worker:
        wait_for(lambda: is_complete(shell, names), SECONDS, lambda: f"{unfinished(shell)}\n{worker.log}")
        assert "Traceback" not in worker.log
    assert {row["filename"]: row["id"] for row in rows(shell, "SELECT id, filename FROM videos_video")} == {
        name: ids[number] for number, name in names.items()
    }
    stars = {row["video_id"]: row["stars"] for row in rows(shell, "SELECT * FROM videos_rating")}
    assert stars == {video_id: video_id % 5 + 1 for video_id in ids.values()}
    for number, name in names.items():
        (row,) = rows(shell, "SELECT * FROM videos_video WHERE filename = ?", name)
        assert (row["missing_since"], row["file_size"]) == (None, (shell.videos / name).stat().st_size)
        covers = [path.exists() for path in pictures(shell, row["id"])]
        if number in UNREADABLE:
            assert (row["problem"], row["duration"], covers) == (UNREADABLE[number][1], None, [False, False])
        else:
            assert (row["problem"], row["width"], covers) == ("", 96, [True, True])
            (details,) = rows(shell, "SELECT sprite FROM videos_details WHERE video_id = ?", row["id"])
            assert json.loads(details["sprite"])["times"]
    assert drafts(shell) == []
    assert rows(shell, "PRAGMA integrity_check") == [{"integrity_check": "ok"}]
    assert rows(shell, "PRAGMA foreign_key_check") == []
    assert "[FAIL]" not in shell.run("verify_backend")


def small_films(folder: Path) -> list[bytes]:
    kinds = (("h264.mp4", 1), ("silent.mp4", 3), ("mpeg4.avi", 1), ("vp9.webm", 1))
    small = [recipe(name, name=f"small-{name}", seconds=seconds, width=96, height=64) for name, seconds in kinds]
    return [write(each, folder).read_bytes() for each in small]


def put(shell: Shell, number: int, content: bytes, name: str, version: int = 0) -> None:
    """Write the numbered file; no two are the same, and each version is as new and as long as no other.

    All are old enough to be analyzed at once.
    """
    path = shell.videos / name
    path.parent.mkdir(exist_ok=True)
    own = UNREADABLE[number][0] if number in UNREADABLE else content + f"{number:04}".encode() * (version + 1)
    path.write_bytes(own)
    moment = 1_600_000_000 + 1_000 * number + version
    os.utime(path, (moment, moment))


def kill_at_a_random_moment(
    shell: Shell, chance: random.Random, names: dict[int, str], contents: list[bytes], attempt: int
) -> bool:
    """Let a worker live for a moment, while files are renamed and replaced, and return whether it was at work.

    Every fourth is killed wherever it is since its start; the others soon after they have begun to work.
    """
    started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
    worker = Worker(shell)
    try:
        time.sleep(chance.uniform(0, LONGEST_IDLING))
        for number in chance.sample(range(RENAMED), 8):
            new = f"{chance.choice('abc')}/{number} {attempt}.mp4"
            (shell.videos / new).parent.mkdir(exist_ok=True)
            (shell.videos / names[number]).rename(shell.videos / new)
            names[number] = new
        for number in chance.sample(range(RENAMED, FILES), 4):
            put(shell, number, contents[(number + attempt) % len(contents)], names[number], attempt + 1)
        if attempt % 4:
            deadline = time.monotonic() + MOST_SECONDS_TO_BEGIN
            while not is_at_work(shell, started) and time.monotonic() < deadline:
                time.sleep(0.02)
        time.sleep(chance.uniform(0, LONGEST_WORK))
        assert worker.process.poll() is None, worker.log
    finally:
        worker.kill()
    assert "Traceback" not in worker.log
    return is_at_work(shell, started)


def is_at_work(shell: Shell, since: str) -> bool:
    """Return whether a worker that began since then runs a task: one that was killed leaves its own behind."""
    return rows(shell, RUNNING, since)[0]["n"] > 0


def is_complete(shell: Shell, names: dict[int, str]) -> bool:
    present = rows(shell, "SELECT filename FROM videos_video WHERE missing_since IS NULL")
    return {row["filename"] for row in present} == set(names.values()) and unfinished(shell) == []


def unfinished(shell: Shell) -> list[dict[str, object]]:
    due = rows(
        shell,
        "SELECT id, filename, analysis_due_at, problem, missing_since FROM videos_video"
        " WHERE analysis_due_at IS NOT NULL",
    )
    tasks = "SELECT status, task_path, run_after FROM django_tasks_database_dbtaskresult"
    return due + rows(shell, f"{tasks} WHERE status = 'RUNNING' OR (status = 'READY' AND run_after > '9')")
