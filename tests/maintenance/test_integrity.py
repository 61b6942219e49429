"""Bits that flip in the database's file are found within a day, said, and no longer said once it is sound."""

import json
import os
import shutil
import sqlite3
import threading
from contextlib import closing
from datetime import timedelta

import pytest
from django.conf import settings
from django.utils import timezone

from tests.live_server import running, wait_for
from tests.worker import SECONDS, working
from videos.maintenance import integrity
from videos.maintenance.integrity import NotChecked, check

STATE = ".integrity.json"


def fill(path, rows=3_000):
    """Give the library videos with titles, a tag each, and indexes over all that."""
    with closing(sqlite3.connect(path)) as database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(videos_video)") if row[3] and not row[5]]
        known = {"filename": "printf('Sea/clip %05d.mp4', n)", "title": "printf('A title %05d', n)",
                 "title_key": "printf('A title %05d', n)", "added_date": "'2026-01-01 00:00:00'"}  # fmt: skip
        values = ", ".join(known.get(column, "''") for column in columns)
        database.execute(
            f"WITH RECURSIVE number(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM number WHERE n < {rows})"
            f" INSERT INTO videos_video ({', '.join(columns)}) SELECT {values} FROM number"
        )
        database.commit()
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def pages_of(path, name):
    """Return (page size, numbers of the leaf pages of a table or an index)."""
    with closing(sqlite3.connect(path)) as database:
        (size,) = database.execute("PRAGMA page_size").fetchone()
        (root,) = database.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [name]).fetchone()
        database.execute("PRAGMA journal_mode=DELETE")
    content, found, waiting = path.read_bytes(), [], [root]
    while waiting:
        number = waiting.pop()
        page = content[(number - 1) * size : number * size]
        start = 100 if number == 1 else 0
        if page[start] in (2, 5):
            cells = int.from_bytes(page[start + 3 : start + 5])
            for cell in range(cells):
                at = int.from_bytes(page[start + 12 + 2 * cell : start + 14 + 2 * cell])
                waiting.append(int.from_bytes(page[at : at + 4]))
            waiting.append(int.from_bytes(page[start + 8 : start + 12]))
        else:
            found.append(number)
    return size, found


def flip(path, offset, bits=0x10):
    with open(path, "r+b") as file:
        file.seek(offset)
        (byte,) = file.read(1)
        file.seek(offset)
        file.write(bytes([byte ^ bits]))


def damage_header_of(path, name):
    """Flip a bit in the head of a page: how many cells it has."""
    size, pages = pages_of(path, name)
    flip(path, (pages[len(pages) // 2] - 1) * size + 4, 0x40)


def damage_entry_of(path, name, text):
    """Flip a bit in a value that an index holds: the table has another one."""
    size, pages = pages_of(path, name)
    content = path.read_bytes()
    for number in pages:
        at = content.find(text, (number - 1) * size, number * size)
        if at >= 0:
            flip(path, at, 0x01)
            return
    raise AssertionError("the index does not hold it")


def indexes_of(path):
    with closing(sqlite3.connect(path)) as database:
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'index' AND tbl_name = 'videos_video'")
        return [row[0] for row in found]


@pytest.fixture
def filled(shell):
    fill(shell.database)
    return shell.database


def test_a_sound_database_has_no_problem(filled):
    assert check(filled) == ""


def test_a_flipped_bit_in_a_page_of_a_table_is_found(filled):
    damage_header_of(filled, "videos_video")
    assert check(filled)


def test_a_flipped_bit_in_the_value_of_an_index_is_found_though_all_pages_hang_together(filled):
    index = next(name for name in indexes_of(filled) if name.startswith("sqlite_autoindex_videos_video"))
    damage_entry_of(filled, index, b"clip 01500")
    with closing(sqlite3.connect(filled)) as database:
        assert database.execute("PRAGMA quick_check").fetchall() == [("ok",)]
    assert index in check(filled)


def test_a_flipped_bit_in_any_index_page_is_found(filled, tmp_path):
    for number, name in enumerate(indexes_of(filled)):
        copy = shutil.copyfile(filled, tmp_path / f"{number}.db")
        damage_header_of(copy, name)
        assert check(copy), name


def test_a_file_that_is_no_database_any_more_or_is_cut_off_is_damaged(filled):
    os.truncate(filled, filled.stat().st_size // 2)
    assert check(filled)
    filled.write_bytes(b"\xff" * 100_000)
    assert "not a database" in check(filled)


def test_what_cannot_be_read_is_not_called_damaged(shell):
    with pytest.raises(NotChecked):
        check(shell.data / "none.db")


def test_writers_go_on_during_a_check_and_the_log_is_written_back_after_it(filled):
    checked, written = threading.Event(), 0

    def keep_checking():
        for _ in range(5):
            assert check(filled) == ""
        checked.set()

    thread = threading.Thread(target=keep_checking)
    thread.start()
    with closing(sqlite3.connect(filled, timeout=0, isolation_level=None)) as database:
        database.execute("PRAGMA journal_mode=WAL")
        while not checked.is_set() or not written:
            database.execute("UPDATE videos_video SET title = title || 'x' WHERE id = 1")
            written += 1
        thread.join()
        assert database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)


# --- when it is due ---


@pytest.fixture
def kept(library, settings, filled, monkeypatch):
    """A library whose last check was so long ago, with such a result."""
    settings.DATA_DIR = filled.parent
    monkeypatch.setattr(integrity, "sqlite_path", lambda: filled)

    def keep(age, problem=""):
        status = filled.stat()
        checked_at = (timezone.now() - age).isoformat()
        state = {"checked_at": checked_at, "file": [status.st_dev, status.st_ino], "problem": problem, "backup": ""}
        (filled.parent / STATE).write_text(json.dumps(state))

    return keep


@pytest.mark.parametrize(
    ("hours", "problem", "due"),
    [(1, "", False), (23, "", False), (25, "", True), (-1, "", True), (-50_000, "", True), (0.5, "bad", False),
     (2, "bad", True)],
)  # fmt: skip
def test_a_check_is_due_once_a_day_and_once_an_hour_while_there_is_damage(kept, hours, problem, due):
    kept(timedelta(hours=hours), problem)
    assert integrity.is_due(timezone.now()) is due


@pytest.mark.parametrize("content", [None, b"", b"{}", b"[]", b"\xff", b'{"checked_at": 5, "problem": ""}'])
def test_without_a_readable_result_it_is_due_and_nothing_is_said(kept, filled, content):
    if content is not None:
        (filled.parent / STATE).write_bytes(content)
    assert integrity.is_due(timezone.now())
    assert integrity.known_damage() is None


def test_damage_of_another_file_is_not_said_of_this_one(kept, filled):
    kept(timedelta(), "bad")
    assert integrity.known_damage().problem == "bad"
    shutil.copyfile(filled, filled.with_name("copy"))
    filled.with_name("copy").replace(filled)
    assert integrity.known_damage() is None
    assert integrity.is_due(timezone.now())


# --- on the pages ---


@pytest.fixture
def damage(db, library):
    """The database in use, said to be damaged by the last check."""
    from django.db import connection

    status = os.stat(connection.settings_dict["NAME"])
    state = {"checked_at": timezone.now().isoformat(), "file": [status.st_dev, status.st_ino],
             "problem": "Tree 5 page 7: <b>odd</b>", "backup": ""}  # fmt: skip

    def say(backup=""):
        (settings.DATA_DIR / STATE).write_text(json.dumps({**state, "backup": backup}))

    return say


def test_every_page_says_so_with_the_command_to_whoever_may_change_the_library(damage, client):
    damage("/data/backup_database/video_metadata-2026-05-20T12-30-00.000000Z.db")
    for address in ("/", "/library/", "/tags/"):
        page = client.get(address).text
        assert "The database is damaged." in page
        assert "Tree 5 page 7: &lt;b&gt;odd&lt;/b&gt;" in page
        assert "restore_database /data/backup_database/video_metadata-2026-05-20T12-30-00.000000Z.db" in page
        assert "20 May 2026" in page
    damage()
    page = client.get("/library/").text
    assert "There is no good backup." in page
    assert "manage.py export_json" in page


def test_whoever_may_not_change_it_learns_it_at_the_library_without_the_command(
    damage, client, settings, django_user_model
):
    settings.REQUIRE_LOGIN = True
    damage()
    assert "damaged" not in client.get("/login/").text
    client.force_login(django_user_model.objects.create_user("ben"))
    assert "damaged" not in client.get("/").text
    page = client.get("/library/").text
    assert "The database is damaged." in page
    assert "manage.py" not in page


def test_healthz_says_so_and_is_ok_again_when_it_is_over(damage, client):
    damage()
    answer = client.get("/healthz")
    assert (answer.status_code, answer.text) == (503, "database damaged\n")
    integrity.forget()
    assert client.get("/healthz").text == "ok\n"


def test_pages_of_a_sound_database_say_nothing(client, db, library):
    assert "damaged" not in client.get("/library/").text


# --- all of it ---


@pytest.mark.slow
def test_the_worker_finds_damage_and_the_pages_name_the_backup_until_it_is_restored(shell):
    fill(shell.database)
    shell.run("backup_database")
    (good,) = (shell.data / "backup_database").iterdir()
    newer = good.with_name("video_metadata-2099-01-01T00-00-00.000000Z.db")
    shutil.copyfile(good, newer)
    damage_header_of(newer, "videos_video")
    index = next(name for name in indexes_of(shell.database) if name.startswith("sqlite_autoindex_videos_video"))
    damage_entry_of(shell.database, index, b"clip 01500")
    with running(shell, "--no-worker") as server:
        assert server.get("/healthz").text == "ok\n"
        with working(shell) as worker:
            wait_for(lambda: "is damaged" in worker.log, SECONDS, lambda: worker.log)
            wait_for(lambda: server.get("/healthz").text == "database damaged\n", SECONDS, lambda: worker.log)
        assert f"restore_database {good}" in worker.log
        page = server.get("/library/").text
        assert str(good) in page
        assert str(newer) not in page
        shell.run("restore_database", good)
        assert server.get("/healthz").text == "ok\n"
        assert "damaged" not in server.get("/library/").text
        with working(shell) as worker:
            state = shell.data / STATE
            wait_for(state.exists, SECONDS, lambda: worker.log)
        assert json.loads(state.read_text())["problem"] == ""
