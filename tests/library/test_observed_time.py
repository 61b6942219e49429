"""Only days that were lived through count for a cleanup: a clock that jumps makes no file missing for longer."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from videos.jobs import tasks
from videos.library import observed_time
from videos.models import Video

NOW = datetime(2026, 5, 20, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FUTURE, PAST = datetime(2030, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)


def live(start, span):
    """Note each hour of a time, and return its end."""
    for hours in range(int(span / HOUR) + 1):
        observed_time.note(start + hours * HOUR)
    return start + span


def is_long_missing(missing_since, days):
    cutoff = observed_time.cutoff(days)
    if cutoff is None or missing_since >= cutoff.before:
        return False
    return not any(start <= missing_since <= end for start, end in cutoff.later)


@pytest.fixture(autouse=True)
def _data(library):
    pass


def test_days_that_follow_each_other_count_as_they_are():
    end = live(NOW, 10 * DAY)
    assert observed_time.cutoff(7).before == end - 7 * DAY
    assert observed_time.cutoff(400).before == end - 400 * DAY, "what was before the first note is believed"


@pytest.mark.parametrize("hours", [1, 12, 24])
def test_a_night_without_the_computer_counts(hours):
    observed_time.note(NOW)
    observed_time.note(NOW + hours * HOUR)
    assert observed_time.cutoff(1).before == NOW + hours * HOUR - DAY


@pytest.mark.parametrize("jump", [FUTURE, NOW + 40 * DAY])
def test_a_jump_into_the_future_makes_nothing_older(jump):
    gone = live(NOW, 2 * DAY)
    live(gone, 5 * DAY)
    wrong = live(jump, 2 * DAY)
    assert not is_long_missing(gone, 30)
    assert is_long_missing(gone, 6), "seven days were lived through since then"
    live(gone + 7 * DAY, 2 * DAY)
    assert not is_long_missing(gone, 10), "nor when the clock is right again"
    assert is_long_missing(gone, 8)
    assert not is_long_missing(wrong, 1), "what went while it was wrong waits"


def test_what_went_missing_while_the_clock_was_in_the_past_is_as_young_as_it_is():
    before = live(NOW, 2 * DAY)
    gone = live(PAST, HOUR)
    end = live(before + HOUR, DAY)
    assert not is_long_missing(gone, 30)
    assert not is_long_missing(gone + HOUR, 30)
    # By a clock that was only some months behind, at a time that had been there before.
    gone = live(NOW - 100 * DAY, HOUR)
    live(end, 2 * DAY)
    assert not is_long_missing(gone, 30)
    assert is_long_missing(NOW - 101 * DAY, 30)


def test_an_upgrade_while_the_clock_is_wrong_believes_nothing_of_what_was_before():
    observed_time.note(FUTURE, last_seen=NOW)
    assert observed_time.cutoff(1) is None
    live(FUTURE, 2 * DAY)
    assert observed_time.cutoff(1).before == FUTURE + DAY


@pytest.mark.parametrize("content", ["", "{}", "[[1, 2]]", '[[null, "2026-01-01T00:00:00"]]', "\x00"])
def test_notes_that_cannot_be_read_are_begun_anew_and_nothing_counts_until_then(content, settings):
    (settings.DATA_DIR / ".witnessed.json").write_text(content)
    assert observed_time.cutoff(1) is None
    live(NOW, 2 * DAY)
    assert observed_time.cutoff(1).before == NOW + DAY
    assert observed_time.cutoff(3) is None


def test_where_nothing_can_be_noted_nothing_counts(settings):
    settings.DATA_DIR = settings.DATA_DIR / "none"
    observed_time.note(NOW)
    assert observed_time.cutoff(1) is None


def test_a_clock_is_steady_when_it_has_not_jumped_for_a_day():
    assert not observed_time.is_steady()
    live(NOW, HOUR)
    assert observed_time.is_steady()
    live(FUTURE, 23 * HOUR)
    assert not observed_time.is_steady()
    live(FUTURE + 23 * HOUR, HOUR)
    assert observed_time.is_steady()


# --- the cleanup ---


@pytest.fixture
def gone(library, make_video, settings):
    """Three files that are there, and one that is not; the cleanup removes what is missing for 30 days."""
    settings.CLEANUP_AFTER_DAYS = 30
    for number in range(3):
        (library / f"{number}.mp4").write_bytes(bytes(1000))
        make_video(f"{number}.mp4")
    return make_video("gone.mp4", missing_since=timezone.now() - timedelta(days=40))


def test_the_cleanup_still_removes_what_is_long_missing(gone):
    assert tasks.clean_up.call() == {"removed": 1}


def test_the_cleanup_removes_nothing_because_the_clock_jumped(gone):
    # Until two months ago by this clock, which was yesterday.
    observed_time.note(timezone.now() - timedelta(days=60))
    assert tasks.clean_up.call() == {"removed": 0}
    assert Video.objects.filter(pk=gone.pk).exists()


def test_the_cleanup_removes_nothing_that_went_while_the_clock_was_in_the_past(gone):
    observed_time.note(timezone.now() - timedelta(hours=3))
    observed_time.note(PAST)
    Video.objects.filter(pk=gone.pk).update(missing_since=PAST + timedelta(minutes=5))
    assert tasks.clean_up.call() == {"removed": 0}


def test_the_cleanup_waits_for_what_went_while_the_clock_was_in_the_future(gone):
    Video.objects.filter(pk=gone.pk).update(missing_since=timezone.now() + timedelta(days=1000))
    assert tasks.clean_up.call() == {"removed": 0}
