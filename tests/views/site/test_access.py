"""Where a login is required, nothing is shown before it; where none is, everybody is the household."""

import re
from urllib.parse import urlencode

import pytest
from django.contrib import admin
from django.urls import reverse

from lvs_site.urls import urlpatterns as site_urlpatterns
from tests.views.page import Page
from videos.accounts.household import household
from videos.analysis.artwork_store import cover_path, sprite_path
from videos.cache import VideoCache
from videos.models import Details, Favorite, Marker, Rating, SmartList, Subtitle, Tag, Video, View
from videos.urls import urlpatterns

CONTENT = b"secret content"
# Of a browser that is to show a page.
BROWSERS_ACCEPT = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.fixture
def secret(library, make_video, settings):
    """A video whose bytes, pictures, subtitles and name nobody may learn without a login."""
    (library / "secret.mp4").write_bytes(CONTENT)
    (library / "secret.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nsecret\n")
    video = make_video("secret.mp4")
    cover_path(settings.GENERATED_DIR, video.pk).parent.mkdir(parents=True)
    for path in (cover_path, sprite_path):
        path(settings.GENERATED_DIR, video.pk).write_bytes(CONTENT)
    chapters = [{"start_seconds": 0.0, "end_seconds": 1.0, "title": "secret"}]
    sprite = {"columns": 1, "tile_width": 2, "tile_height": 2, "times": [0.0]}
    Details.objects.create(video=video, chapters=chapters, sprite=sprite)
    Subtitle.objects.create(video=video, filename="secret.srt", label="secret")
    return video


@pytest.fixture
def closed_door(settings):
    settings.REQUIRE_LOGIN = True


def login_for(page):
    return f"/login/?{urlencode({'next': page}, safe='/')}"


def every_address(video):
    """Return {name: address} of every page of the app, however many there will be."""
    values = {"video_id": video.pk, "filename": video.filename, "name": "sea", "missing_batch_id": 1}
    values["subtitle_id"] = video.subtitles.get().pk
    values |= {"marker_id": 1, "key": "guessed", "action_id": 1, "slug": "sea-1", "folder": "trips", "list_id": 1}
    return {
        pattern.name: reverse(pattern.name, kwargs={key: values[key] for key in pattern.pattern.converters})
        for pattern in urlpatterns
    }


def test_every_page_and_every_byte_asks_for_a_login(closed_door, secret, client):
    addresses = every_address(secret)
    assert len(addresses) >= 11
    for name, address in addresses.items():
        for method in (client.get, client.head, client.post, client.put):
            response = method(address)
            if name == "healthz":
                continue
            if name == "stream_by_key":
                # Open to players outside, who have no session; tests/views/watch/test_external.py says by which key.
                assert response.status_code in (404, 405)
                assert b"secret" not in response.content
                continue
            # What changes something is no address to come back to.
            back = address if method in (client.get, client.head) else "/"
            assert (response.status_code, response["Location"]) == (302, f"/login/?next={back}"), (name, method)
            assert b"secret" not in response.content.replace(address.encode(), b"")


def every_admin_address(patterns=admin.site.urls[0], before="/admin/"):
    """Return every address of the admin, with 1 where one wants a number."""
    for pattern in patterns:
        address = before + re.sub(r"<[^>]+>", "1", str(pattern.pattern).replace("^", "").replace("$", ""))
        if hasattr(pattern, "url_patterns"):
            yield from every_admin_address(pattern.url_patterns, address)
        else:
            yield address


def test_the_whole_admin_asks_for_a_login_too(closed_door, secret, client):
    addresses = {re.sub(r"\(\?P1.*", "", address) for address in every_admin_address()}
    assert len(addresses) > 40
    for address in addresses - {"/admin/login/"}:
        response = client.get(address)
        assert response.status_code == 302, address
        assert response["Location"].startswith(("/admin/login/", "/login/")), address


def test_what_is_open_to_everybody_is_listed_here(closed_door, secret, client):
    # To the stream of the playlists one needs their key; a player outside has no session.
    open_to_all = {"healthz", "stream_by_key"}
    site_wide = [pattern for pattern in site_urlpatterns if not hasattr(pattern, "url_patterns")]
    assert {str(pattern.pattern) for pattern in site_wide} == {
        "admin/password_change/",
        "^admin/videos/disappearance/(?P<rest>.*)$",
        "login/",
        "logout/",
        "i18n/setlang/",
        "favicon.ico",
        "manifest.webmanifest",
    }
    assert client.get("/admin/password_change/").status_code == 302
    for name, address in every_address(secret).items():
        assert (client.get(address).status_code != 302) == (name in open_to_all), name


def test_a_range_and_the_admin_ask_for_a_login_too(closed_door, secret, client):
    response = client.get(f"/videos/{secret.pk}/stream", headers={"Range": "bytes=0-5"})
    assert response.status_code == 302
    for address in ("/admin/", "/admin/videos/video/", "/admin/videos/disappearance/", "/logout/"):
        assert client.get(address).status_code in (302, 405), address


def test_nobody_learns_whether_a_video_exists(closed_door, secret, client):
    known, unknown = (client.get(f"/videos/{number}/") for number in (secret.pk, 999_999))
    assert known.status_code == unknown.status_code == 302


def test_nothing_is_changed_before_the_login(closed_door, secret, client):
    forms = {
        "stars": {"stars": 3}, "favorite": {"favorite": 1}, "tags": {"add": "a"}, "title": {"title": "a"}, "views": {},
        "position": {"seconds": 60}, "markers": {"at": "1:00"},
    }  # fmt: skip
    for name, fields in forms.items():
        assert client.post(f"/videos/{secret.pk}/{name}", fields).status_code == 302
    rows = (Rating.objects, Favorite.objects, View.objects, Marker.objects, secret.tags)
    assert not any(each.exists() for each in rows)
    secret.refresh_from_db()
    assert secret.title == ""


def test_health_and_the_login_itself_stay_open(closed_door, db, client):
    assert client.get("/healthz").status_code == 200
    page = Page(client.get("/login/?next=/%3Fq=sea"))
    assert [e.attributes["name"] for e in page.tags("input") if e.attributes.get("required", "no") is None] == [
        "username",
        "password",
    ]
    assert "Logged in" not in page.text


def test_logging_in_leads_to_where_one_was_going_and_out_again_to_the_login(
    closed_door, secret, client, django_user_model
):
    django_user_model.objects.create_user("ada", password="long enough")
    address = f"/videos/{secret.pk}/"
    wrong = client.post("/login/", {"username": "ada", "password": "wrong", "next": address})
    assert "is wrong" in Page(wrong).text
    right = client.post("/login/", {"username": "ada", "password": "long enough", "next": address})
    assert (right.status_code, right["Location"]) == (302, address)
    assert Page(client.get(address)).of_class("watch-title")[0].text == "secret"
    assert client.post("/logout/").status_code == 302
    assert client.get(address).status_code == 302


@pytest.mark.parametrize(
    ("came_from", "page"),
    [
        ("http://testserver/videos/1/?tag=sea#about", "/videos/1/?tag=sea#about"),
        ("http://testserver", "/"),
        ("https://evil.example/videos/1/", "/"),
        ("http://testserver//evil.example/", "/%2Fevil.example/"),
        ("http://[", "/"),
        ("", "/"),
    ],
)
def test_after_the_session_ended_a_form_leads_by_the_login_to_the_page_that_it_stands_on(
    closed_door, db, client, came_from, page
):
    response = client.post("/videos/1/stars", {"stars": 3}, headers={"Referer": came_from, "Accept": BROWSERS_ACCEPT})
    assert (response.status_code, response["Location"]) == (302, login_for(page))


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("current", "page"),
    [
        ("http://testserver/?q=sea&page=2", "/?q=sea&page=2"),
        ("http://evil.example/?q=sea", "/"),
        ("", "/videos/1/"),
    ],
)
def test_after_the_session_ended_htmx_sends_the_whole_page_to_the_login_and_shows_nothing_in_it(
    closed_door, db, client, method, current, page
):
    headers = {"HX-Request": "true", "Referer": "http://testserver/videos/1/", "Accept": BROWSERS_ACCEPT}
    headers |= {"HX-Current-URL": current} if current else {}
    response = getattr(client, method)("/?q=sea" if method == "get" else "/videos/1/stars", headers=headers)
    assert (response.status_code, response["HX-Redirect"], response.content) == (401, login_for(page), b"")
    assert "Location" not in response


@pytest.mark.parametrize("name", ["views", "position", "stars"])
def test_after_the_session_ended_a_script_is_told_that_nothing_was_saved(closed_door, secret, client, name):
    response = client.post(f"/videos/{secret.pk}/{name}", {"seconds": 1}, headers={"Accept": "*/*"})
    assert response.status_code == 401
    assert "Cookie" in response["WWW-Authenticate"]
    assert "Location" not in response
    assert not View.objects.exists()


def test_logging_in_after_a_refused_form_leads_back_to_the_page_that_it_stands_on(
    closed_door, secret, client, django_user_model
):
    django_user_model.objects.create_user("ada", password="long enough")
    page = f"http://testserver/videos/{secret.pk}/?tag=sea"
    login = client.post(f"/videos/{secret.pk}/stars", {"stars": 3}, headers={"Referer": page})["Location"]
    (field,) = [e for e in Page(client.get(login)).tags("input") if e.attributes.get("name") == "next"]
    form = {"username": "ada", "password": "long enough", "next": field.attributes["value"]}
    back = client.post(login, form, follow=True)
    assert back.redirect_chain == [(f"/videos/{secret.pk}/?tag=sea", 302)]
    assert back.status_code == 200


def test_the_login_never_leads_to_another_site(closed_door, client, django_user_model):
    django_user_model.objects.create_user("ada", password="long enough")
    form = {"username": "ada", "password": "long enough", "next": "https://evil.example/"}
    assert client.post("/login/", form)["Location"] == "/"


def test_each_account_has_stars_of_its_own(closed_door, secret, client, django_user_model):
    ada, ben = (django_user_model.objects.create_user(name) for name in ("ada", "ben"))
    client.force_login(ada)
    client.post(f"/videos/{secret.pk}/stars", {"stars": 5})
    assert Page(client.get("/?rating=5")).titles == ["secret"]
    client.force_login(ben)
    assert Page(client.get("/?rating=5")).titles == []
    assert [(rating.viewer, rating.stars) for rating in Rating.objects.all()] == [(ada, 5)]


def test_without_a_login_everybody_is_the_household_also_an_administrator(secret, client, admin_client):
    client.post(f"/videos/{secret.pk}/stars", {"stars": 4})
    admin_client.post(f"/videos/{secret.pk}/favorite", {"favorite": 1})
    admin_client.post(f"/videos/{secret.pk}/views")
    for model in (Rating, Favorite, View):
        assert [mark.viewer for mark in model.objects.all()] == [household()], model
    (marks,) = VideoCache().get_marks([secret.pk]).values()
    assert (marks.stars, marks.is_favorite, marks.view_count) == (4, True, 1)
    assert Page(admin_client.get("/?rating=4&favorites=1")).titles == ["secret"]


@pytest.mark.django_db(transaction=True)
def test_without_a_login_every_page_is_open(secret, client):
    secret.tags.add(Tag.objects.create(pk=1, name="sea"))
    Video.objects.create(filename="trips/a.mp4")
    SmartList.objects.create(pk=1, viewer=household(), name="Sea", query="tag=sea")
    for name, address in every_address(secret).items():
        response = client.get(address, follow=True)
        assert response.status_code in ((404,) if name == "stream_by_key" else (200, 405)), name
        response.close()


def test_the_household_has_no_password_to_guess(db, client):
    household()
    for password in ("", "household", "!", "None"):
        assert client.post("/login/", {"username": "household", "password": password}).status_code == 200
    assert "_auth_user_id" not in client.session
