"""Sets of videos: each sort and filter, paging, and what they cost."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from videos.models import MAX_COUNT, Favorite, MonthlyViews, Rating, SmartList, Tag, Video, View

pytestmark = pytest.mark.django_db

DAY = datetime(2024, 1, 1, tzinfo=UTC)


def names(videos: Any) -> list[str]:
    return [video.filename for video in videos]


def page(videos: Any, start: int = 0, stop: int = 100) -> list[str]:
    return names(videos[start:stop])


@pytest.fixture
def five(viewer: Any, make_video: Callable[..., Video]) -> dict[str, Video]:
    """Five videos, added a to e, so that each sort has an order of its own; somebody else marked them otherwise."""
    facts = {
        "a": {"title": "delta", "duration": 50.0, "file_size": 3},
        "b": {"title": "Bravo", "duration": 10.0, "file_size": 5},
        "c": {"title": "alpha", "duration": 30.0, "file_size": 1},
        "d": {"title": "Echo", "duration": 20.0, "file_size": 4},
        "e": {"title": "charlie", "duration": 40.0, "file_size": 2},
    }
    videos = {
        name: make_video(name, added_date=DAY + timedelta(days=day), **fields)
        for day, (name, fields) in enumerate(facts.items())
    }
    other = get_user_model().objects.create_user("ann")
    for name, stars, count, viewed_day in (("b", 5, 2, 1), ("d", 2, 9, 3), ("c", 4, 5, 2)):
        Rating.objects.create(viewer=viewer, video=videos[name], stars=stars)
        View.objects.create(
            viewer=viewer, video=videos[name], view_count=count, last_viewed=DAY + timedelta(days=viewed_day)
        )
    for number, video in enumerate(videos.values(), 1):
        Rating.objects.create(viewer=other, video=video, stars=number)
        View.objects.create(viewer=other, video=video, view_count=number, last_viewed=DAY)
        Favorite.objects.create(viewer=other, video=video)
    Favorite.objects.create(viewer=viewer, video=videos["d"])
    videos["a"].tags.set(Tag.objects.get_or_create_many(["Sea", "Über"]))
    videos["b"].tags.set(Tag.objects.get_or_create_many(["sea"]))
    return videos


def test_present_and_missing_part_the_library(five: dict[str, Video]) -> None:
    Video.objects.filter(filename__in="be").update(missing_since=timezone.now())
    assert sorted(names(Video.objects.present())) == ["a", "c", "d"]
    assert sorted(names(Video.objects.missing())) == ["b", "e"]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["sea"], "ab"),
        (["SEA"], "ab"),
        (["#Sea "], "ab"),
        (["sea", "ÜBER"], "a"),
        (["nope"], ""),
        (["sea", "nope"], ""),
    ],
)
def test_tagged_wants_all_the_tags_in_any_case(tags: list[str], found: str, five: dict[str, Video]) -> None:
    assert "".join(sorted(names(Video.objects.tagged(*tags)))) == found


def test_hearts_of_others_do_not_count(five: dict[str, Video], viewer: Any) -> None:
    assert names(Video.objects.favorites_of(viewer)) == ["d"]


def test_for_viewer_costs_five_queries_with_3_rows_and_with_30(
    five: dict[str, Video], viewer: Any, query_count: Callable[[Callable[[], Any]], int]
) -> None:
    rows = Video.objects.for_viewer(viewer)
    few = query_count(lambda: list(rows.all()[:3]))
    more_like(five["b"], 30, viewer)
    assert few == query_count(lambda: list(rows.all()[:30])) == 5


def more_like(video: Video, number: int, viewer: Any) -> None:
    """Make as many videos again, half of them with marks."""
    more = [Video(filename=f"{n}.mp4", added_date=DAY, title=video.title, duration=1.0) for n in range(number)]
    for model, fact in ((Video, None), (Rating, {"stars": 5}), (View, {"view_count": 3, "last_viewed": DAY})):
        model.objects.bulk_create(more if fact is None else [model(viewer=viewer, video=v, **fact) for v in more[::2]])


def test_for_viewer_brings_this_viewers_marks_and_everybodys_tags(five: dict[str, Video], viewer: Any) -> None:
    found = {video.filename: video for video in Video.objects.for_viewer(viewer)}
    assert [rating.stars for rating in found["b"].viewer_ratings] == [5]
    assert [view.view_count for view in found["b"].viewer_views] == [2]
    assert len(found["d"].viewer_favorites) == 1
    assert found["e"].viewer_ratings == found["e"].viewer_views == found["e"].viewer_favorites == []
    assert [tag.name for tag in found["a"].tags.all()] == ["Sea", "Über"]


def test_what_is_missing_is_found_by_its_index() -> None:
    assert "video_missing" in Video.objects.missing().explain()


def test_named_gives_each_tag_once_in_the_order_given() -> None:
    Tag.objects.create(name="Sea")
    tags = Tag.objects.get_or_create_many(["b", "sea", "a", "B", "#SEA"])
    assert [tag.name for tag in tags] == ["b", "Sea", "a"]
    assert Tag.objects.get_or_create_many(["b", "sea", "a"]) == tags
    assert Tag.objects.get_or_create_many([]) == []
    assert Tag.objects.count() == 3


def test_with_names_makes_nothing() -> None:
    Tag.objects.create(name="Sea")
    assert [tag.name for tag in Tag.objects.with_names(["SEA", "nope"])] == ["Sea"]
    assert Tag.objects.count() == 1


def test_unused_tags_are_those_on_no_video(five: dict[str, Video]) -> None:
    Tag.objects.create(name="idle")
    assert [tag.name for tag in Tag.objects.unused()] == ["idle"]
    five["a"].delete()
    assert [tag.name for tag in Tag.objects.unused()] == ["idle", "Über"]


def test_views_of_any_day_count_in_its_month_and_stay_at_the_largest_number(viewer: Any) -> None:
    MonthlyViews.objects.add(viewer, {date(2024, 5, 1): 2, date(2024, 5, 31): 3, date(2024, 6, 1): 1})
    MonthlyViews.objects.add(viewer, {date(2024, 5, 9): 4, date(2023, 1, 1): MAX_COUNT, date(2022, 1, 1): 0})
    MonthlyViews.objects.add(viewer, {date(2023, 1, 31): 1})
    MonthlyViews.objects.add(get_user_model().objects.create_user("ann"), {date(2024, 5, 1): 7})
    assert list(MonthlyViews.objects.filter(viewer=viewer).values_list("month", "views")) == [
        (date(2023, 1, 1), MAX_COUNT), (date(2024, 5, 1), 9), (date(2024, 6, 1), 1),
    ]  # fmt: skip


def smart_lists(viewer: Any) -> list[tuple[str, str]]:
    return list(SmartList.objects.of(viewer).values_list("name", "query"))


def test_a_smart_list_is_kept_under_its_name_after_those_that_are_there(viewer: Any) -> None:
    ann = get_user_model().objects.create_user("ann")
    for name, query in (("Sea", "tag=sea"), ("Best", "rating=4"), ("sea", "q=sea"), ("Sea", "tag=sea&sort=title")):
        SmartList.objects.keep(viewer, name, query)
    SmartList.objects.keep(ann, "Sea", "tag=beach")
    assert smart_lists(viewer) == [("Sea", "tag=sea&sort=title"), ("Best", "rating=4"), ("sea", "q=sea")]
    assert smart_lists(ann) == [("Sea", "tag=beach")]


def test_smart_lists_are_put_in_order_and_those_not_named_follow(viewer: Any) -> None:
    ids = [SmartList.objects.keep(viewer, name, "").pk for name in "abcd"]
    other = SmartList.objects.keep(get_user_model().objects.create_user("ann"), "x", "")
    SmartList.objects.put_in_order(viewer, [ids[3], other.pk, ids[1], ids[3], 10**12])
    assert [name for name, _ in smart_lists(viewer)] == ["d", "b", "a", "c"]
    other.refresh_from_db()
    assert other.position == 0
    SmartList.objects.keep(viewer, "e", "")
    assert [name for name, _ in smart_lists(viewer)] == ["d", "b", "a", "c", "e"]
