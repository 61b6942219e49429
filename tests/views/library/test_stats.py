"""The page of numbers says what the library comes to, in charts and in the tables behind them."""

from datetime import UTC, date, datetime, timedelta

from django.utils import timezone

from tests.views.page import Page
from videos.cache import VideoCache
from videos.listing import statistics
from videos.listing.library_totals import Growth, Totals, figures
from videos.models import MonthlyViews, Tag, Video


def test_the_numbers_are_those_of_the_videos_whose_file_is_there(library, make_video, viewer):
    make_video("a.mp4", duration=3600, file_size=1000, added_date=datetime(2024, 1, 15, tzinfo=UTC))
    make_video("b.mp4", duration=None, file_size=None, added_date=datetime(2024, 3, 15, tzinfo=UTC))
    make_video("c.mp4", duration=1800, file_size=500, added_date=datetime(2024, 3, 16, tzinfo=UTC))
    make_video("gone.mp4", duration=9, file_size=9, missing_since=timezone.now())
    for name in ("a.mp4", "gone.mp4"):
        VideoCache().update_rating(name, 5)
    VideoCache().update_tags("a.mp4", ["Sea"])
    VideoCache().update_tags("c.mp4", ["Sea", "Night"])
    found = statistics.library_in_numbers(viewer)
    assert found.totals == Totals(3, 5400, 1500)
    assert found.by_stars == {0: 2, 1: 0, 2: 0, 3: 0, 4: 0, 5: 1}
    assert found.growth == Growth(0, [(date(2024, 1, 1), 1), (date(2024, 2, 1), 0), (date(2024, 3, 1), 2)])
    assert [(tag.name, tag.total.milliseconds) for tag in found.tags] == [("Sea", 5_400_000), ("Night", 1_800_000)]


def test_a_video_counts_in_the_month_that_it_was_here(library, make_video, viewer, settings):
    settings.TIME_ZONE = "Pacific/Auckland"
    make_video("a.mp4", added_date=datetime(2024, 1, 31, 20, tzinfo=UTC))
    assert statistics.library_in_numbers(viewer).growth.months == [(date(2024, 2, 1), 1)]


def test_what_came_long_before_is_one_number_and_a_date_to_come_counts_now(library, make_video):
    for year in (1970, 9000):
        make_video(f"{year}.mp4", added_date=datetime(year, 5, 5, tzinfo=UTC))
    _totals, _by_stars, growth = figures(VideoCache().viewer, 240)
    this_month = timezone.localdate().replace(day=1)
    assert (growth.before, len(growth.months), growth.months[-1]) == (1, 240, (this_month, 1))


def test_months_without_views_are_there_too(library, viewer):
    for month, views in ((date(2023, 11, 1), 3), (date(2024, 2, 1), 5)):
        MonthlyViews.objects.create(viewer=viewer, month=month, views=views)
    assert [views for _month, views in statistics.library_in_numbers(viewer).views] == [3, 0, 0, 5]


def test_one_month_of_views_stands_at_the_end_of_a_year(library, make_video, client):
    make_video("a.mp4")
    VideoCache().update_view("a.mp4")
    columns = client.get("/stats/").context["views"]
    this_month = timezone.localdate().replace(day=1)
    assert [column.number for column in columns] == [0] * 11 + [1]
    assert (columns[0].month, columns[-1].month) == ((this_month - timedelta(days=330)).replace(day=1), this_month)


def test_each_chart_has_its_table_and_no_style_of_its_own(library, make_video, client):
    make_video("a.mp4", duration=3600)
    VideoCache().update_tags("a.mp4", ["<b>Sea</b>"])
    VideoCache().update_view("a.mp4")
    VideoCache().update_rating("a.mp4", 4)
    page = Page(client.get("/stats/"))
    assert len(page.tags("table")) == len(page.of_class("chart")) == 5
    assert not [e for e in page.elements if "style" in e.attributes]
    assert not page.tags("b")
    cells = [e.text for e in page.elements if e.tag in ("td", "th")]
    assert cells[cells.index("4") + 1] == "1"
    assert cells[cells.index(f"{timezone.localdate():%B %Y}") + 1] == "1"
    assert cells[cells.index("<b>Sea</b>") + 1 :][:3] == ["1", "1.0 h", "1000\xa0bytes"]
    assert [e.text for e in page.tags("h2")][2:4] == ["Duration by tag", "Size by tag"]


def test_a_new_rating_is_counted_at_once(library, make_video, client):
    make_video("a.mp4")
    assert statistics.library_in_numbers(VideoCache().viewer).by_stars[3] == 0
    VideoCache().update_rating("a.mp4", 3)
    assert statistics.library_in_numbers(VideoCache().viewer).by_stars[3] == 1


def test_an_empty_library_has_nothing_to_count(library, db, client):
    assert "No statistics yet" in Page(client.get("/stats/")).text


def test_the_page_costs_as_few_queries_with_3_videos_as_with_300(library, viewer, client, query_count):
    # What a process reads once, whatever page is asked for first.
    client.get("/stats/")
    counts = []
    for number in (3, 300):
        Video.objects.bulk_create(Video(filename=f"{number} {n}.mp4") for n in range(number))
        Tag.objects.bulk_create(Tag(name=f"{number} {n}") for n in range(number))
        counts.append(query_count(lambda: client.get("/stats/")))
    assert counts[0] == counts[1] <= 10
