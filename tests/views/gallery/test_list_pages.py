"""The favorites, what was viewed most, the best and the videos of a tag have a page each, that can do all of it."""

from urllib.parse import parse_qs, urlsplit

import pytest

from tests.views.page import Page
from videos.cache import VideoCache
from videos.models import Tag, Video

PAGES = ["/favorites/", "/popular/", "/best-of/", "tag"]


@pytest.fixture
def shelf(make_video, viewer):
    """Four videos, of which "a" is best loved, viewed most, and tagged with markup."""
    for number, name in enumerate("abcd"):
        make_video(f"{name}.mp4", title=f"Film {name}", duration=100 + number)
    marks = VideoCache()
    for name, stars in (("a", 5), ("b", 4), ("c", 3)):
        marks.update_rating(f"{name}.mp4", stars)
    for name in ("a", "c"):
        marks.set_favorite(f"{name}.mp4", True)
        marks.update_tags(f"{name}.mp4", ["<b>Sea & sun</b>", "night"] if name == "a" else ["<b>Sea & sun</b>"])
    for name in ("c", "a", "a"):
        marks.update_view(f"{name}.mp4")
    return {video.title[-1]: video for video in Video.objects.all()}


@pytest.fixture
def address(shelf):
    tag = Tag.objects.get(name__startswith="<b>")
    return lambda page: tag.get_absolute_url() if page == "tag" else page


def where(page):
    """Return the rail's entry that is marked as the one shown."""
    (rail,) = page.of_class("rail")
    return [e.text.strip() for e in page.tags("a") if "aria-current" in e.attributes and rail in e.inside]


@pytest.mark.parametrize(
    ("list_page", "heading", "entry", "titles"),
    [
        ("/favorites/", "Favorites", ["Favorites"], "ca"),
        ("/popular/", "Most viewed", ["Most viewed"], "ac"),
        ("/best-of/", "Best of", ["Best"], "ab"),
        ("tag", "<b>Sea & sun</b>", ["Tags"], "ca"),
    ],
)
def test_a_list_has_a_page_with_its_own_name(address, client, list_page, heading, entry, titles):
    response = client.get(address(list_page))
    page = Page(response)
    assert response.status_code == 200
    assert [e.text for e in page.tags("h1")] == [heading]
    assert page.tags("title")[0].text == f"{heading} · Local Video Server"
    assert where(page) == entry
    assert page.texts("count") == [f"{len(titles)} videos"]
    assert "".join(title[-1] for title in page.titles) == titles
    assert not [e for e in page.of_class("chip") if "is-on" in e.classes]


@pytest.mark.parametrize("list_page", PAGES)
def test_the_forms_and_links_of_such_a_page_stay_on_it_and_do_not_name_what_it_fixes(address, client, list_page):
    here = address(list_page)
    page = Page(client.get(f"{here}?watched=no&q=film"))
    forms = {e.attributes.get("id"): e for e in page.tags("form")}
    for name in ("search", "filter-form"):
        assert forms[name].attributes["action"] == forms[name].attributes["hx-get"] == here
        carried = {e.attributes["name"] for e in page.tags("input") if e.attributes.get("form") == name}
        assert carried <= {"watched", "q"}
    assert page.elements[0].tag == "html"
    (results,) = (e for e in page.elements if e.attributes.get("id") == "results")
    assert results.attributes["data-url"] == "?q=film&watched=no"
    (sheet,) = (e for e in page.elements if e.attributes.get("id") == "filters")
    assert sheet.attributes["data-counts"] == f"{here}facets/"
    assert f"Search in {page.tags('h1')[0].text}" in [e.attributes.get("placeholder") for e in page.tags("input")]
    assert here in page.addresses  # "Clear" leaves what was asked for beside


@pytest.mark.parametrize("list_page", PAGES)
@pytest.mark.parametrize("asked", ["?q=film+a", "?duration=0-101", "?any_tag=night"])
def test_search_and_filters_work_within(address, client, list_page, asked):
    assert Page(client.get(address(list_page) + asked)).titles == ["Film a"]


def test_orders_work_within(address, client):
    assert Page(client.get(f"{address('tag')}?sort=title&order=desc")).titles == ["Film c", "Film a"]
    assert Page(client.get("/best-of/?sort=rating&order=asc")).titles == ["Film b", "Film a"]


@pytest.mark.parametrize(
    ("list_page", "label", "leads_to"),
    [
        ("/favorites/", "Favorites", {"q": ["film"]}),
        ("/best-of/", "★★★★ or more", {"q": ["film"], "sort": ["rating"]}),
        ("tag", "#<b>Sea & sun</b>", {"q": ["film"]}),
    ],
)
def test_without_what_the_page_fixes_the_list_is_the_gallerys(address, client, list_page, label, leads_to):
    page = Page(client.get(f"{address(list_page)}?q=film"))
    chips = {e.text.removesuffix("remove"): e.attributes for e in page.of_class("chip") if "is-on" in e.classes}
    assert set(chips) == {"“film”", label}
    assert chips["“film”"]["href"].startswith("?")
    assert "hx-boost" not in chips["“film”"]
    there = urlsplit(chips[label]["href"])
    assert (there.path, parse_qs(there.query)) == ("/", leads_to)
    # It is another page, with another heading: not one whose results alone are replaced.
    assert chips[label]["hx-boost"] == "false"


def test_another_order_of_what_was_viewed_most_is_the_gallerys(shelf, client):
    page = Page(client.get("/popular/?q=film"))
    orders = {e.text: e.attributes for e in page.tags("a") if e.attributes.get("href", "").endswith("sort=title")}
    assert orders["Title"]["href"] == "/?q=film&sort=title"
    assert orders["Title"]["hx-boost"] == "false"
    assert "/?q=film&sort=views&order=asc" in page.addresses


def test_what_is_no_list_of_the_page_is_shown_by_the_gallery(shelf, client):
    assert client.get("/best-of/?rating=5&tag=night")["Location"] == "/?rating=5&tag=night&sort=rating"
    assert client.get("/best-of/?rating=nonsense").status_code == 200
    assert client.get("/favorites/?favorites=1").status_code == 200


@pytest.mark.parametrize("list_page", PAGES)
def test_the_sheet_does_not_ask_for_what_the_page_fixes_and_counts_within(address, client, list_page):
    page = Page(client.get(f"{address(list_page)}facets/?q=film", headers={"HX-Request": "true"}))
    asked = {e.attributes["data-facet"]: e for e in page.tags("fieldset")}
    missing = {"/favorites/": {"favorites"}, "/best-of/": {"rating"}}.get(list_page, set())
    assert {"favorites", "rating", "watched", "tag"} - set(asked) == missing
    tags = [e.attributes.get("value") for e in page.tags("input") if e.attributes["name"] == "tag"]
    assert ("<b>Sea & sun</b>" in tags) == (list_page != "tag")
    assert not [e for e in page.tags("input") if "checked" in e.attributes and e.attributes["value"]]
    nights = [e.text.split() for e in page.of_class("option") if e.text.strip().startswith("night")]
    # One has it among those of the page; any one of these does not narrow it, and none of these leaves the others.
    with_it = "1"
    without_it = str(len(Page(client.get(f"{address(list_page)}?q=film&no_tag=night")).titles))
    assert nights == [["night", with_it], ["night", with_it], ["night", without_it]]


def test_htmx_gets_only_the_results(shelf, client):
    page = Page(client.get("/favorites/?q=film", headers={"HX-Request": "true", "HX-Target": "results"}))
    assert (page.elements[0].tag, len(page.titles)) == ("section", 2)
    assert not page.of_class("rail")


def test_a_video_of_such_a_list_knows_it(shelf, client):
    page = Page(client.get("/best-of/"))
    assert page.of_class("card-link")[0].attributes["href"].endswith("?list=rating%3D4%26sort%3Drating")


def test_a_tag_is_found_by_its_number_whatever_the_words_before_it(shelf, client):
    tag = Tag.objects.create(name="north & sea")
    assert client.get(f"/tags/north-sea-{tag.pk}/").status_code == 200
    assert client.get(f"/tags/other-{tag.pk}/?q=a%26b")["Location"] == f"/tags/north-sea-{tag.pk}/?q=a%26b"


@pytest.mark.parametrize("slug", ["sea", "sea-", "sea-x", "sea-²", f"sea-{10**30}", "sea-999999"])
@pytest.mark.parametrize("part", ["", "facets/"])
def test_a_tag_that_there_is_not_answers_404(db, client, slug, part):
    assert client.get(f"/tags/{slug}/{part}").status_code == 404


def test_the_same_tag_in_another_case_is_there_once(shelf, client):
    tag = Tag.objects.get(name="night")
    page = Page(client.get(f"{tag.get_absolute_url()}?tag=NIGHT&tag=<B>SEA %26 SUN</B>"))
    chips = [e.text.removesuffix("remove") for e in page.of_class("chip") if "is-on" in e.classes]
    assert chips == ["#night", "#<B>SEA & SUN</B>"]
    assert [title[-1] for title in page.titles] == ["a"]


@pytest.mark.parametrize(
    ("list_page", "said"),
    [
        ("/favorites/", "No favorites yet"),
        ("/best-of/", "No videos with four or five stars yet"),
        ("/tags/", "No videos found"),
    ],
)
def test_an_empty_list_says_how_it_fills(make_video, client, list_page, said):
    make_video("a.mp4")
    here = Tag.objects.create(name="new").get_absolute_url() if list_page == "/tags/" else list_page
    assert said in [e.text for e in Page(client.get(here)).tags("h2")]


def test_further_pages_stay_on_the_page(shelf, client, make_video):
    for number in range(70):
        make_video(f"more/{number}.mp4")
        VideoCache().set_favorite(f"more/{number}.mp4", True)
    page = Page(client.get("/favorites/?sort=title"))
    (following,) = (e for e in page.elements if e.attributes.get("id") == "next-page")
    assert following.attributes["hx-get"] == "?sort=title&page=2"
    assert len(Page(client.get("/favorites/?sort=title&page=2")).titles) == 12


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("list_page", PAGES)
def test_the_page_costs_ten_queries_at_most(shelf, address, client, query_count, list_page):
    client.get(address(list_page))
    VideoCache().update_rating("a.mp4", 4)
    assert query_count(lambda: client.get(address(list_page))) <= 10


# --- on the cards of any list -------------------------------------------------------------------------------------


def test_a_card_says_what_was_watched_to_its_end(shelf, client):
    for name in ("a.mp4", "c.mp4"):
        VideoCache().save_position(name, 95, duration_seconds=100)
    for name in ("c.mp4", "d.mp4"):
        VideoCache().save_position(name, 50, duration_seconds=100)
    page = Page(client.get("/?sort=title"))
    badges = {
        title: [e.text for e in page.of_class("is-watched") if card in e.inside]
        for title, card in zip(page.titles, page.of_class("card"), strict=True)
    }
    # "c" was watched, and is being watched again; "b" nobody has started.
    assert badges == {"Film a": ["Watched"], "Film b": [], "Film c": ["Watched"], "Film d": []}
    assert [title[-1] for title in Page(client.get("/?sort=title&watched=yes")).titles] == ["a", "c"]
    assert [title[-1] for title in Page(client.get("/?sort=title&watched=started")).titles] == ["c", "d"]
    assert [title[-1] for title in Page(client.get("/?sort=title&watched=no")).titles] == ["b"]


def test_the_page_before_is_entered_at_its_end(shelf, client, make_video):
    for number in range(130):
        make_video(f"more/{number:03}.mp4", title=f"X {number:03}")
    VideoCache().update_favorites(f"more/{number:03}.mp4" for number in range(130))
    page = Page(client.get("/favorites/?page=3"))
    (link,) = (e.attributes["href"] for e in page.tags("a") if e.attributes.get("rel") == "prev")
    before = Page(client.get("/favorites/?page=2"))
    assert link == f"?page=2#{before.of_class('card')[-1].attributes['id']}"
    assert not [e for e in Page(client.get("/favorites/")).tags("a") if e.attributes.get("rel") == "prev"]


def test_what_was_never_viewed_is_not_among_the_most_viewed(make_video, client):
    make_video("a.mp4")
    page = Page(client.get("/popular/"))
    assert not page.titles
    assert "Nothing viewed yet" in page.text
