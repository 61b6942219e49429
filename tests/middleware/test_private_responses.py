"""What is behind a login is kept by nobody else, and for no other login; the icon and the styles are for everybody."""

import re

import pytest

from tests.views.site.test_access import every_address
from videos.accounts.login_marks import COOKIE
from videos.analysis.artwork_store import cover_path
from videos.models import Subtitle


@pytest.fixture
def ada(db, django_user_model):
    return django_user_model.objects.create_superuser("ada", password="long enough")


@pytest.fixture
def video(library, make_video, settings):
    (library / "sea.mp4").write_bytes(b"x" * 1000)
    video = make_video("sea.mp4")
    picture = cover_path(settings.GENERATED_DIR, video.pk)
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"RIFF")
    Subtitle.objects.create(video=video, filename="sea.srt", label="sea")
    return video


@pytest.fixture
def closed(settings):
    settings.REQUIRE_LOGIN = True


def is_private(response):
    kept = response.get("Cache-Control", "")
    return "no-store" in kept or ("private" in kept and "Cookie" in response.get("Vary", ""))


@pytest.mark.django_db(transaction=True)
def test_every_answer_behind_a_login_is_private_and_for_this_login(closed, ada, video, client):
    client.force_login(ada)
    addresses = every_address(video)
    for name, address in addresses.items():
        response = client.get(address)
        assert is_private(response), (name, address, response.headers)
        assert "public" not in response["Cache-Control"], name
        response.close()
    for address in ("/", f"/videos/{video.pk}/", "/tags/", "/facets/", f"/videos/{video.pk}/related", "/nowhere/"):
        response = client.get(address)
        assert response["Cache-Control"] == "private, no-cache", address


@pytest.mark.django_db(transaction=True)
def test_so_are_streams_their_parts_and_what_has_not_changed(closed, ada, video, client):
    client.force_login(ada)
    address = f"/videos/{video.pk}/stream"
    whole = client.get(address)
    part = client.get(address, headers={"Range": "bytes=0-9"})
    same = client.get(address, headers={"If-None-Match": whole["ETag"]})
    assert (whole.status_code, part.status_code, same.status_code) == (200, 206, 304)
    for response in (whole, part, same):
        assert (response["Cache-Control"], response["Vary"]) == ("private, no-cache", "Cookie")
        response.close()


def test_a_picture_is_kept_for_long_but_for_this_login_alone(closed, ada, video, client):
    client.force_login(ada)
    response = client.get(f"/videos/{video.pk}/cover.webp?v=1")
    assert response["Cache-Control"] == "private, max-age=31536000, immutable"
    assert "Cookie" in response["Vary"]


def test_before_the_login_nothing_is_kept_either(closed, video, client):
    for address in every_address(video).values():
        assert is_private(client.get(address)), address
    assert is_private(client.get("/login/"))


def test_what_is_for_everybody_stays_so(closed, ada, client):
    client.force_login(ada)
    for address in ("/favicon.ico", "/manifest.webmanifest"):
        response = client.get(address)
        assert "public" in response["Cache-Control"]
        assert "private" not in response["Cache-Control"]


@pytest.mark.django_db(transaction=True)
def test_without_a_login_all_is_as_before_but_for_whoever_is_logged_in(ada, video, client):
    assert "Cache-Control" not in client.get("/tags/")
    assert "Cookie" not in client.get(f"/videos/{video.pk}/cover.webp?v=1").get("Vary", "")
    client.force_login(ada)
    assert client.get("/tags/")["Cache-Control"] == "private, no-cache"


# --- the mark by which a page knows that its login has ended ---


def mark_of(page):
    found = re.search(r'<meta name="login-mark" content="(\w+)" data-cookie="login_mark">', page.text)
    return found and found[1]


def test_a_page_carries_the_mark_of_its_login_and_a_cookie_the_same(closed, ada, client):
    client.force_login(ada)
    page = client.get("/tags/")
    assert mark_of(page) == client.cookies[COOKIE].value
    assert len(mark_of(page)) == 16
    assert client.session.session_key not in page.text
    assert not client.cookies[COOKIE]["httponly"]
    again = client.get("/tags/")
    assert COOKIE not in again.cookies
    assert mark_of(client.get("/admin/")) == mark_of(page)


def test_the_mark_goes_with_the_login_and_the_next_login_has_another(closed, ada, client):
    client.force_login(ada)
    first = mark_of(client.get("/tags/"))
    client.post("/logout/")
    assert client.cookies[COOKIE].value == ""
    login = client.get("/login/")
    assert mark_of(login) is None
    client.post("/login/", {"username": "ada", "password": "long enough"})
    second = mark_of(client.get("/tags/"))
    assert second == client.cookies[COOKIE].value
    assert second != first


def test_the_mark_goes_where_the_session_was_ended_elsewhere(closed, ada, client):
    client.force_login(ada)
    client.get("/tags/")
    client.session.flush()
    assert client.get("/tags/").status_code == 302
    assert client.cookies[COOKIE].value == ""


def test_without_a_login_there_is_no_mark(ada, client):
    client.force_login(ada)
    assert mark_of(client.get("/tags/")) is None
    assert COOKIE not in client.cookies
