"""Markers: named moments of a viewer's own, set, renamed, removed and brought back by forms that need no script."""

import pytest
from django.db.models import ProtectedError
from django.test import Client

from tests.views.page import Page
from videos.models import Marker
from videos.userdata import markers

HTMX = {"HX-Request": "true"}


@pytest.fixture
def video(make_video, viewer):
    return make_video("sea.mp4", duration=5000.0)


def add(client, video, at, name="", **extra):
    return client.post(f"/videos/{video.pk}/markers", {"at": at, "name": name}, **extra)


def kept():
    return list(Marker.objects.values_list("seconds", "name"))


def shown(response):
    page = Page(response)
    return [(e.attributes["data-seconds"], e.attributes["data-marker"]) for e in page.of_class("timecode")]


def test_a_marker_is_added_with_a_name_or_is_named_by_its_time(video, client):
    for at, name in (("1:23.5", " The  bird\n"), ("83", ""), ("1h2m3s", "")):
        response = add(client, video, at, name)
        assert (response.status_code, response["Location"]) == (303, f"{video.get_absolute_url()}#markers")
    assert kept() == [(83.0, "1:23"), (83.5, "The bird"), (3723.0, "1:02:03")]


def test_markers_stand_on_the_page_in_the_order_of_the_video_and_are_links(video, client):
    for at, name in (("20", "late"), ("10.25", "<b>early</b>")):
        add(client, video, at, name)
    response = client.get(video.get_absolute_url())
    assert shown(response) == [("10.25", "<b>early</b>"), ("20", "late")]
    page = Page(response)
    assert not page.tags("b")
    links = [a for a in page.tags("a") if "data-seconds" in a.attributes]
    assert [(" ".join(a.text.split()), a.attributes["href"]) for a in links] == [
        ("0:10 <b>early</b>", "?t=10.25"),
        ("0:20 late", "?t=20"),
    ]


def test_the_same_marker_sent_twice_is_one(video, client):
    for _ in range(2):
        add(client, video, "10", "a")
    add(client, video, "10", "b")
    assert kept() == [(10.0, "a"), (10.0, "b")]


def test_a_marker_is_renamed_and_an_empty_name_is_its_time(video, client):
    add(client, video, "10", "a")
    marker = Marker.objects.get()
    for name, now in (("b", "b"), ("", "0:10")):
        assert client.post(f"/markers/{marker.pk}/name", {"name": name})["Location"].endswith("#markers")
        assert kept() == [(10.0, now)]


def test_a_name_that_another_marker_of_the_moment_has_changes_nothing(video, client):
    add(client, video, "10", "a")
    add(client, video, "10", "b")
    assert client.post(f"/markers/{Marker.objects.get(name='b').pk}/name", {"name": "a"}).status_code == 303
    assert kept() == [(10.0, "a"), (10.0, "b")]


def test_a_removed_marker_is_brought_back_by_the_button_that_the_next_page_has(video, client):
    add(client, video, "10.25", "<b>")
    response = client.post(f"/markers/{Marker.objects.get().pk}/remove")
    assert kept() == []
    page = Page(client.get(response["Location"].partition("#")[0]))
    (form,) = page.of_class("removed")
    assert "“<b>” was removed." in form.text
    fields = {e.attributes["name"]: e.attributes["value"] for e in page.tags("input") if form in e.inside}
    assert client.post(form.attributes["action"], fields).status_code == 303
    assert kept() == [(10.25, "<b>")]
    assert not Page(client.get(video.get_absolute_url())).of_class("removed")


@pytest.mark.parametrize("removed", ["", "x", "WzEsIjxiPiJd:1:x", "\0"])
def test_nobody_else_can_make_the_page_say_that_a_marker_was_removed(video, client, removed):
    assert not Page(client.get(video.get_absolute_url(), {"removed": removed})).of_class("removed")


def test_the_answer_to_htmx_is_the_list_and_offers_to_undo(video, client):
    response = add(client, video, "10", "a", headers=HTMX)
    assert response.status_code == 200
    assert shown(response) == [("10", "a")]
    assert Page(response).elements[0].attributes["id"] == "markers"
    response = client.post(f"/markers/{Marker.objects.get().pk}/name", {"name": "b"}, headers=HTMX)
    assert shown(response) == [("10", "b")]
    response = client.post(f"/markers/{Marker.objects.get().pk}/remove", headers=HTMX)
    assert shown(response) == []
    assert "“b” was removed." in Page(response).text or "“b” was removed." in response.content.decode().replace(
        "<bdi>", ""
    ).replace("</bdi>", "")


def test_a_marker_is_its_viewers_alone(video, client, settings, django_user_model):
    settings.REQUIRE_LOGIN = True
    ada, ben = (django_user_model.objects.create_user(name) for name in ("ada", "ben"))
    client.force_login(ada)
    add(client, video, "10", "a")
    number = Marker.objects.get().pk
    client.force_login(ben)
    assert shown(client.get(video.get_absolute_url())) == []
    assert client.post(f"/markers/{number}/name", {"name": "b"}).status_code == 404
    assert client.post(f"/markers/{number}/remove").status_code == 404
    assert kept() == [(10.0, "a")]
    with pytest.raises(ProtectedError):
        ada.delete()


def test_there_are_only_so_many_markers_in_a_video(video, client, monkeypatch):
    monkeypatch.setattr(markers, "MAX_MARKERS", 3)
    answers = [add(client, video, str(number)) for number in range(5)]
    assert len(kept()) == 3
    assert answers[-1].status_code == 400
    assert "This video already has 3 markers" in answers[-1].content.decode()


def test_a_marker_that_is_not_there_answers_404_and_a_form_without_its_token_is_refused(video, client):
    for action in ("name", "remove"):
        assert client.post(f"/markers/{2**63}/{action}").status_code == 404
        assert client.get(f"/markers/1/{action}").status_code == 405
    add(client, video, "10", "a")
    number = Marker.objects.get().pk
    strict = Client(enforce_csrf_checks=True)
    for action in ("name", "remove"):
        assert strict.post(f"/markers/{number}/{action}", {"name": "b"}).status_code == 403
    assert kept() == [(10.0, "a")]


@pytest.mark.parametrize("name", ["x" * 201, "a\0b"])
def test_a_wrong_name_answers_400_and_changes_nothing(video, client, name):
    add(client, video, "10", "a")
    response = client.post(f"/markers/{Marker.objects.get().pk}/name", {"name": name})
    assert response.status_code == 400
    assert "Nothing was changed." in Page(response).text
    assert kept() == [(10.0, "a")]
