"""What an earlier version made of a file is made anew where it would be another now, and only there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import timezone

from tests.media.coded_colors import HDR10, HLG10, SDR, Coded, write_film
from tests.media.samples import make_sample
from videos.analysis.artwork_store import cover_path, sprite_path
from videos.analysis.pipeline import AnalyzerPool
from videos.library.scan import scan
from videos.models import Details, Video

OLD = b"a cover of the earlier version"


@pytest.fixture
def pool(library: Path, db: None) -> Iterator[AnalyzerPool]:
    """One decoder on the library."""
    pool = AnalyzerPool(settings.VIDEO_DIR, settings.GENERATED_DIR, 1)
    yield pool
    pool.close()


def analyze(pool: AnalyzerPool) -> None:
    Video.objects.exclude(analysis_due_at=None).update(analysis_due_at=timezone.now())
    pool.analyze_due(60)


def as_before(pool: AnalyzerPool, **changes: object) -> Video:
    """Analyze what is there, and leave its row as the earlier version did, its cover too."""
    scan(settings.VIDEO_DIR)
    analyze(pool)
    video = Video.objects.get()
    cover_path(settings.GENERATED_DIR, video.pk).write_bytes(OLD)
    values = {
        "facts_version": None,
        "analysis_due_at": timezone.now(),
        "color": "#123456",
        "cover_version": 7,
        **changes,
    }
    Video.objects.update(**values)
    return Video.objects.get()


def cover_of(video: Video) -> bytes:
    return cover_path(settings.GENERATED_DIR, video.pk).read_bytes()


def test_the_pictures_of_a_film_that_would_come_out_the_same_are_kept(library, pool):
    make_sample("subtitles.mkv", library)
    before = as_before(pool, audio_codec="wrong")
    sprite = Details.objects.get().sprite
    analyze(pool)
    video = Video.objects.get()
    assert (cover_of(video), video.color, video.cover_version) == (OLD, "#123456", 7)
    assert sprite_path(settings.GENERATED_DIR, video.pk).exists()
    assert Details.objects.get().sprite == sprite
    # The facts are today's.
    assert (video.audio_codec, video.analysis_due_at, video.facts_version) == ("aac", None, Video.FACTS_VERSION)
    assert (video.duration, video.fingerprint) == (before.duration, before.fingerprint)


@pytest.mark.parametrize("coded", [HDR10, HLG10, Coded(9, 14, 9)])
def test_the_pictures_of_hdr_and_wide_colour_are_made_anew_once(library, pool, coded):
    write_film(replace(coded, seconds=2), library / "film.mkv")
    as_before(pool)
    analyze(pool)
    video = Video.objects.get()
    assert cover_of(video) != OLD
    assert (video.color != "#123456", video.cover_version != 7, video.analysis_due_at) == (True, True, None)
    assert pool.analyze_due(60) == 0


@pytest.mark.parametrize("wrong", [{"duration": 3600.0}, {"duration": None}, {"width": 65_535}])
def test_the_pictures_of_a_film_of_which_something_else_was_believed_are_made_anew(library, pool, wrong):
    write_film(replace(SDR, seconds=2), library / "film.mkv")
    as_before(pool, **wrong)
    analyze(pool)
    video = Video.objects.get()
    assert cover_of(video) != OLD
    assert (video.duration, video.width) == (pytest.approx(2, abs=0.2), 320)


def test_pictures_that_are_gone_are_made_anew(library, pool):
    make_sample("silent.mp4", library)
    video = as_before(pool)
    cover_path(settings.GENERATED_DIR, video.pk).unlink()
    analyze(pool)
    assert len(cover_of(video)) > 0
    assert Video.objects.get().cover_version != 7


def test_another_content_is_analyzed_as_a_whole(library, pool):
    make_sample("silent.mp4", library)
    as_before(pool, fingerprint="0" * 32)
    analyze(pool)
    assert cover_of(Video.objects.get()) != OLD


def test_analyzing_everything_again_makes_all_pictures_anew(library, pool):
    make_sample("silent.mp4", library)
    as_before(pool)
    Video.objects.analyze_again(timezone.now())
    pool.analyze_due(60)
    assert cover_of(Video.objects.get()) != OLD
