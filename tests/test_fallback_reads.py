"""Without a usable database VideoCache reads the JSON files and writes nothing, until the database is back."""

import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.live_server import wait_for
from tests.other_user import library_for_anybody, run_as_nobody
from videos.cache import VideoCache
from videos.db import health
from videos.db.health import DatabaseUnavailable
from videos.db.sqlite_file import mark_as_set_up
from videos.models import Video

FILES = {
    "ratings.json": {"a.mp4": 2, "only in json.mp4": 5},
    "views.json": {"a.mp4": {"view_count": 9, "last_viewed": None}, "b.mp4": 0},
    "tags.json": {"a.mp4": ["#zoo", "Sea", "sea"], "b.mp4": []},
    "favorites.json": {
        "favorites": ["a.mp4", "b.mp4", "c.mp4"],
        "added_dates": {"a.mp4": "2020-01-01T00:00:00Z", "b.mp4": "2021-01-01T00:00:00Z"},
    },
}
FROM_JSON = (
    {"a.mp4": 2, "only in json.mp4": 5},
    {"a.mp4": 9},
    {"a.mp4": ["Sea", "zoo"]},
    ["b.mp4", "a.mp4", "c.mp4"],
)
FROM_DATABASE = ({"a.mp4": 4}, {"a.mp4": 1}, {"a.mp4": ["night"]}, ["a.mp4"])
NOTHING: tuple[Any, ...] = ({}, {}, {}, [])

WRITES = {
    "update_rating": lambda cache: cache.update_rating("a.mp4", 5),
    "take a rating": lambda cache: cache.update_rating("a.mp4", None),
    "update_view": lambda cache: cache.update_view("a.mp4"),
    "update_tags": lambda cache: cache.update_tags("a.mp4", ["new"]),
    "add_tags": lambda cache: cache.add_tags("a.mp4", ["new"]),
    "remove_tags": lambda cache: cache.remove_tags("a.mp4", ["sea"]),
    "update_favorites": lambda cache: cache.update_favorites([]),
    "set_favorite": lambda cache: cache.set_favorite("a.mp4", False),
}


def overwrite(path: Path, at: int, content: bytes) -> None:
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(content)


def damage_a_page(path: Path) -> None:
    with closing(sqlite3.connect(path)) as opened:
        # With its indexes: one of them alone may answer a question.
        found = opened.execute("SELECT rootpage FROM sqlite_master WHERE tbl_name = 'videos_rating' AND rootpage > 0")
        pages = [page for (page,) in found]
        size = opened.execute("PRAGMA page_size").fetchone()[0]
    for page in pages:
        overwrite(path, (page - 1) * size, os.urandom(size))


def put_a_folder_there(path: Path) -> None:
    path.unlink()
    path.mkdir()


def link_to_nothing(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.parent / "unplugged" / "video_metadata.db")


BREAK: dict[str, Callable[[Path], Any]] = {
    "garbage": lambda path: path.write_bytes(b"not a database " * 5000),
    "magic damaged": lambda path: overwrite(path, 0, b"\0" * 16),
    "header damaged": lambda path: overwrite(path, 16, b"\xff" * 84),
    "page damaged": damage_a_page,
    "truncated": lambda path: os.truncate(path, path.stat().st_size // 2),
    "one byte": lambda path: path.write_bytes(b"x"),
    "zero bytes": lambda path: os.truncate(path, 0),
    "folder": put_a_folder_there,
    "gone": lambda path: path.unlink(),
    "link to nothing": link_to_nothing,
}


@pytest.fixture
def own_database(django_db_setup: None, django_db_blocker: Any, library: Path) -> Iterator[Path]:
    """A database of the test's own, in its data folder, holding FROM_DATABASE: it may be broken."""
    path = library.parent / "data" / "video_metadata.db"
    known_name = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        with connection.cursor() as cursor:
            cursor.execute("VACUUM INTO %s", [str(path)])
        connection.close()
        connection.settings_dict["NAME"] = str(path)
        mark_as_set_up(connection)
        health.forget_health()
        Video.objects.create(filename="a.mp4")
        cache = VideoCache()
        cache.update_rating("a.mp4", 4)
        cache.update_view("a.mp4")
        cache.update_tags("a.mp4", ["night"])
        cache.set_favorite("a.mp4", True)
        # Closing the last connection takes the log into the file.
        connection.close()
        shutil.copyfile(path, path.with_suffix(".good"))
        health.forget_health()
        yield path
        connection.close()
        connection.settings_dict["NAME"] = known_name


def write_snapshot(folder: Path, **replaced: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in FILES.items():
        (folder / name).write_text(replaced.get(name.split(".")[0], json.dumps(content)))


def reads(cache: VideoCache) -> tuple[Any, ...]:
    return cache.get_ratings(), cache.get_views(), cache.get_tags(), cache.get_favorites()


def files_in(folder: Path) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}


def put_back(path: Path) -> None:
    if path.is_dir():
        path.rmdir()
    for old in path.parent.glob(f"{path.name}*"):
        if not old.name.endswith(".set-up"):
            old.unlink()
    shutil.copyfile(path.with_suffix(".good"), path)


@pytest.mark.parametrize("damage", sorted(BREAK.keys() - {"gone"}))
def test_a_broken_database_is_told_read_around_never_written_and_taken_back(
    damage: str, own_database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "_RECHECK_SECONDS", 0.0)
    write_snapshot(settings.DATA_DIR)
    cache = VideoCache()
    assert cache.use_database
    assert reads(cache) == FROM_DATABASE

    connection.close()
    BREAK[damage](own_database)
    # As at a start, and in a thread of its own after an error.
    health.recheck()
    assert (cache.use_database, cache.db) == (False, None)
    problem = health.problem() or ""
    assert str(own_database) in problem
    assert "\n" not in problem
    before = files_in(settings.DATA_DIR)
    assert reads(cache) == reads(VideoCache()) == FROM_JSON
    for write in WRITES.values():
        with pytest.raises(DatabaseUnavailable):
            write(cache)
    assert files_in(settings.DATA_DIR) == before

    put_back(own_database)
    # It is read whole before it counts, and nobody who asks for a page waits for that.
    wait_for(lambda: cache.use_database, 10)
    assert cache.db is not None
    assert reads(cache) == FROM_DATABASE
    assert cache.update_view("a.mp4") == 2
    assert cache.get_views() == {"a.mp4": 2}


def test_damage_to_a_part_is_found_out_by_the_read_that_meets_it_and_soon_known_to_all(own_database: Path) -> None:
    write_snapshot(settings.DATA_DIR)
    cache = VideoCache()
    assert cache.use_database
    connection.close()
    damage_a_page(own_database)
    assert cache.get_tags() == FROM_DATABASE[2]
    assert cache.get_ratings() == FROM_JSON[0]
    wait_for(lambda: not cache.use_database, 10)
    assert reads(cache) == FROM_JSON


@pytest.mark.parametrize("damage", ["garbage", "magic damaged", "truncated", "zero bytes", "gone", "folder"])
def test_a_database_that_breaks_while_in_use_is_found_out_by_the_next_call(damage: str, own_database: Path) -> None:
    write_snapshot(settings.DATA_DIR)
    cache = VideoCache()
    assert reads(cache) == FROM_DATABASE
    connection.close()
    BREAK[damage](own_database)
    assert reads(cache) == FROM_JSON
    assert cache.use_database is False


@pytest.mark.parametrize("write", WRITES)
def test_the_write_that_meets_the_broken_database_first_says_so(write: str, own_database: Path) -> None:
    cache = VideoCache()
    assert cache.viewer
    connection.close()
    BREAK["garbage"](own_database)
    with pytest.raises(DatabaseUnavailable, match=r"video_metadata\.db"):
        WRITES[write](cache)


@pytest.fixture
def broken(own_database: Path) -> Path:
    """The data folder of a database that cannot be used."""
    BREAK["garbage"](own_database)
    return own_database.parent


def test_without_json_files_the_newest_backup_is_read(broken: Path) -> None:
    write_snapshot(broken / "backup_json" / "2023-01-01T00-00-00.000000Z", ratings='{"old.mp4": 1}')
    write_snapshot(broken / "backup_json" / "2024-01-01T00-00-00.000000Z")
    assert reads(VideoCache()) == FROM_JSON


@pytest.mark.parametrize("torn", ['{"a.mp4": 2', "", "[1, 2]", "null", "\0\0\0\0"])
def test_a_backup_that_is_not_sound_is_passed_over(torn: str, broken: Path) -> None:
    write_snapshot(broken / "backup_json" / "2023-01-01T00-00-00.000000Z")
    write_snapshot(broken / "backup_json" / "2024-01-01T00-00-00.000000Z", ratings=torn)
    (broken / "backup_json" / "2025-01-01T00-00-00.000000Z").mkdir()
    (broken / "ratings.json").write_text(torn)
    assert reads(VideoCache()) == FROM_JSON


def test_the_data_folders_own_files_come_before_a_backup(broken: Path) -> None:
    write_snapshot(broken / "backup_json" / "2024-01-01T00-00-00.000000Z")
    (broken / "ratings.json").write_text('{"mine.mp4": 3}')
    assert reads(VideoCache()) == ({"mine.mp4": 3}, {}, {}, [])


def test_with_nothing_to_read_the_reads_are_empty(broken: Path) -> None:
    assert reads(VideoCache()) == NOTHING


def test_a_file_that_changes_is_read_anew(broken: Path) -> None:
    write_snapshot(broken)
    assert VideoCache().get_ratings() == FROM_JSON[0]
    (broken / "ratings.json").write_text('{"a.mp4": 1}')
    assert VideoCache().get_ratings() == {"a.mp4": 1}


def test_a_cache_made_without_the_database_reads_json_and_writes_nothing(own_database: Path) -> None:
    write_snapshot(settings.DATA_DIR)
    cache = VideoCache(use_database=False)
    assert (cache.use_database, cache.db) == (False, None)
    assert reads(cache) == FROM_JSON
    with pytest.raises(DatabaseUnavailable):
        cache.update_view("a.mp4")
    assert reads(VideoCache()) == FROM_DATABASE


def test_a_database_that_may_not_be_read_is_read_around() -> None:
    with library_for_anybody() as shell:
        write_snapshot(shell.data)
        shell.database.chmod(0o000)
        printed = run_as_nobody(
            shell,
            """
from videos.cache import VideoCache
from videos.db import health
cache = VideoCache()
print(cache.use_database, cache.db, cache.get_ratings(), health.problem())
try:
    cache.update_view("a.mp4")
except health.DatabaseUnavailable:
    print("unavailable")
""",
        )
        assert f"False None {FROM_JSON[0]}" in printed
        assert "Permission denied" in printed
        assert printed.endswith("unavailable\n")
