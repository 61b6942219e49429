"""A player outside of the browser gets a playlist of one entry, and with a login a key to that one video."""

from urllib.parse import urlsplit

import pytest
from django.core import signing
from django.utils import timezone

from videos.views import external

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
def key_path(ada, video, client):
    """The path of the stream in a playlist that a viewer with a login downloaded; nobody is logged in any more."""
    client.force_login(ada)
    path = urlsplit(lines(client.get(f"/videos/{video.pk}/playlist.m3u"))[2]).path
    client.logout()
    return path


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


@pytest.mark.parametrize("change", [lambda path: path[:-1], lambda path: f"{path}x", str.upper])
def test_a_key_that_was_changed_opens_nothing(key_path, client, change):
    assert client.get(change(key_path)).status_code == 404


def test_a_key_made_for_something_else_opens_nothing(ada, video, client):
    for value, salt in (([video.pk, ada.pk], "other"), ([video.pk], external._SALT), ("x", external._SALT)):
        assert client.get(f"/play/{signing.dumps(value, salt=salt)}").status_code == 404
