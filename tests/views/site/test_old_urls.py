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
    "name", ["nothing.mp4", "../secret", "..%2f..%2fetc%2fpasswd", "a%00b", "%0A", "x" * 5000, "other clip.mp4"]
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


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("CLIP.mp4", "clip.mp4"),
        ("a.mp4", "A.mp4"),
        ("clip.mp4", "trips/2019/clip.mp4"),
        ("caf%25C3%25A9.mp4", "café.mp4"),
        (quote("cafe\u0301 one.mp4"), "café one.mp4"),
        (quote("café one.mp4"), "cafe\u0301 one.mp4"),
        (quote("été one.mp4".encode().decode("cp1252")), "été one.mp4"),
        (quote("été one.mp4"), "été one.mp4".encode().decode("cp1252")),
        (quote("trips\\My film.mp4"), "trips/My film.mp4"),
        (quote("C:\\Videos\\My film.mp4"), "My film.mp4"),
        (quote("/home/me/videos/trips/My film.mp4"), "trips/My film.mp4"),
        ("./My%20film.mp4", "My film.mp4"),
        ("My+film.mp4", "My film.mp4"),
        ("My_film_uber_alles.mp4", "My film über alles.mp4"),
        ("Strae.mp4", "Straße.mp4"),
        ("trips_My_film.mp4", "trips/My film.mp4"),
        (quote("Tom &amp; Jerry&#39;s.mp4"), "Tom & Jerry's.mp4"),
        (quote("My film.mp4. "), "My film.mp4"),
        (quote("Part 1_ the best.mp4"), "Part 1: the best.mp4"),
        (quote("日本.MP4"), "日本.mp4"),
    ],
)
def test_a_bookmark_that_another_system_wrote_finds_the_one_video_that_it_fits(make_video, client, written, on_disk):
    video = make_video(on_disk)
    for name in ("other.mp4", "trips/Another film.mp4"):
        make_video(name)
    for old, new in (("watch", f"/videos/{video.pk}/"), ("video", f"/videos/{video.pk}/stream")):
        response = client.get(f"/{old}/{written}")
        assert (response.status_code, response["Location"]) == (301, new)


def test_an_exact_name_costs_one_query_and_always_wins(make_video, client, query_count):
    video = make_video("My_film.mp4")
    make_video("My film.mp4")
    assert client.get("/watch/My_film.mp4")["Location"] == f"/videos/{video.pk}/"
    assert query_count(lambda: client.get("/watch/My_film.mp4")) == 1


@pytest.mark.parametrize("written", ["Nothing+like+that+anywhere.mp4", "x.mp4"])
def test_a_name_that_nothing_fits_is_answered_with_few_queries(make_video, client, query_count, written):
    make_video("My film.mp4")
    assert query_count(lambda: client.get(f"/watch/{written}")) <= 10


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("my_film.mp4", ["My film.mp4", "M\u00fd film.mp4"]),
        ("clip.mp4", ["2019/clip.mp4", "2020/clip.mp4"]),
        ("My film.MP4", ["My film.mp4", "MY FILM.mp4"]),
    ],
)
def test_where_several_videos_fit_a_bookmark_all_are_shown_and_none_is_guessed(
    make_video, viewer, client, written, on_disk
):
    videos = [make_video(name) for name in on_disk]
    response = client.get(f"/watch/{quote(written)}?t=83")
    assert response.status_code == 300
    for video in videos:
        assert f'href="/videos/{video.pk}/?t=83"' in response.content.decode()
    assert client.get(f"/video/{quote(written)}").status_code == 300


def test_a_bookmark_among_many_of_the_same_words_finds_its_own(make_video, client):
    videos = [make_video(f"My film {number:04}.mp4") for number in range(600)]
    assert client.get("/watch/my_film_0420.mp4")["Location"] == f"/videos/{videos[420].pk}/"
