"""What the worker does is stored for the pages: how far it is, how fast, and how it ended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from videos.core.errors import LibraryError
from videos.core.progress import both
from videos.core.work_errors import Failure
from videos.db.locks import Busy
from videos.jobs import activity
from videos.jobs.activity import Reporter, paused
from videos.jobs.worker_status import effective_state
from videos.library.walker import FolderUnusable
from videos.models import Activity


@pytest.fixture
def row(db):
    """The row of the kind of work that the tests do, as it is now."""
    return lambda: Activity.objects.get(pk="scan")


@pytest.fixture
def at_each_call(monkeypatch):
    monkeypatch.setattr(activity, "SECONDS_BETWEEN_REPORTS", 0)


def earlier(row, seconds):
    """Let the work have begun, and been heard of, so many seconds ago."""
    moment = timezone.now() - timedelta(seconds=seconds)
    Activity.objects.filter(pk=row().pk).update(started_at=moment, updated_at=moment)


def test_work_that_runs_shows_its_phase_and_how_far_it_is(row):
    with Reporter("scan") as report:
        report("reading_folder", 0, None)
        report("saving", 30, 120)
        assert (row().state, row().phase, row().done, row().total) == ("running", "saving", 30, 120)
        assert row().ended_at is None


def test_the_rate_and_the_time_left_follow_from_how_far_it_came_in_this_phase(row, at_each_call):
    with Reporter("scan") as report:
        report("saving", 0, 120)
        assert (row().rate, row().time_left) == (None, None)
        earlier(row, 10)
        report("saving", 30, 120)
        assert row().rate == pytest.approx(3, rel=0.2)
        assert row().time_left.total_seconds() == pytest.approx(30, rel=0.2)
        report("Another phase", 1, 120)
        assert row().rate is None
        earlier(row, 10)
        report("Another phase", 20, None)
        assert row().rate == pytest.approx(2, rel=0.2)
        assert row().time_left is None
        report("Another phase", 130, 120)
        assert row().time_left == timedelta(0)


def test_a_phase_is_stored_at_once_and_its_progress_not_at_each_file(row):
    with Reporter("scan") as report:
        for done in range(50):
            report("reading_folder", done, None)
        assert row().done < 49
        report("saving", 7, 8)
        assert (row().phase, row().done) == ("saving", 7)


def test_work_that_ended_says_what_it_did(row):
    with Reporter("scan") as report:
        report("reading_folder", 9, None)
        report.counts = {"added": 9}
    assert (row().state, row().summary, row().error, row().time_left) == ("ended", '{"added": 9}', "", None)


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (FolderUnusable.because(Failure.FOLDER_EMPTY, folder="/v"), '{"code": "folder_empty", "folder": "/v"}'),
        (LibraryError("A sentence without a code."), "A sentence without a code."),
        (KeyError("x"), "Stopped by KeyError('x')."),
    ],
)
def test_work_that_failed_says_why_until_it_works_again(row, error, said):
    with pytest.raises(type(error)), Reporter("scan"):
        raise error
    assert (row().state, row().error) == ("stopped", said)
    with Reporter("scan") as report:
        report("reading_folder", 1, None)
        assert row().state == "running"
    assert (row().state, row().error) == ("ended", "")


def test_work_that_another_process_is_at_leaves_that_ones_row_alone(row):
    with Reporter("scan") as report:
        report("reading_folder", 5, None)
        with pytest.raises(Busy), Reporter("scan"):
            raise Busy
        assert (row().state, row().done) == ("running", 5)


def test_work_that_is_not_heard_of_for_a_minute_was_interrupted(row):
    report = Reporter("scan")
    report("reading_folder", 5, None)
    earlier(row, 55)
    assert row().state == "running"
    earlier(row, 65)
    assert (row().state, row().done) == ("interrupted", 5)


HOLDING = {
    "scan": "lock = exclusive_lock('scan', '')\nlock.__enter__()\nprint('held', flush=True)\n",
    "look": "claims = RecordLocks('analyses')\nprint(claims.take(17), flush=True)\n",
}


@pytest.mark.parametrize("kind", HOLDING)
def test_work_that_is_silent_is_stuck_as_long_as_a_process_is_at_it_and_then_interrupted(db, elsewhere, kind):
    long_ago = timezone.now() - timedelta(minutes=3)
    silent = Activity(kind=kind, phase="reading_folder", done=5, started_at=long_ago, updated_at=long_ago)
    assert effective_state(silent) == "interrupted"
    other = elsewhere(HOLDING[kind])
    assert effective_state(silent) == "stuck"
    other.kill()
    other.wait()
    assert effective_state(silent) == "interrupted"


def test_work_that_is_heard_of_or_has_ended_is_never_stuck(db, elsewhere):
    elsewhere(HOLDING["scan"])
    now, long_ago = timezone.now(), timezone.now() - timedelta(minutes=3)
    assert effective_state(Activity(kind="scan", updated_at=now)) == "running"
    assert effective_state(Activity(kind="scan", updated_at=long_ago, ended_at=long_ago)) == "ended"
    assert effective_state(Activity(kind="scan", updated_at=long_ago, ended_at=long_ago, error="x")) == "stopped"


def test_work_that_pauses_runs_on_and_counts_from_where_it_was(row, at_each_call):
    with Reporter("scan") as report:
        report("thumbnails", 40, 100)
        report.goes_on = True
    began = row().started_at
    assert row().state == "running"
    before = paused("scan")
    assert before.done == 40
    with Reporter("scan", paused=before) as report:
        report("thumbnails", 41, 100)
    assert (row().started_at, row().done, row().state) == (began, 41, "ended")
    assert paused("scan") is None


def test_work_that_paused_a_minute_ago_and_never_came_back_begins_anew(row):
    with Reporter("scan") as report:
        report("thumbnails", 40, 100)
        report.goes_on = True
    earlier(row, 61)
    assert paused("scan") is None


def test_progress_is_reported_to_several():
    heard = []
    tell = both(lambda *told: heard.append(("one", *told)), lambda *told: heard.append(("other", *told)))
    tell("reading_folder", 1, None)
    assert heard == [("one", "reading_folder", 1, None), ("other", "reading_folder", 1, None)]
