"""Titles sort as people count, and every way in keeps the key that they sort by."""

import json
import os
from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.core.management import call_command
from django.db import connection

from videos.models import Video
from videos.title_keys import title_key


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
