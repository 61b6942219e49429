"""What went wrong is said on a page that looks like the others and needs nothing that may have broken."""

import pytest
from django.test import Client

from tests.views.page import Page


@pytest.mark.parametrize(
    "address", ["/nowhere", "/videos/abc/", "/videos/-1/", "/videos/", "/videos/1/nothing", "/%00", "/admin.php"]
)
def test_an_unknown_address_answers_404_with_a_way_home(db, client, address):
    response = client.get(address)
    assert response.status_code == 404
    page = Page(response)
    assert "This page does not exist" in page.text
    assert "/" in page.addresses


@pytest.mark.parametrize("htmx", [{}, {"HX-Request": "true"}])
@pytest.mark.parametrize(
    ("method", "address", "allowed"),
    [("get", "/videos/1/stars", "POST"), ("get", "/library/scan", "POST"), ("post", "/", "GET, HEAD")],
)
def test_what_an_address_does_not_do_answers_405_with_a_way_home(db, client, method, address, allowed, htmx):
    response = getattr(client, method)(address, headers=htmx)
    assert (response.status_code, response["Allow"]) == (405, allowed)
    page = Page(response)
    assert "This action is not available here" in page.text
    assert "Nothing was changed" in page.text
    assert "/" in page.addresses


def test_a_failure_inside_answers_500_without_its_details(make_video, client, settings):
    settings.VIDEO_DIR = None
    client.raise_request_exception = False
    response = client.get(f"/videos/{make_video('a.mp4').pk}/stream")
    assert response.status_code == 500
    page = Page(response)
    assert "Your videos, stars and tags are safe" in page.text
    assert "Traceback" not in page.text
    assert "NoneType" not in page.text


def test_error_pages_ask_no_database(client, settings, query_count, db):
    settings.VIDEO_DIR = None
    client.raise_request_exception = False
    assert query_count(lambda: client.get("/nowhere")) == 0
    assert query_count(lambda: client.get("/videos/1/stars")) == 0


def test_a_host_name_that_is_not_ours_answers_400_without_repeating_it(client, settings):
    settings.ALLOWED_HOSTS = ["localhost"]
    response = client.get("/", headers={"Host": "evil.example"})
    assert response.status_code == 400
    assert "evil.example" not in response.content.decode()


def test_a_form_from_elsewhere_answers_403(db):
    response = Client(enforce_csrf_checks=True).post("/login/", {"username": "a", "password": "b"})
    assert response.status_code == 403
    assert "The request was refused" in Page(response).text


def test_healthz_answers_ok_and_is_never_kept(db, client):
    response = client.get("/healthz")
    assert (response.status_code, response.content) == (200, b"ok\n")
    assert "no-store" in response["Cache-Control"]
    assert client.post("/healthz").status_code == 405


def test_a_page_cannot_be_framed_by_another_site(db, client):
    for address in ("/", "/nowhere", "/login/"):
        assert client.get(address)["X-Frame-Options"] == "DENY", address
        assert client.get(address)["X-Content-Type-Options"] == "nosniff", address
