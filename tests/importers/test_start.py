"""The old application's database in the data folder, and what each command makes of it."""

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from tests.backup.four_files import write_files
from tests.conftest import Shell, migrated_shell
from tests.counts import only_long
from tests.importers.old_app import (
    LATER_SCHEMA,
    LONG_AGO,
    content_of,
    execute,
    make_old_database,
    rows_of,
    usual_database,
)
from tests.live_server import running

pytestmark = [
    pytest.mark.slow,
    pytest.mark.long(
        "videos/core", "videos/db", "videos/importers", "videos/library", "videos/management", "videos/migrations"
    ),
]

CAME = "Imported from the old app: 7 videos, 2 ratings, 2 views, 3 tags, 2 favorites\n"


@pytest.fixture
def bare_shell(tmp_path: Path) -> Shell:
    """A library of its own on which nothing was run yet."""
    return Shell(tmp_path)


def aside(shell: Shell) -> Path:
    """Return the one database that was set aside."""
    (found,) = (shell.data / "backup_database").glob("*")
    return found


def stars(shell: Shell) -> dict[str, int]:
    statement = "SELECT filename, stars FROM videos_rating JOIN videos_video v ON v.id = video_id"
    return dict(rows_of(shell.database, statement))


def assert_all_is_there(shell: Shell) -> None:
    assert stars(shell) == {"Sea.mp4": 5, "gone.mp4": 2}
    views = "SELECT filename, view_count, last_viewed FROM videos_view JOIN videos_video v ON v.id = video_id"
    assert sorted(rows_of(shell.database, views)) == [("Sea.mp4", 7, "2024-05-01 18:30:00"), ("lost.mp4", 1, None)]
    tags = "SELECT filename, name FROM videos_video_tags JOIN videos_video v ON v.id = video_id"
    tags += " JOIN videos_tag t ON t.id = tag_id"
    assert sorted(rows_of(shell.database, tags)) == [("Sea.mp4", "Summer"), ("Sea.mp4", "sea"), ("adrift.mp4", "sea")]
    favorites = "SELECT filename, f.added_date FROM videos_favorite f JOIN videos_video v ON v.id = video_id"
    assert sorted(rows_of(shell.database, favorites)) == [
        ("away.mp4", "2024-05-03 10:00:00"), ("trips/Snow.mp4", "2024-05-02 10:00:00"),
    ]  # fmt: skip
    assert rows_of(shell.database, "SELECT added_date FROM videos_video WHERE filename = 'Sea.mp4'") == [
        ("2019-05-01 12:00:00",)
    ]
    assert rows_of(shell.database, "SELECT count(*) FROM videos_video") == [(7,)]
    assert rows_of(shell.database, "SELECT count(*) FROM videos_oldappimport") == [(1,)]
    assert rows_of(shell.database, "PRAGMA integrity_check") == [("ok",)]
    assert rows_of(shell.database, "PRAGMA foreign_key_check") == []


@pytest.mark.parametrize(
    "command",
    [
        ["scan_library"],
        ["migrate", "-v0"],
        pytest.param(["shell", "-c", "print(1)"], marks=only_long),
        pytest.param(["verify_backend"], marks=only_long),
        pytest.param(
            ["createsuperuser", "--noinput", "--username", "ann", "--email", "a@example.org"], marks=only_long
        ),
        pytest.param(["backup_database"], marks=only_long),
        pytest.param(["worker", "--once"], marks=only_long),
        ["migrate_flask"],
    ],
)
def test_every_command_that_opens_the_database_brings_the_old_one_over_first(bare_shell, command):
    (bare_shell.videos / "Sea.mp4").write_bytes(b"x")
    usual_database(bare_shell.database)
    before = bare_shell.database.read_bytes()
    process = bare_shell.start(*command)
    out, err = process.communicate(timeout=120)
    # migrate_flask finds nothing further, and says so.
    assert process.returncode == (command == ["migrate_flask"]), out + err
    assert (out + err).count(CAME) == 1
    assert aside_files(bare_shell)[0].read_bytes() == before
    assert CAME not in bare_shell.run("scan_library")
    assert stars(bare_shell) == {"Sea.mp4": 5, "gone.mp4": 2}


def aside_files(shell: Shell) -> list[Path]:
    return sorted((shell.data / "backup_database").glob("flask-*"))


def test_all_comes_over_once_and_the_old_file_stays_as_it_was(bare_shell):
    usual_database(bare_shell.database)
    before = bare_shell.database.read_bytes()
    bare_shell.run("migrate", "-v0")
    assert_all_is_there(bare_shell)
    kept = aside(bare_shell)
    assert kept.read_bytes() == before
    # What is told afterwards is never undone by a further start.
    execute(bare_shell.database, "UPDATE videos_rating SET stars = 1", "DELETE FROM videos_favorite")
    assert bare_shell.run("migrate", "-v0") == ""
    assert set(stars(bare_shell).values()) == {1}
    assert rows_of(bare_shell.database, "SELECT count(*) FROM videos_favorite") == [(0,)]
    assert (aside(bare_shell), kept.read_bytes()) == (kept, before)


def test_what_is_still_in_the_log_comes_along(bare_shell, tmp_path):
    usual_database(tmp_path / "old.db", wal=True)
    with closing(sqlite3.connect(tmp_path / "old.db")) as writer:
        writer.execute("UPDATE ratings SET rating = 3 WHERE filename = 'Sea.mp4'")
        writer.commit()
        # As a killed program leaves it.
        for suffix in ("", "-wal"):
            shutil.copyfile(tmp_path / f"old.db{suffix}", f"{bare_shell.database}{suffix}")
    bare_shell.run("migrate", "-v0")
    assert stars(bare_shell)["Sea.mp4"] == 3
    assert rows_of(aside(bare_shell), "SELECT rating FROM ratings WHERE filename = 'Sea.mp4'") == [(3,)]
    assert not Path(f"{aside(bare_shell)}-wal").exists()


def test_a_transaction_that_the_old_app_was_killed_in_is_taken_back(bare_shell, tmp_path):
    usual_database(tmp_path / "old.db")
    with closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as writer:
        writer.execute("PRAGMA cache_spill=1")
        writer.execute("PRAGMA cache_size=1")
        writer.execute("BEGIN")
        writer.execute("UPDATE ratings SET rating = 1")
        writer.executemany("INSERT INTO videos (filename) VALUES (?)", [(f"{n:0500}",) for n in range(500)])
        for suffix in ("", "-journal"):
            shutil.copyfile(tmp_path / f"old.db{suffix}", f"{bare_shell.database}{suffix}")
    bare_shell.run("migrate", "-v0")
    assert_all_is_there(bare_shell)


def test_a_database_in_the_folder_data_is_brought_over_and_left_there(bare_shell):
    old = usual_database(bare_shell.data / "data" / "video_metadata.db", wal=True)
    before = {path.name: path.read_bytes() for path in old.parent.iterdir()}
    assert CAME in bare_shell.run("migrate", "-v0")
    assert_all_is_there(bare_shell)
    assert {path.name: path.read_bytes() for path in old.parent.iterdir()} == before
    assert CAME not in bare_shell.run("migrate", "-v0")
    assert not (bare_shell.data / "backup_database").exists()


def test_of_two_databases_the_one_that_was_written_later_has_the_stars(bare_shell):
    make_old_database(bare_shell.data / "data" / "video_metadata.db", ratings=[("a.mp4", 1), ("b.mp4", 2)])
    make_old_database(bare_shell.database, ratings=[("a.mp4", 5), ("c.mp4", 3)])
    bare_shell.run("migrate", "-v0")
    assert stars(bare_shell) == {"a.mp4": 5, "b.mp4": 2, "c.mp4": 3}


def test_json_and_tag_files_in_the_folder_come_along_and_the_databases_stars_win(bare_shell):
    usual_database(bare_shell.database)
    write_files(bare_shell.data, ratings={"Sea.mp4": 1, "more.mp4": 4}, tags={"Sea.mp4": ["extra"]}, views=b"{cut")
    (bare_shell.videos / "film.mp4").write_bytes(b"x")
    (bare_shell.videos / "film.mp4.json").write_text('{"tags": ["#beach"]}')
    said = bare_shell.run("migrate", "-v0")
    assert "9 videos, 3 ratings, 2 views, 5 tags" in said
    assert "1 unreadable file: see" in said
    assert stars(bare_shell) == {"Sea.mp4": 5, "gone.mp4": 2, "more.mp4": 4}
    (skipped,) = (bare_shell.data / "backup_json").glob("*-skipped.txt")
    assert "views.json is not JSON" in skipped.read_text()


def test_what_was_skipped_and_what_has_no_place_are_named_with_their_files(bare_shell):
    more = (
        f"{LATER_SCHEMA} INSERT INTO playlists (name) VALUES ('Évening'); INSERT INTO phash_cache VALUES ('a', x'ff');"
    )
    more += "INSERT INTO playlist_items VALUES (1, 'Sea.mp4', 1), (1, 'gone.mp4', 2);"
    usual_database(bare_shell.database, more=more)
    execute(bare_shell.database, "INSERT INTO ratings (filename, rating) VALUES ('six.mp4', 6)")
    lines = bare_shell.run("migrate", "-v0").splitlines()
    (skipped,) = (bare_shell.data / "backup_json").glob("*-skipped.txt")
    (kept,) = (bare_shell.data / "backup_json").glob("*.json")
    assert lines[0].endswith(f"; 1 row skipped: see {skipped}")
    assert skipped.read_text() == "ratings: six.mp4: 6 stars: it is 1 to 5\n"
    assert lines[1] == f"Not supported here yet: 1 playlist, 2 playlist entries: kept in {kept}"
    assert "Évening" in kept.read_text()
    assert "hashes" in lines[2]


# --- ours beside the old tables ---------------------------------------------------------------------------------------


def mixed(shell: Shell) -> None:
    """Make what an earlier release made of it: its tables beside the old ones, and marks in them since then."""
    folder = shell.data.parent / "ours"
    folder.mkdir()
    ours = migrated_shell(folder)
    execute(
        ours.database,
        "INSERT INTO videos_video (filename, title, title_key, added_date, container, video_codec, audio_codec,"
        " fingerprint) VALUES ('Sea.mp4', 'Ours', 'ours', '2026-01-01 00:00:00', '', '', '', '')",
        "INSERT INTO videos_rating (viewer_id, video_id, stars) SELECT u.id, v.id, 1 FROM auth_user u, videos_video v",
        "INSERT INTO videos_view (viewer_id, video_id, view_count)"
        " SELECT u.id, v.id, 9 FROM auth_user u, videos_video v",
    )
    # As the version left it that knew no import of a database.
    ours.run("migrate", "videos", "0012", "-v0")
    shutil.copyfile(ours.database, shell.database)
    usual_database(shell.database)


def test_old_tables_beside_ours_come_over_and_what_was_told_to_ours_stays(bare_shell):
    mixed(bare_shell)
    before = content_of(bare_shell.database)
    said = bare_shell.run("migrate", "-v0")
    assert "Imported from the old app: 7 videos, 1 rating, 2 views, 3 tags, 2 favorites" in said
    assert stars(bare_shell) == {"Sea.mp4": 1, "gone.mp4": 2}
    video = "SELECT title, added_date, view_count FROM videos_video v JOIN videos_view w ON v.id = video_id"
    assert rows_of(bare_shell.database, f"{video} WHERE filename = 'Sea.mp4'") == [("Ours", "2019-05-01 12:00:00", 9)]
    tables = {name for (name,) in rows_of(bare_shell.database, "SELECT name FROM sqlite_master")}
    assert not tables & {"videos", "ratings", "views", "video_tags", "favorites"}
    assert rows_of(aside(bare_shell), "SELECT count(*) FROM ratings") == [(2,)]
    assert sorted(content_of(aside(bare_shell))) == sorted(before)
    assert "Imported" not in bare_shell.run("migrate", "-v0")


def test_a_copy_that_was_made_and_whose_tables_were_not_yet_dropped_is_made_anew(bare_shell):
    mixed(bare_shell)
    draft = bare_shell.data / "backup_database" / ".flask-2026-01-01.db.part"
    draft.parent.mkdir()
    draft.write_bytes(b"half a copy")
    bare_shell.run("migrate", "-v0")
    assert not draft.exists()
    assert stars(bare_shell) == {"Sea.mp4": 1, "gone.mp4": 2}


def test_a_copy_whose_tables_are_dropped_already_is_what_is_imported(bare_shell):
    mixed(bare_shell)
    draft = bare_shell.data / "backup_database" / ".flask-2026-01-01.db.part"
    draft.parent.mkdir()
    shutil.copyfile(bare_shell.database, draft)
    execute(bare_shell.database, *(f"DROP TABLE {name}" for name in ("favorites", "video_tags", "views", "ratings")))
    execute(bare_shell.database, "DROP TABLE videos")
    assert "Imported from the old app" in bare_shell.run("migrate", "-v0")
    assert aside(bare_shell).name == "flask-2026-01-01.db"
    assert stars(bare_shell) == {"Sea.mp4": 1, "gone.mp4": 2}


def test_a_start_that_an_earlier_release_broke_off_at_a_dangling_row_goes_on(bare_shell):
    usual_database(
        bare_shell.database, more="CREATE TABLE django_migrations (id INTEGER PRIMARY KEY, app, name, applied);"
    )
    assert CAME in bare_shell.run("migrate", "-v0")
    assert_all_is_there(bare_shell)


# --- what stands in the way -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wal", "lock"),
    [(True, "IMMEDIATE"), *(pytest.param(False, lock, marks=only_long) for lock in ("IMMEDIATE", "EXCLUSIVE"))],
)
def test_a_database_that_the_old_app_holds_locked_is_left_alone_with_one_line(bare_shell, wal, lock):
    usual_database(bare_shell.database, wal=wal)
    before = content_of(bare_shell.database)
    with closing(sqlite3.connect(bare_shell.database, isolation_level=None)) as old_app:
        old_app.execute(f"BEGIN {lock}")
        old_app.execute("UPDATE ratings SET rating = 4")
        for command in (["scan_library"], ["migrate"], ["serve", "--bind", "127.0.0.1:0"]):
            said = bare_shell.run(*command, status=1)
            assert "is in use" in said
            assert "Stop the old app" in said
            assert said.strip().count("\n") == 0
        old_app.execute("COMMIT")
    assert content_of(bare_shell.database) != before
    assert bare_shell.database.exists()
    assert not list((bare_shell.data / "backup_database").glob("*"))
    assert "Imported" in bare_shell.run("migrate", "-v0")
    assert set(stars(bare_shell).values()) == {4}


def test_what_the_old_app_writes_after_that_into_a_file_that_it_still_has_open_is_refused_not_lost(bare_shell):
    usual_database(bare_shell.database)
    with closing(sqlite3.connect(bare_shell.database, isolation_level=None)) as old_app:
        old_app.execute("SELECT * FROM ratings").fetchall()
        bare_shell.run("migrate", "-v0")
        with pytest.raises(sqlite3.OperationalError):
            old_app.execute("UPDATE ratings SET rating = 4")
    assert_all_is_there(bare_shell)


def test_a_damaged_old_database_is_said_and_stays_as_it_is(bare_shell):
    make_old_database(bare_shell.database, videos=[(f"{n}.mp4", LONG_AGO) for n in range(3_000)])
    raw = bytearray(bare_shell.database.read_bytes())
    raw[20_000:30_000] = b"\xff" * 10_000
    bare_shell.database.write_bytes(raw)
    for command in (["verify_backend"], ["scan_library"], ["migrate"], ["shell", "-c", "print(1)"]):
        said = bare_shell.run(*command, status=1)
        assert "is damaged" in said
        assert "Put a sound copy in its place" in said
        assert said.count("\n") == 1
        assert bare_shell.database.read_bytes() == raw
    with running(bare_shell, "--no-worker") as server:
        assert server.get("/").status == 200
        assert "[FAIL]" in server.log
    assert bare_shell.database.read_bytes() == raw
    assert not (bare_shell.data / "backup_database").exists()


def test_a_damaged_one_that_is_not_in_the_way_is_said_and_costs_nothing_else(bare_shell):
    old = make_old_database(
        bare_shell.data / "data" / "video_metadata.db", videos=[(f"{n}.mp4", LONG_AGO) for n in range(3_000)]
    )
    raw = bytearray(old.read_bytes())
    raw[20_000:30_000] = b"\xff" * 10_000
    old.write_bytes(raw)
    said = bare_shell.run("migrate", "-v0")
    assert said.startswith(f"{old} is damaged (")
    assert said.count("\n") == 1
    assert "[FAIL]" not in bare_shell.run("verify_backend")
    # Once it is whole, it comes over.
    old.unlink()
    usual_database(old)
    assert CAME in bare_shell.run("migrate", "-v0")


def test_a_folder_that_takes_no_file_is_one_clear_line_and_nothing_is_changed(bare_shell):
    usual_database(bare_shell.database)
    before = bare_shell.database.read_bytes()
    (bare_shell.data / "backup_database").write_text("a file in its place")
    said = bare_shell.run("verify_backend", status=1)
    assert "cannot be moved into" in said
    assert said.count("\n") == 1
    assert bare_shell.database.read_bytes() == before


def test_a_link_to_a_database_elsewhere_goes_and_that_database_stays(bare_shell, tmp_path):
    old = usual_database(tmp_path / "elsewhere" / "old.db")
    before = old.read_bytes()
    bare_shell.database.symlink_to(old)
    assert CAME in bare_shell.run("migrate", "-v0")
    assert_all_is_there(bare_shell)
    assert old.read_bytes() == before
    assert not bare_shell.database.is_symlink()


@pytest.mark.parametrize(
    "schema",
    ["CREATE TABLE videos (id INTEGER, path TEXT)", pytest.param("CREATE TABLE notes (text TEXT)", marks=only_long)],
)
def test_another_programs_database_is_not_touched(bare_shell, schema):
    execute(bare_shell.database, schema)
    bare_shell.run("migrate", "-v0")
    assert not (bare_shell.data / "backup_database").exists()
    assert rows_of(bare_shell.database, f"SELECT count(*) FROM {schema.split()[2]}") == [(0,)]


def test_of_two_processes_at_once_one_does_it_and_the_other_waits(bare_shell):
    make_old_database(bare_shell.database, ratings=[(f"{n}.mp4", n % 5 + 1) for n in range(2_000)])
    started = [bare_shell.start("migrate", "-v0") for _ in range(3)]
    said = [process.communicate(timeout=120) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0], said
    assert sum("Imported from the old app: 2,000 videos" in out + err for out, err in said) == 1
    assert len(aside_files(bare_shell)) == 1
    assert rows_of(bare_shell.database, "SELECT count(*) FROM videos_rating") == [(2_000,)]
