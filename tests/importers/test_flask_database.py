"""What rows of the old application's database become, field by field, and that reading leaves no trace."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.importers.old_app import LONG_AGO, content_of, execute, make_old_database, usual_database
from videos.backup.snapshot import Snapshot, VideoRecord, ViewRecord
from videos.importers.flask_database import read_old_database
from videos.importers.private_copy import SourceUnreadable
from videos.models import MAX_COUNT

MAY = datetime(2024, 5, 1, 18, 30, tzinfo=UTC)
LOCAL = MAY.astimezone().replace(tzinfo=None)


def read(path: Path) -> Snapshot:
    found = read_old_database(path)
    assert found is not None
    return found.snapshot


def bad(snapshot: Snapshot) -> list[tuple[str, str, bool]]:
    return [(entry.file, entry.key, entry.is_field) for entry in snapshot.bad]


@pytest.mark.parametrize(
    "written",
    [
        "2024-05-01 18:30:00",
        "2024-05-01T18:30:00Z",
        "2024-05-01 18:30:00+00:00",
        "2024-05-01T20:30:00+02:00",
        "2024-05-01 18:30:00.000000+00:00",
        LOCAL.isoformat(),
        LOCAL.isoformat(" ", timespec="microseconds"),
        "Wed, 01 May 2024 18:30:00 GMT",
        MAY.timestamp(),
        int(MAY.timestamp()),
        int(MAY.timestamp() * 1000),
        str(MAY.timestamp()),
        f"{MAY.timestamp() * 1000:.0f}",
        b"2024-05-01 18:30:00",
    ],
)
def test_a_date_is_read_in_any_form_that_sqlite_and_flask_write(tmp_path: Path, written: Any) -> None:
    old = make_old_database(
        tmp_path / "old.db", videos=[("a.mp4", written)], views=[("a.mp4", 1, written)], favorites=[("a.mp4", written)]
    )
    snapshot = read(old)
    assert snapshot.views == {"a.mp4": ViewRecord(1, MAY)}
    assert snapshot.favorites == {"a.mp4": MAY}
    assert snapshot.videos == {"a.mp4": VideoRecord(MAY)}
    assert snapshot.bad == []


@pytest.mark.parametrize("written", ["soon", "2023-02-29", 1e300, "0001-01-01T00:00:00+14:00", b"\xff\xfe", -1e300])
def test_a_date_that_is_none_costs_itself_alone(tmp_path: Path, written: Any) -> None:
    old = make_old_database(tmp_path / "old.db", views=[("a.mp4", 3, written)], favorites=[("a.mp4", written)])
    snapshot = read(old)
    assert (snapshot.views, snapshot.favorites) == ({"a.mp4": ViewRecord(3)}, {"a.mp4": None})
    assert bad(snapshot) == [("views", "a.mp4", True), ("favorites", "a.mp4", True)]


def test_a_date_of_a_video_in_the_future_gives_way_to_the_next_that_is_known(tmp_path: Path) -> None:
    old = make_old_database(tmp_path / "old.db", videos=[("a.mp4", 4_000_000_000.0)])
    execute(old, "UPDATE videos SET created_at = '2024-05-01 18:30:00'")
    snapshot = read(old)
    assert snapshot.videos == {"a.mp4": VideoRecord(MAY)}
    assert bad(snapshot) == [("videos", "a.mp4", True)]


@pytest.mark.parametrize(("written", "stars"), [(1, 1), (5, 5), ("4", 4), (4.0, 4), (b"3", 3), ("2.0", 2)])
def test_stars_are_taken_in_any_type(tmp_path: Path, written: Any, stars: int) -> None:
    assert read(make_old_database(tmp_path / "old.db", ratings=[("a.mp4", written)])).ratings == {"a.mp4": stars}


@pytest.mark.parametrize("written", [0, 6, -1, 3.7, None, "five", "", b"\xff", 2**60])
def test_other_stars_are_named_and_the_other_rows_come_in(tmp_path: Path, written: Any) -> None:
    old = make_old_database(tmp_path / "old.db", ratings=[("a.mp4", 1), ("bad.mp4", written), ("z.mp4", 2)])
    snapshot = read(old)
    assert snapshot.ratings == {"a.mp4": 1, "z.mp4": 2}
    assert bad(snapshot) == [("ratings", "bad.mp4", False)]


@pytest.mark.parametrize("written", [-1, 1.5, "many", None, 1e300, b"\0"])
def test_a_count_that_is_none_costs_itself_alone(tmp_path: Path, written: Any) -> None:
    snapshot = read(make_old_database(tmp_path / "old.db", views=[("a.mp4", written, "2024-05-01 18:30:00")]))
    assert snapshot.views == {"a.mp4": ViewRecord(0, MAY)}
    assert bad(snapshot) == [("views", "a.mp4", True)]


def test_the_largest_count_is_taken(tmp_path: Path) -> None:
    assert read(make_old_database(tmp_path / "old.db", views=[("a.mp4", MAX_COUNT, None)])).views == {
        "a.mp4": ViewRecord(MAX_COUNT)
    }


def test_names_as_bytes_in_utf_8_or_of_an_older_windows_are_texts(tmp_path: Path) -> None:
    names = ["été.mp4".encode(), "déjà.mp4".encode("cp1252")]
    old = make_old_database(tmp_path / "old.db", ratings=[(name, 5) for name in names])
    execute(
        old, "INSERT INTO video_tags (filename, tag) VALUES (CAST(x'e974e92e6d7034' AS TEXT), CAST(x'e974e9' AS TEXT))"
    )
    snapshot = read(old)
    assert snapshot.ratings == {"été.mp4": 5, "déjà.mp4": 5}
    assert snapshot.tags == {"été.mp4": ["été"]}


def test_rows_without_a_name_that_a_file_can_have_are_named_by_their_number(tmp_path: Path) -> None:
    old = make_old_database(tmp_path / "old.db", ratings=[(None, 5), ("", 5), ("../up.mp4", 5), ("nul\0.mp4", 5)])
    snapshot = read(old)
    assert snapshot.ratings == {}
    assert bad(snapshot) == [
        ("ratings", "row 1", False), ("ratings", "row 2", False), ("ratings", "../up.mp4", False),
        ("ratings", "nul\0.mp4", False),
    ]  # fmt: skip
    assert all(str(entry).isprintable() for entry in snapshot.bad)


def test_a_bad_tag_costs_itself_alone(tmp_path: Path) -> None:
    tags = [
        ("a.mp4", "#sea"),
        ("a.mp4", "#"),
        ("a.mp4", "x" * 201),
        ("a.mp4", "a\nb"),
        ("a.mp4", 2024),
        ("a.mp4", "sand"),
    ]
    snapshot = read(make_old_database(tmp_path / "old.db", tags=tags))
    assert snapshot.tags == {"a.mp4": ["sea", "2024", "sand"]}
    assert bad(snapshot) == [("video_tags", "a.mp4", False)] * 3


@pytest.mark.parametrize("duration", [-1, 1e300, "long", b"\xff"])
def test_a_duration_that_is_none_costs_itself_alone(tmp_path: Path, duration: Any) -> None:
    old = make_old_database(tmp_path / "old.db", videos=[("a.mp4", LONG_AGO)])
    with closing(sqlite3.connect(old)) as database, database:
        database.execute("UPDATE videos SET duration = ?", [duration])
    snapshot = read(old)
    assert snapshot.videos["a.mp4"].duration_seconds is None
    assert bad(snapshot) == [("videos", "a.mp4", True)]


@pytest.mark.parametrize(
    "schema",
    [
        "CREATE TABLE ratings (filename, rating)",
        "CREATE TABLE Ratings (FILENAME TEXT, Rating INTEGER, extra BLOB, twice GENERATED ALWAYS AS (rating * 2))",
        "CREATE TABLE ratings (filename TEXT PRIMARY KEY, rating REAL) WITHOUT ROWID",
    ],
)
def test_tables_and_columns_that_are_missing_or_new_change_nothing(tmp_path: Path, schema: str) -> None:
    execute(tmp_path / "old.db", schema, "INSERT INTO ratings (filename, rating) VALUES ('a.mp4', 4)")
    assert read(tmp_path / "old.db").ratings == {"a.mp4": 4}


def test_of_two_ratings_of_one_name_the_later_counts_and_the_other_is_named(tmp_path: Path) -> None:
    execute(
        tmp_path / "old.db",
        "CREATE TABLE ratings (filename, rating, updated_at)",
        "INSERT INTO ratings VALUES ('a.mp4', 5, '2024-05-02 10:00:00'), ('a.mp4', 1, '2020-01-01 10:00:00')",
    )
    snapshot = read(tmp_path / "old.db")
    assert (snapshot.ratings, bad(snapshot)) == ({"a.mp4": 5}, [("ratings", "a.mp4", False)])


def test_rows_of_one_name_in_views_and_favorites_are_united(tmp_path: Path) -> None:
    execute(
        tmp_path / "old.db",
        "CREATE TABLE views (filename, view_count, last_viewed)",
        "INSERT INTO views VALUES ('a.mp4', 3, '2024-05-01 18:30:00'), ('a.mp4', 7, NULL)",
    )
    assert read(tmp_path / "old.db").views == {"a.mp4": ViewRecord(7, MAY)}


@pytest.mark.parametrize("wal", [True, False])
def test_reading_changes_neither_the_file_nor_its_logs_also_while_the_old_app_has_it_open(
    tmp_path: Path, wal: bool
) -> None:
    old = usual_database(tmp_path / "old" / "old.db", wal=wal)
    with closing(sqlite3.connect(old)) as old_app:
        old_app.execute("UPDATE ratings SET rating = 3")
        old_app.commit()
        before = {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in old.parent.iterdir()}
        assert set(read(old).ratings.values()) == {3}
        assert {path.name: (path.read_bytes(), path.stat().st_mtime_ns) for path in old.parent.iterdir()} == before


def test_a_file_in_a_folder_that_takes_none_is_read(tmp_path: Path) -> None:
    old = usual_database(tmp_path / "old" / "old.db", wal=True)
    os.chmod(old, 0o444)
    os.chmod(old.parent, 0o555)
    assert read(old).ratings["Sea.mp4"] == 5
    os.chmod(old.parent, 0o755)


def test_what_is_no_database_is_refused_with_one_line(tmp_path: Path) -> None:
    (tmp_path / "text.db").write_text("five stars")
    for path in (tmp_path / "text.db", tmp_path / "nowhere.db", tmp_path):
        with pytest.raises(SourceUnreadable) as refused:
            read_old_database(path)
        assert str(path) in str(refused.value)
        assert str(refused.value).isprintable()


def test_our_own_database_is_none_of_the_old_app(tmp_path: Path) -> None:
    execute(tmp_path / "ours.db", "CREATE TABLE videos_video (id INTEGER, filename TEXT)")
    assert read_old_database(tmp_path / "ours.db") is None


def test_a_copy_of_the_file_gives_the_same(tmp_path: Path) -> None:
    old = usual_database(tmp_path / "old.db")
    shutil.copyfile(old, tmp_path / "copy.db")
    assert read(old) == read(tmp_path / "copy.db")
    assert content_of(old) == content_of(tmp_path / "copy.db")
