"""The page of a video knows the list that one came from: what is next, what was before, what is related."""

from itertools import pairwise
from urllib.parse import quote

import pytest

from tests.views.page import Page
from videos.cache import VideoCache
from videos.models import View


@pytest.fixture
def shelf(make_video, viewer):
    """Episodes of a series in one folder, and a film elsewhere; two of them are favorites."""
    names = ("show/ep10.mp4", "show/ep2.mp4", "show/ep1.mp4", "films/sea.mp4")
    videos = {name: make_video(name, title=name.rpartition("/")[2][:-4], duration=100.0) for name in names}
    for name in ("show/ep10.mp4", "films/sea.mp4"):
        VideoCache().set_favorite(name, True)
    return videos


def parts(response):
    """Return the addresses of the page's previous and next video, and the titles that are up next."""
    page = Page(response)
    links = {e.attributes.get("rel"): e.attributes.get("href") for e in page.tags("a")}
    (side,) = page.of_class("watch-side")
    titles = [e.text for e in page.of_class("side-title") if side in e.inside]
    return links.get("prev"), links.get("next"), titles


def test_without_a_list_the_folder_goes_on_as_people_count(shelf, client):
    ep1, ep2, ep10 = (shelf[f"show/ep{number}.mp4"].get_absolute_url() for number in (1, 2, 10))
    assert parts(client.get(ep1)) == (None, ep2, ["ep2", "ep10"])
    assert parts(client.get(ep2)) == (ep1, ep10, ["ep10"])
    assert parts(client.get(ep10)) == (ep2, None, [])


def test_a_card_leads_to_its_video_with_the_list_and_the_list_goes_on_there(shelf, client):
    page = Page(client.get("/?favorites=1&sort=title&page=1"))
    first = page.of_class("card-link")[0].attributes["href"]
    assert first == f"{shelf['show/ep10.mp4'].get_absolute_url()}?list=favorites%3D1%26sort%3Dtitle"
    sea = f"{shelf['films/sea.mp4'].get_absolute_url()}?list=favorites%3D1%26sort%3Dtitle"
    assert parts(client.get(first)) == (None, sea, ["sea"])
    assert parts(client.get(sea)) == (first, None, [])
    page = Page(client.get(first))
    assert page.texts("list-name") == ["Favorites, by title"]
    assert "/?favorites=1&sort=title" in page.addresses


def test_a_list_in_random_order_keeps_its_order(shelf, client):
    links = [e.attributes["href"] for e in Page(client.get("/?sort=random")).of_class("card-link")]
    for here, there in pairwise(links):
        assert parts(client.get(here))[1] == there


def test_the_whole_library_is_a_list_too(shelf, client):
    link = Page(client.get("/")).of_class("card-link")[0].attributes["href"]
    assert link.endswith("?list=")
    assert parts(client.get(link))[2] == ["ep1", "ep2", "ep10"]


@pytest.mark.parametrize("named", ["sort=nonsense", "&&&=", "%00", "q=" + "x" * 5000, "tag=\ud800", "list=list%3D"])
def test_a_list_that_makes_no_sense_still_shows_the_page(shelf, client, named):
    assert (
        client.get(shelf["films/sea.mp4"].get_absolute_url(), {"list": named.encode(errors="replace")}).status_code
        == 200
    )


def test_a_list_of_more_fields_than_a_form_may_have_shows_the_page_without_it(shelf, client):
    named = quote("&".join(["tag=a"] * 1100), safe="")
    assert client.get(f"{shelf['films/sea.mp4'].get_absolute_url()}?list={named}").status_code == 200


def test_how_far_the_next_ones_were_watched_stands_on_their_pictures(shelf, client, viewer):
    View.objects.create(viewer=viewer, video=shelf["show/ep2.mp4"], position_seconds=25.5)
    page = Page(client.get(shelf["show/ep1.mp4"].get_absolute_url()))
    bars = [(e.attributes["max"], e.attributes["value"]) for e in page.of_class("watched")]
    assert bars == [("100", "25.5")]


def test_the_related_videos_follow_in_a_request_of_their_own_without_those_that_are_up_next(shelf, client, make_video):
    for name in ("show/ep1.mp4", "show/ep2.mp4", "films/sea.mp4"):
        VideoCache().update_tags(name, ["sea"])
    address = f"{shelf['show/ep1.mp4'].get_absolute_url()}related"
    page = Page(client.get(shelf["show/ep1.mp4"].get_absolute_url()))
    assert address in [e.attributes.get("hx-get") for e in page.elements]
    response = client.get(address, headers={"HX-Request": "true"})
    assert Page(response).texts("side-title") == ["sea"]
    assert not Page(response).tags("body")
    assert address in page.addresses  # where there is no script
    assert Page(client.get(address)).tags("body")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("listed", ["", "?list=", "?list=sort%3Dtitle", "?list=favorites%3D1%26sort%3Drating"])
def test_the_page_costs_as_many_queries_wherever_it_is_in_a_list(shelf, client, make_video, query_count, listed):
    for number in range(30):
        make_video(f"show/more{number}.mp4", title=f"more{number}")
    counts = set()
    for video in shelf.values():
        client.get(f"{video.get_absolute_url()}{listed}")  # the marks are kept from here on
        counts.add(query_count(lambda video=video: client.get(f"{video.get_absolute_url()}{listed}")))
        related = query_count(lambda video=video: client.get(f"{video.get_absolute_url()}related{listed}"))
        assert related <= 14
    assert max(counts) <= 13
