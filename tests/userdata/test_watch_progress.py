"""When a video counts as started, and when as finished."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.userdata.watch_progress import Progress, finished_from, progress_at, started_from


@pytest.mark.parametrize(
    ("duration", "seconds"),
    [(8, 10), (60, 10), (200, 10), (201, 10.05), (600, 30), (1200, 60), (7200, 60), (None, 60), (0, 60)],
)
def test_a_video_is_started_from_5_percent_or_60_seconds_but_not_before_10(duration, seconds):
    assert started_from(duration) == pytest.approx(seconds)


@pytest.mark.parametrize(
    ("title", "is_end"),
    [
        ("Credits", True), ("End Credits", True), ("End credits & bloopers", True), ("closing credits", True),
        ("Abspann", True),        ("Générique", True), ("Ending", True), ("ED", True),
        ("Ending the war", False), ("Chapter 12", False),
        ("", False),        (None, False), ("Discredits", False),
    ],
)  # fmt: skip
def test_a_chapter_of_that_name_in_the_second_half_is_where_the_credits_begin(title, is_end):
    chapters = [{"start_seconds": 80.0, "title": title}]
    assert finished_from(100, chapters) == (80 if is_end else 90)
    assert finished_from(100, [{"start_seconds": 5.0, "title": title}]) == 90


def test_credits_after_nine_tenths_change_nothing():
    assert finished_from(100, [{"start_seconds": 97.0, "title": "Credits"}]) == 90


def test_a_clip_that_is_over_before_it_counts_as_started_is_finished_all_the_same():
    assert progress_at(7.1, 8) == Progress(None, is_finished=False)
    assert progress_at(7.2, 8) == Progress(None, is_finished=True)


@given(st.floats(0, 1e7), st.none() | st.floats(0, 1e6))
def test_no_position_is_kept_that_is_too_early_or_finished(seconds, duration):
    progress = progress_at(seconds, duration)
    if progress.resume_seconds is not None:
        assert not progress.is_finished
        assert progress.resume_seconds == pytest.approx(seconds, abs=0.001)
        assert seconds >= 10
        assert seconds < 0.9 * (duration or math.inf)
