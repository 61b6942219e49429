"""The way back from a backup: verified first, nothing lost, and seen by whoever has the database open."""

import json
import os
import shutil
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest

from tests import processes
from tests.backup.four_files import all_rows, size_of, write_files
from tests.backup.test_database_backup import Acknowledged, numbers_in
from tests.conftest import PROJECT
from videos.backup.database_backup import BackupFailed, backup_database, default_folder, newest_backup, restore_database
from videos.cache import VideoCache
from videos.db.triggers.change_log import read_revisions
from videos.models import Rating, Video

# A process that keeps its connection and its caches, and answers each line with the stars as VideoCache tells them.
READER = """
import django, json, sys; django.setup()
from videos.cache import VideoCache
cache = VideoCache()
for line in sys.stdin:
    print(json.dumps(cache.get_ratings()), flush=True)
"""


class Reader:
    def __init__(self, shell):
        self.process = processes.start(
            [], code=READER, env=shell.environment, cwd=PROJECT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip

    def ratings(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())


def rate(shell, folder, **stars):
    shell.run("migrate_json", "--from", write_files(folder, ratings={f"{name}.mp4": n for name, n in stars.items()}))


def stars_in(database):
    with closing(sqlite3.connect(database)) as connection:
        query = "SELECT filename, stars FROM videos_rating r JOIN videos_video v ON v.id = r.video_id"
        return dict(connection.execute(query).fetchall())


def kept_beside(database):
    return [path for path in database.parent.glob(f"{database.name}.replaced-*") if path.name[-1] == "Z"]


def unsound(tmp_path, good):
    """Return {what it is: a file that no restore may take}."""
    files = {name: tmp_path / f"{name}.db" for name in ("empty", "text", "cut", "damaged", "foreign", "FIFO", "folder")}
    files["empty"].touch()
    files["text"].write_text("my holiday list")
    files["cut"].write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    content = bytearray(good.read_bytes())
    content[8192:40960] = os.urandom(32768)
    files["damaged"].write_bytes(content)
    with closing(sqlite3.connect(files["foreign"])) as database:
        database.execute("CREATE TABLE recipes (name)")
        database.commit()
    os.mkfifo(files["FIFO"])
    files["folder"].mkdir()
    return {**files, "nothing": tmp_path / "nowhere.db"}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["empty", "text", "cut", "damaged", "foreign", "FIFO", "folder", "nothing"])
def test_what_is_no_sound_backup_is_refused_and_nothing_changes(make_video, tmp_path, kind):
    make_video("a.mp4")
    bad = unsound(tmp_path, backup_database(tmp_path / "backups"))[kind]
    before = all_rows()
    with pytest.raises(BackupFailed, match=r"no sound backup: .* Nothing was changed"):
        restore_database(bad)
    assert all_rows() == before


@pytest.mark.django_db(transaction=True)
def test_a_backup_with_a_row_that_refers_to_nothing_is_refused(make_video, tmp_path):
    make_video("a.mp4")
    backup = backup_database(tmp_path)
    with closing(sqlite3.connect(backup)) as database:
        database.execute("INSERT INTO videos_video_tags (video_id, tag_id) VALUES (999, 999)")
        database.commit()
    with pytest.raises(BackupFailed, match="refers to nothing"):
        restore_database(backup)


@pytest.mark.django_db(transaction=True)
def test_after_a_restore_caches_tell_what_was_restored_and_revision_numbers_have_moved_on(viewer, make_video, tmp_path):
    cache, video = VideoCache(), make_video("a.mp4")
    Rating.objects.create(viewer=viewer, video=video, stars=2)
    backup = backup_database(tmp_path)
    cache.update_rating("a.mp4", 5)
    make_video("later.mp4")
    assert cache.get_ratings() == {"a.mp4": 5}
    before = read_revisions()
    kept = restore_database(backup)
    assert cache.get_ratings() == {"a.mp4": 2}
    assert not Video.objects.filter(filename="later.mp4").exists()
    after = read_revisions()
    assert after.keys() == before.keys()
    assert all(after[kind] > before[kind] for kind in before)
    assert stars_in(kept) == {"a.mp4": 5}


@pytest.mark.django_db(transaction=True)
def test_restoring_twice_and_then_what_was_replaced_leads_back_without_a_stale_cache(viewer, make_video, tmp_path):
    cache, video = VideoCache(), make_video("a.mp4")
    backups = []
    for stars in (1, 2):
        Rating.objects.update_or_create(viewer=viewer, video=video, defaults={"stars": stars})
        backups.append(backup_database(tmp_path))
    for turn in (0, 1, 0):
        kept = restore_database(backups[turn])
        assert cache.get_ratings() == {"a.mp4": turn + 1}
    restore_database(kept)
    assert cache.get_ratings() == {"a.mp4": 2}


@pytest.mark.django_db(transaction=True)
def test_the_database_itself_is_no_backup_of_it(make_video, tmp_path):
    from videos.db.sqlite_file import sqlite_path

    make_video("a.mp4")
    (tmp_path / "link.db").symlink_to(sqlite_path())
    for path in (sqlite_path(), tmp_path / "link.db"):
        with pytest.raises(BackupFailed, match="the database itself"):
            restore_database(path)
    assert Video.objects.count() == 1


def test_the_command_restores_and_keeps_the_replaced_database_beside_it(shell, tmp_path):
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database")
    rate(shell, tmp_path / "2", a=5, b=4)
    printed = shell.run("restore_database", newest_backup(shell.data))
    [kept] = kept_beside(shell.database)
    assert str(kept) in printed
    assert "is restored" in printed
    assert (stars_in(shell.database), stars_in(kept)) == ({"a.mp4": 1}, {"a.mp4": 5, "b.mp4": 4})
    assert not list(shell.data.glob(".*.part*"))


def test_the_command_refuses_with_one_line_and_status_1(shell, tmp_path):
    rate(shell, tmp_path / "1", a=1)
    before = shell.database.read_bytes()
    for bad in (tmp_path / "nowhere.db", shell.data / ".secret_key"):
        printed = shell.run("restore_database", bad, status=1)
        assert printed.startswith(f"CommandError: {bad} is no sound backup: ")
        assert printed.count("\n") == 1
    assert shell.database.read_bytes() == before
    assert kept_beside(shell.database) == []


def test_a_process_that_has_the_database_open_reads_on_and_sees_the_restored_rows(shell, kill, tmp_path):
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database")
    rate(shell, tmp_path / "2", a=5, b=4)
    reader = Reader(shell)
    assert reader.ratings() == {"a.mp4": 5, "b.mp4": 4}
    shell.run("restore_database", newest_backup(shell.data))
    assert reader.ratings() == {"a.mp4": 1}
    rate(shell, tmp_path / "3", c=3)
    assert reader.ratings() == {"a.mp4": 1, "c.mp4": 3}
    kill(reader.process)


def test_a_reader_in_the_middle_of_a_transaction_neither_stops_a_restore_nor_sees_half_of_it(shell, tmp_path):
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database")
    rate(shell, tmp_path / "2", a=5)
    with closing(sqlite3.connect(shell.database, isolation_level=None)) as reader:
        stars = "SELECT stars FROM videos_rating"
        reader.execute("BEGIN")
        assert reader.execute(stars).fetchall() == [(5,)]
        shell.run("restore_database", newest_backup(shell.data))
        assert reader.execute(stars).fetchall() == [(5,)]
        reader.execute("COMMIT")
        assert reader.execute(stars).fetchall() == [(1,)]


def test_nothing_that_another_process_saved_during_a_restore_is_lost(shell, kill):
    shell.run("backup_database")
    backup = newest_backup(shell.data)
    writer = Acknowledged(shell)
    first = writer.next_line()
    shell.run("restore_database", backup)
    last = writer.stop(kill)
    [kept] = kept_beside(shell.database)
    before, after = numbers_in(kept)[0], numbers_in(shell.database)[0]
    assert set(range(1, last + 1)) <= {*before, *after}
    assert len(before) >= first
    assert not {*before} & {*after}


@pytest.mark.parametrize("broken", [b"", b"no database at all " * 500, "damaged"])
def test_a_broken_database_is_set_aside_with_its_logs_and_the_backup_takes_its_place(shell, tmp_path, broken):
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database")
    backup, content = newest_backup(shell.data), bytearray(shell.database.read_bytes())
    content[4096:40960] = bytes(36864)
    shell.database.write_bytes(bytes(content) if broken == "damaged" else broken)
    logs = [shell.database.with_name(f"{shell.database.name}{suffix}") for suffix in ("-wal", "-shm", "-journal")]
    for log in logs:
        log.write_bytes(b"stale " * 1000)
    shell.run("restore_database", backup)
    assert stars_in(shell.database) == {"a.mp4": 1}
    [kept] = kept_beside(shell.database)
    assert not any(log.exists() and b"stale" in log.read_bytes() for log in logs)
    assert broken == "damaged" or kept.read_bytes() == broken


def test_a_stale_log_with_rows_in_it_is_not_replayed_into_the_restored_database(shell, tmp_path):
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database")
    with closing(sqlite3.connect(shell.database, isolation_level=None)) as database:
        database.execute("PRAGMA wal_autocheckpoint = 0")
        database.execute("UPDATE videos_rating SET stars = 5")
        for suffix in ("-wal", "-shm"):
            shutil.copyfile(f"{shell.database}{suffix}", tmp_path / f"stale{suffix}")
    shell.database.write_bytes(b"broken " * 1000)
    for suffix in ("-wal", "-shm"):
        shutil.copyfile(tmp_path / f"stale{suffix}", f"{shell.database}{suffix}")
    shell.run("restore_database", newest_backup(shell.data))
    assert stars_in(shell.database) == {"a.mp4": 1}


def test_a_missing_database_and_one_that_is_not_the_librarys_are_replaced_too(shell, tmp_path):
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database")
    shell.database.unlink()
    assert "kept" not in shell.run("restore_database", newest_backup(shell.data))
    assert stars_in(shell.database) == {"a.mp4": 1}
    shell.database.unlink()
    with closing(sqlite3.connect(shell.database)) as foreign:
        foreign.execute("CREATE TABLE recipes (name)")
        foreign.commit()
    shell.run("restore_database", newest_backup(shell.data))
    assert stars_in(shell.database) == {"a.mp4": 1}


@pytest.mark.slow
def test_a_restore_that_is_killed_leaves_the_old_rows_or_the_restored_ones(shell, kill, tmp_path):
    with closing(sqlite3.connect(shell.database)) as database:
        database.execute("CREATE TABLE ballast (bytes)")
        database.executemany("INSERT INTO ballast VALUES (randomblob(20000))", [()] * 1000)
        database.commit()
    rate(shell, tmp_path / "1", a=1)
    shell.run("backup_database", "--to", default_folder(shell.data))
    rate(shell, tmp_path / "2", a=5)
    log = shell.database.with_name(f"{shell.database.name}-wal")
    for size_bytes in (0, 1_000_000, 10_000_000):
        process = shell.start("restore_database", newest_backup(shell.data))
        while process.poll() is None and size_of(log) <= size_bytes:
            time.sleep(0.001)
        kill(process)
        numbers_in(shell.database)
        assert stars_in(shell.database) in ({"a.mp4": 5}, {"a.mp4": 1})
    shell.run("restore_database", newest_backup(shell.data))
    assert stars_in(shell.database) == {"a.mp4": 1}
