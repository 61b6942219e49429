"""What stands before and after a video in a list is what the list itself shows there, and is found without the list."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from videos import neighbours as module
from videos.catalog.lists import Listing
from videos.models import Favorite, Rating, Tag, Video, View
from videos.neighbours import Neighbours, neighbours, neighbours_in_folder
from videos.querysets import SORTS
from videos.views.gallery import GalleryQuery

pytestmark = pytest.mark.django_db

DAY = datetime(2024, 1, 1, tzinfo=UTC)
FILTERS = ("", "favorites=1", "rating=2", "tag=sea", "tag=sea&rating=2&favorites=1", "q=film")


@pytest.fixture
def shelf(viewer: Any, make_video: Callable[..., Video]) -> list[Video]:
    """Videos with every kind of equal and unknown value; somebody else marked them otherwise."""
    other = get_user_model().objects.create_user("ann")
    sea = Tag.objects.create(name="Sea")
    values = itertools.product((None, 10.0, 20.0), (None, 5), ("film b", "Film A"))
    videos = [
        make_video(f"{n}.mp4", duration=duration, file_size=size, title=title, added_date=DAY + timedelta(days=n // 4))
        for n, (duration, size, title) in enumerate(values)
    ]
    for n, video in enumerate(videos):
        Rating.objects.create(viewer=other, video=video, stars=1 + n % 5)
        View.objects.create(viewer=other, video=video, view_count=n)
        if n % 3:
            Rating.objects.create(viewer=viewer, video=video, stars=1 + n % 4)
            Favorite.objects.create(viewer=viewer, video=video)
        if n % 2:
            last = DAY + timedelta(days=n // 3) if n % 5 else None
            View.objects.create(viewer=viewer, video=video, view_count=n // 4, last_viewed=last)
            video.tags.add(sea)
    make_video("gone.mp4", missing_since=timezone.now())
    return videos


def query(address: str) -> GalleryQuery:
    return GalleryQuery.of(QueryDict(address))


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("filters", FILTERS)
def test_each_video_has_the_neighbours_that_the_list_shows(
    shelf: list[Video], viewer: Any, filters: str, sort: str, order: str
) -> None:
    listed = query(f"{filters}&sort={sort}&order={order}&seed=7")
    shown = Video.objects.by_ids(Listing(listed, viewer)[0:100])
    assert len(shown) > 2
    for place, video in enumerate(shown):
        found = neighbours(listed, viewer, video.pk, limit=3)
        assert found.previous == (shown[place - 1] if place else None)
        assert found.following == shown[place + 1 : place + 4]
        assert found.next == (shown[place + 1] if place + 1 < len(shown) else None)


def test_a_video_that_left_the_list_still_has_its_place_there(shelf: list[Video], viewer: Any) -> None:
    listed = query("favorites=1&sort=title")
    shown = Video.objects.by_ids(Listing(listed, viewer)[0:100])
    Favorite.objects.filter(viewer=viewer, video=shown[2]).delete()
    found = neighbours(listed, viewer, shown[2].pk)
    assert (found.previous, found.next) == (shown[1], shown[3])


def test_a_list_of_nothing_has_no_neighbours(shelf: list[Video], viewer: Any) -> None:
    assert neighbours(query("tag=nobody"), viewer, shelf[0].pk) == Neighbours(shelf[0], None, [])


@pytest.mark.parametrize("sort", SORTS)
def test_a_place_costs_a_few_queries_wherever_it_is(shelf: list[Video], viewer: Any, sort: str) -> None:
    neighbours(query(f"sort={sort}"), viewer, shelf[0].pk)
    for video in shelf:
        with CaptureQueriesContext(connection) as queries:
            neighbours(query(f"sort={sort}"), viewer, video.pk)
        assert len(queries) == 2


@pytest.fixture
def series(make_video: Callable[..., Video]) -> dict[str, Video]:
    names = (
        "show/ep1.mp4", "show/ep2.mp4", "show/Ep3.mp4", "show/ep10.mp4", "show/ep010 again.mp4", "show/extras/ep4.mp4",
        "show2/ep5.mp4", "ep6.mp4", "a.mp4", "z" + "1" * 5000 + ".mp4",
    )  # fmt: skip
    return {name: make_video(name) for name in names}


def walk(video: Video) -> list[str]:
    """Return the names from a video to the end of its folder, one step at a time."""
    seen = [video.filename]
    while (following := neighbours_in_folder(video).next) is not None:
        assert neighbours_in_folder(following).previous == video
        video = following
        seen.append(video.filename)
    return seen


def test_in_a_folder_episode_2_comes_before_episode_10_and_no_other_folder_follows(series: dict[str, Video]) -> None:
    names = ["show/ep1.mp4", "show/ep2.mp4", "show/Ep3.mp4", "show/ep010 again.mp4", "show/ep10.mp4"]
    assert walk(series["show/ep1.mp4"]) == names
    assert [each.filename for each in neighbours_in_folder(series["show/ep1.mp4"]).following] == names[1:]
    assert neighbours_in_folder(series["show/ep1.mp4"]).previous is None
    assert walk(series["a.mp4"])[:2] == ["a.mp4", "ep6.mp4"]


def test_a_missing_file_has_its_place_in_the_folder_and_is_nobodys_neighbour(series: dict[str, Video]) -> None:
    Video.objects.filter(filename="show/ep2.mp4").update(missing_since=timezone.now())
    found = neighbours_in_folder(series["show/ep2.mp4"])
    assert (found.previous, found.next) == (series["show/ep1.mp4"], series["show/Ep3.mp4"])
    assert neighbours_in_folder(series["show/ep1.mp4"]).next == series["show/Ep3.mp4"]


def test_a_folder_of_very_many_files_is_looked_through_no_further_than_needed(
    series: dict[str, Video], monkeypatch: pytest.MonkeyPatch, query_count: Callable[[Callable[[], Any]], int]
) -> None:
    monkeypatch.setattr(module, "MOST_NAMES", 4)
    found = neighbours_in_folder(series["show/ep2.mp4"])
    assert found.previous == series["show/ep10.mp4"] or found.previous == series["show/ep1.mp4"]
    assert query_count(lambda: neighbours_in_folder(series["show/ep2.mp4"])) == 2
