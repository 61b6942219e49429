"""The index of the search is in step with the videos, whoever writes, and is made again where it is not."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from videos.apps import drop_triggers
from videos.db.sqlite_file import sqlite_path
from videos.db.triggers import full_text
from videos.models import Tag, Video
from videos.search.tokens import lines_of

# As another tool would write, past Django.
WRITES = {
    "a new video": "INSERT INTO videos_video (filename, title, added_date, container, video_codec, audio_codec,"
    " fingerprint) VALUES ('Ünseen.mp4', 'Ночь', '2024-01-01', '', '', '', '')",
    "a title": "UPDATE videos_video SET title = 'Größe' WHERE filename = 'plain.mp4'",
    "a name": "UPDATE videos_video SET filename = 'Trips/Málaga.mp4' WHERE filename = 'plain.mp4'",
    "a video replaced": "INSERT OR REPLACE INTO videos_video (id, filename, title, added_date, container, video_codec,"
    " audio_codec, fingerprint) SELECT id, filename, 'other', '2024-01-01', '', '', '', '' FROM videos_video"
    " WHERE filename = 'plain.mp4'",
    "a video gone": "DELETE FROM videos_video WHERE filename = 'plain.mp4'",
    "a tag on a video": "INSERT INTO videos_video_tags (video_id, tag_id) SELECT v.id, t.id FROM videos_video v,"
    " videos_tag t WHERE filename = 'plain.mp4' AND folded_name = 'idle'",
    "another tag on a video": "UPDATE videos_video_tags SET tag_id = (SELECT id FROM videos_tag WHERE folded_name ="
    " 'idle') WHERE tag_id = (SELECT id FROM videos_tag WHERE folded_name = 'sea')",
    "tags handed on": "UPDATE videos_video_tags SET video_id = (SELECT id FROM videos_video WHERE filename ="
    " 'plain.mp4') WHERE tag_id = (SELECT id FROM videos_tag WHERE folded_name = 'sea')",
    "a tag taken off": "DELETE FROM videos_video_tags",
    "a tag renamed": "UPDATE videos_tag SET name = 'Océan' WHERE folded_name = 'sea'",
}


@pytest.fixture
def shelf(make_video: Callable[..., Video]) -> None:
    """A video with two tags, one without any, and a tag that nobody uses."""
    make_video("Zürich/trip.mp4", title="Reise").tags.set(Tag.objects.get_or_create_many(["Sea", "Été"]))
    make_video("plain.mp4")
    Tag.objects.create(name="idle")


def expected_texts() -> dict[int, set[str]]:
    """Return {video: lines of its text} as they should be."""
    found = {}
    for video in Video.objects.all():
        title = "" if video.title in video.filename else video.title
        found[video.pk] = set(lines_of(video.filename, title, (tag.name for tag in video.tags.all())))
    return found


def indexed_texts() -> dict[int, set[str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id, text FROM videos_searchtext")
        return {pk: {line for line in text.split("\n") if line} for pk, text in cursor.fetchall()}


def check_fts() -> None:
    """Fail unless both tables hold what the texts say."""
    with connection.cursor() as cursor:
        for table in ("videos_trigram", "videos_words", "videos_joined"):
            cursor.execute(f"INSERT INTO {table}({table}, rank) VALUES ('integrity-check', 1)")


def found(match: str) -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT rowid FROM videos_trigram WHERE videos_trigram MATCH %s", [match])
        ids = [row[0] for row in cursor.fetchall()]
    return set(Video.objects.filter(pk__in=ids).values_list("filename", flat=True))


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
@pytest.mark.parametrize("recursive", ["ON", "OFF"])
def test_a_write_past_django_is_in_the_index(write: str, recursive: str, shelf: None) -> None:
    before = indexed_texts()
    with closing(sqlite3.connect(str(sqlite_path()))) as database, database:
        database.execute(f"PRAGMA recursive_triggers={recursive}")
        assert database.execute(write).rowcount > 0
    assert indexed_texts() == expected_texts() != before
    check_fts()
    assert full_text.problem(connection) is None


@pytest.mark.django_db
@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES.keys())
def test_what_is_written_in_bulk_is_in_the_index_at_the_end(write: str, shelf: None) -> None:
    before = indexed_texts()
    with full_text.deferred_indexing(), connection.cursor() as cursor:
        cursor.execute(write)
        assert indexed_texts() == before
    assert indexed_texts() == expected_texts() != before
    check_fts()


@pytest.mark.django_db(transaction=True)
def test_bulk_rolls_back_whole_and_may_stand_in_another(shelf: None) -> None:
    before = indexed_texts()
    with transaction.atomic():
        with pytest.raises(ZeroDivisionError), full_text.deferred_indexing():
            assert 1 / (Video.objects.update(title="x") - 2)
    assert indexed_texts() == before == expected_texts()
    with full_text.deferred_indexing():
        with full_text.deferred_indexing():
            Video.objects.update(title="z")
        assert indexed_texts() == before
    assert indexed_texts() == expected_texts() != before
    Video.objects.update(title="y")
    assert indexed_texts() == expected_texts() != before


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name",
    [
        *("Zürich", "MÁLAGA", "Zu\u0308rich", "Straße", "smørrebrød", "ЁЛКА", "Ωmega ά", "東京 ガス", "\u30ab\u3099"),
        *("한국어", "ＦＵＬＬ", "ﬁlm", "x\u00a0y", "🎬 film", "a'b\"c", "tab\tbell\x07", "İstanbul", "Łódź", "Ǆ", "½"),
        *(
            "a - - - b",
            "--a---b--",
            "a…b … c",
            "<a><b>",
            "- -",
            "«q»",
            "x\nb\n-",
            "٣ ३",
            "ʼ",
            "\u00ada\u200db",
            "¼-½",
            "🎬🎬",
        ),
        "é" * 300,
    ],
)
def test_the_database_folds_as_python_does(name: str, make_video: Callable[..., Video]) -> None:
    make_video(f"{name}.mp4", title=f"{name} – title {name}")
    assert indexed_texts() == expected_texts()


@pytest.mark.django_db
def test_an_index_that_is_gone_incomplete_or_of_another_release_is_made_again_at_migrate(shelf: None) -> None:
    for damage in (
        "DROP TRIGGER videos_search_link_delete",
        "DROP TABLE videos_words",
        "DROP TABLE videos_joined",
        "DROP VIEW videos_searchforms",
        "DROP TABLE videos_searchtext",
        "DELETE FROM videos_searchtext",
    ):
        with connection.cursor() as cursor:
            cursor.execute(damage)
        assert "run manage.py migrate" in str(full_text.problem(connection)), damage
        full_text.install(connection)
        assert full_text.problem(connection) is None
        assert indexed_texts() == expected_texts()
        check_fts()


@pytest.mark.django_db
def test_a_row_that_was_changed_behind_the_triggers_is_told(shelf: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE videos_searchtext SET text = 'other'")
    assert full_text.problem(connection) is not None


@pytest.mark.django_db(transaction=True)
def test_a_table_can_be_rebuilt_by_a_migration(shelf: None) -> None:
    check = next(c for c in Video._meta.constraints if c.name == "video_duration_not_negative")
    drop_triggers(connection.alias, plan=[None])
    with connection.schema_editor() as editor:
        editor.remove_constraint(Video, check)
        editor.add_constraint(Video, check)
    call_command("migrate", verbosity=0)
    assert full_text.problem(connection) is None
    Video.objects.filter(filename="plain.mp4").update(title="newest")
    assert found('"newest"') == {"plain.mp4"}


def test_a_database_of_an_older_release_is_searched_after_migrate(shell: Any) -> None:
    shell.python(
        "from videos.models import Video; Video.objects.create(filename='Málaga.mp4')\n"
        "from django.db import connection; from videos.db.triggers import full_text\n"
        "for name in full_text.TRIGGERS: connection.cursor().execute(f'DROP TRIGGER {name}')\n"
        "for name in full_text.TABLES: connection.cursor().execute(f'DROP TABLE {name}')"
    )
    shell.run("backup_database")
    assert "[FAIL] Search index in step" in shell.run("verify_backend", status=1)
    shell.run("migrate", "--verbosity", "0")
    assert "[OK] Search index in step" in shell.run("verify_backend")
    shell.python("from videos.models import Video; Video.objects.create(filename='later.mp4')")
    shell.run("restore_database", next(iter((shell.data / "backup_database").glob("*.db"))))
    assert "[OK] Search index in step" in shell.run("verify_backend")
    texts = shell.python(
        "from django.db import connection; cursor = connection.cursor()\n"
        "cursor.execute('SELECT text FROM videos_searchtext'); print(cursor.fetchall())"
    )
    assert texts.strip() == "[('malaga mp4',)]"
