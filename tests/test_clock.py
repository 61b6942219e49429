"""What a clock that was wrong leaves behind: a time in the future counts as due, and deletes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from videos.clock import is_recent
from videos.library import witnessed
from videos.library.activity import standing
from videos.library.orphans import find_orphans
from videos.library.scan import scan
from videos.management.worker import ask_for_scheduled_scan, prune_results
from videos.models import Activity, Video
from videos.tasks import bring_forward, scan_folder

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("ago", "recent"),
    [(timedelta(), True), (59 * HOUR / 60, True), (HOUR, False), (-HOUR / 120, True), (-2 * HOUR, False),
     (-4 * 365 * DAY, False)],
)  # fmt: skip
def test_what_lies_in_the_future_is_not_recent(ago, recent):
    assert is_recent(NOW - ago, HOUR, NOW) is recent


@pytest.mark.django_db
def test_work_that_was_heard_of_in_the_future_counts_as_interrupted():
    for ahead, state in ((-timedelta(seconds=5), "running"), (4 * 365 * DAY, "interrupted")):
        row = Activity(kind="scan", updated_at=timezone.now() + ahead)
        assert row.state == state
        assert standing(row) == state


@pytest.mark.django_db
def test_what_was_put_off_by_a_wrong_clock_is_due_at_once(make_video):
    far = make_video("far.mp4", look_due=timezone.now() + 4 * 365 * DAY)
    near = make_video("near.mp4", look_due=timezone.now() + HOUR / 2)
    bring_forward(timezone.now())
    far.refresh_from_db()
    near.refresh_from_db()
    assert far.look_due <= timezone.now()
    assert near.look_due > timezone.now()


@pytest.mark.django_db
def test_a_scan_that_ended_in_the_future_does_not_stop_the_next_one():
    far = timezone.now() + 4 * 365 * DAY
    done = DBTaskResult.objects.create(
        task_path=scan_folder.module_path, args_kwargs={"args": [], "kwargs": {}}, status="SUCCESSFUL",
        priority=0, queue_name="default", backend_name="default", run_after=far, exception_class_path="", traceback="",
    )  # fmt: skip
    DBTaskResult.objects.filter(pk=done.pk).update(enqueued_at=far, started_at=far, finished_at=far)
    ask_for_scheduled_scan()
    assert DBTaskResult.objects.filter(status="READY").count() == 1
    prune_results(timezone.now())
    assert not DBTaskResult.objects.filter(pk=done.pk).exists()


# --- the automatic cleanup --------------------------------------------------------------------------------------------


def lived(*times):
    for moment in times:
        witnessed.note(moment)


def hours(start, number):
    return [start + n * HOUR for n in range(number)]


def test_only_time_that_was_lived_through_counts_for_a_cleanup(settings, tmp_path):
    settings.DATA_DIR = tmp_path
    assert witnessed.cutoff(30) is None
    lived(*hours(NOW - 3 * DAY, 72))
    assert witnessed.cutoff(2).before == NOW - HOUR - 2 * DAY
    # The clock jumps four years ahead for an hour, and back.
    lived(NOW + 4 * 365 * DAY, NOW + 4 * 365 * DAY + HOUR)
    cutoff = witnessed.cutoff(2)
    assert cutoff is not None
    assert cutoff.before < NOW
    lived(*hours(NOW, 3))
    assert witnessed.cutoff(2).before < NOW


@pytest.mark.django_db
def test_a_file_that_went_missing_under_a_wrong_clock_is_not_cleaned_up_early(settings, tmp_path, library, viewer):
    settings.DATA_DIR = tmp_path
    (library / "there.mp4").write_bytes(b"x")
    scan(library)
    gone = Video.objects.create(filename="gone.mp4", missing_since=NOW - 5 * 365 * DAY, file_size=9)
    lived(*hours(NOW - 5 * 365 * DAY, 2), *hours(NOW - 10 * DAY, 240))
    cutoff = witnessed.cutoff(30)
    orphans = None if cutoff is None else find_orphans(library, missing_before=cutoff.before, but_not=cutoff.later)
    assert orphans is None or gone.pk not in orphans.videos


@pytest.mark.parametrize("content", ["", "{", "[[1]]", '[["2026-01-01T00:00:00", "x"]]'])
def test_notes_that_cannot_be_read_delete_nothing(settings, tmp_path, content):
    settings.DATA_DIR = tmp_path
    (tmp_path / ".witnessed.json").write_text(content)
    assert witnessed.cutoff(1) is None
    lived(NOW)
    assert witnessed.cutoff(1) is None
