"""The history: what was watched, the latest first, with a heading for each day."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from tests.views.page import Page
from videos.cache import VideoCache
from videos.models import Video, View
from videos.views.library.history import name_of_day


def test_what_was_watched_stands_under_its_day_the_latest_first(library, make_video, viewer, client):
    now = timezone.localtime().replace(hour=12, minute=0)
    for name, days in (("old", 400), ("today", 0), ("yesterday", 1), ("today too", 0)):
        moment = now - timedelta(days=days, minutes=name == "today")
        View.objects.create(viewer=viewer, video=make_video(f"{name}.mp4"), view_count=1, last_viewed=moment)
    make_video("never.mp4")
    page = Page(client.get("/history/"))
    assert page.texts("small-title") == ["today too", "today", "yesterday", "old"]
    assert [e.text for e in page.tags("h2")][:2] == ["Today", "Yesterday"]
    assert all(a.endswith("?list=sort%3Dviewed") for a in page.addresses if a.startswith("/videos/"))


@pytest.mark.parametrize(
    ("day", "name"),
    [
        (date(2024, 3, 4), "Today"),
        (date(2024, 3, 3), "Yesterday"),
        (date(2024, 3, 2), "Saturday, 2 March"),
        (date(2023, 12, 31), "Sunday, 31 December 2023"),
    ],
)
def test_a_day_is_named_as_people_say_it(day, name):
    assert name_of_day(day, date(2024, 3, 4)) == name


def test_a_file_that_is_missing_was_watched_all_the_same(library, make_video, client):
    make_video("gone.mp4", missing_since=timezone.now())
    VideoCache().update_view("gone.mp4")
    page = Page(client.get("/history/"))
    assert page.texts("small-title") == ["gone"]
    assert page.texts("badge") == ["Missing"]


def test_before_anything_was_watched_the_page_says_what_will_be_there(library, db, client):
    assert "Nothing watched yet" in Page(client.get("/history/")).text


def test_the_history_of_another_viewer_is_not_shown(library, make_video, django_user_model, client, viewer):
    other = django_user_model.objects.create_user("other")
    View.objects.create(viewer=other, video=make_video("a.mp4"), view_count=1, last_viewed=timezone.now())
    assert Page(client.get("/history/")).texts("small-title") == []


def test_a_page_holds_sixty_at_a_fixed_price(library, viewer, client, query_count):
    counts = []
    for number in (3, 90):
        videos = Video.objects.bulk_create(Video(filename=f"{number} {n}.mp4") for n in range(number))
        View.objects.bulk_create(
            View(viewer=viewer, video=video, view_count=1, last_viewed=timezone.now()) for video in videos
        )
        counts.append(query_count(lambda: client.get("/history/")))
    assert counts[0] == counts[1] <= 10
    assert len(Page(client.get("/history/?page=2")).texts("small-title")) == 33
