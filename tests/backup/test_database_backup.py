"""Whole copies of the database, sound while others write."""

import os
import sqlite3
import time
from contextlib import closing

import pytest

from tests.backup.four_files import size_of
from videos.backup.database_backup import BackupFailed, backup_database, default_folder, newest_backup

# Each transaction makes a video with stars and a view, and its number is told once it is committed.
WRITER = """
import sys, time
from django.db import transaction
from videos.models import Rating, Video, View
from videos.accounts.household import household
viewer, number, end = household(), 0, time.monotonic() + 60
while time.monotonic() < end:
    number += 1
    with transaction.atomic():
        video = Video.objects.create(filename=f"{number}.mp4", title="x" * 500)
        Rating.objects.create(viewer=viewer, video=video, stars=5)
        View.objects.create(viewer=viewer, video=video, view_count=number)
    print(number, flush=True)
    time.sleep(0.003)
"""


class Acknowledged:
    """A process that writes as fast as it can, and the numbers that it has said are saved."""

    def __init__(self, shell):
        self.process = shell.start("shell", "--verbosity", "0", "-c", WRITER)
        self.next_line()

    def next_line(self):
        self.latest = int(self.process.stdout.readline())
        return self.latest

    def stop(self, kill):
        """End the process and return the last number that it said."""
        self.process.kill()
        said = [line for line in self.process.stdout.read().split("\n")[:-1] if line.isdigit()]
        kill(self.process)
        return int(said[-1]) if said else self.latest


def numbers_in(database):
    """Return the numbers of the videos with stars and of those with views, after seeing that the file is sound."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        query = "SELECT CAST(filename AS INTEGER) FROM videos_video v JOIN {} m ON m.video_id = v.id ORDER BY 1"
        return [
            [row[0] for row in connection.execute(query.format(table))] for table in ("videos_rating", "videos_view")
        ]


def test_backups_made_while_another_process_writes_are_sound_and_hold_all_that_was_saved_before(shell, kill):
    writer = Acknowledged(shell)
    saved = []
    for _backup in range(3):
        saved.append(writer.next_line())
        shell.run("backup_database")
    assert writer.stop(kill) > saved[-1]
    backups = sorted(default_folder(shell.data).iterdir())
    assert len(backups) == 3
    assert all(path.suffix == ".db" for path in backups)
    for path, number in zip(backups, saved, strict=True):
        rated, viewed = numbers_in(path)
        assert rated == viewed == list(range(1, len(rated) + 1))
        assert len(rated) >= number


def test_the_command_names_the_copy_and_takes_another_folder(shell, tmp_path):
    assert f"[OK] {default_folder(shell.data)}/video_metadata-" in shell.run("backup_database")
    shell.run("backup_database", "--to", tmp_path / "deep" / "other")
    [copy] = (tmp_path / "deep" / "other").iterdir()
    assert numbers_in(copy) == [[], []]
    assert newest_backup(shell.data).parent == default_folder(shell.data)


def test_a_backup_that_cannot_be_written_ends_with_one_line_and_status_1(shell, tmp_path):
    (tmp_path / "file").write_text("mine")
    printed = shell.run("backup_database", "--to", tmp_path / "file", status=1)
    assert printed.startswith("CommandError: No backup was made in ")
    assert printed.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


def test_of_a_damaged_database_no_backup_is_made(shell):
    with closing(sqlite3.connect(shell.database)) as database:
        database.executescript("CREATE TABLE big (text); INSERT INTO big VALUES (zeroblob(200000))")
    with open(shell.database, "r+b") as file:
        file.seek(100_000)
        file.write(os.urandom(100_000))
    shell.run("backup_database", status=1)
    assert newest_backup(shell.data) is None


@pytest.mark.django_db(transaction=True)
def test_a_row_that_refers_to_nothing_makes_a_copy_unsound(tmp_path, make_video):
    from django.db import connection

    video = make_video("a.mp4")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA foreign_keys = OFF")
        cursor.execute("INSERT INTO videos_video_tags (video_id, tag_id) VALUES (%s, 999)", [video.pk])
        try:
            with pytest.raises(BackupFailed, match="refers to nothing"):
                backup_database(tmp_path)
        finally:
            cursor.execute("DELETE FROM videos_video_tags")
            cursor.execute("PRAGMA foreign_keys = ON")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
def test_a_backup_that_is_killed_leaves_no_file_with_the_name_of_a_backup_that_is_not_one(shell, kill, tmp_path):
    with closing(sqlite3.connect(shell.database)) as database:
        database.execute("CREATE TABLE ballast (bytes)")
        database.executemany("INSERT INTO ballast VALUES (randomblob(20000))", [()] * 2000)
        database.commit()
    folder = tmp_path / "backups"
    for size_bytes in (0, 1_000_000, 20_000_000):
        process = shell.start("backup_database", "--to", folder)
        deadline = time.monotonic() + 20
        while process.poll() is None and time.monotonic() < deadline:
            if any(size_of(path) > size_bytes for path in folder.glob("*.part")):
                break
        kill(process)
        for path in folder.glob("*.db"):
            numbers_in(path)
    shell.run("backup_database", "--to", folder)
    assert numbers_in(max(folder.glob("*.db"))) == [[], []]
