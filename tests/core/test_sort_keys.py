"""Titles sort as people count, and every way in keeps the key that they sort by."""

import json
import os
import sqlite3
from contextlib import closing
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from videos.core.folding import fold
from videos.core.sort_keys import title_key
from videos.models import Video


def ordered(*titles):
    return sorted(titles, key=lambda title: title_key(title, "x.mp4"))


def test_numbers_sort_by_their_value_wherever_they_stand():
    assert ordered("Part 10", "Part 2", "Part 02b", "part 1") == ["part 1", "Part 2", "Part 02b", "Part 10"]
    assert ordered("s1e10", "s1e9", "s10e1", "s2e1") == ["s1e9", "s1e10", "s2e1", "s10e1"]
    assert ordered("1" * 300, "2") == ["2", "1" * 300]
    assert ordered("b", "2", "a", "10", "0") == ["0", "2", "10", "a", "b"]


def test_case_and_accents_are_ignored():
    assert ordered("Zürich", "Émile", "eagle", "zurich a") == ["eagle", "Émile", "Zürich", "zurich a"]
    assert title_key("STRASSE", "") == title_key("Straße", "")
    assert title_key("Málaga", "") == title_key("Ma\u0301laga", "")


def test_every_letter_sorts_with_the_one_that_it_is_searched_as():
    titles = [
        "Łódź",
        "Lodz",
        "Øst",
        "ost",
        "Æon",
        "aeon",
        "ırmak",
        "irmak",
        "Đak",
        "dak",
        "Þor",
        "thor",
        "Œuvre",
        "oeuvre",
    ]
    titles += [
        "ﬁlm",
        "film",
        "ＦＵＬＬ",
        "full",
        "ßa",
        "ssa",
        "ſea",
        "sea",
        "Ŋa",
        "na",
        "ĸa",
        "ka",
        "ʙᴀᴅ",
        "bad",
        "①",
        "1",
        "²",
        "2",
    ]
    for written, plain in zip(titles[::2], titles[1::2], strict=True):
        assert title_key(written, "") == title_key(plain, "") == title_key(fold(written), ""), written
    assert ordered("Zoo", "Łódź", "Mole", "Ødegaard", "Åse", "Ähre", "ape") == [
        "Ähre",
        "ape",
        "Åse",
        "Łódź",
        "Mole",
        "Ødegaard",
        "Zoo",
    ]


def test_numbers_of_any_script_count():
    assert ordered("Part ١٠", "Part ٢", "Part ९", "Part ３") == ["Part ٢", "Part ３", "Part ९", "Part ١٠"]
    assert ordered("Rocky Ⅳ", "Rocky II", "Rocky V") == ["Rocky II", "Rocky Ⅳ", "Rocky V"]


def test_signs_and_spaces_before_the_first_letter_do_not_count():
    titles = [
        "“Quoted”",
        "...And Justice",
        "#Alive",
        "¡Three Amigos!",
        "  ¿Qué?",
        "(500) Days",
        "[REC]",
        "'Round Midnight",
        "The Thing",
        "Zoo",
        "9 to 5",
    ]
    assert ordered(*titles) == [
        "9 to 5",
        "(500) Days",
        "#Alive",
        "...And Justice",
        "  ¿Qué?",
        "“Quoted”",
        "[REC]",
        "'Round Midnight",
        "The Thing",
        "¡Three Amigos!",
        "Zoo",
    ]


def test_a_title_of_signs_alone_has_a_place_before_all_others():
    assert ordered("a", "1", "???", "🎬") == ["🎬", "???", "1", "a"]
    assert title_key("???", "") != title_key("", "")


@given(title=st.text(max_size=40), other=st.text(max_size=40))
def test_a_title_that_is_searched_as_another_sorts_as_it(title, other):
    if fold(title) == fold(other):
        assert title_key(title, "x") == title_key(other, "x") or not (title and other)
    assert title_key(fold(title), "x") == title_key(title, "x") or not fold(title)


def test_a_video_without_a_title_sorts_by_the_name_of_its_file():
    assert title_key("", "trips/Sea 2.mp4") == title_key("sea 2", "other.mp4")


def keys_are_right():
    wrong = [video for video in Video.objects.all() if video.title_key != title_key(video.title, video.filename)]
    return Video.objects.exists() and not wrong


def test_saving_a_title_alone_takes_the_key_along(make_video):
    video = make_video("a.mp4", title="One")
    video.title = "Part 10"
    video.save(update_fields=["title"])
    assert keys_are_right()


def test_bulk_inserts_and_updates_keep_the_key(db):
    Video.objects.bulk_create([Video(filename="b 1.mp4"), Video(filename="c.mp4", title="Ça 12")])
    assert keys_are_right()
    Video.objects.filter(filename="c.mp4").update(title="Émile 3")
    Video.objects.filter(filename="b 1.mp4").update(filename="b 2.mp4")
    Video.objects.filter(filename="c.mp4").update(filename="d.mp4")
    assert keys_are_right()
    for title in ("", None):
        with pytest.raises(TypeError):
            Video.objects.update(title=title)


def test_a_fixture_keeps_the_key(db, tmp_path):
    fields = {"filename": "from 12.mp4", "added_date": "2024-01-01T00:00:00Z"}
    (tmp_path / "videos.json").write_text(json.dumps([{"model": "videos.video", "fields": fields}]))
    call_command("loaddata", str(tmp_path / "videos.json"), verbosity=0)
    assert keys_are_right()


def test_a_scan_a_move_and_an_import_keep_the_key(library, db, tmp_path):
    (library / "Part 2.mp4").write_bytes(b"two")
    (library / "Part 3.mp4").write_bytes(b"three")
    call_command("scan_library", verbosity=0)
    assert keys_are_right()
    os.rename(library / "Part 2.mp4", library / "Ça 10.mp4")
    call_command("scan_library", verbosity=0)
    assert Video.objects.get(filename="Ça 10.mp4").title_key == title_key("Ça 10", "")
    # Names that are handed on.
    os.rename(library / "Ça 10.mp4", library / "x.mp4")
    os.rename(library / "Part 3.mp4", library / "Ça 10.mp4")
    os.rename(library / "x.mp4", library / "Part 3.mp4")
    call_command("scan_library", verbosity=0)
    assert keys_are_right()
    (tmp_path / "ratings.json").write_text(json.dumps({"new 12.mp4": 4}))
    call_command("migrate_json", "--from", str(tmp_path), verbosity=0)
    assert Video.objects.filter(filename="new 12.mp4").exists()
    assert keys_are_right()


def test_the_migration_fills_what_is_there(make_video):
    make_video("a.mp4", title="Ça 12")
    make_video("b 7.mp4", title="")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE videos_video SET title_key = ''")
    assert not keys_are_right()
    # Within a test's transaction no real editor can be had; the migration asks for nothing but its connection.
    import_module("videos.migrations.0003_lists").fill_title_keys(apps, SimpleNamespace(connection=connection))
    assert keys_are_right()


def test_an_older_database_gets_its_keys_and_its_index_by_migrate_and_nothing_else_of_it_changes(shell):
    shell.run("migrate", "videos", "0007", "--verbosity", "0")
    with closing(sqlite3.connect(shell.database)) as database, database:
        for number, title in enumerate(("Łódź", "Lola", "Zoo", "...And Justice", "Don't")):
            database.execute(
                "INSERT INTO videos_video (filename, title, title_key, added_date, container, video_codec, audio_codec,"
                " fingerprint) VALUES (?, ?, ?, '2024-01-01', '', '', '', '')",
                [f"{number}.mp4", title, title.lower()],
            )
        before = database.execute("SELECT kind, number FROM videos_revision ORDER BY kind").fetchall()
    shell.run("migrate", "--verbosity", "0")
    with closing(sqlite3.connect(shell.database)) as database:
        rows = database.execute("SELECT title, title_key FROM videos_video ORDER BY title_key").fetchall()
        assert rows == [(title, title_key(title, "")) for title in ("...And Justice", "Don't", "Łódź", "Lola", "Zoo")]
        assert database.execute("SELECT kind, number FROM videos_revision ORDER BY kind").fetchall() == before
        found = database.execute("SELECT rowid FROM videos_joined WHERE videos_joined MATCH '\"dont\"*'").fetchall()
        assert found == [(5,)]
    assert "[OK] Search index in step" in shell.run("verify_backend")


def test_keys_that_are_right_stay_as_they_are(make_video):
    make_video("a.mp4", title="Zoo")
    make_video("b.mp4", title="Łódź")
    with connection.cursor() as cursor:
        cursor.execute("UPDATE videos_video SET title_key = 'łodz' WHERE filename = 'b.mp4'")
        cursor.execute("SELECT max(number) FROM videos_change")
        before = cursor.fetchone()[0]
        import_module("videos.migrations.0011_fold_titles").remake_title_keys(
            apps, SimpleNamespace(connection=connection)
        )
        assert keys_are_right()
        cursor.execute("SELECT count(*) FROM videos_change WHERE number > %s", [before])
        assert cursor.fetchone()[0] == 1


def test_other_databases_get_the_same_keys(make_video):
    make_video("a 7.mp4", title="Łódź")
    Video.objects.update(title_key="x")
    import_module("videos.migrations.0011_fold_titles")._remake(Video, Video.objects.all())
    assert keys_are_right()
