"""The rows above the grid: what was begun, and what is new."""

from datetime import timedelta

from django.utils import timezone

from tests.views.page import Page
from videos.cache import VideoCache
from videos.models import Video, View


def begin(make_video, viewer, name, minutes_ago, position=30.0, **fields):
    moment = timezone.now() - timedelta(minutes=minutes_ago)
    video = make_video(name, duration=100, **fields)
    View.objects.create(viewer=viewer, video=video, view_count=1, last_viewed=moment, position_seconds=position)


def test_what_was_begun_stands_above_the_grid_the_latest_first_with_a_bar(library, make_video, viewer, client):
    begin(make_video, viewer, "older.mp4", 9)
    begin(make_video, viewer, "latest.mp4", 1)
    begin(make_video, viewer, "ended.mp4", 2, position=None)
    begin(make_video, viewer, "gone.mp4", 3, missing_since=timezone.now())
    page = Page(client.get("/"))
    assert page.texts("small-title") == ["latest", "older"]
    bars = page.of_class("reached")
    assert [(bar.attributes["value"], bar.attributes["max"]) for bar in bars] == [("30", "100")] * 2
    assert "Continue watching" in page.text


def test_a_row_holds_twelve(library, make_video, viewer, client):
    for number in range(14):
        begin(make_video, viewer, f"{number}.mp4", number)
    assert Page(client.get("/")).texts("small-title")[:13] == [*(str(number) for number in range(12)), "13"]


def test_what_is_new_is_shown_above_the_grid_in_any_order(library, viewer, client):
    now = timezone.now()
    Video.objects.bulk_create(
        Video(filename=f"{n:02}.mp4", title=f"{n:02}", title_key=f"{n:02}", added_date=now + timedelta(minutes=n))
        for n in range(30)
    )
    for address, first in (("/", "29"), ("/?sort=title", "00")):
        page = Page(client.get(address))
        assert "Recently added" in page.text
        assert page.texts("small-title") == [f"{n:02}" for n in range(29, 17, -1)]
        assert page.titles[0] == first


def test_a_few_videos_need_no_row_of_the_newest(library, make_video, client):
    for number in range(12):
        make_video(f"{number}.mp4")
    assert "Recently added" not in Page(client.get("/")).text


def test_a_filtered_list_and_a_later_page_have_no_rows(library, make_video, viewer, client):
    Video.objects.bulk_create(Video(filename=f"{n}.mp4") for n in range(70))
    begin(make_video, viewer, "a.mp4", 1)
    VideoCache().set_favorite("a.mp4", True)
    for query in ("?favorites=1", "?q=a", "?page=2", "?sort=title&page=2"):
        page = Page(client.get(f"/{query}"))
        assert page.titles
        assert not page.of_class("shelf"), query
