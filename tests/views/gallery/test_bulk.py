"""Many videos at once, as the pages' form sends it, and taking it back."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from tests.views.page import Page, marks
from videos.models import BulkAction, Rating, Tag
from videos.userdata import bulk


@pytest.fixture
def three(viewer, make_video):
    return [make_video(f"{name}.mp4", title=name) for name in ("sea one", "sea two", "hill")]


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


def way_back(response) -> str | None:
    """What the page says of what can be undone, with its buttons; None where it says nothing."""
    return next((" ".join(e.text.split()) for e in Page(response).of_class("undo") if e.classes == ["undo"]), None)


def test_the_selected_videos_are_tagged_and_no_other(three, client):
    response = client.post("/bulk/", {"action": "add_tags", "tags": "Sea, #night,", "video": [v.pk for v in three[:2]]})
    assert (response.status_code, response["Location"]) == (303, "/?")
    assert [marks(video).tags for video in three] == [("night", "Sea"), ("night", "Sea"), ()]


def test_every_action_does_what_it_says(three, client):
    video = three[0]
    for action, more in (
        ("add_tags", {"tags": "a,b"}), ("remove_tags", {"tags": "a"}), ("stars", {"stars": "4"}),
        ("favorite", {}), ("watched", {}),
    ):  # fmt: skip
        assert client.post("/bulk/", {"action": action, "video": video.pk, **more}).status_code == 303
    now = marks(video)
    assert (now.tags, now.stars, now.is_favorite, now.view_count) == (("b",), 4, True, 1)
    client.post("/bulk/", {"action": "unfavorite", "video": video.pk})
    client.post("/bulk/", {"action": "stars", "stars": "0", "video": video.pk})
    assert (marks(video).is_favorite, marks(video).stars) == (False, None)


def test_all_that_match_means_the_whole_list_and_not_one_page(viewer, make_video, client):
    for number in range(70):
        make_video(f"sea {number}.mp4", title=f"sea {number}")
    other = make_video("hill.mp4", title="hill")
    response = client.post("/bulk/", {"action": "stars", "stars": "3", "all": "1", "list": "q=sea&sort=title"})
    assert response["Location"] == "/?q=sea&sort=title"
    assert Rating.objects.filter(viewer=viewer, stars=3).count() == 70
    assert marks(other).stars is None


def test_an_action_is_undone_and_the_page_says_so(three, client):
    response = client.post("/bulk/", {"action": "add_tags", "tags": "sea", "video": [v.pk for v in three]}, follow=True)
    assert "3 videos tagged sea." in way_back(response)
    action = BulkAction.objects.get()
    assert client.get(f"/bulk/{action.pk}/undo").status_code == 405
    response = client.post(f"/bulk/{action.pk}/undo", {"list": "q=sea"}, follow=True)
    assert response.redirect_chain == [("/?q=sea", 303)]
    assert said(response) == ["Undone: 3 videos tagged sea."]
    assert not Tag.objects.exists()


def test_an_action_that_is_over_stays_and_the_page_says_why(three, client):
    client.post("/bulk/", {"action": "stars", "stars": "5", "video": three[0].pk})
    BulkAction.objects.update(undoable_until=timezone.now() - timedelta(seconds=1))
    response = client.post(f"/bulk/{BulkAction.objects.get().pk}/undo", follow=True)
    assert "can no longer be undone" in said(response)[-1]
    assert marks(three[0]).stars == 5


def test_nobody_undoes_what_another_viewer_did(three, client):
    ann = get_user_model().objects.create_user("ann")
    action = bulk.give_stars(ann, [three[0].pk], 2)
    client.post(f"/bulk/{action.pk}/undo")
    assert Rating.objects.get(viewer=ann).stars == 2


def test_stars_without_a_number_are_asked_for(three, client):
    client.post("/bulk/", {"stars": "4", "video": three[0].pk})
    response = client.post("/bulk/", {"action": "stars", "video": three[0].pk})
    assert "Choose how many stars: 1 to 5, or 0 for none." in Page(response).text
    assert marks(three[0]).stars == 4


def test_a_button_that_gives_stars_needs_no_other_word(three, client):
    for stars, expected in (("2", 2), ("0", None)):
        client.post("/bulk/", {"stars": stars, "video": [v.pk for v in three]})
        assert [marks(video).stars for video in three] == [expected] * 3


def test_more_videos_than_a_form_may_have_fields_go_into_one(viewer, make_video, client, settings):
    settings.DATA_UPLOAD_MAX_NUMBER_FIELDS = 20
    videos = [make_video(f"{number}.mp4") for number in range(30)]
    client.post("/bulk/", {"action": "favorite", "videos": ",".join(str(video.pk) for video in videos)})
    assert all(marks(video).is_favorite for video in videos)
    response = client.post("/bulk/", {"action": "unfavorite", "video": [video.pk for video in videos]})
    assert response.status_code == 400
    assert "more than a form can hold" in Page(response).text
    assert all(marks(video).is_favorite for video in videos)


def test_what_changes_nothing_says_so_and_offers_no_way_back(three, client):
    client.post("/bulk/", {"stars": "2", "video": three[0].pk})
    client.cookies.clear()
    response = client.post("/bulk/", {"stars": "2", "video": three[0].pk}, follow=True)
    assert said(response) == ["No changes were needed."]
    assert way_back(response) is None


def test_one_comes_back_to_the_page_of_the_list(three, client):
    sent = {"action": "favorite", "video": three[0].pk, "list": "sort=title", "page": "3"}
    assert client.post("/bulk/", sent)["Location"] == "/?sort=title&page=3"


@pytest.mark.parametrize(
    ("sent_from", "leads_to"),
    [
        ("/favorites/?sort=title&page=2", "/favorites/?sort=title&page=2"),
        ("https://elsewhere.example/", "/?"),
        ("", "/?"),
    ],
)
def test_one_comes_back_to_a_page_of_this_site_alone(three, client, sent_from, leads_to):
    sent = {"action": "favorite", "video": three[0].pk, "next": sent_from}
    assert client.post("/bulk/", sent)["Location"] == leads_to


def test_the_page_offers_the_way_back_for_ten_minutes(three, client):
    client.post("/bulk/", {"action": "add_tags", "tags": "<i>sea</i>", "video": [three[0].pk]})
    assert way_back(client.get("/?q=sea")) == "1 video tagged <i>sea</i>. now Undo Dismiss"
    BulkAction.objects.update(undoable_until=timezone.now() - timedelta(seconds=1))
    assert way_back(client.get("/")) is None


@pytest.mark.parametrize(
    ("sent", "line"),
    [
        ({"action": "add_tags", "tags": "b, a"}, "3 videos tagged b, a."),
        ({"action": "remove_tags", "tags": "old"}, "old removed from 3 videos."),
        ({"stars": "1"}, "3 videos rated 1 star."),
        ({"action": "favorite"}, "3 videos added to favorites."),
        ({"action": "unfavorite"}, "3 videos removed from favorites."),
        ({"action": "watched"}, "3 videos marked as watched."),
    ],
)
def test_each_action_is_undone_from_the_page_without_a_script(three, viewer, client, sent, line):
    ids = [video.pk for video in three]
    bulk.add_tags(viewer, ids, ["old"])
    if sent.get("action") != "favorite":
        bulk.set_favorite(viewer, ids, True)
    before = [marks(video) for video in three]
    response = client.post("/bulk/", {**sent, "video": ids}, follow=True)
    assert line in way_back(response)
    assert [marks(video) for video in three] != before
    (form,) = (form for form in Page(response).tags("form") if "data-undo" in form.attributes)
    response = client.post(form.attributes["action"], follow=True)
    assert said(response) == [f"Undone: {line}"]
    assert [marks(video) for video in three] == before


def test_what_came_before_is_offered_once_the_last_is_undone(three, client):
    for stars in ("1", "2"):
        client.post("/bulk/", {"stars": stars, "video": three[0].pk})
    response = client.post(f"/bulk/{BulkAction.objects.first().pk}/undo", follow=True)
    assert "1 video rated 1 star." in way_back(response)


def test_the_way_back_is_dismissed(three, client):
    client.post("/bulk/", {"action": "favorite", "video": three[0].pk})
    assert client.get("/bulk/dismiss").status_code == 405
    response = client.post("/bulk/dismiss", {"list": "q=sea"}, follow=True)
    assert response.redirect_chain == [("/?q=sea", 303)]
    assert way_back(response) is None
    assert marks(three[0]).is_favorite


def test_a_script_gets_what_happened_alone_and_no_later_page_repeats_it(three, client):
    script = {"HX-Request": "true"}
    response = client.post("/bulk/", {"action": "favorite", "videos": f"{three[0].pk}"}, headers=script)
    assert response.status_code == 200
    page = Page(response)
    assert page.of_class("is-toast")[0].text.split() == ["1", "video", "added", "to", "favorites.", "Undo", "Dismiss"]
    (undo, _dismiss) = page.tags("form")
    response = client.post(undo.attributes["action"], headers=script)
    assert "Undone: 1 video added to favorites." in Page(response).of_class("is-toast")[0].text
    late = client.post(undo.attributes["action"], headers=script)
    assert "can no longer be undone" in Page(late).of_class("is-toast")[0].text
    assert said(client.get("/")) == []


def test_only_a_browser_that_did_something_is_asked_for_it(three, client, query_count):
    client.get("/")
    usual = query_count(lambda: client.get("/"))
    client.post("/bulk/", {"stars": "2", "video": three[0].pk})
    client.get("/")
    assert query_count(lambda: client.get("/")) == usual + 1
    assert usual + 1 <= 10


def test_tags_are_suggested_for_many_videos(three, viewer, client):
    bulk.add_tags(viewer, [three[0].pk], ["Seaside", "hill"])
    options = Page(client.get("/bulk/tags?tags=hill, se")).tags("li")
    assert [option.attributes["data-name"] for option in options] == ["Seaside", "se"]


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {"action": "explode", "video": "1"},
        {"action": "favorite"},
        {"action": "favorite", "video": "one"},
        {"action": "add_tags", "video": "1", "tags": " , #"},
        {"action": "add_tags", "video": "1", "tags": "x" * 1000},
        {"action": "stars", "video": "1", "stars": "6"},
        {"action": "stars", "video": "1"},
        {"action": "stars", "video": "1", "stars": ""},
        {"action": "favorite", "videos": "1,two"},
        {"action": "favorite", "videos": ","},
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(viewer, client, sent):
    assert client.post("/bulk/", sent).status_code == 400
    assert not BulkAction.objects.exists()


def test_another_site_cannot_send_the_form(three, browser):
    assert browser.post("/bulk/", {"action": "favorite", "video": three[0].pk}).status_code == 403
    assert not BulkAction.objects.exists()
