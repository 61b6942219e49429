"""The numbers that caches go by: moved by the database itself, whoever writes."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.core.management import call_command
from django.db import connection, transaction

from videos.db.sqlite_file import sqlite_path
from videos.db.triggers.change_log import KINDS, read_revisions, trigger_names
from videos.models import Favorite, Rating, Revision, Tag, Video, View

WRITES = {
    "videos": [
        "INSERT INTO videos_video (filename, title, added_date, container, video_codec, audio_codec, fingerprint)"
        " VALUES ('new.mp4', '', '2024-01-01', '', '', '', '')",
        "UPDATE videos_video SET title = 'x'",
        "DELETE FROM videos_video WHERE filename = 'lonely.mp4'",
    ],
    "ratings": [
        "INSERT INTO videos_rating (viewer_id, video_id, stars) SELECT {viewer}, id, 3 FROM videos_video"
        " WHERE filename = 'lonely.mp4'",
        "UPDATE videos_rating SET stars = 1",
        "DELETE FROM videos_rating",
    ],
    "views": [
        "INSERT INTO videos_view (viewer_id, video_id, view_count) SELECT {viewer}, id, 3 FROM videos_video"
        " WHERE filename = 'lonely.mp4'",
        "UPDATE videos_view SET view_count = view_count + 1",
        "UPDATE videos_view SET position_seconds = 12.5 WHERE position_seconds IS NULL",
        "DELETE FROM videos_view",
    ],
    "favorites": [
        "INSERT INTO videos_favorite (viewer_id, video_id, added_date) SELECT {viewer}, id, '2024-01-01'"
        " FROM videos_video WHERE filename = 'lonely.mp4'",
        "UPDATE videos_favorite SET added_date = '2024-01-02'",
        "DELETE FROM videos_favorite",
    ],
    "tags": [
        "INSERT INTO videos_tag (name, folded_name) VALUES ('new', 'new')",
        "UPDATE videos_tag SET name = 'Sea' WHERE folded_name = 'sea'",
        "DELETE FROM videos_tag WHERE folded_name = 'idle'",
        "INSERT INTO videos_video_tags (video_id, tag_id) SELECT v.id, t.id FROM videos_video v, videos_tag t"
        " WHERE filename = 'lonely.mp4' AND folded_name = 'idle'",
        "UPDATE videos_video_tags SET tag_id = (SELECT id FROM videos_tag WHERE folded_name = 'idle')",
        "DELETE FROM videos_video_tags",
    ],
}
EACH_WRITE = [pytest.param(kind, write, id=write[:30]) for kind, writes in WRITES.items() for write in writes]


@pytest.fixture
def marked(viewer: Any, make_video: Callable[..., Video]) -> Any:
    """A video with every mark, one without any, and a tag that nobody uses. Gives the viewer."""
    video = make_video("a.mp4")
    make_video("lonely.mp4")
    Rating.objects.create(viewer=viewer, video=video, stars=4)
    View.objects.create(viewer=viewer, video=video, view_count=7)
    Favorite.objects.create(viewer=viewer, video=video)
    video.tags.set(Tag.objects.get_or_create_many(["sea"]))
    Tag.objects.create(name="idle")
    return viewer


def moved_since(before: dict[str, int]) -> set[str]:
    after = read_revisions()
    assert all(after[kind] >= before[kind] for kind in KINDS)
    return {kind for kind in KINDS if after[kind] > before[kind]}


@pytest.mark.django_db
@pytest.mark.parametrize(("kind", "write"), EACH_WRITE)
def test_each_write_moves_the_number_of_its_kind_and_no_other(kind: str, write: str, marked: Any) -> None:
    before = read_revisions()
    with connection.cursor() as cursor:
        cursor.execute(write.format(viewer=marked.pk))
    assert moved_since(before) == {kind}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("kind", "write"), EACH_WRITE)
def test_a_write_past_django_moves_it_too(kind: str, write: str, marked: Any) -> None:
    before = read_revisions()
    with closing(sqlite3.connect(str(sqlite_path()))) as database, database:
        assert database.execute(write.format(viewer=marked.pk)).rowcount > 0
    assert moved_since(before) == {kind}


@pytest.mark.django_db
def test_a_position_that_moves_on_moves_no_number_until_there_is_none_any_more(marked: Any) -> None:
    View.objects.update(position_seconds=10.0)
    before = read_revisions()
    View.objects.update(position_seconds=20.0)
    view = View.objects.get()
    view.position_seconds = 30.0
    view.save()
    assert moved_since(before) == set()
    View.objects.update(position_seconds=None)
    assert moved_since(before) == {"views"}


@pytest.mark.django_db(transaction=True)
def test_numbers_roll_back_with_the_transaction(marked: Any) -> None:
    before = read_revisions()
    with transaction.atomic():
        Rating.objects.update(stars=1)
        assert moved_since(before) == {"ratings"}
        transaction.set_rollback(True)
    assert read_revisions() == before


@pytest.mark.django_db
def test_reading_moves_nothing_and_costs_one_query(
    marked: Any, query_count: Callable[[Callable[[], Any]], int]
) -> None:
    before = read_revisions()
    assert query_count(read_revisions) == 1
    list(Video.objects.for_viewer(marked))
    assert moved_since(before) == set()
    assert before.keys() == set(KINDS)


def installed_triggers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        return {row[0] for row in cursor.fetchall()} & trigger_names()


@pytest.fixture
def migrated_again() -> Iterator[Callable[[], None]]:
    """Run migrate, as a new release does; also afterwards, so that no other test meets a rebuilt table."""
    migrate: Callable[[], None] = lambda: call_command("migrate", verbosity=0)  # noqa: E731
    yield migrate
    migrate()


@pytest.mark.django_db(transaction=True)
def test_triggers_are_installed_again_after_a_table_was_rebuilt(
    migrated_again: Callable[[], None], marked: Any
) -> None:
    numbers = read_revisions()
    check = next(c for c in Rating._meta.constraints if c.name == "rating_one_to_five")
    with connection.schema_editor() as editor:
        editor.remove_constraint(Rating, check)
        editor.add_constraint(Rating, check)
    assert trigger_names() - installed_triggers(), "the rebuild dropped no trigger: this test shows nothing"
    migrated_again()
    assert installed_triggers() == trigger_names()
    assert read_revisions() == numbers
    Rating.objects.update(stars=1)
    assert moved_since(numbers) == {"ratings"}


@pytest.mark.django_db(transaction=True)
def test_a_trigger_of_an_earlier_release_is_replaced(migrated_again: Callable[[], None], marked: Any) -> None:
    View.objects.update(position_seconds=10.0)
    with connection.cursor() as cursor:
        cursor.execute("DROP TRIGGER videos_view_revision_update")
        cursor.execute(
            "CREATE TRIGGER videos_view_revision_update AFTER update ON videos_view"
            " BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = 'views'; END"
        )
    migrated_again()
    before = read_revisions()
    View.objects.update(position_seconds=20.0)
    assert moved_since(before) == set()


@pytest.mark.django_db(transaction=True)
def test_a_number_that_was_lost_is_made_again(migrated_again: Callable[[], None]) -> None:
    Revision.objects.filter(kind="tags").delete()
    migrated_again()
    assert read_revisions().keys() == set(KINDS)
