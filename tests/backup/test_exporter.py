"""Rows to files: what stands in them, the same bytes each time, and whole whatever happens."""

import json
import tempfile
import time
from dataclasses import astuple
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import transaction
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.backup.four_files import bytes_of, import_from
from tests.backup.test_json_reader import FIXTURES
from tests.counts import at_full_count
from tests.management.test_migrate_json import write_many
from videos.backup.emergency import advice, newest_snapshot
from videos.backup.exporter import backup_json, export_json
from videos.backup.json_reader import read_json_files
from videos.backup.snapshot import ViewRecord
from videos.core.tag_names import clean_tag_name, tag_name_problem
from videos.library.paths import filename_problem
from videos.models import FIRST_YEAR, LAST_YEAR, MAX_COUNT, Favorite, Rating, Tag, Video, View

MAY = datetime(2024, 5, 1, 20, 15, 0, 1, UTC)
FOUR = {"ratings.json", "views.json", "tags.json", "favorites.json"}


def test_the_files_hold_the_rows_sorted_in_utf_8(viewer, make_video, tmp_path):
    for name in ("zoë.mp4", "a.mp4"):
        video = make_video(name)
        Rating.objects.create(viewer=viewer, video=video, stars=4)
        View.objects.create(viewer=viewer, video=video, view_count=2, last_viewed=MAY, position_seconds=1.5)
        Favorite.objects.create(viewer=viewer, video=video, added_date=MAY)
        video.tags.set(Tag.objects.get_or_create_many(["Sea", "beach"]))
    export_json(tmp_path, viewer)
    files = {name: content.decode() for name, content in bytes_of(tmp_path).items()}
    assert set(files) == FOUR
    assert files["ratings.json"] == '{\n "a.mp4": 4,\n "zoë.mp4": 4\n}\n'
    assert json.loads(files["tags.json"])["a.mp4"] == ["beach", "Sea"]
    assert json.loads(files["views.json"])["a.mp4"] == {
        "view_count": 2, "last_viewed": "2024-05-01T20:15:00.000001Z", "position_seconds": 1.5,
    }  # fmt: skip
    assert json.loads(files["favorites.json"])["favorites"] == ["a.mp4", "zoë.mp4"]


def test_an_empty_library_exports_four_empty_files_that_can_be_imported(viewer, tmp_path):
    export_json(tmp_path, viewer)
    assert read_json_files(tmp_path).files == {"ratings", "views", "tags", "favorites"}
    assert not any(tally.added for tally in import_from(tmp_path, viewer).tallies.values())


def test_only_the_named_viewers_marks_and_everybodys_tags_are_exported(viewer, make_video, django_user_model, tmp_path):
    guest = django_user_model.objects.create_user("guest")
    Rating.objects.create(viewer=viewer, video=make_video("a.mp4"), stars=5)
    Rating.objects.create(viewer=guest, video=make_video("b.mp4"), stars=1)
    Video.objects.get(filename="a.mp4").tags.set(Tag.objects.get_or_create_many(["sea"]))
    assert export_json(tmp_path, guest).ratings == {"b.mp4": 1}
    assert read_json_files(tmp_path).tags == {"a.mp4": ["sea"]}


def export_of(viewer):
    with tempfile.TemporaryDirectory() as folder:
        export_json(Path(folder), viewer)
        return bytes_of(Path(folder))


def export_import_export(viewer):
    with tempfile.TemporaryDirectory() as folder:
        export_json(Path(folder), viewer)
        Video.objects.all().delete()
        Tag.objects.all().delete()
        assert import_from(Path(folder), viewer).bad == []
        return bytes_of(Path(folder)), export_of(viewer)


def test_the_sample_exported_imported_into_an_empty_database_and_exported_again_is_the_same(viewer):
    import_from(FIXTURES / "sample", viewer)
    before, after = export_import_export(viewer)
    assert before == after
    assert len(before["views.json"]) > 1000


def test_the_same_rows_give_the_same_bytes_whatever_order_they_came_in(viewer, make_video):
    def fill(names, tags):
        for name in names:
            video = make_video(name)
            Rating.objects.create(viewer=viewer, video=video, stars=4)
            Favorite.objects.create(viewer=viewer, video=video, added_date=MAY)
            for tag in tags:
                video.tags.add(*Tag.objects.get_or_create_many([tag]))
        exported = export_of(viewer)
        Video.objects.all().delete()
        Tag.objects.all().delete()
        return exported

    assert fill(["b.mp4", "é.mp4", "B.mp4"], ["Zoo", "apes"]) == fill(["B.mp4", "b.mp4", "é.mp4"], ["apes", "Zoo"])


NAMES = st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=3).map("/".join)
DATES = st.datetimes(datetime(FIRST_YEAR, 1, 1), datetime(LAST_YEAR, 12, 31), timezones=st.just(UTC))
MARKS = st.fixed_dictionaries(
    {
        "stars": st.none() | st.integers(1, 5),
        "view": st.none()
        | st.builds(
            ViewRecord,
            st.integers(0, MAX_COUNT),
            st.none() | DATES,
            st.none() | st.floats(min_value=0, allow_infinity=False),
            st.booleans(),
        ),
        "tags": st.lists(st.text(max_size=6).filter(lambda tag: not tag_name_problem(tag)), max_size=4),
        "favorite": st.none() | DATES,
    }
)


@pytest.mark.django_db
@pytest.mark.long("videos/backup")
@settings(max_examples=at_full_count(60, 25))
@given(library=st.dictionaries(NAMES.filter(lambda name: not filename_problem(name)), MARKS, max_size=5))
def test_any_library_exported_imported_into_an_empty_database_and_exported_again_is_the_same(viewer, library):
    with transaction.atomic():
        for name, marks in library.items():
            video = Video.objects.create(filename=name)
            if marks["stars"]:
                Rating.objects.create(viewer=viewer, video=video, stars=marks["stars"])
            if marks["view"]:
                count, viewed, position, watched = astuple(marks["view"])
                View.objects.create(
                    viewer=viewer,
                    video=video,
                    view_count=count,
                    last_viewed=viewed,
                    position_seconds=position,
                    is_watched=watched,
                )
            if marks["favorite"]:
                Favorite.objects.create(viewer=viewer, video=video, added_date=marks["favorite"])
            video.tags.set(Tag.objects.get_or_create_many([clean_tag_name(tag) for tag in marks["tags"]]))
        before, after = export_import_export(viewer)
        assert before == after
        rated = {name: marks["stars"] for name, marks in library.items() if marks["stars"]}
        assert json.loads(after["ratings.json"]) == rated
        transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
def test_a_backup_holds_everybodys_marks_each_viewers_in_a_folder_of_their_own(viewer, django_user_model, tmp_path):
    a = Video.objects.create(filename="a.mp4")
    Rating.objects.create(viewer=viewer, video=a, stars=5)
    for stars, name in enumerate(("guest", "../up", "idle"), 1):
        account = django_user_model.objects.create(username=name)
        if name != "idle":
            Rating.objects.create(viewer=account, video=a, stars=stars)
    folder = backup_json(tmp_path)
    assert folder.parent == tmp_path
    assert read_json_files(folder).ratings == {"a.mp4": 5}
    others = {path.name: read_json_files(path).ratings["a.mp4"] for path in (folder / "viewers").iterdir()}
    assert others == {"guest": 1, "%2E.%2Fup": 2}


def test_the_command_writes_into_the_data_folder_and_into_another(shell, tmp_path):
    shell.run("migrate_json", "--from", FIXTURES / "sample")
    assert "15 ratings, 18 views" in shell.run("export_json")
    shell.run("export_json", "--to", tmp_path / "deep" / "other")
    assert set(bytes_of(shell.data)) == FOUR
    assert bytes_of(shell.data) == bytes_of(tmp_path / "deep" / "other")


def test_the_command_ends_with_one_line_and_status_1_where_it_cannot_write(shell, tmp_path):
    (tmp_path / "file").write_text("mine")
    printed = shell.run("export_json", "--to", tmp_path / "file", status=1)
    assert printed.startswith("CommandError: The files cannot be written to ")
    assert printed.count("\n") == 1
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow
def test_an_export_killed_at_any_time_leaves_each_file_whole_old_or_new(shell, kill, tmp_path):
    target = tmp_path / "exported"
    old = {name: b'{"favorites": []}\n' if name == "favorites.json" else b"{}\n" for name in FOUR}
    shell.run("migrate_json", "--from", write_many(tmp_path / "many"))
    started = time.monotonic()
    shell.run("export_json", "--to", target)
    seconds, new = time.monotonic() - started, bytes_of(target)

    def killed(moment):
        for name, content in old.items():
            (target / name).write_bytes(content)
        process = shell.start("export_json", "--to", target)
        moment(process)
        kill(process)
        left = bytes_of(target)
        assert all(json.loads(content) is not None for content in left.values())
        assert all(left[name] in (old[name], new[name]) for name in FOUR)
        return left

    def when_a_draft_appears(process):
        while process.poll() is None and not list(target.glob(".*.part")):
            time.sleep(0.001)

    left = [killed(lambda _, share=share: time.sleep(share * seconds)) for share in (0, 0.4, 0.6, 0.8, 0.95)]
    left.append(killed(when_a_draft_appears))
    assert old in left
    shell.run("export_json", "--to", target)
    assert bytes_of(target) == new
    assert not list(target.glob(".*.part"))


def test_half_a_backup_is_never_taken_for_the_newest(library, viewer, settings):
    backups = settings.DATA_DIR / "backup_json"
    Video.objects.create(filename="a.mp4").ratings.create(viewer=viewer, stars=5)
    whole = backup_json(backups)
    half = backups / ".2999-01-01T00-00-00.000000Z.part"
    half.mkdir()
    (half / "favorites.json").write_text("[]")
    snapshot, place = newest_snapshot(settings.DATA_DIR)
    assert (snapshot.ratings, place) == ({"a.mp4": 5}, whole)
    assert {path.name for path in backups.iterdir()} == {whole.name, half.name}


def test_the_advice_names_the_snapshot_that_is_the_newest_sound_one_now(library, viewer, settings):
    export_json(settings.DATA_DIR, viewer)
    backup = backup_json(settings.DATA_DIR / "backup_json")
    assert advice(settings.DATA_DIR).endswith(f"--from {settings.DATA_DIR}")
    (settings.DATA_DIR / "ratings.json").write_text("torn")
    assert advice(settings.DATA_DIR).endswith(f"--from {backup}")
