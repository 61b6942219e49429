"""The tags' page, and the page of each where it is renamed, merged or deleted."""

import pytest
from django.contrib.auth.models import Permission, User

from tests.views.page import Page
from videos.cache import VideoCache
from videos.models import Tag, Video


@pytest.fixture
def tagged(library, make_video):
    """Three tags: "Sea" on two videos, "Night" on one, "unused" on none."""
    for name, duration, size in (("a.mp4", 3600, 5_000_000), ("b.mp4", 7200, 1_000_000), ("c.mp4", None, None)):
        make_video(name, duration=duration, file_size=size)
    VideoCache().update_tags("a.mp4", ["Sea", "Night"])
    VideoCache().update_tags("b.mp4", ["Sea"])
    Tag.objects.create(name="unused")
    return {tag.name: tag for tag in Tag.objects.all()}


def rows_of(client, query=""):
    page = Page(client.get(f"/tags/{query}"))
    cells = [e for e in page.elements if e.tag in ("td", "th") and any(i.tag == "tbody" for i in e.inside)]
    names = [e for e in cells if e.tag == "th"]
    return [name.text.strip() for name in names]


def test_a_row_says_what_the_videos_of_a_tag_come_to(tagged, client):
    page = Page(client.get("/tags/"))
    cells = [" ".join(e.text.split()) for e in page.elements if e.tag in ("td", "th") and "</" not in e.text]
    start = cells.index("Sea")
    assert cells[start : start + 4] == ["Sea", "2", "3.0 h", "5.7\xa0MB".replace("\xa0", " ")]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["Night", "Sea", "unused"]),
        ("?order=desc", ["unused", "Sea", "Night"]),
        ("?sort=videos", ["Sea", "Night", "unused"]),
        ("?sort=videos&order=asc", ["unused", "Night", "Sea"]),
        ("?sort=size", ["Sea", "Night", "unused"]),
        ("?sort=nonsense&order=x&page=x", ["Night", "Sea", "unused"]),
        ("?q=SE", ["Sea", "unused"]),
        ("?q=%00", ["Night", "Sea", "unused"]),
        ("?q=nobody", []),
    ],
)
def test_the_table_is_sorted_and_filtered_as_the_address_says(tagged, client, query, expected):
    assert rows_of(client, query) == expected


def test_the_head_of_a_column_turns_its_order_round_and_keeps_the_filter(tagged, client):
    page = Page(client.get("/tags/?q=s&sort=videos"))
    assert "?q=s&sort=videos&order=asc" in page.addresses
    assert "?q=s&sort=name&order=asc" in page.addresses


def test_the_cloud_holds_the_used_ones_by_name_the_larger_the_more_videos(tagged, client):
    page = Page(client.get("/tags/"))
    links = [(e.text.split(",")[0], e.classes) for e in page.tags("a") if any("cloud" in i.classes for i in e.inside)]
    assert links == [("Night", ["cloud-1"]), ("Sea", ["cloud-2"])], "two videos instead of one are no reason to shout"


def test_without_tags_the_page_says_how_to_get_one(library, db, client):
    assert "No tags yet" in Page(client.get("/tags/")).text
    assert "No tag name contains x" in Page(client.get("/tags/?q=x")).text


def test_a_page_costs_as_many_queries_with_3_tags_as_with_2000_and_holds_100(library, viewer, client, query_count):
    counts = []
    for number in (3, 2000):
        Tag.objects.bulk_create(Tag(name=f"tag {number} {n}") for n in range(number))
        client.get("/tags/")
        counts.append(query_count(lambda: client.get("/tags/")))
    assert counts[0] == counts[1] <= 10
    assert len(rows_of(client)) == 100
    assert len(rows_of(client, "?page=21")) == 3


def test_markup_in_a_name_is_shown_as_text(library, make_video, client):
    make_video("a.mp4")
    VideoCache().update_tags("a.mp4", ["<b>{{ x }}</b>"])
    tag = Tag.objects.get()
    for address in ("/tags/", f"/tags/{tag.slug}/edit/"):
        page = Page(client.get(address))
        assert not page.tags("b")
        assert "<b>{{ x }}</b>" in page.text


def test_the_page_of_a_tag_is_named_by_its_slug_and_an_old_slug_leads_to_it(tagged, client):
    tag = tagged["Sea"]
    assert tag.slug == f"sea-{tag.pk}"
    assert client.get(f"/tags/{tag.slug}/edit/").status_code == 200
    assert client.get(f"/tags/else-{tag.pk}/edit/")["Location"] == f"/tags/{tag.slug}/edit/"
    assert Tag(pk=12, name="!?").slug == "12"
    assert client.get(tag.get_absolute_url(), follow=True).status_code == 200
    for slug in ("sea", "sea-", "sea-999", "sea-99999999999999999999", "-1x", "٣"):
        assert client.get(f"/tags/{slug}/edit/").status_code == 404


def test_a_tag_gets_another_name_and_keeps_its_videos(tagged, client):
    response = client.post(f"/tags/{tagged['Sea'].slug}/rename", {"name": " #Ocean "}, follow=True)
    assert "“Sea” is now “Ocean”." in Page(response).text
    assert Video.objects.tagged("ocean").count() == 2


def test_only_the_case_of_a_name_can_change(tagged, client):
    client.post(f"/tags/{tagged['Sea'].slug}/rename", {"name": "SEA"})
    assert Tag.objects.get(pk=tagged["Sea"].pk).name == "SEA"


@pytest.mark.parametrize("name", ["", "  ", "#", "x" * 201, "a\nb", "a\0b"])
def test_a_name_that_cannot_be_is_explained_beside_the_field(tagged, client, name):
    response = client.post(f"/tags/{tagged['Sea'].slug}/rename", {"name": name})
    assert response.status_code == 400
    assert Page(response).texts("error") != []
    assert Tag.objects.get(pk=tagged["Sea"].pk).name == "Sea"


def test_renaming_to_a_tag_that_there_is_offers_to_merge_and_changes_nothing(tagged, client):
    response = client.post(f"/tags/{tagged['Sea'].slug}/rename", {"name": "NIGHT"})
    assert response.status_code == 409
    page = Page(response)
    assert "The tag “Night” already exists" in page.text
    assert "2 videos of “Sea” would move to “Night”, which has 1" in " ".join(page.text.split())
    assert Tag.objects.count() == 3
    button = next(e for e in page.tags("button") if "Merge tags" in e.text)
    form = next(e for e in button.inside if e.tag == "form")
    response = client.post(form.attributes["action"], {"name": button.attributes["value"]}, follow=True)
    assert "2 videos moved from “Sea” to “Night”." in " ".join(Page(response).text.split())
    assert Video.objects.tagged("night").count() == 2
    assert not Tag.objects.filter(name="Sea").exists()


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("nobody", "The tag “nobody” does not exist."),
        ("SEA", "Choose a different tag"),
        ("", "A tag cannot be empty."),
        ("x" * 201, "200 characters"),
    ],
)
def test_a_merge_into_nothing_or_itself_is_refused(tagged, client, name, said):
    response = client.post(f"/tags/{tagged['Sea'].slug}/merge", {"name": name})
    assert response.status_code == 400
    assert said in Page(response).text
    assert Video.objects.tagged("sea").count() == 2


def test_the_form_asks_before_it_merges(tagged, client):
    form = {"name": "night", "ask": "1"}
    page = Page(client.post(f"/tags/{tagged['Sea'].slug}/merge", form))
    assert "2 videos of “Sea” would move to “Night”, which has 1, and “Sea” would be deleted." in page.text
    assert Video.objects.tagged("sea").count() == 2
    hidden = [e.attributes["name"] for e in page.tags("input") if e.attributes.get("type") == "hidden"]
    assert hidden.count("ask") == 1
    button = next(e for e in page.tags("button") if "Merge tags" in e.text)
    client.post(f"/tags/{tagged['Sea'].slug}/merge", {"name": button.attributes["value"]})
    assert Video.objects.tagged("night").count() == 2


def test_the_page_says_how_many_videos_a_deletion_touches_and_it_touches_no_file(tagged, client):
    assert "The tag will be removed from 2 videos" in " ".join(
        Page(client.get(f"/tags/{tagged['Sea'].slug}/edit/")).text.split()
    )
    response = client.post(f"/tags/{tagged['Sea'].slug}/delete", follow=True)
    assert "The tag “Sea” was deleted. It was on 2 videos." in Page(response).text
    assert Video.objects.count() == 3
    assert not Tag.objects.filter(name="Sea").exists()


def test_changing_is_by_post_with_a_token_alone(tagged, client, browser):
    for what in ("rename", "merge", "delete"):
        address = f"/tags/{tagged['Sea'].slug}/{what}"
        assert client.get(address).status_code == 405
        assert browser.post(address, {"name": "x"}).status_code == 403
    assert Tag.objects.count() == 3


def test_who_may_not_change_the_library_sees_the_tags_and_cannot_change_them(tagged, client, settings):
    settings.REQUIRE_LOGIN = True
    client.force_login(User.objects.create_user("guest"))
    page = Page(client.get("/tags/"))
    assert not any("/edit/" in address for address in page.addresses)
    slug = tagged["Sea"].slug
    refused = client.get(f"/tags/{slug}/edit/")
    assert refused.status_code == 403
    page = Page(refused)
    assert "You need permission to change videos" in page.text
    assert "/" in page.addresses
    for what in ("rename", "merge", "delete"):
        assert client.post(f"/tags/{slug}/{what}", {"name": "Night"}).status_code == 403
    assert Tag.objects.count() == 3


@pytest.mark.parametrize("what", ["rename", "merge", "delete"])
def test_undoing_a_change_of_a_tag_needs_the_permission_to_make_it(tagged, client, settings, what):
    settings.REQUIRE_LOGIN = True
    person = User.objects.create_user("ada")
    person.user_permissions.set(Permission.objects.filter(codename="change_video"))
    client.force_login(person)
    name = {"merge": "Night"}.get(what, "Ocean")
    page = Page(client.post(f"/tags/{tagged['Sea'].slug}/{what}", {"name": name}, follow=True))
    forms = [form.attributes.get("action", "") for form in page.tags("form")]
    (undo,) = [action for action in forms if action.endswith("/undo")]
    person.user_permissions.clear()
    assert client.post(undo).status_code == 403
    assert not Tag.objects.filter(name="Sea").exists()
    person.user_permissions.set(Permission.objects.filter(codename="change_video"))
    client.post(undo)
    assert Tag.objects.filter(name="Sea").exists()
