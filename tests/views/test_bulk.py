"""Many videos at once, as the pages' form sends it, and taking it back."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from tests.views.page import marks
from videos.bulk import actions
from videos.models import BulkAction, Rating, Tag


@pytest.fixture
def three(viewer, make_video):
    return [make_video(f"{name}.mp4", title=name) for name in ("sea one", "sea two", "hill")]


def said(response) -> list[str]:
    return [str(message) for message in response.context["messages"]]


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
    assert said(response) == ["3 videos tagged sea."]
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
    action = actions.give_stars(ann, [three[0].pk], 2)
    client.post(f"/bulk/{action.pk}/undo")
    assert Rating.objects.get(viewer=ann).stars == 2


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
    ],
)
def test_what_makes_no_sense_is_refused_and_changes_nothing(viewer, client, sent):
    assert client.post("/bulk/", sent).status_code == 400
    assert not BulkAction.objects.exists()


def test_another_site_cannot_send_the_form(three, browser):
    assert browser.post("/bulk/", {"action": "favorite", "video": three[0].pk}).status_code == 403
    assert not BulkAction.objects.exists()
