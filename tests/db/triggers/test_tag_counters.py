"""What the videos of a tag come to, kept in step by the database itself, whoever writes."""

import random
import sqlite3
from contextlib import closing

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from videos.accounts.household import household
from videos.apps import drop_triggers
from videos.db.sqlite_file import sqlite_path
from videos.db.triggers import tag_counters
from videos.models import Tag, TagTotal, Video
from videos.userdata.bulk import add_tags, remove_tags
from videos.userdata.tags import merge
from videos.userdata.undo import undo

pytestmark = pytest.mark.django_db


def totals():
    return {
        name: (videos, milliseconds, size)
        for name, videos, milliseconds, size in TagTotal.objects.values_list(
            "tag__name", "videos", "milliseconds", "size_bytes"
        )
    }


def added_up():
    """Return the same, from the videos themselves."""
    expected = {}
    for tag in Tag.objects.prefetch_related("videos"):
        videos = [video for video in tag.videos.all() if video.missing_since is None]
        milliseconds = sum(int(1000 * min(video.duration or 0, 10**9)) for video in videos)
        expected[tag.name] = len(videos), milliseconds, sum(min(video.file_size or 0, 10**15) for video in videos)
    return expected


@pytest.fixture
def tagged(make_video):
    """Three videos, one of which is missing, that carry "sea"; one carries "sun" as well; nobody carries "rain"."""
    videos = [
        make_video("a.mp4", duration=60.5, file_size=1000),
        make_video("b.mp4", duration=None, file_size=None),
        make_video("c.mp4", duration=10, file_size=7, missing_since=timezone.now()),
    ]
    for name, carriers in (("sea", videos), ("sun", videos[:1]), ("rain", [])):
        Tag.objects.create(name=name).videos.set(carriers)
    return videos


def test_a_total_is_of_the_videos_whose_file_is_there(tagged):
    assert totals() == {"sea": (2, 60_500, 1000), "sun": (1, 60_500, 1000), "rain": (0, 0, 0)} == added_up()


WRITES = [
    "INSERT INTO videos_video_tags (video_id, tag_id) SELECT v.id, t.id FROM videos_video v, videos_tag t"
    " WHERE t.name = 'rain'",
    "DELETE FROM videos_video_tags WHERE tag_id = (SELECT id FROM videos_tag WHERE name = 'sea')",
    "UPDATE videos_video_tags SET tag_id = (SELECT id FROM videos_tag WHERE name = 'rain')"
    " WHERE tag_id = (SELECT id FROM videos_tag WHERE name = 'sea')",
    "UPDATE videos_video_tags SET video_id = (SELECT id FROM videos_video WHERE filename = 'b.mp4')"
    " WHERE tag_id = (SELECT id FROM videos_tag WHERE name = 'sun')",
    "UPDATE videos_video SET duration = coalesce(duration, 3) * 2, file_size = 99",
    "UPDATE videos_video SET duration = NULL, file_size = NULL",
    "UPDATE videos_video SET duration = 1e300, file_size = 9223372036854775807",
    "UPDATE videos_video SET missing_since = '2024-01-01'",
    "UPDATE videos_video SET missing_since = NULL, duration = 5",
    "UPDATE videos_video SET title = 'x', filename = filename || 'x'",
    "INSERT INTO videos_tag (name, folded_name) VALUES ('new', 'new')",
    "UPDATE videos_tag SET name = 'ocean', folded_name = 'ocean' WHERE name = 'sea'",
]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("write", WRITES)
def test_a_write_past_django_is_in_it(write, tagged):
    with closing(sqlite3.connect(str(sqlite_path()))) as database, database:
        assert database.execute(write).rowcount > 0
    assert totals() == added_up()


@pytest.mark.parametrize(
    "write",
    [
        lambda videos: videos[0].delete(),
        lambda videos: Video.objects.all().delete(),
        lambda videos: Tag.objects.get(name="sea").delete(),
        lambda videos: videos[0].tags.set(Tag.objects.get_or_create_many(["rain", "new"])),
        lambda videos: Video.objects.filter(pk=videos[2].pk).update(missing_since=None),
        lambda videos: merge(household(), list(Tag.objects.filter(name="sun")), Tag.objects.get(name="sea")),
    ],
    ids=["a video", "all videos", "a tag", "other tags", "a file that is back", "a merge"],
)
def test_a_write_of_ours_is_in_it(write, tagged):
    write(tagged)
    assert totals() == added_up()


def test_any_writes_one_after_the_other_leave_it_in_step(viewer, make_video):
    chance = random.Random(7)
    videos = [make_video(f"{n}.mp4", duration=chance.uniform(0, 9000), file_size=n) for n in range(30)]
    names = [f"tag {n}" for n in range(6)]
    ids = [video.pk for video in videos]
    done = [add_tags(viewer, ids, names[:1])]
    for _ in range(60):
        some = chance.sample(ids, 5)
        match chance.randrange(5):
            case 0:
                Video.objects.filter(pk__in=some).update(missing_since=chance.choice([None, timezone.now()]))
            case 1:
                Video.objects.filter(pk__in=some).update(duration=chance.choice([None, chance.uniform(0, 9000)]))
            case 2:
                done.append(add_tags(viewer, some, chance.sample(names, 2)))
            case 3:
                done.append(remove_tags(viewer, some, chance.sample(names, 2)))
            case _ if done:
                undo(viewer, done.pop().pk)
        assert totals() == added_up()
    assert any(total != (0, 0, 0) for total in totals().values())


def test_a_total_that_is_wrong_is_found_and_mended_by_migrate(tagged):
    assert tag_counters.problem(connection) is None
    TagTotal.objects.filter(tag__name="sea").update(videos=3)
    assert "migrate" in (tag_counters.problem(connection) or "")
    tag_counters.install(connection)
    assert tag_counters.problem(connection) is None
    assert totals() == added_up()


def test_a_total_that_is_lost_is_found_and_mended(tagged):
    TagTotal.objects.filter(tag__name="rain").delete()
    assert tag_counters.problem(connection)
    tag_counters.install(connection)
    assert totals() == added_up()


@pytest.mark.parametrize(
    "change",
    [
        "DROP TRIGGER videos_total_link_insert",
        "DROP TRIGGER videos_total_link_insert; CREATE TRIGGER videos_total_link_insert AFTER INSERT ON"
        " videos_video_tags BEGIN SELECT 1; END",
    ],
    ids=["dropped", "another"],
)
def test_a_trigger_that_is_not_as_it_should_be_is_made_again_and_everything_counted(change, tagged):
    with connection.cursor() as cursor:
        for statement in change.split("; CREATE"):
            cursor.execute(statement if statement.startswith("DROP") else f"CREATE{statement}")
    tagged[0].tags.add(Tag.objects.get(name="rain"))
    assert "videos_total_link_insert" in (tag_counters.problem(connection) or "")
    tag_counters.install(connection)
    assert totals() == added_up()
    tagged[1].tags.add(Tag.objects.get(name="rain"))
    assert totals() == added_up()


@pytest.mark.django_db(transaction=True)
def test_tables_can_be_rebuilt_as_a_migration_does(tagged):
    check = next(one for one in Video._meta.constraints if one.name == "video_duration_not_negative")
    drop_triggers(connection.alias, plan=[None])
    with connection.schema_editor() as editor:
        editor.remove_constraint(Video, check)
        editor.add_constraint(Video, check)
    call_command("migrate", verbosity=0)
    assert tag_counters.problem(connection) is None
    Video.objects.update(duration=1)
    assert totals() == added_up()
