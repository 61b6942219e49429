"""The watch page shows a video and what is known of it, without JavaScript."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.utils import timezone

from tests.views.page import Page, marks, submit
from videos.cache import VideoCache
from videos.models import Details, MissingBatch, Rating, Subtitle, Video


@pytest.fixture
def video(make_video, viewer):
    return make_video("holidays/sea.mp4", file_size=1_500_000, duration=75.0)


def test_the_page_plays_the_file_by_the_browsers_own_player(video, client):
    page = Page(client.get(video.get_absolute_url()))
    (player,) = page.tags("video")
    assert player.attributes["src"] == f"/videos/{video.pk}/stream"
    assert "controls" in player.attributes
    assert page.of_class("watch-title")[0].text == "sea"
    assert "holidays/sea.mp4" in page.text
    assert "1.4" in page.text


def test_a_missing_file_is_said_and_its_marks_can_still_be_changed(video, client):
    Video.objects.update(missing_since=timezone.now())
    page = Page(client.get(video.get_absolute_url()))
    assert "The file is missing" in page.text
    assert "holidays/sea.mp4" in page.of_class("missing-file")[0].text
    assert not page.tags("video")
    assert client.post(f"/videos/{video.pk}/stars", {"stars": "4"}).status_code == 303
    assert Rating.objects.get().stars == 4
    assert not page.of_class("controls")


def missing_state(client, video):
    (state,) = Page(client.get(video.get_absolute_url())).of_class("missing-file")
    return " ".join(state.text.split())


def test_a_missing_file_says_since_when_and_what_waits_and_how_it_comes_back(video, client):
    Video.objects.update(missing_since=timezone.now() - timedelta(days=3))
    said = missing_state(client, video)
    assert "Went missing 3 days ago Your data" in said
    assert "Stars, tags, favorites and history are kept." in said
    assert "Put the file back, and the video returns automatically." in said


def test_the_cover_of_a_missing_file_is_still_shown(video, client):
    Video.objects.update(missing_since=timezone.now(), cover_version=17)
    page = Page(client.get(video.get_absolute_url()))
    (picture,) = page.of_class("missing-cover")
    assert picture.attributes["src"] == f"{video.get_absolute_url()}cover.webp?v=17"


def test_a_file_that_went_missing_with_its_folder_asks_for_the_disk(video, make_video, client):
    together = MissingBatch.objects.create(folder="holidays/")
    Video.objects.update(missing_since=timezone.now(), missing_batch=together)
    for number in range(2):
        make_video(f"holidays/{number}.mp4", missing_since=timezone.now(), missing_batch=together)
    said = missing_state(client, video)
    assert "Went missing now, together with 2 other files in holidays/" in said
    assert "Is a disk disconnected?" in said
    assert "/library/#gone" in Page(client.get(video.get_absolute_url())).addresses


def test_a_missing_video_is_found_again_from_its_own_page(video, make_video, browser):
    Video.objects.update(missing_since=timezone.now(), fingerprint="same")
    VideoCache().update_rating(video.filename, 5)
    there = make_video("new/sea.mp4", fingerprint="same", file_size=video.file_size)
    page = Page(browser.get(video.get_absolute_url()))
    assert "Possible matches new/sea.mp4 the same size, beginning, middle and end" in missing_state(browser, video)
    assert {"/library/#found", there.get_absolute_url()} <= set(page.addresses)
    assert not page.of_class("same-content")
    response = submit(browser, video, pair=f"{video.pk}-{there.pk}")
    assert (response.status_code, response["Location"]) == (303, video.get_absolute_url())
    page = Page(browser.get(video.get_absolute_url()))
    (said,) = page.texts("is-message")
    assert said.startswith("“sea” was relinked to “new/sea.mp4”")
    assert page.tags("video")
    assert marks(Video.objects.get()).stars == 5


def test_of_many_files_that_it_may_be_ten_are_offered(video, make_video, client):
    Video.objects.update(missing_since=timezone.now(), fingerprint="same")
    for number in range(12):
        make_video(f"new/{number:02}.mp4", fingerprint="same", file_size=video.file_size)
    said = missing_state(client, video)
    assert said.count("Relink new/") == 10
    assert "and 2 more" in said


def test_a_missing_file_of_which_only_the_name_is_known_is_offered_by_it(video, make_video, client):
    Video.objects.update(missing_since=timezone.now(), title="sea")
    make_video("new/sea.mp4", title="sea", file_size=video.file_size)
    assert "new/sea.mp4 the same name and size" in missing_state(client, video)


@pytest.mark.parametrize("number", [0, 10**9, 2**63, 10**30])
def test_a_video_that_is_not_there_answers_404(db, client, number):
    for address in (f"/videos/{number}/", f"/videos/{number}/stars"):
        assert client.get(address).status_code in (404, 405)
    assert client.get(f"/videos/{number}/").status_code == 404
    assert client.get(f"/videos/{number}/?list=").status_code == 404
    for name in ("playlist.m3u", "related"):
        assert client.get(f"/videos/{number}/{name}").status_code == 404, name


TRACK = {"codec": "aac", "language": "eng", "title": "", "channels": 2, "is_default": True}
HOSTILE = '<img src=x onerror=alert(1)>" --> {{ 7|add:7 }}'


@pytest.fixture
def analyzed(video):
    """The video after its file was analyzed: facts, tracks, chapters, subtitles beside it and a cover."""
    facts = {"width": 1920, "height": 1080, "frame_rate": 24000 / 1001, "container": "matroska", "duration": 5025.4}
    codecs = {"video_codec": "h264", "audio_codec": "aac", "bit_rate": 5_200_000, "cover_version": 17}
    Video.objects.update(**facts, **codecs)
    Details.objects.create(
        video=video,
        audio=[TRACK, {**TRACK, "language": "", "channels": 6, "title": f"Commentary {HOSTILE}"}],
        subtitles=[{**TRACK, "codec": "subrip", "language": "nor", "channels": 0}],
        chapters=[
            {"start_seconds": 0.0, "end_seconds": 1383.0416, "title": "Opening"},
            {"start_seconds": 1383.0416, "end_seconds": 5025.4, "title": HOSTILE},
        ],
    )
    Subtitle.objects.create(video=video, filename="holidays/sea.de.srt", language="de", label="German")
    Subtitle.objects.create(video=video, filename="holidays/sea.srt", label=HOSTILE)
    return video


def test_the_facts_of_the_file_stand_in_one_line_and_its_tracks_below(analyzed, client):
    page = Page(client.get(analyzed.get_absolute_url()))
    (said,) = [" ".join(summary.text.split()) for summary in page.tags("summary") if "About" in summary.text]
    assert said == "About this file 1:23:45 1920 × 1080 23.98 fps h264/aac matroska 5.2 Mbit/s"
    about = " ".join(page.of_class("about")[0].text.split())
    assert "Audio English aac stereo Unknown language aac 5.1 Commentary <img" in about
    assert "Embedded subtitles Norwegian subrip" in about
    assert "German holidays/sea.de.srt" in about
    assert "holidays/sea.mp4" in about


def test_the_player_has_a_poster_and_a_track_for_each_subtitle_file_and_the_chapters(analyzed, client):
    page = Page(client.get(analyzed.get_absolute_url()))
    address = analyzed.get_absolute_url()
    assert page.tags("video")[0].attributes["poster"] == f"{address}cover.webp?v=17"
    german, other = Subtitle.objects.order_by("filename")
    tracks = [[track.attributes[name] for name in ("kind", "srclang", "label", "src")] for track in page.tags("track")]
    assert sorted(tracks) == sorted(
        [
            ["subtitles", "de", "German", f"{address}subtitles/{german.pk}.vtt"],
            ["subtitles", "und", HOSTILE, f"{address}subtitles/{other.pk}.vtt"],
            ["chapters", "und", "Chapters", f"{address}chapters.vtt"],
        ]
    )
    assert all(client.get(track[3]).status_code == 200 for track in tracks if track[0] == "chapters")


def test_a_chapter_is_a_link_that_works_without_javascript(analyzed, client):
    address = analyzed.get_absolute_url()
    page = Page(client.get(address))
    links = [link for link in page.tags("a") if "data-seconds" in link.attributes]
    assert [link.text for link in links] == ["0:00 Opening", f"23:03 {HOSTILE}"]
    assert links[1].attributes["href"] == "?t=1383.042"
    player = Page(client.get(f"{address}{links[1].attributes['href']}")).tags("video")[0]
    assert player.attributes["src"] == f"{address}stream#t=1383.042"


@pytest.mark.parametrize("moment", ["x", "-1", "1e9", "nan", '1" onerror="x', "", "٣", "9" * 30])
def test_a_moment_that_is_none_plays_from_the_start(video, client, moment):
    player = Page(client.get(video.get_absolute_url(), {"t": moment})).tags("video")[0]
    assert player.attributes["src"] == f"{video.get_absolute_url()}stream"


def test_no_title_label_or_reason_becomes_markup(analyzed, client):
    Video.objects.update(problem=HOSTILE)
    page = Page(client.get(analyzed.get_absolute_url()))
    assert len(page.tags("img")) == 1  # the mark in the bar
    assert page.text.count(HOSTILE) >= 3
    assert not any(attribute.startswith("on") for element in page.elements for attribute in element.attributes)


def test_a_file_that_could_not_be_read_says_why_and_can_be_tried_again(video, client):
    Video.objects.update(problem="cut off: the index is missing")
    page = Page(client.get(video.get_absolute_url()))
    (trouble,) = page.of_class("is-error")
    assert "This file could not be read: cut off: the index is missing." in trouble.text
    assert "Try again" in trouble.text
    Video.objects.update(analysis_due_at=timezone.now())
    (trouble,) = Page(client.get(video.get_absolute_url())).of_class("is-error")
    assert "The worker will retry it" in trouble.text
    assert "Try again" not in trouble.text
    Video.objects.update(width=640, problem="none of its pictures can be decoded")
    assert (
        "No thumbnails could be created for this file: none of its" in Page(client.get(video.get_absolute_url())).text
    )


def test_files_that_look_the_same_are_linked_with_each_other(video, make_video, client):
    Video.objects.update(fingerprint="same")
    twin = make_video("copies/sea (1).mp4", fingerprint="same", file_size=video.file_size)
    make_video("gone.mp4", fingerprint="same", file_size=video.file_size, missing_since=timezone.now())
    page = Page(client.get(video.get_absolute_url()))
    assert page.texts("same-content") == ["Possible duplicate of copies/sea (1).mp4"]
    assert twin.get_absolute_url() in page.addresses
    assert not Page(client.get(make_video("single.mp4").get_absolute_url())).of_class("same-content")


def test_of_many_files_that_look_the_same_ten_are_named(video, make_video, client):
    Video.objects.update(fingerprint="same")
    for number in range(13):
        make_video(f"copies/{number:02}.mp4", fingerprint="same", file_size=video.file_size)
    (said,) = Page(client.get(video.get_absolute_url())).texts("same-content")
    assert "copies/09.mp4 and 3 more" in said
    assert "copies/10.mp4" not in said


def test_a_video_that_was_not_analyzed_shows_what_is_known(video, client):
    page = Page(client.get(video.get_absolute_url()))
    assert [s.text.split() for s in page.tags("summary") if "About" in s.text] == [["About", "this", "file", "1:15"]]
    assert not page.of_class("chapters")
    assert not page.tags("track")


@pytest.mark.django_db(transaction=True)
def test_the_page_costs_a_fixed_number_of_queries(analyzed, make_video, client, query_count):
    counts = []
    # What is beside a video is found in memory, where the library is read once.
    client.get(analyzed.get_absolute_url())
    for number in (3, 30):
        for copy in range(number):
            Subtitle.objects.create(video=analyzed, filename=f"{number}/{copy}.srt", label="x")
            make_video(f"{number}/{copy}.mp4", fingerprint="same", file_size=analyzed.file_size)
        Video.objects.update(fingerprint="same")
        cache.clear()
        counts.append(query_count(lambda: client.get(analyzed.get_absolute_url())))
    assert counts[0] == counts[1] <= 10


def test_the_edit_link_is_for_who_may_edit(video, client, admin_client):
    edit = f"/admin/videos/video/{video.pk}/change/"
    assert edit in Page(admin_client.get(video.get_absolute_url())).addresses
    assert edit not in Page(client.get(video.get_absolute_url())).addresses


def test_large_ids_have_no_thousands_separators(make_video, viewer, client):
    video = make_video("a.mp4", pk=1_234_567)
    page = Page(client.get("/videos/1234567/"))
    actions = [form.attributes.get("action") or "" for form in page.tags("form")]
    actions = [action for action in actions if "videos" in action]
    assert all(action.startswith("/videos/1234567/") for action in actions)
    assert len(actions) >= 4
    assert page.tags("video")[0].attributes["src"] == video.get_absolute_url() + "stream"
