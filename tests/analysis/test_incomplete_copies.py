"""A file that is still being copied is never given up: it is tried again by itself, until it is whole."""

import os
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from tests.media.samples import make_sample
from tests.views.page import Page
from videos.analysis.analyzer import GIVEN_UP_AFTER, SELDOM, SOON, again_while_copied
from videos.analysis.pipeline import AnalyzerPool
from videos.core.problems import Problem
from videos.library.scan import scan
from videos.models import LOOKS_INCOMPLETE, Video


@pytest.fixture
def pool(library: Path, db: None) -> Iterator[AnalyzerPool]:
    """One decoder on the library."""
    pool = AnalyzerPool(settings.VIDEO_DIR, settings.GENERATED_DIR, 1)
    yield pool
    pool.close()


def analyze(pool: AnalyzerPool, *, with_scan: bool = True) -> Video:
    """Analyze what is due, as if the time for it had come, and return the one video."""
    if with_scan:
        scan(settings.VIDEO_DIR)
    Video.objects.exclude(analysis_due_at=None).update(analysis_due_at=timezone.now())
    pool.analyze_due(60)
    return Video.objects.get()


def is_awaited(video: Video) -> bool:
    return video.problem == LOOKS_INCOMPLETE and video.analysis_due_at is not None and video.fingerprint == ""


def is_whole(video: Video) -> bool:
    return (video.problem, video.analysis_due_at, video.width) == ("", None, 320) and video.cover_version is not None


def test_a_copy_that_pauses_is_awaited_and_analyzed_when_it_is_whole(library, pool):
    whole = make_sample("h264.mp4", library).read_bytes()
    path = library / "h264.mp4"
    for share in (0.2, 0.5, 0.8):
        path.write_bytes(whole[: int(len(whole) * share)])
        video = analyze(pool)
        assert is_awaited(video), share
        # Again, at the same size: it pauses.
        assert is_awaited(analyze(pool, with_scan=False)), share
    path.write_bytes(whole)
    assert is_whole(analyze(pool))


@pytest.mark.parametrize("name", ["h264.mp4", "subtitles.mkv", "mpeg4.avi", "h264.ts"])
def test_a_file_that_was_made_as_long_as_it_will_be_is_awaited(library, pool, name):
    """As many programs do: zeros, filled in piece by piece, from anywhere; and at the end the date of the original."""
    whole = make_sample(name, library).read_bytes()
    path = library / name
    path.write_bytes(bytes(len(whole)))
    os.utime(path, ns=(10**18, 10**18))
    assert is_awaited(analyze(pool))
    half = len(whole) // 2
    path.write_bytes(bytes(half) + whole[half:])
    os.utime(path, ns=(10**18, 10**18))
    assert is_awaited(analyze(pool, with_scan=False))
    path.write_bytes(whole)
    os.utime(path, ns=(10**18, 10**18))
    # No scan would see a change: the same size, the same date.
    assert is_whole(analyze(pool, with_scan=False))


def test_a_film_with_its_index_first_and_zeros_behind_it_is_awaited(library, pool):
    whole = make_sample("silent.mp4", library).read_bytes()
    path = library / "silent.mp4"
    start, end = whole.index(b"mdat") + 4, whole.index(b"moov") - 4
    path.write_bytes(whole[:start] + bytes(end - start) + whole[end:])
    video = analyze(pool)
    assert is_awaited(video)
    assert video.duration == pytest.approx(4, abs=0.1)
    path.write_bytes(whole)
    os.utime(path, ns=(video.modified_ns, video.modified_ns))
    assert is_whole(analyze(pool, with_scan=False))


def test_a_sparse_file_is_awaited(library, pool):
    whole = make_sample("h264.mp4", library).read_bytes()
    path = library / "h264.mp4"
    with path.open("wb") as file:
        file.truncate(len(whole))
        file.seek(len(whole) * 3 // 4)
        file.write(whole[len(whole) * 3 // 4 :])
    assert is_awaited(analyze(pool))
    path.write_bytes(whole)
    assert is_whole(analyze(pool))


def test_a_part_file_that_gets_its_name_is_analyzed(library, pool):
    path = make_sample("h264.mp4", library)
    path.rename(library / "h264.mp4.part")
    scan(library)
    assert not Video.objects.exists()
    (library / "h264.mp4.part").rename(path)
    assert is_whole(analyze(pool))


def test_a_film_that_is_written_over_loses_what_was_known_of_it_until_it_is_whole_again(library, pool):
    path = make_sample("h264.mp4", library)
    whole = path.read_bytes()
    assert is_whole(analyze(pool))
    path.write_bytes(whole[: len(whole) // 2])
    video = analyze(pool)
    assert is_awaited(video)
    assert (video.width, video.duration, video.cover_version) == (None, None, None)
    path.write_bytes(whole)
    assert is_whole(analyze(pool))


def test_what_is_no_film_at_all_is_not_awaited(library, pool):
    (library / "letter.mp4").write_text("Dear diary,\nnothing happened today.\n")
    video = analyze(pool)
    assert (video.problem, video.analysis_due_at) == (Problem.TEXT.code, None)


def test_it_is_tried_ever_less_often_and_at_last_given_up(tmp_path, monkeypatch):
    (tmp_path / "a").touch()
    descriptor = os.open(tmp_path / "a", os.O_RDONLY)
    changed = os.fstat(descriptor).st_ctime
    waits = {}
    for quiet in (0, 60, 3000, 80_000, 90_000, -30, -90_000):
        monkeypatch.setattr(time, "time", lambda quiet=quiet: changed + quiet)
        waits[quiet] = again_while_copied(descriptor)
    os.close(descriptor)
    assert waits[0] == waits[-30] == SOON
    assert waits[60] == timedelta(seconds=60)
    assert waits[3000] == timedelta(seconds=3000)
    assert waits[80_000] == SELDOM
    assert waits[90_000] is None
    assert waits[-90_000] is None
    assert timedelta(seconds=80_000) < GIVEN_UP_AFTER < timedelta(seconds=90_000)


def test_the_pages_say_that_it_may_still_be_being_copied(library, pool, client):
    path = make_sample("h264.mp4", library)
    path.write_bytes(path.read_bytes()[:20_000])
    video = analyze(pool)
    watch = Page(client.get(video.get_absolute_url()))
    assert "looks incomplete. It may still be copying" in watch.text
    assert "unreadable" not in watch.text
    assert "Incomplete" in Page(client.get("/")).text
    assert "looks incomplete: still being copied?" in Page(client.get("/library/")).text
