"""migrate_json as a person runs it: its lines, its exit status, two at once, and a power cut in the middle."""

import os
import re
import shutil
import sqlite3
import time
from contextlib import closing

import pytest

from tests.backup.four_files import TABLES, size_of, write_files
from tests.backup.test_json_reader import FIXTURES

MANY = [f"year {number % 40}/clip {number:05}.mp4" for number in range(8_000)]


def counts(database):
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        return {table: connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in TABLES}


def content(database):
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


def write_many(folder):
    return write_files(
        folder,
        ratings=dict.fromkeys(MANY, 5),
        views={name: {"view_count": 3, "last_viewed": "2024-05-01T12:00:00Z"} for name in MANY},
        tags={name: ["sea", f"tag {index % 500}", "#home"] for index, name in enumerate(MANY)},
        favorites=MANY,
    )


NOTHING = dict.fromkeys(TABLES, 0)
ALL_OF_MANY = {table: len(MANY) for table in TABLES} | {"videos_tag": 502, "videos_video_tags": 3 * len(MANY)}


def test_a_good_import_ends_with_status_0_and_a_table_and_a_second_one_changes_nothing(shell):
    first = shell.run("migrate_json", "--from", FIXTURES / "sample", status=0)
    assert re.search(r"videos\D+25\D+0\D+0\D+0", first)
    assert re.search(r"views\D+18\D+0\D+0\D+0", first)
    before = content(shell.database)
    second = shell.run("migrate_json", "--from", FIXTURES / "sample", status=0)
    assert re.search(r"videos\D+0\D+0\D+25\D+0", second)
    assert content(shell.database) == before


def test_bad_entries_are_named_and_end_with_status_2_and_good_ones_are_in(shell):
    printed = shell.run("migrate_json", "--from", FIXTURES / "messy", status=2)
    assert "ratings.json: six.mp4: 6 stars" in printed
    assert r"favorites.json: surrogate \ud800.mp4: " in printed
    assert "56 bad entries and 6 bad fields were skipped" in printed
    assert "Traceback" not in printed
    assert counts(shell.database)["videos_rating"] == 5


def test_the_files_of_the_data_folder_are_read_where_no_other_is_named(shell):
    write_files(shell.data, ratings={"a.mp4": 5})
    shell.run("migrate_json")
    assert counts(shell.database)["videos_rating"] == 1


@pytest.mark.parametrize("views", [b"{", b"[" * 100_000, b'{"a": ' + b"9" * 5_000 + b"}", b"[]", "FIFO"])
def test_a_file_that_is_no_snapshot_ends_with_status_1_and_one_line_and_nothing_is_written(shell, tmp_path, views):
    folder = write_files(tmp_path / "from", ratings={"a.mp4": 5})
    os.mkfifo(folder / "views.json") if views == "FIFO" else write_files(folder, views=views)
    before = content(shell.database)
    printed = shell.run("migrate_json", "--from", folder, status=1)
    assert printed.startswith(f"CommandError: {folder / 'views.json'}")
    assert printed.count("\n") == 1
    assert content(shell.database) == before


def test_no_files_at_all_and_an_unknown_viewer_end_with_status_1_and_one_line(shell, tmp_path):
    assert "There is none of ratings.json" in shell.run("migrate_json", "--from", tmp_path / "nowhere", status=1)
    printed = shell.run("migrate_json", "--from", FIXTURES / "sample", "--viewer", "nobody", status=1)
    assert printed == "CommandError: There is no account named nobody.\n"
    assert counts(shell.database) == NOTHING


def test_a_dry_run_prints_the_table_and_writes_nothing(shell):
    before = content(shell.database)
    printed = shell.run("migrate_json", "--from", FIXTURES / "messy", "--dry-run", status=2)
    assert "Nothing written: a dry run" in printed
    assert "56 bad entries and 6 bad fields would be skipped" in printed
    assert re.search(r"ratings\D+5\D+0\D+0\D+16", printed)
    assert content(shell.database) == before


def test_with_keep_existing_the_second_star_does_not_replace_the_first(shell, tmp_path):
    for stars, options in ((2, []), (5, ["--keep-existing"])):
        shell.run("migrate_json", "--from", write_files(tmp_path / "from", ratings={"a.mp4": stars}), *options)
    with closing(sqlite3.connect(shell.database)) as database:
        assert database.execute("SELECT stars FROM videos_rating").fetchall() == [(2,)]


def test_of_two_imports_at_the_same_time_one_says_so_and_ends_with_status_1(shell):
    with closing(sqlite3.connect(shell.database, isolation_level=None)) as blocker:
        # Holding the write lock here stops the import that came first in the middle of its work.
        blocker.execute("BEGIN IMMEDIATE")
        running = [shell.start("migrate_json", "--from", FIXTURES / "sample") for _ in range(2)]
        deadline = time.monotonic() + 15
        while all(process.poll() is None for process in running) and time.monotonic() < deadline:
            time.sleep(0.02)
        blocker.execute("ROLLBACK")
    printed = {process.returncode: out + err for process in running for out, err in [process.communicate(timeout=30)]}
    assert set(printed) == {0, 1}
    assert printed[1] == "CommandError: Another import is running; this one changed nothing.\n"
    assert counts(shell.database)["videos_rating"] == 15


@pytest.mark.slow
def test_an_import_killed_at_any_time_leaves_all_or_nothing_and_can_be_run_again(shell, kill, tmp_path):
    many, empty = write_many(tmp_path / "many"), shell.data / "empty.db"
    shutil.copyfile(shell.database, empty)
    log = shell.database.with_name(f"{shell.database.name}-wal")

    def killed(moment):
        log.unlink(missing_ok=True)
        log.with_name(f"{shell.database.name}-shm").unlink(missing_ok=True)
        shutil.copyfile(empty, shell.database)
        process = shell.start("migrate_json", "--from", many)
        moment(process)
        kill(process)
        left = counts(shell.database)
        assert left in (NOTHING, ALL_OF_MANY)
        return left

    def when_the_log_has_grown_to(size_bytes):
        def wait(process):
            while process.poll() is None and size_of(log) <= size_bytes:
                time.sleep(0.001)

        return wait

    started = time.monotonic()
    shell.run("migrate_json", "--from", many)
    seconds = time.monotonic() - started
    by_the_clock = [killed(lambda _, share=share: time.sleep(share * seconds)) for share in (0, 0.3, 0.6, 0.8, 0.95)]
    assert NOTHING in by_the_clock
    # The rows go to the disk at the end, in a moment that the clock would hardly meet.
    for size_bytes in (0, 1_000_000):
        killed(when_the_log_has_grown_to(size_bytes))
    shell.run("migrate_json", "--from", many)
    assert counts(shell.database) == ALL_OF_MANY
