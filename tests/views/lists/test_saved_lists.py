"""Saved lists: filters under a name, in the rail of each page, renamed, put in order, changed and deleted by forms."""

import pytest
from django.contrib.auth import get_user_model

from tests.views.page import Page
from videos.listing.query import GalleryQuery
from videos.models import SmartList
from videos.views.lists import saved_lists

MARKUP = '<b>"Sea"</b> {{ 1 }} & \u202esun'


@pytest.fixture
def keep(viewer):
    return lambda name, query: SmartList.objects.keep(viewer, name, query)


def kept():
    return list(SmartList.objects.values_list("name", "query"))


def rail(page):
    """Return (name, address, whether it is the one shown) of the lists in the rail."""
    return [
        (e.text.strip(), e.attributes["href"], e.attributes.get("aria-current") == "page")
        for e in page.of_class("rail-list")
    ]


def current(page):
    (nav,) = page.of_class("rail")
    return [e.text.strip() for e in page.tags("a") if "aria-current" in e.attributes and nav in e.inside]


def said(client, response):
    return Page(client.get(response["Location"])).texts("is-message")


def alerts(response):
    return [e.text.strip() for e in Page(response).elements if e.attributes.get("role") == "alert"]


# --- saving -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/?q=sea&tag=sun&sort=title", "/?rating=3", "/favorites/?watched=no"])
def test_a_filtered_list_is_saved_by_the_form_of_its_page_and_opens_from_the_rail(make_video, browser, address):
    make_video("a.mp4")
    page = Page(browser.get(address))
    (form,) = (e for e in page.tags("form") if e.attributes.get("action") == "/lists/save")
    fields = {e.attributes["name"]: e.attributes.get("value") for e in page.tags("input") if form in e.inside}
    answer = browser.post("/lists/save", {**fields, "name": MARKUP})
    (saved,) = SmartList.objects.all()
    assert (answer.status_code, answer["Location"]) == (303, f"/?{saved.query}")
    page = Page(browser.get(answer["Location"]))
    assert rail(page) == [(MARKUP, f"/?{saved.query}", True)]
    assert current(page) == [MARKUP]
    assert page.texts("saved-as") == [f"Saved as {MARKUP}"]
    assert not page.of_class("save-list")


def test_what_is_saved_is_the_one_form_of_the_address(db, client):
    client.post(
        "/lists/save", {"name": " Sea\n side ", "query": "page=3&sort=random&seed=77&q=+a++b&tag=%23sun&rating=9"}
    )
    assert kept() == [("Sea side", "q=a+b&tag=sun&sort=random")]
    page = Page(client.get("/?tag=sun&q=a+b&sort=random&seed=5"))
    assert current(page) == ["Sea side"]


def test_a_list_of_a_page_is_saved_with_what_the_page_fixes(db, client):
    page = Page(client.get("/best-of/?tag=sea"))
    assert "rating=4&tag=sea&sort=rating" in [e.attributes.get("value") for e in page.tags("input")]


@pytest.mark.parametrize("address", ["/", "/?sort=title", "/favorites/", "/popular/"])
def test_there_is_nothing_to_save_where_no_filter_is_on(make_video, client, address):
    make_video("a.mp4")
    assert not Page(client.get(address)).of_class("save-list")


@pytest.mark.parametrize(
    ("name", "query", "error"),
    [
        ("", "q=sea", "A list needs a name."),
        ("  \u200e\u200b ", "q=sea", "A list needs a name."),
        ("x" * 101, "q=sea", "A list's name can have at most 100 characters."),
        ("a\0b", "q=sea", "A name cannot contain null characters."),
        ("Sea", "", "There is nothing to save. Choose a filter or search for something."),
        ("Sea", "colour=red", "There is nothing to save. Choose a filter or search for something."),
        ("Sea", "folder=" + "%C3%A9" * 900, "That is too much for one list. Remove some of the filters."),
    ],
)
def test_what_cannot_be_saved_gets_one_clear_error_and_keeps_what_was_typed(db, client, name, query, error):
    answer = client.post("/lists/save", {"name": name, "query": query})
    assert answer.status_code == 400
    assert alerts(answer) == [error]
    assert not kept()
    if "\0" not in name:
        values = [e.attributes.get("value") for e in Page(answer).tags("input")]
        assert name in values
        assert GalleryQuery().saved() != query or query in values


def test_a_name_that_is_there_is_replaced_only_when_one_has_said_so(keep, client):
    keep("Sea", "tag=sea")
    answer = client.post("/lists/save", {"name": "Sea", "query": "tag=beach"})
    assert answer.status_code == 409
    assert "The list “Sea” already exists" in alerts(answer)[0]
    assert "#sea" in alerts(answer)[0]
    assert kept() == [("Sea", "tag=sea")]
    page = Page(answer)
    (form,) = (
        e for e in page.tags("form") if any("Replace list" in b.text and e in b.inside for b in page.tags("button"))
    )
    fields = {
        e.attributes["name"]: e.attributes.get("value")
        for e in page.elements
        if form in e.inside and e.tag in ("input", "button")
    }
    answer = client.post(form.attributes["action"], fields)
    assert kept() == [("Sea", "tag=beach")]
    assert said(client, answer) == ["Saved as “Sea”."]


def test_saving_the_same_twice_is_no_question(keep, client):
    keep("Sea", "tag=sea")
    assert client.post("/lists/save", {"name": "Sea", "query": "tag=sea"}).status_code == 303
    assert kept() == [("Sea", "tag=sea")]


def test_there_is_an_end_to_how_many_lists_there_are(keep, client, monkeypatch):
    monkeypatch.setattr(saved_lists, "MAX_LISTS", 2)
    for name in "ab":
        keep(name, "q=a")
    answer = client.post("/lists/save", {"name": "c", "query": "q=b"})
    assert alerts(answer) == ["There are already 2 lists. Delete one first."]
    assert client.post("/lists/save", {"name": "b", "query": "q=b", "replace": "1"}).status_code == 303
    assert kept() == [("a", "q=a"), ("b", "q=b")]


# --- where they stand -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "address", ["/", "/favorites/", "/history/", "/library/", "/tags/", "/folders/", "/stats/", "/lists/"]
)
def test_the_lists_stand_in_the_rail_of_every_page_in_their_order(keep, client, make_video, address):
    make_video("a.mp4")
    for name in ("b", MARKUP):
        keep(name, f"q={name[0]}")
    page = Page(client.get(address))
    assert [name for name, _address, _shown in rail(page)] == ["b", MARKUP]
    assert not any(shown for _name, _address, shown in rail(page))
    assert len(current(page)) == 1


def test_the_page_of_a_video_has_them_too_and_one_that_is_not_found_asks_nothing(keep, client, make_video, query_count):
    keep("Sea", "q=sea")
    assert rail(Page(client.get(make_video("a.mp4").get_absolute_url()))) == [("Sea", "/?q=sea", False)]
    assert query_count(lambda: client.get("/nowhere")) == 0


def test_a_video_of_a_saved_list_says_its_name(keep, client, make_video):
    video, _next = make_video("sea 1.mp4"), make_video("sea 2.mp4")
    keep(MARKUP, "q=sea&sort=title")
    page = Page(client.get(f"{video.get_absolute_url()}?list=sort%3Dtitle%26q%3Dsea"))
    assert page.texts("list-name") == [MARKUP]


def test_results_alone_tell_the_rail_what_is_shown(keep, client):
    sea = keep("Sea", "q=sea")
    for address, here in (("/?q=sea", f"list-{sea.pk}"), ("/", "home"), ("/?favorites=1", "favorites"), ("/?q=x", "")):
        page = Page(client.get(address, headers={"HX-Request": "true", "HX-Target": "results"}))
        assert page.elements[0].attributes["data-nav"] == here
        assert not page.of_class("rail")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("address", ["/", "/?q=sea", "/history/", "/tags/", "/stats/", "/lists/"])
def test_they_cost_no_query_however_many_there_are(viewer, make_video, client, query_count, address):
    make_video("sea.mp4")
    client.get(address)
    before = query_count(lambda: client.get(address))
    costs = []
    for number in range(30):
        SmartList.objects.keep(viewer, f"List {number}", f"q={number}")
        if number in (2, 29):
            client.get(address)
            costs.append(query_count(lambda: client.get(address)))
    assert costs == [before, before]


def test_another_viewers_lists_are_nobody_elses(keep, client):
    other = SmartList.objects.keep(get_user_model().objects.create_user("ann"), "Hers", "q=a")
    assert not rail(Page(client.get("/lists/")))
    for path, fields in (
        ("edit/", None), ("rename", {"name": "x"}), ("update", {"query": "q=b"}), ("move", {"way": "up"}),
        ("delete", {}),
    ):  # fmt: skip
        address = f"/lists/{other.pk}/{path}"
        answer = client.get(address) if fields is None else client.post(address, fields)
        assert answer.status_code == 404, path
    assert kept() == [("Hers", "q=a")]


def test_without_lists_the_page_says_how_to_make_one(db, client):
    page = Page(client.get("/lists/"))
    assert [e.text for e in page.tags("h2")] == ["No lists yet"]
    assert not page.of_class("rail-list")


# --- one list ---------------------------------------------------------------------------------------------------------


def test_a_list_is_renamed(keep, client):
    one = keep("Sea", "q=sea")
    answer = client.post(f"/lists/{one.pk}/rename", {"name": MARKUP})
    assert kept() == [(MARKUP, "q=sea")]
    assert answer.status_code == 303
    assert rail(Page(client.get("/lists/"))) == [(MARKUP, "/?q=sea", False)]


@pytest.mark.parametrize(
    ("name", "status", "error"),
    [("", 400, "A list needs a name."), ("Sun", 409, "The list “Sun” already exists.")],
)
def test_a_name_that_cannot_be_is_said_beside_the_field(keep, client, name, status, error):
    one, _two = keep("Sea", "q=sea"), keep("Sun", "q=sun")
    answer = client.post(f"/lists/{one.pk}/rename", {"name": name})
    assert (answer.status_code, alerts(answer)) == (status, [error])
    assert "Sea" in [e.text for e in Page(answer).tags("h1")]
    assert kept() == [("Sea", "q=sea"), ("Sun", "q=sun")]


def test_a_list_moves_up_and_down_and_the_focus_with_it(keep, client):
    ids = {name: keep(name, f"q={name}").pk for name in "abc"}
    answer = client.post(f"/lists/{ids['c']}/move", {"way": "up"})
    assert [name for name, _ in kept()] == ["a", "c", "b"]
    page = Page(client.get(answer["Location"]))
    assert [e.text for e in page.tags("button") if "autofocus" in e.attributes] == ["Move c up"]
    client.post(f"/lists/{ids['a']}/move", {"way": "down"})
    assert [name for name, _ in kept()] == ["c", "a", "b"]
    for name, way in (("c", "up"), ("b", "down")):
        client.post(f"/lists/{ids[name]}/move", {"way": way})
    assert [name for name, _ in kept()] == ["c", "a", "b"]
    assert client.post(f"/lists/{ids['c']}/move", {"way": "sideways"}).status_code == 400


def test_a_list_gets_other_filters_by_their_address(keep, client):
    one = keep("Sea", "q=sea")
    client.post(f"/lists/{one.pk}/update", {"query": "http://testserver/?tag=sun&sort=title&page=4#video-7"})
    assert kept() == [("Sea", "tag=sun&sort=title")]
    answer = client.post(f"/lists/{one.pk}/update", {"query": "http://testserver/"})
    assert (answer.status_code, len(alerts(answer))) == (400, 1)
    assert kept() == [("Sea", "tag=sun&sort=title")]


def test_a_list_is_deleted(keep, client):
    one = keep("Sea", "q=sea")
    answer = client.post(f"/lists/{one.pk}/delete")
    assert not kept()
    assert said(client, answer) == ["The list “Sea” was deleted, but not its videos."]


def test_no_list_changes_by_looking_or_without_the_forms_token(keep, browser):
    one = keep("Sea", "q=sea")
    for path in ("rename", "update", "move", "delete"):
        assert browser.get(f"/lists/{one.pk}/{path}").status_code == 405
        assert browser.post(f"/lists/{one.pk}/{path}", {"name": "x"}).status_code == 403
    assert browser.get("/lists/save").status_code == 405
    assert browser.post("/lists/save", {"name": "x", "query": "q=x"}).status_code == 403
    assert kept() == [("Sea", "q=sea")]


# --- a list that nobody can read any more -----------------------------------------------------------------------------


def test_filters_that_are_not_known_are_named_and_left_out(keep, make_video, client):
    make_video("sea.mp4")
    one = keep("Old", "colour=%3Cb%3E&q=sea&rating=9")
    page = Page(client.get(one.get_absolute_url()))
    assert len(page.titles) == 1
    assert page.texts("problem") == [
        "“colour=<b>” is not a known filter and is ignored.",
        "“rating=9” is not a known filter and is ignored.",
    ]
    assert "Some of its filters are no longer valid: colour=<b>, rating=9" in Page(client.get("/lists/")).text
    assert client.get(f"/lists/{one.pk}/edit/").status_code == 200


@pytest.mark.parametrize("query", ["%00", "tag=%ff&&==", "a" * 2000, "list=list", "seed=1&page=x"])
def test_a_list_of_nonsense_still_shows(keep, make_video, client, query):
    make_video("sea.mp4")
    one = keep("Old", query)
    for address in (one.get_absolute_url(), "/lists/", f"/lists/{one.pk}/edit/"):
        assert client.get(address).status_code == 200


def test_what_a_form_sends_is_all_known(make_video, client):
    make_video("sea.mp4")
    asked = "q=&tag=&tag=sea&any_tag=&no_tag=&rating=&favorites=0&watched=no&duration=0-300&sort=title&order=asc&page=2"
    assert not Page(client.get(f"/?{asked}")).of_class("problem")
