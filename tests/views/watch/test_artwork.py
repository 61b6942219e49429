"""Covers and sprites are sent without asking the database, kept by browsers, and never of anything else."""

import os

import pytest

from videos.analysis.artwork_store import cover_path, save_pictures, sprite_path
from videos.media.thumbnails import Pictures, Sprite
from videos.models import Details

COVER, SPRITE = b"RIFF cover WEBP", b"RIFF sprite WEBP"
A_YEAR = "private, max-age=31536000, immutable"


@pytest.fixture
def pictured(library, make_video, settings):
    """A video with a cover and a sprite of three tiles."""
    video = make_video("sea.mp4", duration=25.5, cover_version=1234)
    sprite = Sprite(SPRITE, 2, 240, 136, (0.0, 10.0, 20.0))
    save_pictures(settings.GENERATED_DIR, video.pk, Pictures(COVER, "#102030", sprite))
    fields = {"columns": 2, "tile_width": 240, "tile_height": 136, "times": [0.0, 10.0, 20.0]}
    Details.objects.create(video=video, sprite=fields)
    return video


def content(response):
    return response.getvalue() if response.streaming else response.content


@pytest.mark.parametrize(("name", "expected"), [("cover", COVER), ("sprite", SPRITE)])
def test_a_picture_is_sent_as_webp_without_any_query(pictured, client, query_count, name, expected):
    responses = []
    address = f"/videos/{pictured.pk}/{name}.webp?v=1234"
    assert query_count(lambda: responses.append(client.get(address))) == 0
    (response,) = responses
    assert (response.status_code, response["Content-Type"], content(response)) == (200, "image/webp", expected)
    assert response["Cache-Control"] == A_YEAR
    assert response["Content-Length"] == str(len(expected))


def test_without_a_version_in_the_address_a_browser_asks_each_time(pictured, client):
    address = f"/videos/{pictured.pk}/cover.webp"
    response = client.get(address)
    response.close()
    assert response["Cache-Control"] == "private, no-cache"
    again = client.get(address, headers={"If-None-Match": response["ETag"]})
    assert (again.status_code, content(again)) == (304, b"")
    assert client.get(f"{address}?v=1", headers={"If-None-Match": response["ETag"]})["Cache-Control"] == A_YEAR


@pytest.mark.parametrize("number", [0, 10**9, 2**63, 10**300])
def test_where_there_is_no_picture_the_answer_is_404(library, db, client, number):
    for name in ("cover.webp", "sprite.webp", "sprite.vtt"):
        response = client.get(f"/videos/{number}/{name}?v=1")
        assert response.status_code == 404
        assert "immutable" not in response.get("Cache-Control", "")


@pytest.mark.parametrize("put_there", [os.mkfifo, os.mkdir, lambda path: path.symlink_to("/etc/passwd")])
def test_what_is_no_picture_where_one_should_be_is_neither_waited_for_nor_shown(
    library, db, client, settings, put_there
):
    path = cover_path(settings.GENERATED_DIR, 7)
    path.parent.mkdir(parents=True)
    put_there(path)
    assert client.get("/videos/7/cover.webp").status_code == 404


def test_nginx_is_told_which_picture_to_send(pictured, client, settings):
    settings.SENDFILE = "nginx"
    response = client.get(f"/videos/{pictured.pk}/cover.webp?v=1234", headers={"Range": "bytes=9999-"})
    assert response["X-Accel-Redirect"] == f"/_pictures/{pictured.pk // 1000}/{pictured.pk}.cover.webp"
    assert (response["Content-Type"], response["Cache-Control"]) == ("image/webp", A_YEAR)
    assert response.content == b""
    assert client.get(f"/videos/{pictured.pk + 1}/cover.webp").status_code == 404


def test_a_draft_of_a_picture_is_not_served(library, db, client, settings):
    path = cover_path(settings.GENERATED_DIR, 7)
    path.parent.mkdir(parents=True)
    path.with_name(f".{path.name}.abcd.part").write_bytes(b"half")
    assert client.get("/videos/7/cover.webp").status_code == 404


def test_pictures_are_for_reading_alone(pictured, client):
    for name in ("cover.webp", "sprite.webp", "sprite.vtt"):
        for method in (client.post, client.put, client.delete):
            assert method(f"/videos/{pictured.pk}/{name}").status_code == 405
    assert client.head(f"/videos/{pictured.pk}/cover.webp")["Content-Length"] == str(len(COVER))


def test_the_index_names_for_each_moment_the_part_of_the_sheet(pictured, client, query_count):
    responses = []
    assert query_count(lambda: responses.append(client.get(f"/videos/{pictured.pk}/sprite.vtt?v=1234"))) == 1
    (response,) = responses
    assert response["Content-Type"] == "text/vtt; charset=utf-8"
    assert response["Cache-Control"] == A_YEAR
    sheet = f"/videos/{pictured.pk}/sprite.webp?v=1234"
    assert response.content.decode() == (
        f"WEBVTT\n\n00:00:00.000 --> 00:00:10.000\n{sheet}#xywh=0,0,240,136\n\n"
        f"00:00:10.000 --> 00:00:20.000\n{sheet}#xywh=240,0,240,136\n\n"
        f"00:00:20.000 --> 00:00:25.500\n{sheet}#xywh=0,136,240,136\n"
    )
    response = client.get(sheet)
    assert (response.status_code, content(response)) == (200, SPRITE)


def test_a_video_without_a_sprite_has_no_index(pictured, client, settings):
    Details.objects.update(sprite=None)
    assert client.get(f"/videos/{pictured.pk}/sprite.vtt").status_code == 404
    sprite_path(settings.GENERATED_DIR, pictured.pk).unlink()
    assert client.get(f"/videos/{pictured.pk}/sprite.webp").status_code == 404
