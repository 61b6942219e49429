"""A player outside of the browser gets a playlist of one entry, and with a login a key to that one video."""

import zlib
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.contrib.sessions.models import Session
from django.core import signing
from django.test import Client
from django.utils import timezone

from videos.views.watch import external

# What streams gives its database connection back first.
pytestmark = pytest.mark.django_db(transaction=True)

CONTENT = b"the bytes of the film" * 100


@pytest.fixture
def video(library, make_video, viewer):
    (library / "sea.mp4").write_bytes(CONTENT)
    return make_video("sea.mp4", title="Sea, at\nnight", duration=75.4)


def lines(response):
    assert response.status_code == 200
    return response.content.decode().splitlines()


def body(response):
    return b"".join(response.streaming_content)


def test_the_playlist_has_the_title_the_duration_and_the_whole_address(video, client):
    response = client.get(f"/videos/{video.pk}/playlist.m3u")
    assert lines(response) == [
        "#EXTM3U", "#EXTINF:75,Sea, at night", f"http://testserver/videos/{video.pk}/stream",
    ]  # fmt: skip
    assert response["Content-Type"] == "audio/x-mpegurl; charset=utf-8"
    assert 'filename="Sea, at night.m3u"' in response["Content-Disposition"]
    assert response["Cache-Control"] == "no-store"


def test_what_is_not_known_or_is_no_title_still_makes_a_playlist(video, client):
    for title in ("#EXTM3U\r\n#EXTINF", "\u202ex", "日本", '"; filename=x'):
        video.title, video.duration = title, None
        video.save()
        found = lines(client.get(f"/videos/{video.pk}/playlist.m3u"))
        assert len(found) == 3
        assert found[1].startswith("#EXTINF:-1,")


def test_a_missing_file_has_no_playlist(video, client):
    video.missing_since = timezone.now()
    video.save()
    assert client.get(f"/videos/{video.pk}/playlist.m3u").status_code == 404


@pytest.fixture
def ada(settings, django_user_model):
    settings.REQUIRE_LOGIN = True
    return django_user_model.objects.create_user("ada")


@pytest.fixture
def browser(ada):
    browser = Client()
    browser.force_login(ada)
    return browser


def key_from(browser, video):
    return urlsplit(lines(browser.get(f"/videos/{video.pk}/playlist.m3u"))[2]).path


@pytest.fixture
def key_path(video, browser):
    """The path of the stream in a playlist that a viewer with a login downloaded; the player itself has no session."""
    return key_from(browser, video)


def test_with_a_login_the_playlist_opens_this_one_video_and_no_other_page(key_path, video, client, make_video):
    response = client.get(key_path)
    assert body(response) == CONTENT
    part = client.get(key_path, headers={"Range": "bytes=4-8"})
    assert (part.status_code, body(part)) == (206, CONTENT[4:9])
    make_video("other.mp4")
    for path in ("/", f"/videos/{video.pk}/", f"/videos/{video.pk}/stream", "/videos/2/stream"):
        assert client.get(path).status_code == 302, path
    assert "sessionid" not in client.cookies or not client.cookies["sessionid"].value


def test_a_key_ends_after_a_day_or_with_the_account_or_the_video(key_path, ada, video, client, monkeypatch):
    ada.is_active = False
    ada.save()
    assert client.get(key_path).status_code == 404
    ada.is_active = True
    ada.save()
    client.get(key_path).close()
    assert external.KEY_SECONDS == 24 * 60 * 60
    with monkeypatch.context() as patch:
        patch.setattr(external, "KEY_SECONDS", -1)
        assert client.get(key_path).status_code == 404
    video.delete()
    assert client.get(key_path).status_code == 404


def plays(client, path):
    response = client.get(path)
    assert response.status_code in (200, 404)
    response.close()
    return response.status_code == 200


def log_out(browser, ada):
    assert browser.post("/logout/").status_code == 302


def end_session(browser, ada):
    Session.objects.all().delete()


def let_session_expire(browser, ada):
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))


def new_password(browser, ada):

    ada.set_password("another long 1")
    ada.save()


def close_account(browser, ada):
    User.objects.filter(pk=ada.pk).update(is_active=False)


def delete_account(browser, ada):
    User.objects.filter(pk=ada.pk).delete()


@pytest.mark.parametrize("end", [log_out, end_session, let_session_expire, new_password, close_account, delete_account])
def test_a_key_ends_with_the_session_that_asked_for_it(end, key_path, browser, ada, client):
    assert plays(client, key_path)
    end(browser, ada)
    assert not plays(client, key_path)


def test_a_password_changed_by_its_owner_ends_the_keys_and_not_the_session(key_path, browser, ada, video, client):
    ada.is_staff = True
    ada.set_password("long enough 1")
    ada.save()
    browser.force_login(ada)
    key = key_from(browser, video)
    assert plays(client, key)
    new = {"old_password": "long enough 1", "new_password1": "another long 1", "new_password2": "another long 1"}
    assert browser.post("/admin/password_change/", new).status_code == 302
    assert not plays(client, key)
    assert plays(client, key_from(browser, video))


def test_another_session_of_the_account_keeps_its_keys_at_a_logout(key_path, browser, ada, video, client):
    phone = Client()
    phone.force_login(ada)
    key_of_phone = key_from(phone, video)
    log_out(browser, ada)
    assert plays(client, key_of_phone)
    assert not plays(client, key_path)


def test_a_session_that_somebody_else_began_in_the_same_browser_plays_nothing(
    key_path, browser, ada, django_user_model, client
):
    session = Session.objects.get()
    data = session.get_decoded()
    data["_auth_user_id"] = str(django_user_model.objects.create_user("ben").pk)
    session.session_data = Session.objects.encode(data)
    session.save()
    assert not plays(client, key_path)


def test_the_key_does_not_tell_the_key_of_the_session(key_path, browser):
    session_key = browser.session.session_key
    payload = key_path.rsplit("/", 1)[1].split(":")[0].lstrip(".")
    assert session_key not in key_path
    content = signing.b64_decode(payload.encode())
    if key_path.rsplit("/", 1)[1].startswith("."):
        content = zlib.decompress(content)
    assert session_key.encode() not in content


def test_a_key_that_was_made_while_the_clock_was_wrong_ends_when_it_is_right(browser, video, client, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr("django.core.signing.time.time", lambda: 1_900_000_000.0)
        key = key_from(browser, video)
    assert not plays(client, key)


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: f"{path}x", str.upper])
def test_a_key_that_was_changed_opens_nothing(key_path, client, change):
    assert client.get(change(key_path)).status_code == 404


def test_a_key_made_for_something_else_opens_nothing(ada, video, client):
    of_older_release, other = [video.pk, ada.pk], [video.pk, ada.pk, "x"]
    odd = [video.pk, ada.pk, 5], [video.pk], "x", of_older_release, other
    for value, salt in [(other, "other"), *((each, external._SALT) for each in odd)]:
        assert client.get(f"/play/{signing.dumps(value, salt=salt)}").status_code == 404
