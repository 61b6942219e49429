"""What stands before and after a video in a list is what the list itself shows there, and is found without the list."""

import itertools
import random
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from videos.core.sort_keys import title_key
from videos.listing.folders import inside
from videos.listing.neighbors import Neighbors, neighbors, neighbors_in_folder
from videos.listing.results import Listing
from videos.listing.sort_orders import SORTS
from videos.models import Favorite, Rating, Tag, Video, View
from videos.views.gallery.gallery import GalleryQuery

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
        found = neighbors(listed, viewer, video.pk, limit=3)
        assert found.previous == (shown[place - 1] if place else None)
        assert found.following == shown[place + 1 : place + 4]
        assert found.next == (shown[place + 1] if place + 1 < len(shown) else None)


def test_a_video_that_left_the_list_still_has_its_place_there(shelf: list[Video], viewer: Any) -> None:
    listed = query("favorites=1&sort=title")
    shown = Video.objects.by_ids(Listing(listed, viewer)[0:100])
    Favorite.objects.filter(viewer=viewer, video=shown[2]).delete()
    found = neighbors(listed, viewer, shown[2].pk)
    assert (found.previous, found.next) == (shown[1], shown[3])


def test_a_list_of_nothing_has_no_neighbours(shelf: list[Video], viewer: Any) -> None:
    assert neighbors(query("tag=nobody"), viewer, shelf[0].pk) == Neighbors(shelf[0], None, [])


@pytest.mark.parametrize("sort", SORTS)
def test_a_place_costs_a_few_queries_wherever_it_is(shelf: list[Video], viewer: Any, sort: str) -> None:
    neighbors(query(f"sort={sort}"), viewer, shelf[0].pk)
    for video in shelf:
        with CaptureQueriesContext(connection) as queries:
            neighbors(query(f"sort={sort}"), viewer, video.pk)
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
    while (following := neighbors_in_folder(video.pk).next) is not None:
        assert neighbors_in_folder(following.pk).previous == video
        video = following
        seen.append(video.filename)
    return seen


def test_in_a_folder_episode_2_comes_before_episode_10_and_no_other_folder_follows(series: dict[str, Video]) -> None:
    names = ["show/ep1.mp4", "show/ep2.mp4", "show/Ep3.mp4", "show/ep10.mp4", "show/ep010 again.mp4"]
    assert walk(series["show/ep1.mp4"]) == names
    assert [each.filename for each in neighbors_in_folder(series["show/ep1.mp4"].pk).following] == names[1:]
    assert neighbors_in_folder(series["show/ep1.mp4"].pk).previous is None
    assert walk(series["a.mp4"])[:2] == ["a.mp4", "ep6.mp4"]


def test_a_missing_file_has_its_place_in_the_folder_and_is_nobodys_neighbour(series: dict[str, Video]) -> None:
    Video.objects.filter(filename="show/ep2.mp4").update(missing_since=timezone.now())
    found = neighbors_in_folder(series["show/ep2.mp4"].pk)
    assert (found.previous, found.next) == (series["show/ep1.mp4"], series["show/Ep3.mp4"])
    assert neighbors_in_folder(series["show/ep1.mp4"].pk).next == series["show/Ep3.mp4"]


def test_a_folder_knows_what_follows_however_much_lies_below_it(make_video: Callable[..., Video]) -> None:
    for number in range(900):
        make_video(f"trips/m/{number}.mp4")
    first, last = make_video("trips/a.mp4"), make_video("trips/z.mp4")
    assert neighbors_in_folder(first.pk) == Neighbors(first, None, [last])
    assert neighbors_in_folder(last.pk) == Neighbors(last, first, [])


TITLES = [
    "",
    "Ep 10",
    "ép 2",
    "EP 1",
    "Łódź",
    "Lodz b",
    "Zoo",
    "(500) Days",
    "9 to 5",
    "“Quoted”",
    "...And Justice",
    "Øst",
    "🎬",
]


def test_the_folder_page_the_gallery_next_previous_and_autoplay_agree_on_one_order(
    viewer: Any, make_video: Callable[..., Video], client: Any
) -> None:
    chance = random.Random(4)
    names = [f"{folder}{n}{chance.choice(['', 'b', 'É'])}.mp4" for n in range(40) for folder in ("", "f/", "f/sub/")]
    for name in chance.sample(names, len(names)):
        make_video(name, title=chance.choice(TITLES))
    expected = sorted(
        Video.objects.filter(filename__startswith="f/").exclude(filename__startswith="f/sub/"),
        key=lambda video: (title_key(video.title, video.filename), video.filename),
    )
    assert walk(expected[0]) == [video.filename for video in expected]
    assert list(inside("f/").videos) == [video.pk for video in expected]
    listed = Video.objects.by_ids(Listing(query("folder=f/&sort=title&order=asc"), viewer)[:])
    assert [video for video in listed if "/sub/" not in video.filename] == expected
    page = client.get("/folders/f/").content.decode()
    places = [page.index(f'href="/videos/{video.pk}/') for video in expected]
    assert places == sorted(places)
    for video, following in itertools.pairwise(expected):
        page = client.get(video.get_absolute_url()).content.decode()
        for link in ("next", "play-next"):
            tag = re.search(rf'<a[^>]* id="{link}"[^>]*>', page)
            assert tag
            assert f'href="{following.get_absolute_url()}"' in tag[0]


def test_a_place_in_a_folder_costs_a_few_queries(series: dict[str, Video], query_count: Any) -> None:
    neighbors_in_folder(series["show/ep2.mp4"].pk)
    # The log of changes, and the videos.
    assert query_count(lambda: neighbors_in_folder(series["show/ep2.mp4"].pk)) == 2
