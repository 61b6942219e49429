"""migrate_flask as a person runs it: each source found by itself, and none of them changed."""

import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.backup.four_files import write_files
from tests.conftest import Shell
from tests.importers.old_app import LATER_SCHEMA, content_of, execute, make_old_database, rows_of, usual_database

STARS = "SELECT filename, stars FROM videos_rating JOIN videos_video v ON v.id = video_id"
TAGS = (
    "SELECT filename, name FROM videos_video_tags JOIN videos_video v ON v.id = video_id"
    " JOIN videos_tag t ON t.id = tag_id"
)


def state_of(folder: Path) -> dict[str, tuple[bytes, int]]:
    return {
        str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def old_folder(tmp_path: Path) -> Path:
    """A folder of the old application with all of its sources."""
    folder = tmp_path / "old app"
    usual_database(folder / "video_metadata.db", wal=True)
    write_files(folder, ratings={"Sea.mp4": 1, "only json.mp4": 4}, favorites=["Sea.mp4"])
    (folder / "videos" / "trips").mkdir(parents=True)
    (folder / "videos" / "trips" / "Snow.mp4").write_bytes(b"x")
    (folder / "videos" / "trips" / "Snow.mp4.json").write_text('{"tags": ["#winter", ""], "rating": 9}')
    (folder / "videos" / "package.json").write_text("{}")
    (folder / "videos" / "photo.mp4.json").write_text('{"title": "of another program"}')
    return folder


def test_database_json_and_tag_files_come_over_in_one_and_stay_as_they_are(shell: Shell, old_folder: Path) -> None:
    before = state_of(old_folder)
    said = shell.run("migrate_flask", old_folder, status=2)
    assert f"Found {old_folder / 'video_metadata.db'}" in said
    assert f"Found {old_folder / 'ratings.json'}" in said
    assert "Imported from the old app: " in said
    assert "videos/trips/Snow.mp4.json: ''" in said
    # The database's stars win over those in the JSON files.
    assert dict(rows_of(shell.database, STARS)) == {"Sea.mp4": 5, "gone.mp4": 2, "only json.mp4": 4}
    assert ("winter") in {name for _file, name in rows_of(shell.database, TAGS)}
    assert state_of(old_folder) == before


def test_a_second_run_changes_nothing(shell: Shell, old_folder: Path) -> None:
    shell.run("migrate_flask", old_folder, status=2)
    before = content_of(shell.database)
    again = shell.run("migrate_flask", old_folder, status=2)
    assert content_of(shell.database) == before
    assert re.search(r"ratings\D+0\D+0\D+3\D+0", again)


def test_a_dry_run_says_what_would_come_and_writes_nothing_at_all(shell: Shell, old_folder: Path) -> None:
    before, data = state_of(old_folder), content_of(shell.database)
    files = sorted(path.name for path in shell.data.iterdir())
    said = shell.run("migrate_flask", old_folder, "--dry-run", status=2)
    assert "Nothing written: a dry run" in said
    assert re.search(r"ratings\D+3\D+0\D+0\D+0", said)
    assert (state_of(old_folder), content_of(shell.database)) == (before, data)
    assert sorted(path.name for path in shell.data.iterdir()) == files


@pytest.mark.parametrize("name", ["video_metadata.db", "anything.sqlite"])
def test_a_single_file_may_be_named(shell: Shell, tmp_path: Path, name: str) -> None:
    old = usual_database(tmp_path / name)
    write_files(tmp_path, ratings={"only json.mp4": 4})
    shell.run("migrate_flask", old)
    assert dict(rows_of(shell.database, STARS)) == {"Sea.mp4": 5, "gone.mp4": 2}
    shell.run("migrate_flask", tmp_path / "ratings.json")
    assert dict(rows_of(shell.database, STARS))["only json.mp4"] == 4


def test_a_database_of_another_name_is_found_and_of_several_none_is_guessed(shell: Shell, tmp_path: Path) -> None:
    folder = tmp_path / "old"
    make_old_database(folder / "library.db", ratings=[("a.mp4", 1)])
    execute(folder / "other.db", "CREATE TABLE notes (text)")
    shell.run("migrate_flask", folder)
    make_old_database(folder / "data" / "backup.sqlite3", ratings=[("a.mp4", 5)])
    said = shell.run("migrate_flask", folder, status=1)
    assert "There are several databases of the old app" in said
    assert dict(rows_of(shell.database, STARS)) == {"a.mp4": 1}


def test_with_keep_existing_our_stars_stay_and_without_they_are_replaced(shell: Shell, tmp_path: Path) -> None:
    for stars, options, left in ((2, [], 2), (5, ["--keep-existing"], 2), (4, [], 4)):
        (tmp_path / "old.db").unlink(missing_ok=True)
        make_old_database(tmp_path / "old.db", ratings=[("a.mp4", stars)])
        shell.run("migrate_flask", tmp_path / "old.db", *options)
        assert dict(rows_of(shell.database, STARS)) == {"a.mp4": left}


def test_marks_may_be_those_of_an_account(shell: Shell, tmp_path: Path) -> None:
    usual_database(tmp_path / "old.db")
    assert "no account named ann" in shell.run("migrate_flask", tmp_path / "old.db", "--viewer", "ann", status=1)
    shell.run("createsuperuser", "--noinput", "--username", "ann", "--email", "a@example.org")
    shell.run("migrate_flask", tmp_path / "old.db", "--viewer", "ann")
    owners = "SELECT DISTINCT username FROM videos_rating r JOIN auth_user u ON u.id = viewer_id"
    assert rows_of(shell.database, owners) == [("ann",)]


def test_a_set_aside_database_may_be_given_to_an_account_afterwards(tmp_path: Path) -> None:
    shell = Shell(tmp_path)
    usual_database(shell.database)
    shell.run("createsuperuser", "--noinput", "--username", "ann", "--email", "a@example.org")
    (kept,) = (shell.data / "backup_database").iterdir()
    before = kept.read_bytes()
    shell.run("migrate_flask", kept, "--viewer", "ann")
    assert rows_of(shell.database, "SELECT count(*) FROM videos_rating") == [(4,)]
    assert kept.read_bytes() == before


def test_what_has_no_place_yet_is_kept_in_a_file_that_is_named(shell: Shell, tmp_path: Path) -> None:
    more = (
        f"{LATER_SCHEMA} INSERT INTO gallery_groups VALUES (1, 'Faces'); INSERT INTO media_hash_map VALUES ('a', 'b');"
    )
    usual_database(tmp_path / "old.db", more=more)
    said = shell.run("migrate_flask", tmp_path / "old.db").replace("\n", " ")
    (kept,) = (shell.data / "backup_json").glob("*.json")
    assert f"Not supported here yet: 1 gallery: kept in {kept}" in said
    assert "are not used here" in said
    assert "Faces" in kept.read_text()


@pytest.mark.parametrize(
    ("place", "said"),
    [("nowhere", "cannot be read"), ("empty", "There is nothing of the old app in"), ("text.db", "is not an SQLite")],
)
def test_nothing_and_what_is_none_are_one_clear_line(shell: Shell, tmp_path: Path, place: str, said: str) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "text.db").write_text("words")
    before = content_of(shell.database)
    printed = shell.run("migrate_flask", tmp_path / place, status=1)
    assert said in printed
    assert printed.startswith("CommandError: ")
    assert printed.count("\n") == 1
    assert content_of(shell.database) == before


def test_a_damaged_database_costs_none_of_the_other_sources(shell: Shell, old_folder: Path) -> None:
    (old_folder / "video_metadata.db").write_bytes(b"SQLite format 3\0" + b"\xff" * 20_000)
    said = shell.run("migrate_flask", old_folder, status=2)
    assert "video_metadata.db" in said
    assert dict(rows_of(shell.database, STARS)) == {"Sea.mp4": 1, "only json.mp4": 4}


def test_without_a_place_the_data_folder_is_meant(shell: Shell) -> None:
    write_files(shell.data, ratings={"a.mp4": 5})
    shell.run("migrate_flask")
    assert dict(rows_of(shell.database, STARS)) == {"a.mp4": 5}


def test_a_database_whose_log_is_not_written_back_is_read_with_it(shell: Shell, tmp_path: Path) -> None:
    usual_database(tmp_path / "live.db", wal=True)
    (tmp_path / "copy").mkdir()
    with closing(sqlite3.connect(tmp_path / "live.db")) as old_app:
        old_app.execute("UPDATE ratings SET rating = 3")
        old_app.commit()
        for suffix in ("", "-wal"):
            shutil.copyfile(tmp_path / f"live.db{suffix}", tmp_path / "copy" / f"video_metadata.db{suffix}")
    before = state_of(tmp_path / "copy")
    shell.run("migrate_flask", tmp_path / "copy")
    assert set(dict(rows_of(shell.database, STARS)).values()) == {3}
    assert state_of(tmp_path / "copy") == before


def test_tag_files_beside_films_find_the_videos_that_the_library_has(shell: Shell) -> None:
    (shell.videos / "trips").mkdir()
    (shell.videos / "trips" / "Snow.mp4").write_bytes(b"x")
    shell.run("scan_library")
    (shell.videos / "trips" / "Snow.mp4.json").write_text('{"tags": ["#winter"]}')
    shell.run("migrate_flask")
    assert rows_of(shell.database, TAGS) == [("trips/Snow.mp4", "winter")]
    assert rows_of(shell.database, "SELECT count(*) FROM videos_video") == [(1,)]
