"""Whatever is written, by whatever way, the next list is that of an index that is read again."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.http import QueryDict

from tests.counts import at_full_count
from videos.listing import index
from videos.listing.facets import facets
from videos.listing.index import LibraryIndex, library_index
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import Favorite, Rating, Tag, Video, View

LISTS = [
    "", "sort=title", "sort=title&order=desc", "sort=size", "sort=duration&order=asc", "sort=rating", "sort=views",
    "sort=viewed&order=asc", "sort=random&seed=7", "tag=sea", "no_tag=Sun", "q=part", "q=pa", "q=sea", "q=-sun",
    "q=rating:>=3", "q=tag:süd", "favorites=1", "watched=started", "watched=yes", "folder=a/", "missing=1", "codec=av1",
]  # fmt: skip


def lists(viewer):
    found = {query: list(Listing(GalleryQuery.of(QueryDict(query)), viewer)) for query in LISTS}
    return found, facets(GalleryQuery(), viewer)


def lists_read_anew(viewer):
    kept = dict(library_index.__dict__)
    library_index.__dict__.update(LibraryIndex().__dict__)
    try:
        return lists(viewer)
    finally:
        library_index.__dict__.update(kept)


def add(chance):
    number = chance.randrange(10**6)
    return Video.objects.create(
        filename=f"{chance.choice(['', 'a/', 'a/b/'])}{number}.mp4",
        title=chance.choice(["", f"Part {chance.randrange(12)}", "Ångström"]),
        added_date=datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=chance.randrange(40)),
        file_size=chance.choice([None, 1, 2, 3]),
        duration=chance.choice([None, 0.5, 60, 4000]),
    )


def one_of(chance):
    videos = list(Video.objects.order_by("pk"))
    return chance.choice(videos) if videos else add(chance)


def retitle(chance, video, viewer):
    Video.objects.filter(pk=video.pk).update(title=f"Part {chance.randrange(12)}")


def move(chance, video, viewer):
    video.title, video.filename = "", f"b/{chance.randrange(10**6)}.mp4"
    video.save()


def lose_or_find(chance, video, viewer):
    since = None if video.missing_since else video.added_date
    Video.objects.filter(pk=video.pk).update(missing_since=since)


def analyze(chance, video, viewer):
    Video.objects.filter(pk=video.pk).update(duration=chance.randrange(99), file_size=2, video_codec="av1")


def rate(chance, video, viewer):
    Rating.objects.update_or_create(viewer=viewer, video=video, defaults={"stars": chance.randint(1, 5)})


def view(chance, video, viewer):
    seen = {
        "view_count": chance.randrange(3),
        "position_seconds": chance.choice([None, 0, 5]),
        "last_viewed": chance.choice([None, video.added_date]),
    }
    View.objects.update_or_create(viewer=viewer, video=video, defaults=seen)


def favor(chance, video, viewer):
    Favorite.objects.get_or_create(viewer=viewer, video=video)


def tag(chance, video, viewer):
    video.tags.set(Tag.objects.get_or_create_many(chance.sample(["sea", "sun", "Süd"], 2)))


def take_marks_away(chance, video, viewer):
    (Rating if chance.random() < 0.5 else Favorite).objects.filter(video=video).delete()


def rename_a_tag(chance, video, viewer):
    for one in Tag.objects.with_names(["sea"]):
        one.name = f"lake {chance.randrange(10**6)}"
        one.save()


def remove_a_tag(chance, video, viewer):
    tags = list(Tag.objects.order_by("pk"))
    if tags:
        chance.choice(tags).delete()


def remove(chance, video, viewer):
    video.delete()


CHANGES = [
    remove, retitle, move, lose_or_find, analyze, rate, view, favor, tag, take_marks_away, rename_a_tag, remove_a_tag,
]  # fmt: skip


def change(chance, viewer):
    """Do one thing that a page, a scan, the admin or a shell might do."""
    if chance.random() < 0.3:
        add(chance)
    chance.choice(CHANGES)(chance, one_of(chance), viewer)


@pytest.mark.long("videos/db", "videos/listing", "videos/models")
@pytest.mark.parametrize("seed", range(at_full_count(12, 4)))
def test_after_any_change_the_lists_are_those_of_a_catalog_read_anew(seed, viewer):
    chance = random.Random(seed)
    for _ in range(40):
        for _ in range(chance.choice([1, 1, 2, 9])):
            change(chance, viewer)
        (found, counts), (expected, expected_counts) = lists(viewer), lists_read_anew(viewer)
        for query in LISTS:
            assert found[query] == expected[query], query
        assert counts == expected_counts


def test_a_change_is_followed_without_reading_everything_anew(viewer, django_assert_num_queries):
    for number in range(30):
        Video.objects.create(filename=f"{number}.mp4")
    Listing(GalleryQuery(), viewer)
    with django_assert_num_queries(1):
        Listing(GalleryQuery(), viewer)
    columns = library_index.columns
    Video.objects.create(filename="new.mp4")
    assert len(Listing(GalleryQuery(), viewer)) == 31
    assert library_index.columns is columns


def test_a_transaction_that_is_taken_back_takes_its_lists_back(viewer):
    Video.objects.create(filename="kept.mp4")
    assert len(Listing(GalleryQuery(), viewer)) == 1
    with transaction.atomic():
        Video.objects.create(filename="gone.mp4")
        assert len(Listing(GalleryQuery(), viewer)) == 2
        transaction.set_rollback(True)
    assert len(Listing(GalleryQuery(), viewer)) == 1
    # The number of the next change is one that was seen already.
    Video.objects.create(filename="other.mp4")
    names = [Video.objects.get(pk=pk).filename for pk in Listing(GalleryQuery(sort="title", order="asc"), viewer)]
    assert names == ["kept.mp4", "other.mp4"]


def test_when_the_log_has_lost_what_it_missed_everything_is_read_anew(viewer):
    Video.objects.create(filename="a.mp4")
    assert len(Listing(GalleryQuery(), viewer)) == 1
    Video.objects.create(filename="b.mp4")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM videos_change")
    assert len(Listing(GalleryQuery(), viewer)) == 2
    Video.objects.create(filename="c.mp4")
    assert len(Listing(GalleryQuery(), viewer)) == 3


def test_many_changes_at_once_read_everything_anew(viewer, monkeypatch):
    monkeypatch.setattr(index, "MAX_CHANGES", 5)
    Listing(GalleryQuery(), viewer)
    columns = library_index.columns
    Video.objects.bulk_create(Video(filename=f"{number}.mp4") for number in range(20))
    assert len(Listing(GalleryQuery(), viewer)) == 20
    assert library_index.columns is not columns


def test_a_video_with_an_id_before_the_last_is_listed(viewer):
    Video.objects.create(pk=1_000_000, filename="b.mp4")
    Listing(GalleryQuery(), viewer)
    Video.objects.create(pk=999_999, filename="a.mp4")
    assert len(Listing(GalleryQuery(), viewer)) == 2


def test_marks_of_another_viewer_are_not_mixed_in(viewer, django_user_model):
    other = django_user_model.objects.create_user("other")
    video = Video.objects.create(filename="a.mp4")
    best = GalleryQuery(rating=4)
    assert [len(Listing(best, one)) for one in (viewer, other)] == [0, 0]
    Rating.objects.create(viewer=other, video=video, stars=5)
    assert [len(Listing(best, one)) for one in (viewer, other)] == [0, 1]


def test_a_title_that_changes_while_another_is_placed_leaves_both_in_their_places(viewer, make_video):
    by_name = {name: make_video(f"{name}.mp4") for name in ("aa", "cc", "xx")}

    def retitled(old, new):
        Video.objects.filter(pk=by_name[old].pk).update(title=new)

    with library_index.reading() as held:
        held.order("title")
    retitled("xx", "mm")
    with library_index.reading() as held:
        # As another process does after the log was read: what "mm" is placed beside is no longer where it was.
        retitled("aa", "ll")
        held.order("title")
    in_order = [by_name[name].pk for name in ("cc", "aa", "xx")]
    assert list(Listing(GalleryQuery.of(QueryDict("sort=title")), viewer)) == in_order
