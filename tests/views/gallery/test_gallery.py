"""The gallery shows what the address asks for, in its order, at a fixed price, and never fails or writes."""

import re
import time
from datetime import UTC, datetime, timedelta
from itertools import chain
from urllib.parse import urlencode

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection
from django.http import QueryDict
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from tests.views.page import Page
from videos.accounts.household import household
from videos.cache import VideoCache
from videos.db.triggers.change_log import read_revisions
from videos.jobs.worker_status import WorkerStart
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import Activity, Favorite, MissingBatch, Rating, SmartList, Tag, Video, View

DAY = datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def shelf(library, make_video):
    """Four videos that differ in everything a list can ask for; "gone" is missing."""
    for number, (name, size, duration) in enumerate([("Beach", 300, 60.0), ("alps", 100, 3600.0), ("Cave", 200, None)]):
        make_video(
            f"trips/{name}.mp4", title=name, file_size=size, duration=duration, added_date=DAY + timedelta(days=number)
        )
    make_video("gone.mp4", title="gone", missing_since=DAY)
    marks = VideoCache()
    marks.update_rating("trips/Beach.mp4", 5)
    marks.update_rating("trips/alps.mp4", 3)
    marks.update_tags("trips/Beach.mp4", ["Sea", "summer", "100%"])
    marks.update_tags("trips/Cave.mp4", ["summer"])
    marks.set_favorite("trips/alps.mp4", True)
    for _ in range(3):
        marks.update_view("trips/Cave.mp4")
    marks.update_view("trips/Beach.mp4")
    return library


def titles(client, query=""):
    response = client.get(f"/{query}")
    assert response.status_code == 200
    return Page(response).titles


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Cave", "alps", "Beach"]),
        ("?q=beach", ["Beach"]),
        ("?q=TRIPS", ["Cave", "alps", "Beach"]),
        ("?q=SUMMER", ["Cave", "Beach"]),
        ("?q=trips+sea", ["Beach"]),
        ("?q=%25", ["Beach"]),
        ("?q=b_ach", []),
        ("?tag=summer", ["Cave", "Beach"]),
        ("?tag=SUMMER&tag=%23sea", ["Beach"]),
        ("?tag=summer&tag=nobody", []),
        ("?rating=4", ["Beach"]),
        ("?rating=3", ["alps", "Beach"]),
        ("?favorites=1", ["alps"]),
        ("?rating=3&favorites=1&q=trips", ["alps"]),
        ("?missing=1", ["gone"]),
    ],
)
def test_filters_narrow_the_list_and_a_missing_file_is_in_none_but_its_own(shelf, client, query, expected):
    assert titles(client, query) == expected


@pytest.mark.parametrize(
    ("sort", "descending", "ascending"),
    [
        ("added", ["Cave", "alps", "Beach"], ["Beach", "alps", "Cave"]),
        ("title", ["Cave", "Beach", "alps"], ["alps", "Beach", "Cave"]),
        ("size", ["Beach", "Cave", "alps"], ["alps", "Cave", "Beach"]),
        ("duration", ["alps", "Beach", "Cave"], ["Cave", "Beach", "alps"]),
        ("rating", ["Beach", "alps", "Cave"], ["alps", "Beach", "Cave"]),
        ("views", ["Cave", "Beach", "alps"], ["Beach", "Cave", "alps"]),
        ("viewed", ["Beach", "Cave", "alps"], ["Cave", "Beach", "alps"]),
    ],
)
def test_each_sort_goes_both_ways_and_what_has_no_mark_stands_last(shelf, client, sort, descending, ascending):
    assert titles(client, f"?sort={sort}&order=desc") == descending
    assert titles(client, f"?sort={sort}&order=asc") == ascending


def test_a_search_understands_terms_and_explains_those_that_make_no_sense(shelf, client):
    assert titles(client, "?q=tag:summer+-beach") == ["Cave"]
    assert titles(client, "?q=is:missing") == ["gone"]
    page = Page(client.get("/?q=rating:many+beach"))
    assert page.titles == ["Beach"]
    assert "“rating:many” is ignored: use 1 to 5 stars, as in rating:>=4" in page.text


def test_titles_start_with_a_and_everything_else_with_the_most(shelf, client):
    assert titles(client, "?sort=title")[0] == "alps"
    assert titles(client, "?sort=size")[0] == "Beach"
    assert titles(client, "?sort=duration&order=desc")[0] == "alps"


def test_a_random_order_is_the_same_for_the_same_seed_and_holds_everything(shelf, client):
    for number in range(20):
        Video.objects.create(filename=f"{number}.mp4")
    orders = [tuple(titles(client, f"?sort=random&seed={seed}")) for seed in (1, 1, 2, 3)]
    assert orders[0] == orders[1]
    assert len(set(orders)) == 3
    assert {len(set(order)) for order in orders} == {23}


def test_pages_hold_sixty_and_keep_the_filters(library, viewer, client):
    videos = Video.objects.bulk_create(Video(filename=f"{n:03}.mp4", added_date=DAY) for n in range(150))
    Rating.objects.bulk_create(Rating(viewer=viewer, video=video, stars=4) for video in videos[:130])
    seen, address = [], "/?rating=2&sort=title"
    while address:
        page = Page(client.get(address))
        seen.append(page.titles)
        following = [element for element in page.tags("a") if element.attributes.get("rel") == "next"]
        address = f"/{following[0].attributes['href']}" if following else None
    assert [len(part) for part in seen] == [60, 60, 10]
    assert sorted(chain.from_iterable(seen)) == [f"{n:03}" for n in range(130)]


def test_a_page_behind_the_last_shows_the_last_and_one_that_is_no_number_the_first(library, client, db):
    Video.objects.bulk_create(Video(filename=f"{n:03}.mp4", title=f"{n:03}", added_date=DAY) for n in range(61))
    for page in ("2", "3", "9" * 40, "0", "-1"):
        assert titles(client, f"?sort=title&page={page}") == ["060"], page
    for page in ("", "x", "1.5", "1e3", "nan"):
        assert titles(client, f"?sort=title&page={page}")[0] == "000", page


def test_each_filter_that_is_on_is_a_chip_that_takes_it_off(shelf, client):
    page = Page(client.get("/?q=trips&tag=summer&rating=5"))
    chips = {chip.text.replace("remove", "").strip(): chip.attributes["href"] for chip in page.of_class("is-on")}
    assert chips.keys() >= {"“trips”", "#summer", "★★★★★"}
    assert titles(client, chips["#summer"]) == titles(client, "?q=trips&rating=5")
    assert "/" in page.addresses


def test_an_empty_library_says_where_to_put_files(library, client, db):
    page = Page(client.get("/"))
    assert "No videos yet" in page.text
    assert page.texts("path") == [str(library)]
    assert "make_demo" in page.text
    assert not page.of_class("grid")


def part(client, address, target):
    return client.get(address, headers={"HX-Request": "true", "HX-Target": target})


def test_a_part_of_the_page_is_the_very_one_that_the_page_includes(shelf, client):
    whole = Page(client.get("/?q=trips"))
    results = Page(part(client, "/?q=trips", "results"))
    assert results.titles == whole.titles
    assert next(element.tag for element in results.elements) == "section"
    assert not results.tags("html")
    assert results.of_class("count")[0].text == whole.of_class("count")[0].text
    assert "HX-Target" in client.get("/").headers["Vary"]


def test_the_next_page_is_its_cards_and_the_link_to_the_one_after(library, client, db):
    Video.objects.bulk_create(Video(filename=f"{n:03}.mp4", title=f"{n:03}", added_date=DAY) for n in range(130))
    second = Page(part(client, "/?sort=title&page=2", "next-page"))
    assert {element.tag for element in second.elements if not element.inside} == {"li"}
    assert (second.titles[0], len(second.titles)) == ("060", 60)
    assert second.of_class("next-page")[0].attributes["hx-get"] == "?sort=title&page=3"
    assert second.of_class("card")[0].attributes["data-page"] == "2"
    third = Page(part(client, "/?sort=title&page=3", "next-page"))
    assert not [link for link in third.tags("a") if link.attributes.get("rel") == "next"]


def test_what_a_search_matched_is_marked_in_the_title(shelf, client):
    page = Page(client.get("/?q=bea"))
    assert page.titles == ["Beach"]
    assert [mark.text for mark in page.tags("mark")] == ["Bea"]


def test_new_is_what_came_in_the_last_days_and_nobody_viewed(library, make_video, client):
    make_video("new.mp4")
    make_video("old.mp4", added_date=timezone.now() - timedelta(days=8))
    make_video("viewed.mp4")
    make_video("begun.mp4", duration=100.0)
    VideoCache().update_view("viewed.mp4")
    VideoCache().save_position("begun.mp4", 40)
    page = Page(client.get("/"))
    assert len(page.of_class("is-new")) == 1
    (bar,) = page.of_class("watched")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("40", "100")


def test_the_heart_of_a_card_goes_back_to_the_list_and_answers_in_place(shelf, client):
    video = Video.objects.get(title="Beach")
    address = f"/videos/{video.pk}/favorite"
    answer = client.post(address, {"favorite": "1", "next": "/?q=trips&page=1"})
    assert (answer.status_code, answer["Location"]) == (303, f"/?q=trips&page=1#video-{video.pk}")
    answer = client.post(address, {"favorite": "0", "next": "https://elsewhere.example/"})
    assert answer["Location"].startswith(f"/videos/{video.pk}/")
    headers = {"HX-Request": "true", "HX-Target": f"heart-{video.pk}"}
    (heart,) = Page(client.post(address, {"favorite": "1"}, headers=headers)).tags("button")
    assert (heart.attributes["aria-pressed"], heart.attributes["value"]) == ("true", "0")


def test_the_filters_say_how_many_videos_each_leaves_and_what_is_chosen(shelf, client):
    page = Page(client.get("/facets/?tag=summer&rating=5"))
    fields = {
        (field.attributes["name"], field.attributes["value"]): field
        for field in page.tags("input")
        if field.attributes.get("value")
    }
    assert "checked" in fields["tag", "summer"].attributes
    assert "checked" in fields["rating", "5"].attributes
    assert "checked" not in fields["rating", "3"].attributes
    counts = {
        next(each.attributes["data-facet"] for each in label.inside if each.tag == "fieldset"): label.text.split()[-1]
        for label in page.of_class("option")
        if "Sea" in label.text
    }
    assert counts == {"tag": "1", "any_tag": "1", "no_tag": "0"}


@pytest.mark.parametrize("address", ["/", "/favorites/"])
def test_without_scripts_all_filters_are_a_page_that_leads_back_to_the_list(address, shelf, client):
    page = Page(client.get(f"{address}facets/?q=sea&sort=title&tag=summer"))
    (form,) = page.of_class("filter-page")
    assert form.attributes["action"] == address
    fields = {(field.attributes["name"], field.attributes.get("value")) for field in page.tags("input")}
    assert {("q", "sea"), ("sort", "title"), ("tag", "summer"), ("duration", "")} <= fields
    assert f'href="{address}?q=sea' in client.get(f"{address}facets/?q=sea").content.decode()
    part = client.get(f"{address}facets/?q=sea", headers={"HX-Request": "true"})
    assert part.content.lstrip().startswith(b'<div id="facets"')
    assert "HX-Request" in part["Vary"]


# --- before there is a video ------------------------------------------------------------------------------------------

WORKER = "slots = WorkerSlots()\nprint(slots.take(), flush=True)\n"
SCANNING = "lock = exclusive_lock('scan', '')\nlock.__enter__()\nprint('held', flush=True)\n"


@pytest.fixture
def beginning(library, client, db):
    """Return what the first page says, the number of seconds after the scan's row was written with these values."""

    def shown(seconds=0, **values):
        if values:
            moment = timezone.now() - timedelta(seconds=seconds)
            row = {
                "phase": "reading_folder",
                "total": None,
                "started_at": moment,
                "updated_at": moment,
                "ended_at": None,
                "summary": "",
            }
            Activity.objects.update_or_create(kind="scan", defaults=row | values)
        return Page(client.get("/"))

    return shown


def state(page):
    (state,) = page.of_class("state")
    return " ".join(state.text.split())


def test_without_a_worker_an_empty_library_says_that_nothing_scans_it(beginning):
    page = beginning()
    assert "No videos yet" in state(page)
    assert "No worker is running, so new videos are not detected" in state(page)
    assert "/library/" in page.addresses
    assert "within seconds" not in state(page)


def test_before_the_first_scan_has_begun_the_folder_is_said_to_be_scanned(beginning, library, elsewhere):
    elsewhere(WORKER)
    page = beginning()
    assert state(page).startswith(f"Scanning the folder {library} Just started")
    assert "No videos yet" not in page.text


def test_while_the_worker_starts_the_folder_is_said_to_be_scanned(beginning, monkeypatch):
    monkeypatch.setattr(WorkerStart, "since", time.monotonic())
    assert "Scanning the folder" in state(beginning())
    assert "The worker is starting" in state(beginning())


def test_the_first_scan_says_how_many_files_it_has_found(beginning):
    assert "1,204 files so far" in state(beginning(done=1_204))
    page = beginning(phase="saving", done=1_500, total=12_000)
    assert "1,500 of 12,000 files so far" in state(page)
    (bar,) = page.tags("progress")
    assert (bar.attributes["value"], bar.attributes["max"]) == ("1500", "12000")
    assert "1 file so far" in state(beginning(done=1))


def test_a_first_scan_that_found_nothing_leaves_an_empty_library(beginning, elsewhere):
    elsewhere(WORKER)
    page = beginning(ended_at=timezone.now(), summary="{}")
    assert "No videos yet" in state(page)
    assert "They appear here within seconds." in state(page)
    # The scans that follow each minute change nothing about that, until one of them finds a file.
    assert "No videos yet" in state(beginning(summary="{}"))
    assert "3 files so far" in state(beginning(summary="{}", done=3))


def test_a_folder_that_cannot_be_scanned_says_why(beginning):
    page = beginning(ended_at=timezone.now(), error="The video folder /mnt/films cannot be read: Permission denied.")
    assert "The folder cannot be scanned" in state(page)
    assert "/mnt/films cannot be read: Permission denied." in state(page)


def test_a_first_scan_that_hangs_asks_for_the_disk(beginning, elsewhere):
    elsewhere(SCANNING)
    said = state(beginning(seconds=180, done=1_204))
    assert "The disk is not responding" in said
    assert "No progress for 3 minutes at “Scanning”, 1,204 files. Is the disk responding?" in said


def test_a_first_scan_that_was_interrupted_goes_on_with_the_next_worker(beginning, elsewhere):
    assert "No worker is running" in state(beginning(seconds=180, done=1_204))
    elsewhere(WORKER)
    assert "Scanning the folder" in state(beginning(seconds=180, done=1_204))


def test_the_first_page_reloads_by_itself_with_and_without_javascript(beginning):
    page = beginning()
    (refresh,) = [meta for meta in page.tags("meta") if meta.attributes.get("http-equiv") == "refresh"]
    assert [outer.tag for outer in refresh.inside][-1] == "noscript"
    assert "polling.js" in [script.attributes["src"].rpartition("/")[2] for script in page.tags("script")]
    assert page.of_class("state")[0].attributes["data-poll-url"] == "?page=1"


# --- what is still to come --------------------------------------------------------------------------------------------


def awaited(client, address="/"):
    return [" ".join(text.split()) for text in Page(client.get(address)).texts("pending")]


def test_while_the_first_scan_runs_the_list_is_said_to_grow(library, make_video, client):
    make_video("a.mp4")
    now = timezone.now()
    row = Activity.objects.create(kind="scan", phase="saving", done=500, total=12_000, updated_at=now)
    assert awaited(client) == ["Scanning the folder: 500 of 12,000"]
    Activity.objects.update(summary='{"added": 3}')
    assert awaited(client) == []
    row.delete()
    assert awaited(client) == []


def test_pictures_follow_as_long_as_a_card_of_the_page_waits_for_its_own(library, make_video, client, elsewhere):
    elsewhere(WORKER)
    now = timezone.now()
    video = make_video("a.mp4", analysis_due_at=now)
    assert awaited(client) == ["Creating thumbnails"]
    Activity.objects.create(kind="look", phase="thumbnails", done=12, total=48, updated_at=now)
    assert awaited(client) == ["Thumbnails: 12 of 48"]
    for fields in (
        {"analysis_due_at": now + timedelta(minutes=10)},
        {"analysis_due_at": now, "cover_version": 17},
        {"analysis_due_at": None, "cover_version": None},
    ):
        Video.objects.filter(pk=video.pk).update(**fields)
        assert awaited(client) == [], fields
    make_video("gone.mp4", analysis_due_at=now, missing_since=now)
    assert awaited(client, "/?missing=1") == []


def test_without_a_worker_pictures_follow_when_one_runs(library, make_video, client):
    make_video("a.mp4", analysis_due_at=timezone.now())
    assert awaited(client) == ["Thumbnails: no worker is running"]


def test_a_page_that_waits_for_pictures_asks_for_itself_again_in_the_same_order(library, make_video, client):
    make_video("a.mp4", analysis_due_at=timezone.now())
    page = Page(client.get("/?sort=random&q=a"))
    (hint,) = page.of_class("pending")
    assert re.fullmatch(r"\?q=a&sort=random&seed=\d+&page=1", hint.attributes["data-poll-url"])
    assert [card.attributes["data-id"] for card in page.of_class("card")] == [str(Video.objects.get().pk)]
    assert "polling.js" not in client.get("/?q=none").content.decode()


def test_nothing_found_repeats_the_question_and_clears_by_one_click(shelf, client):
    page = Page(client.get("/?q=nowhere&favorites=1"))
    (state,) = page.of_class("state")
    assert "No videos found" in state.text
    assert "“nowhere”" in state.text
    assert "Favorites" in state.text
    assert [link.attributes["href"] for link in page.tags("a") if state in link.inside] == ["/"]


def test_a_library_whose_files_are_all_missing_says_that_nothing_is_lost(library, make_video, client):
    make_video("a.mp4", missing_since=DAY)
    page = Page(client.get("/"))
    assert "All files are missing" in page.text
    assert "Nothing is lost" in page.text
    assert str(library) in page.text
    assert "?missing=1" in page.addresses


def test_a_card_shows_title_size_stars_heart_views_and_tags(shelf, client):
    card = Page(client.get("/?q=beach")).of_class("card")[0]
    for part in ("Beach", "300", "5 of 5 stars", "1 view", "1:00", "Sea", "summer"):
        assert part in card.text, part
    assert [pressed(client, query) for query in ("?q=beach", "?q=alps")] == ["false", "true"]


def pressed(client, query):
    (heart,) = Page(client.get(f"/{query}")).of_class("card-heart")
    return heart.attributes["aria-pressed"]


def test_more_tags_than_count_are_said(shelf, client):
    said = "Only the first 8 tags are used."
    assert said in Page(client.get("/?" + "&".join(f"tag=t{number}" for number in range(9)))).text
    assert said not in Page(client.get("/?" + "&".join(f"tag=t{number}" for number in range(8)))).text


def test_covers_that_are_seen_first_are_asked_for_at_once_and_others_when_near(library, make_video, client):
    for number in range(70):
        make_video(f"{number}.mp4", cover_version=1)
    first, second = (Page(client.get(f"/?page={number}")).of_class("picture") for number in (1, 2))
    asked_for = [(cover.attributes.get("fetchpriority"), cover.attributes.get("loading")) for cover in first + second]
    at_once, when_near = [("high", None)] * 6, [(None, "lazy")]
    # The row of the newest, the grid below it, and the page that follows.
    assert asked_for == at_once + 6 * when_near + at_once + (len(asked_for) - 18) * when_near


def test_a_cover_lies_on_its_colour_and_moves_nothing_when_it_comes(library, make_video, client):
    video = make_video("a.mp4", pk=1_234_567, cover_version=1_700_000_000_000, color="#336699")
    page = Page(client.get("/"))
    (picture,) = page.of_class("picture")
    assert picture.attributes["src"] == f"/videos/{video.pk}/cover.webp?v=1700000000000"
    assert {"alt": "", "width": "480", "height": "270"}.items() <= picture.attributes.items()
    assert page.tags("rect")[0].attributes["fill"] == "#336699"
    assert not any("style" in element.attributes for element in page.elements)


def test_a_video_without_a_cover_is_a_tile_of_its_own_hue(library, make_video, client):
    make_video("a.mp4")
    page = Page(client.get("/"))
    assert not page.of_class("picture")
    assert page.of_class("cover")[0].attributes["data-hue"]


def test_badges_say_what_is_missing_unreadable_or_there_twice(library, make_video, client):
    make_video("a.mp4", problem='cut <b>off</b> "here"', added_date=DAY)
    make_video("b.mp4", problem="still_being_written", added_date=DAY)
    make_video("c.mp4", problem="no picture could be made", width=640, added_date=DAY)
    for name in ("d.mp4", "e.mp4"):
        make_video(name, fingerprint="same", duration=3725.4, added_date=DAY)
    make_video("f.mp4", fingerprint="same", missing_since=DAY, added_date=DAY)
    make_video("g.mp4", fingerprint="same", file_size=1, added_date=DAY)
    page = Page(client.get("/?sort=title"))
    assert [" ".join(badges.split()) for badges in page.texts("badges")] == [
        "Unreadable", "Being written", "", "Duplicate", "Duplicate", "",
    ]  # fmt: skip
    assert page.of_class("is-bad")[0].attributes["title"] == 'cut <b>off</b> "here"'
    assert page.texts("is-duration") == ["1:02:05", "1:02:05"]
    assert Page(client.get("/?missing=1")).texts("badges") == ["Missing"]


def together(make_video, folder, files):
    missing_batch = MissingBatch.objects.create(folder=folder)
    for number in range(files):
        make_video(f"{folder}{number}.mp4", missing_since=DAY, missing_batch=missing_batch)
    return missing_batch


def banners(client, address="/"):
    return [" ".join(banner.text.split()) for banner in Page(client.get(address)).of_class("banner")]


def test_files_that_went_missing_together_are_told_of_on_every_page_of_the_list(library, make_video, client):
    make_video("there.mp4")
    together(make_video, "trips/", 412)
    said = (
        "412 files in trips/ are missing. Is a disk disconnected? Nothing is lost. The videos return automatically"
        " when the files are back. Deleted on purpose?"
    )
    for address in ("/", "/?missing=1&page=2", "/?q=nothing", "/?favorites=1"):
        assert banners(client, address) == [said], address
    assert "/library/#gone" in Page(client.get("/")).addresses
    assert "412 missing" in Page(client.get("/")).text


def test_one_file_of_a_folder_is_told_of_in_the_singular(library, make_video, client):
    make_video("there.mp4")
    together(make_video, '<b>"one"</b>/', 1)
    assert banners(client)[0].startswith('1 file in <b>"one"</b>/ is missing. Is a disk disconnected?')


def test_of_many_folders_the_three_largest_are_told_of(library, make_video, client):
    make_video("there.mp4")
    for files in range(1, 6):
        together(make_video, f"{files}/", files)
    assert [banner.split()[0] for banner in banners(client)] == ["5", "4", "3"]
    assert Page(client.get("/")).texts("banner-more") == ["and 2 more folders"]


@pytest.mark.django_db(transaction=True)
def test_the_banner_goes_when_the_files_are_back_or_a_person_confirms(library, make_video, client):
    make_video("there.mp4")
    missing_batch = together(make_video, "trips/", 3)
    assert len(banners(client)) == 1
    Video.objects.update(missing_since=None, missing_batch=None)
    assert banners(client) == []
    missing_batch.delete()
    together(make_video, "more/", 3)
    assert len(banners(client)) == 1
    client.post(f"/library/gone/{MissingBatch.objects.get().pk}")
    assert [banner for banner in banners(client) if "together" in banner] == []


def unmarked(page):
    """Return the tags of a page, but for what a search marks and explains."""
    return [element.tag for element in page.elements if element.tag != "mark" and not in_problem(element)]


def in_problem(element):
    return any("problem" in each.classes for each in (element, *element.inside))


HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "{{ settings.SECRET_KEY }} {% debug %} {# no #}",
    "&lt;b&gt; & &amp;",
    "\u202egpm.exe \u200f\u2067right\u2069",
    "</title></h2></li></ul></main>",
    "a\tb `backtick` \\ ${js}",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_no_name_becomes_markup_or_template(library, make_video, name, client):
    plain = make_video("plain.mp4", title="plain")
    VideoCache().update_tags("plain.mp4", ["plain"])
    expected = {
        address: unmarked(Page(client.get(address))) for address in ("/?q=plain&tag=plain", plain.get_absolute_url())
    }
    plain.delete()

    tag = name.replace("\t", " ")
    video = make_video(f"folder/{name.replace('/', '∕')}.mp4", title=name)
    VideoCache().update_tags(video.filename, [tag])
    pages = [
        Page(client.get(f"/?{urlencode({'q': name[:20], 'tag': tag})}")),
        Page(client.get(video.get_absolute_url())),
    ]
    for page, known in zip(pages, expected.values(), strict=True):
        assert unmarked(page) == known
        assert not any(attribute.startswith("on") for element in page.elements for attribute in element.attributes)
    assert pages[0].titles == [name]
    (heading,) = pages[1].of_class("watch-title")
    assert heading.text == name
    for element in (*pages[0].of_class("card-title"), heading, *pages[1].of_class("chip")[:1]):
        # Without a direction of its own, an override in a name would turn the page around it.
        assert element.attributes["dir"] == "auto"
    (chip,) = [chip for chip in pages[1].of_class("chip") if chip.tag == "a"]
    assert titles(client, chip.attributes["href"]) == [name]


PARAMETERS = ["q", "tag", "rating", "favorites", "missing", "sort", "order", "page", "seed", "x"]
WORDS = "0 1 5 6 -1 ٣ ² 1_0 +1 nan inf % _ \\ ' \" # * random rating viewed desc asc last None [] NEAR("
ODD = ["", "\0", "\ufeff", "\u202e", "9" * 5000, "a" * 5000, "a " * 500]
VALUES = st.one_of(
    st.text(max_size=30), st.integers().map(str), st.floats().map(str), st.sampled_from([*WORDS.split(), *ODD])
)


@pytest.mark.filterwarnings("error::RuntimeWarning")
@pytest.mark.long("videos/views")
@hypothesis_settings(max_examples=at_full_count(150, 25))
@given(parameters=st.lists(st.tuples(st.sampled_from(PARAMETERS), VALUES), max_size=14))
def test_no_value_of_a_parameter_fails(shelf, client, parameters):
    assert client.get(f"/?{urlencode(parameters)}").status_code == 200


@pytest.mark.parametrize(
    "query", ["?%", "?q=%ED%A0%80", "?q=%FF%FE", "?tag=%00", "?=", "?&&&", "?q", "?page=%00", "?tag=" * 50]
)
def test_a_broken_query_string_shows_the_library(shelf, client, query):
    assert client.get(f"/{query}").status_code == 200


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "query", ["", "?sort=rating", "?sort=views&page=1&q=video&tag=t0&rating=1&favorites=1", "?sort=random&seed=4"]
)
def test_a_page_costs_the_same_few_queries_with_3_rows_and_with_30(library, client, query_count, query):
    counts = [fill_and_count(client, query_count, rows, query) for rows in (3, 30)]
    assert [rows for _, rows in counts] == [3, 30]
    assert counts[0][0] == counts[1][0] <= 10


def fill_and_count(client, query_count, rows, query):
    """Return (queries of the page, its cards) with this many videos, all of them marked; only the lists are warm."""
    for number in range(rows):
        name = f"video {number}.mp4"
        if not Video.objects.filter(filename=name).exists():
            Video.objects.create(filename=name, duration=number, fingerprint="same", cover_version=number)
            together = MissingBatch.objects.create(folder=f"{number}/")
            Video.objects.create(filename=f"{number}/gone.mp4", missing_since=DAY, missing_batch=together)
            VideoCache().update_rating(name, 1 + number % 5)
            VideoCache().update_tags(name, [f"t{tag}" for tag in range(number % 4 + 1)])
            VideoCache().set_favorite(name, True)
            VideoCache().update_view(name)
    cache.clear()
    Listing(GalleryQuery.of(QueryDict(query[1:])), household())
    pages = []
    queries = query_count(lambda: pages.append(Page(client.get(f"/{query}"))))
    return queries, len(pages[0].titles)


WRITES = re.compile(r"\s*(INSERT|UPDATE|DELETE|REPLACE|CREATE|DROP|ALTER)\b", re.IGNORECASE)


@pytest.mark.django_db(transaction=True)
def test_a_get_never_writes(shelf, client):
    household()
    (shelf / "trips").mkdir()
    (shelf / "trips" / "Beach.mp4").write_bytes(b"bytes")
    video = Video.objects.get(title="Beach")
    own, tag = video.get_absolute_url(), Tag.objects.get(folded_name="sea").get_absolute_url()
    saved = SmartList.objects.keep(household(), "Sea", "tag=sea")
    before = everything()
    for address in (
        "/", "/?sort=random", "/?missing=1", own, f"{own}stream", f"/watch/{video.filename}",
        f"/video/{video.filename}", "/tag/sea", "/healthz", "/nowhere", "/login/", f"{own}related",
        f"{own}playlist.m3u", f"{own}tags/suggestions?add=s", "/random/", "/search/?q=sea", "/facets/", "/favorites/",
        "/popular/", "/best-of/", "/favorites/facets/", "/history/", "/stats/", "/tags/", tag, f"{tag}edit/",
        f"{tag}facets/", "/folders/", "/folders/trips/", "/lists/", reverse("edit_list", args=[saved.pk]),
    ):  # fmt: skip
        for method in (client.get, client.head):
            with CaptureQueriesContext(connection) as queries:
                response = method(address)
            assert [query["sql"] for query in queries if WRITES.match(query["sql"])] == [], address
            assert response.status_code in (200, 301, 302, 404), address
            # Only what is nowhere: a wrong address here would ask nothing.
            assert (response.status_code == 404) == (address == "/nowhere"), address
            response.close()
        assert everything() == before, address


def everything():
    """Return every row count, the numbers that each write to the metadata moves."""
    counts = {model._meta.label: model.objects.count() for model in apps.get_models()}
    viewed = list(View.objects.values_list("view_count", "last_viewed"))
    return counts, read_revisions(), viewed


def test_the_page_is_for_reading_alone(shelf, client):
    assert client.post("/").status_code == 405
    assert client.put("/").status_code == 405
    assert client.head("/").status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_write_shows_on_the_next_page(shelf, client):
    assert titles(client, "?favorites=1") == ["alps"]
    Favorite.objects.all().delete()
    assert titles(client, "?favorites=1") == []
    Video.objects.filter(title="Cave").update(title="Cavern")
    assert "Cavern" in titles(client)
