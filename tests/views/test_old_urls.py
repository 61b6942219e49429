"""The old app's addresses lead, for good, to where the same thing is now."""

from urllib.parse import quote, urlsplit

import pytest

from tests.views.page import Page
from videos.cache import VideoCache

NAMES = [
    "clip.mp4",
    "sub/folder/clip.mp4",
    "100% & more?.mp4",
    "Ärger #1.mp4",
    "a+b c.mp4",
    "';\"<>.mp4",
    "line\nbreak.mp4",
]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("old", "new"), [("watch", "/videos/{}/"), ("video", "/videos/{}/stream")])
def test_a_bookmark_of_a_video_moves_permanently(make_video, client, name, old, new):
    video = make_video(name)
    for method in (client.get, client.head):
        response = method(f"/{old}/{quote(name)}")
        assert (response.status_code, response["Location"]) == (301, new.format(video.pk))


@pytest.mark.parametrize("name", ["sea", "Straße", "a b", "100%", "a&b=c", "with/slash", "#sharp"])
def test_a_bookmark_of_a_tag_moves_to_the_list_of_its_videos(make_video, viewer, client, name):
    make_video("other.mp4")
    make_video("clip.mp4")
    VideoCache().update_tags("clip.mp4", [name])
    response = client.get(f"/tag/{quote(name)}")
    assert response.status_code == 301
    assert urlsplit(response["Location"]).path == "/"
    assert Page(client.get(response["Location"])).titles == ["clip"]


def test_a_tag_that_nobody_uses_any_more_still_leads_to_the_library(db, client):
    response = client.get("/tag/gone", follow=True)
    assert response.redirect_chain[0][1] == 301
    assert response.status_code == 200


@pytest.mark.parametrize(
    "name", ["nothing.mp4", "../secret", "..%2f..%2fetc%2fpasswd", "a%00b", "%0A", "x" * 5000, "CLIP.mp4"]
)
def test_a_name_that_is_not_in_the_library_answers_404(make_video, client, name):
    make_video("clip.mp4")
    for old in ("watch", "video"):
        assert client.get(f"/{old}/{name}").status_code == 404


def test_a_name_is_never_joined_to_a_path(library, db, client):
    (library / "not scanned.mp4").write_bytes(b"content")
    assert client.get("/video/not%20scanned.mp4").status_code == 404


def test_the_redirect_never_leaves_the_server(db, client):
    for address in ("/tag//evil.example/", "/tag/%0d%0aX: y", "/watch//evil.example/"):
        response = client.get(address)
        assert response.status_code in (301, 404)
        assert urlsplit(response.get("Location", "")).netloc == ""


def test_old_addresses_are_for_reading_alone(make_video, client):
    make_video("clip.mp4")
    for address in ("/watch/clip.mp4", "/video/clip.mp4", "/tag/sea"):
        assert client.post(address).status_code == 405


def test_a_bookmark_keeps_its_moment(make_video, client):
    video = make_video("Sea.mp4")
    assert client.get("/watch/Sea.mp4?t=83")["Location"] == f"{video.get_absolute_url()}?t=83"
