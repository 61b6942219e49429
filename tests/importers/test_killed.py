"""A start may be killed at any instant while the old database comes over: the next one does the rest, once."""

import random
import shutil
import sqlite3
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.conftest import Shell, migrated_shell
from tests.counts import IS_LONG, at_full_count, only_long
from tests.importers.old_app import LONG_AGO, make_old_database, rows_of
from videos.importers.flask_database import OLD_TABLES

pytestmark = [pytest.mark.slow, pytest.mark.long("videos/db", "videos/importers", "videos/migrations")]

NAMES = [f"year {number % 40}/clip {number:05}.mp4" for number in range(at_full_count(3_000, 300))]
KILLS = at_full_count(24, 6)
# At these calls of the system's something is half done; a clock would hardly meet them.
STEPS = ["rename", "link", "replace", "fsync", "mkdir"]
_KILLED_AT = """
import os, signal, sys
left = {count}
def counted(real):
    def call(*arguments, **options):
        global left
        left -= 1
        if left == {before}:
            os.kill(os.getpid(), signal.SIGKILL)
        result = real(*arguments, **options)
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return call
os.{step} = counted(os.{step})
sys.argv = ["manage.py", "migrate", "-v0"]
import manage
manage.main()
"""


def make_old(path: Path) -> None:
    make_old_database(
        path,
        videos=[(name, LONG_AGO + number) for number, name in enumerate(NAMES)],
        ratings=[(name, number % 5 + 1) for number, name in enumerate(NAMES)],
        views=[(name, number, "2024-05-01 18:30:00") for number, name in enumerate(NAMES)],
        tags=[(name, tag) for number, name in enumerate(NAMES) for tag in ("#home", f"tag {number % 50}")],
        favorites=[(name, "2024-05-02 10:00:00") for name in NAMES],
        more="CREATE TABLE playlists (id INTEGER PRIMARY KEY, name); INSERT INTO playlists (name) VALUES ('Mine');",
        wal=True,
    )


def make_mixed(shell: Shell) -> None:
    folder = shell.data.parent / "ours"
    folder.mkdir()
    ours = migrated_shell(folder)
    # As the version left it that knew no import of a database.
    ours.run("migrate", "videos", "0012", "-v0")
    shutil.copyfile(ours.database, shell.database)
    make_old(shell.database)


def assert_all_came_once(shell: Shell) -> None:
    count = "SELECT count(*) FROM"
    all_of = len(NAMES)
    tables = {
        "video": all_of, "rating": all_of, "view": all_of, "favorite": all_of, "video_tags": 2 * all_of, "tag": 51,
    }  # fmt: skip
    found = {table: rows_of(shell.database, f"{count} videos_{table}")[0][0] for table in tables}
    assert found == tables
    assert rows_of(shell.database, "SELECT sum(views) FROM videos_monthlyviews") == [(sum(range(all_of)),)]
    assert rows_of(shell.database, f"{count} videos_oldappimport") == [(1,)]
    assert rows_of(shell.database, "PRAGMA integrity_check") == [("ok",)]
    assert rows_of(shell.database, "PRAGMA foreign_key_check") == []
    names = {name.lower() for (name,) in rows_of(shell.database, "SELECT name FROM sqlite_master")}
    assert not names & set(OLD_TABLES)
    (kept,) = (shell.data / "backup_database").iterdir()
    assert rows_of(kept, f"{count} ratings") == [(all_of,)]
    assert [path.suffix for path in (shell.data / "backup_json").iterdir()] == [".json"]


@pytest.mark.parametrize("is_mixed", [False, True])
def test_a_start_killed_at_random_moments_is_completed_by_the_next(tmp_path: Path, kill, is_mixed: bool) -> None:
    chance = random.Random(8)
    shell = Shell(tmp_path)
    pristine = tmp_path / "pristine"
    make_mixed(shell) if is_mixed else make_old(shell.database)
    shutil.copytree(shell.data, pristine)
    started = time.monotonic()
    shell.run("migrate", "-v0")
    seconds = time.monotonic() - started
    assert_all_came_once(shell)
    for attempt in range(KILLS // 2):
        if attempt % 3 == 0:
            # Up to three kills one upon the other, then the start that completes it.
            shutil.rmtree(shell.data)
            shutil.copytree(pristine, shell.data)
        process = shell.start("migrate", "-v0")
        time.sleep(chance.uniform(0.2, 1.0) * seconds)
        kill(process)
        if attempt % 3 == 2:
            shell.run("migrate", "-v0")
            assert_all_came_once(shell)


@pytest.mark.parametrize("is_mixed", [pytest.param(False, marks=only_long), True])
@pytest.mark.parametrize("step", STEPS)
def test_a_start_killed_before_or_after_each_step_on_the_disk_is_completed_by_the_next(
    tmp_path: Path, step: str, is_mixed: bool
) -> None:
    shell = Shell(tmp_path)
    shell.run("check")  # the secret key is made before, by the same calls
    pristine = tmp_path / "pristine"
    make_mixed(shell) if is_mixed else make_old(shell.database)
    shutil.copytree(shell.data, pristine)
    # Each call once before and once after it; where it is not to take long, every third, in turns.
    for count in range(1, 20, at_full_count(1, 3)):
        for before in (0, None) if IS_LONG else (0, None)[count % 2 :][:1]:
            shutil.rmtree(shell.data)
            shutil.copytree(pristine, shell.data)
            code = _KILLED_AT.format(step=step, count=count, before=before)
            killed = shell.start_python(code)
            killed.communicate(timeout=120)
            if killed.returncode == 0:
                assert_all_came_once(shell)
                return  # it takes no further such step
            assert killed.returncode == -9
            shell.run("migrate", "-v0")
            assert_all_came_once(shell)
    pytest.fail("it never ended")


def test_the_log_that_was_not_written_back_is_never_lost(tmp_path: Path, kill) -> None:
    shell = Shell(tmp_path)
    make_old(tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db")) as writer:
        writer.execute("UPDATE ratings SET rating = 5")
        writer.commit()
        for attempt in range(at_full_count(4, 2)):
            shutil.rmtree(shell.data)
            shell.data.mkdir()
            for suffix in ("", "-wal"):
                shutil.copyfile(tmp_path / f"old.db{suffix}", f"{shell.database}{suffix}")
            process = shell.start("migrate", "-v0")
            time.sleep(0.4 + 0.3 * attempt)
            kill(process)
            shell.run("migrate", "-v0")
            assert rows_of(shell.database, "SELECT DISTINCT stars FROM videos_rating") == [(5,)]
