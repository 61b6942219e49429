"""VideoCache in one process: what each method gives, keeps and refuses. The others: test_cache_coherence.py."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from videos.cache import VideoCache
from videos.models import MAX_COUNT, Favorite, MonthlyViews, Rating, Tag, Video, View
from videos.userdata.cached_reads import Marks, kept_until_changed

pytestmark = pytest.mark.django_db(transaction=True)

QueryCount = Callable[[Callable[[], Any]], int]


@pytest.fixture
def cache(make_video: Callable[..., Video]) -> VideoCache:
    """The household's cache on a library of a.mp4, b.mp4 and trips/c.mp4."""
    for filename in ("a.mp4", "b.mp4", "trips/c.mp4"):
        make_video(filename)
    return VideoCache()


def test_a_new_library_holds_no_marks(cache: VideoCache) -> None:
    assert cache.use_database is True
    assert cache.db is not None
    assert cache.get_ratings() == cache.get_views() == cache.get_tags() == {}
    assert cache.get_favorites() == []


def test_stars_are_kept_replaced_and_taken_away(cache: VideoCache) -> None:
    cache.update_rating("a.mp4", 4)
    cache.update_rating("trips/c.mp4", 1)
    assert cache.get_ratings() == {"a.mp4": 4, "trips/c.mp4": 1}
    cache.update_rating("a.mp4", 5)
    assert cache.get_ratings() == {"a.mp4": 5, "trips/c.mp4": 1}
    assert Rating.objects.count() == 2
    cache.update_rating("a.mp4", None)
    cache.update_rating("b.mp4", None)
    assert cache.get_ratings() == {"trips/c.mp4": 1}


def test_a_view_counts_in_its_month(cache: VideoCache) -> None:
    cache.update_view("a.mp4")
    cache.update_view("a.mp4")
    VideoCache(get_user_model().objects.create_user("ann")).update_view("a.mp4")
    month = timezone.localdate().replace(day=1)
    assert list(MonthlyViews.objects.values_list("viewer__username", "month", "views")) == [
        ("household", month, 2), ("ann", month, 1),
    ]  # fmt: skip


@pytest.mark.parametrize("stars", [0, 6, -1, 4.0, 4.5, "5", True, float("nan"), [5]])
def test_stars_other_than_one_to_five_are_refused(stars: Any, cache: VideoCache) -> None:
    cache.update_rating("a.mp4", 3)
    with pytest.raises(ValueError, match="stars"):
        cache.update_rating("a.mp4", stars)
    assert cache.get_ratings() == {"a.mp4": 3}


def test_a_view_counts_one_more_now_and_gives_the_new_count(cache: VideoCache) -> None:
    before = timezone.now()
    assert [cache.update_view("a.mp4") for _ in range(3)] == [1, 2, 3]
    assert cache.update_view("b.mp4") == 1
    assert cache.get_views() == {"a.mp4": 3, "b.mp4": 1}
    last_viewed = View.objects.get(video__filename="a.mp4").last_viewed
    assert last_viewed is not None
    assert before <= last_viewed <= timezone.now()


def test_a_view_keeps_where_somebody_stopped(cache: VideoCache, viewer: Any) -> None:
    View.objects.create(viewer=viewer, video=Video.objects.get(filename="a.mp4"), position_seconds=12.5)
    assert cache.get_views() == {}
    assert cache.update_view("a.mp4") == 1
    assert View.objects.get().position_seconds == 12.5


def test_the_largest_count_grows_no_further_and_stays_a_whole_number(cache: VideoCache, viewer: Any) -> None:
    View.objects.create(viewer=viewer, video=Video.objects.get(filename="a.mp4"), view_count=MAX_COUNT - 1)
    assert [cache.update_view("a.mp4") for _ in range(3)] == [MAX_COUNT] * 3
    assert cache.get_views() == {"a.mp4": MAX_COUNT}


def test_update_tags_replaces_and_gives_the_names_as_kept(cache: VideoCache) -> None:
    assert cache.update_tags("a.mp4", ["#Sea", " night ", "sea"]) == ["night", "Sea"]
    assert cache.update_tags("b.mp4", ["SEA", "Über"]) == ["Sea", "Über"]
    assert cache.get_tags() == {"a.mp4": ["night", "Sea"], "b.mp4": ["Sea", "Über"]}
    assert cache.update_tags("a.mp4", ["day"]) == ["day"]
    assert cache.get_tags() == {"a.mp4": ["day"], "b.mp4": ["Sea", "Über"]}
    assert cache.update_tags("a.mp4", []) == []
    assert cache.get_tags() == {"b.mp4": ["Sea", "Über"]}


def test_one_text_is_one_tag_and_not_its_letters(cache: VideoCache) -> None:
    assert cache.update_tags("a.mp4", "sea") == ["sea"]


def test_tags_are_added_to_and_taken_from_those_there(cache: VideoCache) -> None:
    cache.update_tags("a.mp4", ["sea", "night"])
    cache.add_tags("a.mp4", ["#Day", "SEA"])
    assert cache.get_tags() == {"a.mp4": ["Day", "night", "sea"]}
    cache.remove_tags("a.mp4", ["NIGHT", "nope"])
    assert cache.get_tags() == {"a.mp4": ["Day", "sea"]}
    assert not Tag.objects.filter(name="nope").exists()


@pytest.mark.parametrize("method", ["update_tags", "add_tags", "remove_tags"])
@pytest.mark.parametrize("tags", [[""], ["#"], ["good", "a\0b"], [None], [["nested"]], ["x" * 201]])
def test_what_is_no_tag_is_refused_and_nothing_changes(method: str, tags: Any, cache: VideoCache) -> None:
    cache.update_tags("a.mp4", ["sea"])
    with pytest.raises(ValueError, match="a tag"):
        getattr(cache, method)("a.mp4", tags)
    assert cache.get_tags() == {"a.mp4": ["sea"]}
    assert Tag.objects.count() == 1


def test_update_favorites_replaces_and_those_that_stay_keep_their_date(cache: VideoCache) -> None:
    assert cache.update_favorites(["a.mp4", "b.mp4", "a.mp4"]) == ["a.mp4", "b.mp4"]
    Favorite.objects.filter(video__filename="a.mp4").update(added_date=timezone.now() - timedelta(days=9))
    added = Favorite.objects.get(video__filename="a.mp4").added_date
    cache.update_favorites(["a.mp4", "trips/c.mp4"])
    assert cache.get_favorites() == ["trips/c.mp4", "a.mp4"]
    assert Favorite.objects.get(video__filename="a.mp4").added_date == added
    cache.update_favorites([])
    assert cache.get_favorites() == []


def test_a_favorite_that_is_not_in_the_library_changes_nothing(cache: VideoCache) -> None:
    cache.update_favorites(["a.mp4"])
    with pytest.raises(Video.DoesNotExist, match=r"nope\.mp4"):
        cache.update_favorites(["b.mp4", "nope.mp4"])
    assert cache.get_favorites() == ["a.mp4"]


def test_a_heart_is_set_and_taken_away_alone(cache: VideoCache) -> None:
    cache.set_favorite("a.mp4", True)
    cache.set_favorite("b.mp4", True)
    cache.set_favorite("b.mp4", True)
    assert cache.get_favorites() == ["b.mp4", "a.mp4"]
    cache.set_favorite("a.mp4", False)
    cache.set_favorite("a.mp4", False)
    assert cache.get_favorites() == ["b.mp4"]


@pytest.mark.parametrize(
    "write",
    [
        lambda cache: cache.update_rating("nope.mp4", 3),
        lambda cache: cache.update_rating("nope.mp4", None),
        lambda cache: cache.update_view("nope.mp4"),
        lambda cache: cache.update_tags("nope.mp4", ["new"]),
        lambda cache: cache.add_tags("nope.mp4", ["new"]),
        lambda cache: cache.remove_tags("nope.mp4", ["new"]),
        lambda cache: cache.set_favorite("nope.mp4", True),
        lambda cache: cache.update_view("a.MP4"),
        lambda cache: cache.update_view("../a.mp4"),
        lambda cache: cache.update_view(""),
    ],
)
def test_a_name_that_is_not_in_the_library_is_refused(write: Callable[[VideoCache], Any], cache: VideoCache) -> None:
    with pytest.raises(Video.DoesNotExist):
        write(cache)
    assert not Tag.objects.exists()
    assert Video.objects.count() == 3


def test_each_viewer_has_stars_views_and_hearts_of_their_own_and_tags_are_everybodys(cache: VideoCache) -> None:
    anns = VideoCache(get_user_model().objects.create_user("ann"))
    for number, mine in enumerate((cache, anns), 2):
        mine.update_rating("a.mp4", number)
        mine.update_view(f"{'ab'[number - 2]}.mp4")
        mine.update_favorites([f"{'ab'[number - 2]}.mp4"])
    anns.update_tags("a.mp4", ["sea"])
    assert (cache.get_ratings(), anns.get_ratings()) == ({"a.mp4": 2}, {"a.mp4": 3})
    assert (cache.get_views(), anns.get_views()) == ({"a.mp4": 1}, {"b.mp4": 1})
    assert (cache.get_favorites(), anns.get_favorites()) == (["a.mp4"], ["b.mp4"])
    assert cache.get_tags() == anns.get_tags() == {"a.mp4": ["sea"]}
    ids = list(Video.objects.values_list("pk", flat=True))
    assert cache.get_marks(ids) != anns.get_marks(ids)


def test_a_page_gets_the_marks_of_its_rows(cache: VideoCache) -> None:
    a, b, c = (Video.objects.get(filename=name).pk for name in ("a.mp4", "b.mp4", "trips/c.mp4"))
    VideoCache(get_user_model().objects.create_user("ann")).update_rating("b.mp4", 5)
    cache.update_rating("a.mp4", 4)
    cache.update_view("a.mp4")
    cache.update_tags("a.mp4", ["sea", "Night"])
    cache.set_favorite("a.mp4", True)
    last_viewed = View.objects.get().last_viewed
    marks = cache.get_marks([c, b, a])
    assert marks == {
        a: Marks(stars=4, view_count=1, last_viewed=last_viewed, is_favorite=True, tags=("Night", "sea")),
        b: Marks(),
        c: Marks(),
    }
    cache.update_rating("b.mp4", 1)
    assert cache.get_marks([c, b, a])[b] == Marks(stars=1)
    assert cache.get_marks([b]) == {b: Marks(stars=1)}
    assert cache.get_marks([]) == {}


def test_marks_cost_the_same_queries_for_3_rows_and_for_30(
    cache: VideoCache, make_video: Callable[..., Video], query_count: QueryCount
) -> None:
    ids = [make_video(f"{number}").pk for number in range(30)]
    assert cache.viewer
    assert query_count(lambda: cache.get_marks(ids[:3])) == query_count(lambda: cache.get_marks(ids)) <= 6


@pytest.mark.parametrize("read", ["get_ratings", "get_views", "get_tags", "get_favorites"])
def test_a_second_read_asks_for_the_revision_alone(read: str, cache: VideoCache, query_count: QueryCount) -> None:
    cache.update_rating("a.mp4", 3)
    first = getattr(cache, read)()
    assert query_count(getattr(cache, read)) == 1
    assert getattr(cache, read)() == first


def test_a_write_of_one_kind_leaves_the_others_kept(cache: VideoCache, query_count: QueryCount) -> None:
    cache.update_tags("a.mp4", ["sea"])
    cache.get_tags()
    cache.update_rating("a.mp4", 3)
    assert query_count(cache.get_tags) == 1
    assert query_count(cache.get_ratings) == 2


def test_a_renamed_file_is_seen_under_its_new_name_at_once(cache: VideoCache) -> None:
    cache.update_rating("a.mp4", 3)
    assert cache.get_ratings() == {"a.mp4": 3}
    Video.objects.filter(filename="a.mp4").update(filename="z.mp4")
    assert cache.get_ratings() == {"z.mp4": 3}


def test_what_a_page_computes_is_kept_until_something_changes(cache: VideoCache) -> None:
    computed = []
    kinds = ("ratings", "views", "tags", "favorites")

    def read() -> Any:
        return kept_until_changed(cache.viewer, "list", kinds, lambda: computed.append(1) or len(computed))

    assert [read(), read()] == [1, 1]
    assert kept_until_changed(cache.viewer, "another-list", kinds, lambda: "other") == "other"
    for number, write in enumerate(
        (
            lambda: cache.update_rating("a.mp4", 3),
            lambda: cache.update_view("a.mp4"),
            lambda: cache.update_tags("a.mp4", ["sea"]),
            lambda: cache.set_favorite("a.mp4", True),
            lambda: Video.objects.filter(filename="a.mp4").update(title="new"),
        ),
        2,
    ):
        write()
        assert [read(), read()] == [number, number]
