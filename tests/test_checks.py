"""verify_backend prints one line a check, and ends with status 1 if any of them fails."""

import shutil
import sqlite3
from contextlib import closing

import pytest

CHECKS = [
    "Database backend initialized", "VideoCache uses the database", "All migrations applied", "Integrity",
    "Foreign keys on", "Foreign keys all refer to something", "Write-ahead log on", "Revision triggers in place",
    "Totals of tags in step",
    "Search index in step",
    "The database takes writes", "Video folder can be read", "Data folder can be written to", "Secret key is private",
]  # fmt: skip


@pytest.fixture
def sound(shell):
    (shell.videos / "a.mp4").touch()
    return shell


def lines(output):
    return [line for line in output.splitlines() if line.startswith("[")]


def change(shell, *statements):
    with closing(sqlite3.connect(shell.database)) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def failures(shell):
    """Return {check: problem} of the failed ones, after seeing that all were tried and the status is 1."""
    output = shell.run("verify_backend", status=1)
    found = lines(output)
    assert [line.partition("] ")[2].partition(":")[0] for line in found] == CHECKS
    failed = dict(line.removeprefix("[FAIL] ").split(": ", 1) for line in found if line.startswith("[FAIL]"))
    assert f"{len(failed)} of the checks failed" in output
    assert "Traceback" not in output
    return failed


def test_a_sound_installation_passes_every_check(sound):
    assert lines(sound.run("verify_backend")) == [f"[OK] {name}" for name in CHECKS]


def test_the_check_leaves_nothing_behind(sound):
    def content():
        with closing(sqlite3.connect(sound.database)) as database:
            return list(database.iterdump()), sorted(path.name for path in sound.data.iterdir())

    before = content()
    sound.run("verify_backend")
    assert content() == before


def test_a_dropped_trigger_is_found(sound):
    change(sound, "DROP TRIGGER videos_rating_revision_insert")
    failed = failures(sound)
    assert failed.keys() == {"Revision triggers in place"}
    assert "videos_rating_revision_insert" in failed["Revision triggers in place"]
    sound.run("migrate", "--verbosity", "0")
    sound.run("verify_backend")


def test_a_foreign_key_to_nothing_is_found(sound):
    change(sound, "INSERT INTO videos_rating (viewer_id, video_id, stars) VALUES (1, 4711, 5)")
    failed = failures(sound)
    assert failed.keys() == {"Foreign keys all refer to something"}
    assert "4711" in failed["Foreign keys all refer to something"]


def test_a_missing_video_folder_is_found(sound):
    shutil.rmtree(sound.videos)
    failed = failures(sound)
    assert failed.keys() == {"Video folder can be read"}
    assert str(sound.videos) in failed["Video folder can be read"]


def test_a_file_in_place_of_the_video_folder_is_found(sound):
    shutil.rmtree(sound.videos)
    sound.videos.touch()
    assert failures(sound).keys() == {"Video folder can be read"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_secret_key_that_others_can_reach_is_found(sound, mode):
    (sound.data / ".secret_key").chmod(mode)
    failed = failures(sound)
    assert failed.keys() == {"Secret key is private"}
    assert "chmod 600" in failed["Secret key is private"]


def test_a_migration_that_was_not_applied_is_found(sound):
    change(sound, "DELETE FROM django_migrations WHERE app = 'sessions'")
    assert failures(sound) == {"All migrations applied": "1 migrations to apply: run manage.py migrate"}


def test_a_database_without_a_table_is_found(sound):
    change(sound, "DROP TABLE videos_favorite")
    assert "VideoCache uses the database" in failures(sound)


@pytest.mark.parametrize("content", [b"not a database " * 999, b""], ids=["garbage", "emptied"])
def test_a_broken_database_is_found_with_the_advice_how_to_go_on(sound, content):
    sound.run("backup_database")
    sound.database.write_bytes(content)
    failed = failures(sound)
    assert str(sound.database) in failed["Database backend initialized"]
    assert failed["VideoCache uses the database"].startswith("VideoCache.use_database is False")
    assert "restore_database" in sound.run("verify_backend", status=1)
