"""A task waits in the queue only once, and for when there is something to do."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.jobs.conftest import asked
from videos.jobs import tasks
from videos.jobs.enqueue import enqueue_once
from videos.models import Activity, Video

pytestmark = pytest.mark.django_db


def test_the_same_is_never_in_the_queue_twice():
    for _ in range(2):
        enqueue_once(tasks.scan_folder, full=False)
    assert asked() == [("scan_folder", None)]
    enqueue_once(tasks.scan_folder, full=True)
    enqueue_once(tasks.analyze_files)
    assert len(asked()) == 3


def test_what_runs_already_is_asked_for_anew_as_it_may_have_passed_by_what_is_new(result):
    result(tasks.analyze_files, "RUNNING")
    enqueue_once(tasks.analyze_files)
    assert asked() == [("analyze_files", None)]


def test_what_waits_for_later_is_asked_for_now_as_well_and_not_the_other_way_round():
    enqueue_once(tasks.analyze_files, after=timedelta(minutes=5))
    enqueue_once(tasks.analyze_files, after=timedelta(minutes=9))
    assert asked() == [("analyze_files", 300)]
    enqueue_once(tasks.analyze_files)
    enqueue_once(tasks.analyze_files, after=timedelta(minutes=1))
    assert sorted(asked(), key=str) == [("analyze_files", 300), ("analyze_files", None)]


def test_few_names_are_scanned_by_name_and_many_by_scanning_everything():
    tasks.enqueue_scan_of([], [])
    assert asked() == []
    tasks.enqueue_scan_of({"b.mp4", "a.mp4"}, {"c/"})
    tasks.enqueue_scan_of(["a.mp4", "b.mp4"], ["c/"])
    (one,) = DBTaskResult.objects.all()
    assert one.args_kwargs["kwargs"] == {"files": ["a.mp4", "b.mp4"], "folders": ["c/"]}
    tasks.enqueue_scan_of([f"{number}.mp4" for number in range(tasks.MAX_NAMES + 1)], [])
    assert asked() == [("scan_changes", None), ("scan_folder", None)]


def test_names_too_long_to_be_kept_are_many_too():
    tasks.enqueue_scan_of([f"{number}{'x' * 3000}.mp4" for number in range(50)], [])
    assert asked() == [("scan_folder", None)]


def test_an_analysis_is_enqueued_for_when_the_first_file_is_due(make_video):
    tasks.enqueue_analysis()
    assert asked() == []
    make_video("later.mp4", analysis_due_at=timezone.now() + timedelta(minutes=5))
    make_video("missing.mp4", analysis_due_at=timezone.now(), missing_since=timezone.now())
    tasks.enqueue_analysis()
    assert asked() == [("analyze_files", 300)]
    make_video("now.mp4", analysis_due_at=timezone.now())
    tasks.enqueue_analysis()
    assert ("analyze_files", None) in asked()


def test_an_analysis_that_paused_has_ended_when_what_was_left_of_it_goes(make_video):
    video = make_video("a.mp4", analysis_due_at=timezone.now())
    now = timezone.now()
    paused = Activity.objects.create(
        kind="look", phase="thumbnails", done=3, total=4, summary="3 files", updated_at=now
    )
    Activity.objects.create(kind="scan", phase="reading_folder", updated_at=now)
    tasks.enqueue_analysis()
    paused.refresh_from_db()
    assert paused.state == "running"
    Video.objects.filter(pk=video.pk).update(missing_since=now)
    tasks.enqueue_analysis()
    paused.refresh_from_db()
    assert (paused.state, paused.ended_at, paused.summary) == ("ended", paused.updated_at, "3 files")
    assert Activity.objects.get(pk="scan").state == "running"


def test_an_idle_worker_helps_one_that_analyzes_unless_an_analysis_waits_already(make_video, result):
    tasks.enqueue_help()
    assert asked() == []
    make_video("now.mp4", analysis_due_at=timezone.now())
    result(tasks.analyze_files, "RUNNING")
    tasks.enqueue_help()
    assert asked() == [("analyze_files", None)]
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now() + timedelta(minutes=1))
    tasks.enqueue_help()
    assert len(asked()) == 1
