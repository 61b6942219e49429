"""The admin edits the metadata of any video, one or many at a time, at a fixed price, and never a file's facts."""

import re

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.views.page import Page
from videos.accounts.household import household
from videos.admin.options import MAX_COUNTED
from videos.cache import VideoCache
from videos.models import BulkAction, Favorite, Rating, SmartList, Tag, Video, View

LIST = "/admin/videos/video/"
TAGS = "/admin/videos/tag/"


@pytest.fixture
def shelf(make_video):
    """Three videos by name: "beach" is rated, tagged, viewed and a favorite, "alps" rated otherwise, "gone" missing."""
    videos = {name: make_video(f"trips/{name}.mp4", title=name) for name in ("beach", "alps", "gone")}
    Video.objects.filter(title="gone").update(missing_since=timezone.now())
    cache = VideoCache()
    cache.update_rating("trips/beach.mp4", 5)
    cache.update_rating("trips/alps.mp4", 2)
    cache.update_tags("trips/beach.mp4", ["Sea", "summer"])
    cache.update_tags("trips/alps.mp4", ["summer"])
    cache.set_favorite("trips/beach.mp4", True)
    cache.update_view("trips/beach.mp4")
    return videos


def listed(client, query=""):
    """Return the titles in the list of videos."""
    response = client.get(f"{LIST}{query}")
    assert response.status_code == 200
    return [cell.text.strip() for cell in Page(response).of_class("field-title_column")]


def act(client, action, videos, address=LIST, **fields):
    """Run an action on the chosen rows and return what the admin says."""
    chosen = {"action": action, ACTION_CHECKBOX_NAME: [row.pk for row in videos], **fields}
    response = client.post(address, chosen, follow=True)
    assert response.status_code == 200
    return " ".join(
        item.text for item in Page(response).tags("li") if set(item.classes) & {"success", "error", "warning"}
    )


def tags_of(video):
    return [tag.name for tag in video.tags.all()]


@pytest.mark.parametrize("name", ["video", "tag", "rating", "view", "favorite"])
def test_the_list_and_the_page_of_every_kind_open(shelf, admin_client, name):
    model = {"video": Video, "tag": Tag, "rating": Rating, "view": View, "favorite": Favorite}[name]
    row = model.objects.first()
    for address in ("", "?q=beach", "?p=99", "?e=1", "?q=%00", f"{row.pk}/change/", f"{row.pk}/history/"):
        response = admin_client.get(f"/admin/videos/{name}/{address}", follow=True)
        assert response.status_code == 200, address


def test_the_admin_is_for_staff_alone(shelf, client):
    assert client.get(LIST).status_code == 302
    client.force_login(household())
    assert client.get(LIST).status_code == 302


def test_the_list_shows_stars_heart_tags_views_and_a_link_to_watch(shelf, admin_client):
    page = Page(admin_client.get(f"{LIST}?q=beach"))
    row = page.tags("tbody")[0]
    cells = {
        cell.classes[0].removeprefix("field-"): cell.text.strip()
        for cell in page.elements
        if row in cell.inside and cell.classes
    }
    assert cells["title_column"] == "beach"
    assert cells["stars"] == "★★★★★"
    assert cells["tag_names"] == "Sea, summer"
    assert cells["views_column"] == "1"
    assert shelf["beach"].get_absolute_url() in page.addresses
    assert "gone (missing)" in listed(admin_client)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ["gone (missing)", "alps", "beach"]),
        ("?missing=1", ["gone (missing)"]),
        ("?missing=0", ["alps", "beach"]),
        ("?stars=5", ["beach"]),
        ("?stars=none", ["gone (missing)"]),
        ("?stars=9", ["gone (missing)", "alps", "beach"]),
        ("?favorite=1", ["beach"]),
        ("?favorite=0", ["gone (missing)", "alps"]),
        ("?tag=summer", ["alps", "beach"]),
        ("?tag=SEA", ["beach"]),
        ("?tag=nobody", []),
        ("?tag=summer&favorite=0&missing=0", ["alps"]),
        ("?q=BEACH", ["beach"]),
        ("?q=trips+alps", ["alps"]),
        ("?q=nothing", []),
    ],
)
def test_search_and_filters_narrow_the_list(shelf, admin_client, query, expected):
    assert listed(admin_client, query) == expected


def test_the_stars_shown_are_those_of_the_household_and_not_of_the_administrator(shelf, admin_client, admin_user):
    Rating.objects.create(viewer=admin_user, video=shelf["alps"], stars=5)
    assert listed(admin_client, "?stars=5") == ["beach"]


def test_add_a_tag_to_many(shelf, admin_client):
    said = act(admin_client, "add_tag", shelf.values(), tag=" #SUMMER ")
    assert "3 videos now have the tag summer" in said
    assert [tags_of(video) for video in shelf.values()] == [["Sea", "summer"], ["summer"], ["summer"]]
    assert "2 videos now have the tag New" in act(admin_client, "add_tag", [shelf["alps"], shelf["gone"]], tag="New")
    assert tags_of(shelf["gone"]) == ["New", "summer"]


def test_remove_a_tag_from_many(shelf, admin_client):
    assert "removed from 2 videos" in act(admin_client, "remove_tag", shelf.values(), tag="Summer")
    assert [tags_of(video) for video in shelf.values()] == [["Sea"], [], []]
    assert "removed from 0 videos" in act(admin_client, "remove_tag", shelf.values(), tag="unknown")
    assert not Tag.objects.filter(name="unknown").exists()


@pytest.mark.parametrize("action", ["add_tag", "remove_tag"])
@pytest.mark.parametrize("name", ["", "  ", "#", "a\x07b"])
def test_a_tag_that_is_none_is_said_and_nothing_changes(shelf, admin_client, action, name):
    before = list(Video.tags.through.objects.values_list())
    assert "Nothing was changed" in act(admin_client, action, shelf.values(), tag=name)
    assert list(Video.tags.through.objects.values_list()) == before


def test_a_tag_too_long_changes_nothing(shelf, admin_client):
    act(admin_client, "add_tag", shelf.values(), tag="x" * 201)
    assert Tag.objects.count() == 2


def test_hearts_are_given_and_taken_for_the_household(shelf, admin_client):
    assert "3 videos added to favorites" in act(admin_client, "make_favorite", shelf.values())
    assert {favorite.viewer for favorite in Favorite.objects.all()} == {household()}
    assert len(VideoCache().get_favorites()) == 3
    assert "2 videos removed from favorites" in act(admin_client, "take_from_favorites", [shelf["alps"], shelf["gone"]])
    assert VideoCache().get_favorites() == ["trips/beach.mp4"]


def test_an_action_on_all_that_is_found_reaches_behind_the_page(shelf, admin_client):
    Video.objects.bulk_create(Video(filename=f"{n}.mp4") for n in range(1200))
    first = Video.objects.order_by("-pk")[:1]
    assert "1,203 videos now have the tag all" in act(admin_client, "add_tag", first, tag="all", select_across="1")
    assert "1,203 videos added to favorites" in act(admin_client, "make_favorite", first, select_across="1")
    assert "removed from 1,203" in act(admin_client, "remove_tag", first, tag="all", select_across="1")
    assert "1,203 videos removed from favorites" in act(admin_client, "take_from_favorites", first, select_across="1")


@pytest.mark.parametrize(
    ("action", "fields", "done"),
    [
        ("add_tag", {"tag": "New, Sea"}, "3 videos tagged New, Sea."),
        ("remove_tag", {"tag": "Sea, summer"}, "Sea, summer removed from 2 videos."),
        ("make_favorite", {}, "2 videos added to favorites."),
        ("take_from_favorites", {}, "1 video removed from favorites."),
    ],
)
def test_what_was_done_to_many_can_be_undone_in_the_gallery(shelf, admin_client, action, fields, done):
    def marks():
        return [*map(tags_of, shelf.values()), VideoCache().get_favorites()]

    before = marks()
    act(admin_client, action, shelf.values(), **fields)
    assert marks() != before
    page = Page(admin_client.get("/"))
    assert done in page.text
    (undo,) = [form.attributes["action"] for form in page.tags("form") if "data-undo" in form.attributes]
    admin_client.post(undo)
    assert marks() == before


def test_of_several_tags_that_are_removed_each_is_counted(shelf, admin_client):
    said = act(admin_client, "remove_tag", shelf.values(), tag="sea, summer, unknown")
    for name, videos in (("sea", "1 video"), ("summer", "2 videos"), ("unknown", "0 videos")):
        assert f"The tag {name} was removed from {videos}." in said


def test_who_may_only_look_has_no_actions(shelf, client, django_user_model):
    guest = django_user_model.objects.create_user("guest", is_staff=True)
    guest.user_permissions.add(Permission.objects.get(codename="view_video"))
    client.force_login(guest)
    assert listed(client) == ["gone (missing)", "alps", "beach"]
    client.post(LIST, {"action": "add_tag", ACTION_CHECKBOX_NAME: [shelf["gone"].pk], "tag": "sneaky"})
    assert tags_of(shelf["gone"]) == []


def test_without_a_tag_to_merge_into_nothing_is_merged(shelf, admin_client):
    before = list(Video.tags.through.objects.values_list())
    assert "Enter the tag to merge into" in act(admin_client, "merge", Tag.objects.all(), TAGS)
    assert list(Video.tags.through.objects.values_list()) == before


def test_several_tags_are_added_and_removed_with_commas_between_them(shelf, admin_client):
    assert "now have the tags new, Sea" in act(admin_client, "add_tag", [shelf["gone"]], tag="new, sea")
    assert tags_of(shelf["gone"]) == ["new", "Sea"]
    act(admin_client, "remove_tag", [shelf["gone"]], tag="new, sea")
    assert tags_of(shelf["gone"]) == []


def test_tags_are_merged_into_the_one_that_is_named(shelf, admin_client):
    act(admin_client, "merge", Tag.objects.all(), TAGS, into="Holidays")
    assert [tag.name for tag in Tag.objects.all()] == ["Holidays"]
    assert tags_of(shelf["alps"]) == ["Holidays"]
    assert "Nothing merged" in act(admin_client, "merge", Tag.objects.all(), TAGS, into="HOLIDAYS")
    assert tags_of(shelf["alps"]) == ["Holidays"]


@pytest.mark.parametrize(("names", "into"), [(["Sea"], ""), (["Sea", "summer"], "#"), (["Sea"], "a\x07b")])
def test_a_merge_that_cannot_be_is_said_and_nothing_changes(shelf, admin_client, names, into):
    assert "Nothing was changed" in act(admin_client, "merge", Tag.objects.filter(name__in=names), TAGS, into=into)
    assert Tag.objects.count() == 2


@pytest.mark.parametrize("term", ["straße", "STRASSE", "Straße", "raß", "ASSE"])
def test_the_tag_chooser_finds_in_any_case(db, admin_client, term):
    Tag.objects.create(name="Straße")
    Tag.objects.create(name="other")
    asked = {"app_label": "videos", "model_name": "video", "field_name": "tags", "term": term}
    found = admin_client.get("/admin/autocomplete/", asked).json()["results"]
    assert [tag["text"] for tag in found] == ["Straße"]


def test_a_tag_has_one_spelling(db, admin_client):
    Tag.objects.create(name="Sea")
    page = Page(admin_client.post(f"{TAGS}add/", {"name": " #SEA"}))
    assert "The tag “Sea” already exists" in page.text
    admin_client.post(f"{TAGS}add/", {"name": " #Night "})
    assert [tag.name for tag in Tag.objects.all()] == ["Night", "Sea"]


def form_of(page):
    """Return what a browser would send of the change form as it stands."""
    (form,) = [form for form in page.tags("form") if form.attributes.get("id") == "video_form"]
    inputs = [
        e for e in page.tags("input") if form in e.inside and e.attributes.get("type") not in ("submit", "checkbox")
    ]
    fields = {e.attributes["name"]: [e.attributes.get("value") or ""] for e in inputs if e.attributes.get("name")}
    for select in page.tags("select"):
        options = [option for option in page.tags("option") if select in option.inside]
        fields[select.attributes["name"]] = [o.attributes["value"] for o in options if "selected" in o.attributes]
    return fields


def test_title_tags_and_stars_are_edited_on_the_page_of_a_video(shelf, admin_client):
    video = shelf["gone"]
    address = f"{LIST}{video.pk}/change/"
    fields = form_of(Page(admin_client.get(address)))
    fields |= {
        "title": "Relink missing videos", "tags": [Tag.objects.get(name="Sea").pk], "ratings-TOTAL_FORMS": "1",
        "ratings-0-viewer": household().pk, "ratings-0-stars": "4", "ratings-0-video": video.pk, "ratings-0-id": "",
    }  # fmt: skip
    response = admin_client.post(address, fields)
    assert response.status_code == 302, Page(response).texts("errorlist")
    video.refresh_from_db()
    assert video.title == "Relink missing videos"
    assert tags_of(video) == ["Sea"]
    assert VideoCache().get_ratings()["trips/gone.mp4"] == 4


def test_what_the_file_says_cannot_be_edited(shelf, admin_client):
    video = shelf["beach"]
    address = f"{LIST}{video.pk}/change/"
    page = Page(admin_client.get(address))
    fields = form_of(page)
    assert {"filename", "file_size", "duration", "missing_since", "width"}.isdisjoint(fields)
    assert "trips/beach.mp4" in page.text
    assert video.get_absolute_url() in page.addresses
    facts = {"filename": "../evil.mp4", "file_size": "1", "missing_since_0": "2024-01-01", "missing_since_1": "10:00"}
    assert admin_client.post(address, {**fields, **facts}).status_code == 302
    saved = Video.objects.get(pk=video.pk)
    assert (saved.filename, saved.file_size, saved.missing_since) == ("trips/beach.mp4", 1000, None)
    assert (tags_of(saved), VideoCache().get_ratings()["trips/beach.mp4"]) == (["Sea", "summer"], 5)


def test_videos_are_neither_added_nor_deleted_here(shelf, admin_client):
    assert admin_client.get(f"{LIST}add/").status_code == 403
    assert admin_client.post(f"{LIST}{shelf['beach'].pk}/delete/", {"post": "yes"}).status_code == 403
    act(admin_client, "delete_selected", shelf.values(), post="yes")
    assert Video.objects.count() == 3


def test_an_account_with_stars_cannot_be_deleted(shelf, admin_client, django_user_model):
    ada = django_user_model.objects.create_user("ada")
    Rating.objects.create(viewer=ada, video=shelf["alps"], stars=3)
    address = f"/admin/auth/user/{ada.pk}/delete/"
    assert "protected" in Page(admin_client.get(address)).text
    admin_client.post(address, {"post": "yes"})
    assert Rating.objects.filter(viewer=ada).exists()
    Rating.objects.filter(viewer=ada).delete()
    admin_client.post(address, {"post": "yes"})
    assert not django_user_model.objects.filter(username="ada").exists()


def test_deleting_a_tag_leaves_the_videos(shelf, admin_client):
    tag = Tag.objects.get(name="summer")
    assert admin_client.post(f"{TAGS}{tag.pk}/delete/", {"post": "yes"}).status_code == 302
    assert Video.objects.count() == 3
    assert tags_of(shelf["beach"]) == ["Sea"]


def fill(count):
    for number in range(Video.objects.count(), count):
        name = f"video {number}.mp4"
        Video.objects.create(filename=name)
        VideoCache().update_tags(name, ["a", f"tag {number % 5}"])
        VideoCache().update_rating(name, 1 + number % 5)
        VideoCache().set_favorite(name, True)
        VideoCache().update_view(name)


@pytest.mark.parametrize("query", ["", "?q=video", "?tag=a&stars=3&favorite=1&missing=0"])
def test_the_list_of_videos_costs_the_same_with_3_and_with_30(admin_client, query_count, query):
    costs = []
    for count in (3, 30):
        fill(count)
        # What changed since the last search is read by the first one.
        listed(admin_client, query)
        costs.append(query_count(lambda: listed(admin_client, query)))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("name", ["rating", "view", "favorite", "tag"])
def test_every_other_list_costs_the_same_with_3_and_with_30(admin_client, query_count, name):
    costs = []
    for count in (3, 30):
        fill(count)
        costs.append(query_count(lambda: admin_client.get(f"/admin/videos/{name}/")))
    assert costs[0] == costs[1]


@pytest.mark.parametrize("query", ["", "?missing=0", "?stars=5", "?q=video"])
def test_no_list_counts_a_whole_table(admin_client, query):
    fill(3)
    with CaptureQueriesContext(connection) as queries:
        listed(admin_client, query)
    counts = [query["sql"] for query in queries if re.search(r"\bcount\s*\(", query["sql"], re.IGNORECASE)]
    assert counts, "the page no longer counts: this test sees nothing any more"
    assert all(f"LIMIT {MAX_COUNTED}" in sql for sql in counts)


def test_saved_lists_are_found_and_mended(viewer, admin_client):
    one = SmartList.objects.keep(viewer, "<b>Sea</b>", "q=sea")
    page = Page(admin_client.get("/admin/videos/smartlist/?q=sea"))
    assert [cell.text for cell in page.of_class("field-name")] == ["<b>Sea</b>"]
    assert "/?q=sea" in page.addresses
    fields = {"viewer": viewer.pk, "name": "Sea", "query": "tag=sea", "position": 0}
    assert admin_client.post(f"/admin/videos/smartlist/{one.pk}/change/", fields).status_code == 302
    one.refresh_from_db()
    assert (one.name, one.query) == ("Sea", "tag=sea")


def undo_in_the_gallery(client):
    """Press the button that the gallery shows after an action of the admin."""
    page = Page(client.get("/"))
    form = next(form for form in page.tags("form") if "data-undo" in form.attributes)
    assert client.post(form.attributes["action"], {"list": ""}, follow=True).status_code == 200


@pytest.mark.parametrize("in_the_list", [False, True], ids=["its page", "the list"])
def test_a_tag_that_the_admin_deletes_comes_back_with_its_videos(shelf, admin_client, in_the_list):
    tag = Tag.objects.get(name="summer")
    if in_the_list:
        admin_client.post(TAGS, {"action": "delete_selected", ACTION_CHECKBOX_NAME: [tag.pk], "post": "yes"})
    else:
        admin_client.post(f"{TAGS}{tag.pk}/delete/", {"post": "yes"})
    assert tags_of(shelf["beach"]) == ["Sea"]
    undo_in_the_gallery(admin_client)
    assert tags_of(shelf["beach"]) == ["Sea", "summer"]


def test_a_tag_that_the_admin_renames_gets_its_name_back(shelf, admin_client):
    tag = Tag.objects.get(name="summer")
    admin_client.post(f"{TAGS}{tag.pk}/change/", {"name": "Winter"})
    assert tags_of(shelf["alps"]) == ["Winter"]
    undo_in_the_gallery(admin_client)
    assert tags_of(shelf["alps"]) == ["summer"]


def test_tags_that_the_admin_merges_come_back(shelf, admin_client):
    act(admin_client, "merge", [Tag.objects.get(name="summer")], TAGS, into="Sea")
    assert tags_of(shelf["alps"]) == ["Sea"]
    undo_in_the_gallery(admin_client)
    assert tags_of(shelf["alps"]) == ["summer"]


def test_a_tag_that_is_saved_as_it_was_is_no_action(shelf, admin_client):
    tag = Tag.objects.get(name="summer")
    admin_client.post(f"{TAGS}{tag.pk}/change/", {"name": "summer"})
    assert not BulkAction.objects.exists()
