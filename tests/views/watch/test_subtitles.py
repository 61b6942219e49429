"""Subtitle files and chapters reach the player as WebVTT in UTF-8, and what cannot be read answers 404."""

import logging
import os

import pytest

from videos.media.subtitles.cues import MAX_BYTES
from videos.models import Details, Subtitle

SRT = "1\r\n00:00:01,000 --> 00:00:02,500\r\n<i>Größe</i>\r\n"


@pytest.fixture
def subtitled(library, make_video):
    """A video with German subtitles in the encoding of old Windows."""
    (library / "trips").mkdir()
    (library / "trips" / "Sea.de.srt").write_bytes(SRT.encode("cp1252"))
    video = make_video("trips/Sea.mp4")
    Subtitle.objects.create(video=video, filename="trips/Sea.de.srt", language="de", label="German")
    return video


def address(video):
    return f"/videos/{video.pk}/subtitles/{video.subtitles.get().pk}.vtt"


def test_subtitles_are_sent_as_webvtt_in_utf_8(subtitled, client):
    response = client.get(address(subtitled))
    assert (response.status_code, response["Content-Type"]) == (200, "text/vtt; charset=utf-8")
    assert response.content.decode().startswith("WEBVTT\n")
    assert "00:00:01.000 --> 00:00:02.500\n<i>Größe</i>" in response.content.decode()


def test_what_has_not_changed_is_not_sent_again_and_what_has_is(subtitled, client, library):
    first = client.get(address(subtitled))
    known = {"If-None-Match": first["ETag"]}
    again = client.get(address(subtitled), headers=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    (library / "trips" / "Sea.de.srt").write_text(SRT.replace("Größe", "Tiefe"))
    assert "Tiefe" in client.get(address(subtitled), headers=known).content.decode()


def test_a_short_file_is_read_in_the_language_of_its_name(subtitled, client, library):
    (library / "trips" / "Sea.de.srt").write_bytes(SRT.replace("Größe", "č").encode("cp1250"))
    assert "<i>è</i>" in client.get(address(subtitled)).content.decode()
    subtitled.subtitles.update(language="cs")
    assert "<i>č</i>" in client.get(address(subtitled)).content.decode()


def test_frames_are_counted_at_the_films_own_rate_and_anew_when_it_is_known(subtitled, client, library):
    subtitled.subtitles.update(filename="trips/Sea.sub")
    (library / "trips" / "Sea.sub").write_text("{240}{480}hi\n")
    first = client.get(address(subtitled))
    assert "00:00:09.600 --> 00:00:19.200" in first.content.decode()
    type(subtitled).objects.update(frame_rate=24.0)
    second = client.get(address(subtitled), headers={"If-None-Match": first["ETag"]})
    assert "00:00:10.000 --> 00:00:20.000" in second.content.decode()


def test_subtitles_stand_where_their_file_puts_them(subtitled, client, library):
    (library / "trips" / "Sea.de.srt").write_text(SRT.replace("<i>", "{\\an8}<i>"))
    assert "00:00:01.000 --> 00:00:02.500 line:0\n<i>Größe</i>" in client.get(address(subtitled)).content.decode()


def test_subtitles_of_another_video_are_not_there(subtitled, make_video, client):
    other = make_video("other.mp4")
    number = subtitled.subtitles.get().pk
    assert client.get(f"/videos/{other.pk}/subtitles/{number}.vtt").status_code == 404
    for number in (0, 10**9, 2**63):
        assert client.get(f"/videos/{subtitled.pk}/subtitles/{number}.vtt").status_code == 404
        assert client.get(f"/videos/{number}/subtitles/{subtitled.subtitles.get().pk}.vtt").status_code == 404
        assert client.get(f"/videos/{number}/chapters.vtt").status_code == 404


@pytest.mark.parametrize("trouble", ["gone", "a link out", "a FIFO", "too large", "no text", "a name that leads out"])
def test_what_cannot_be_read_answers_404_and_the_log_says_why(
    subtitled, client, library, tmp_path, caplog, monkeypatch, trouble
):
    monkeypatch.setattr(logging.getLogger("videos"), "propagate", True)
    path = library / "trips" / "Sea.de.srt"
    path.unlink()
    if trouble == "a link out":
        (tmp_path / "secret.srt").write_text(SRT)
        path.symlink_to(tmp_path / "secret.srt")
    elif trouble == "a FIFO":
        os.mkfifo(path)
    elif trouble == "too large":
        with open(path, "wb") as file:
            file.truncate(MAX_BYTES + 1)
    elif trouble == "no text":
        path.write_bytes(bytes(range(256)) * 40)
    elif trouble == "a name that leads out":
        (tmp_path / "secret.srt").write_text(SRT)
        Subtitle.objects.update(filename="../secret.srt")
    assert client.get(address(subtitled)).status_code == 404
    assert "cannot be shown" in caplog.text


@pytest.fixture
def with_chapters(make_video):
    video = make_video("film.mkv")
    titles = ["Opening", "A & B --> <c>&lt;", "two\nlines\n\n00:00:00.000 --> 00:01:00.000\ntrick", " "]
    chapters = [
        {"start_seconds": 3700.25 * n, "end_seconds": 3700.25 * (n + 1), "title": title}
        for n, title in enumerate(titles)
    ]
    Details.objects.create(video=video, chapters=chapters)
    return video


def test_chapters_are_a_track_and_no_title_adds_a_cue_or_markup(with_chapters, client):
    response = client.get(f"/videos/{with_chapters.pk}/chapters.vtt")
    assert response["Content-Type"] == "text/vtt; charset=utf-8"
    assert response.content.decode().split("\n\n") == [
        "WEBVTT",
        "00:00:00.000 --> 01:01:40.250\nOpening",
        "01:01:40.250 --> 02:03:20.500\nA &amp; B --&gt; &lt;c&gt;&amp;lt;",
        "02:03:20.500 --> 03:05:00.750\ntwo lines 00:00:00.000 --&gt; 00:01:00.000 trick",
        "03:05:00.750 --> 04:06:41.000\nChapter 4\n",
    ]


def test_a_chapter_without_a_length_still_is_one(make_video, client):
    video = make_video("film.mkv")
    Details.objects.create(video=video, chapters=[{"start_seconds": 5.0, "end_seconds": 5.0, "title": "x"}])
    assert "00:00:05.000 --> 00:00:05.001" in client.get(f"/videos/{video.pk}/chapters.vtt").content.decode()


def test_without_chapters_there_is_no_track(make_video, client):
    video = make_video("film.mkv")
    assert client.get(f"/videos/{video.pk}/chapters.vtt").status_code == 404
    Details.objects.create(video=video)
    assert client.get(f"/videos/{video.pk}/chapters.vtt").status_code == 404
