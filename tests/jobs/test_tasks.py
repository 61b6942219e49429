"""The tasks: asked for once, taken up again where a worker died, and none of them removes what it should not."""

import logging
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from tests.conftest import PROJECT
from videos.db.locks import WorkerSlots, exclusive_lock
from videos.jobs import tasks
from videos.jobs.enqueue import enqueue_once
from videos.jobs.schedule import enqueue_scheduled_scan, prune_results
from videos.jobs.worker import requeue_abandoned_tasks
from videos.library.watcher import STILL_SECONDS
from videos.models import Activity, MissingBatch, Video

pytestmark = pytest.mark.django_db


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """What the project logs, which goes to standard error and no further."""
    logger = logging.getLogger("videos")
    logger.addHandler(caplog.handler)
    yield caplog
    logger.removeHandler(caplog.handler)


@pytest.fixture
def result():
    """Make the row of a task."""

    def make(work=tasks.scan_folder, status="SUCCESSFUL", **fields):
        values = {
            "task_path": work.module_path, "status": status, "args_kwargs": {"args": [], "kwargs": {}},
            "backend_name": "default", "run_after": get_date_max(),
        }  # fmt: skip
        made = DBTaskResult.objects.create(**values)
        DBTaskResult.objects.filter(pk=made.pk).update(**fields)
        return made

    return make


def asked() -> list[tuple[str, object]]:
    """Return (name, seconds from now or None for at once) of the tasks in the queue."""
    waiting = DBTaskResult.objects.filter(status="READY")
    return [(one.task_path.rpartition(".")[2], _seconds(one.run_after)) for one in waiting]


def _seconds(run_after):
    return None if run_after == get_date_max() else round((run_after - timezone.now()).total_seconds())


# --- asking -----------------------------------------------------------------------------------------------------------


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


def test_few_names_are_looked_at_by_name_and_many_by_looking_at_everything():
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


def test_a_look_is_asked_for_when_the_first_file_is_due(make_video):
    tasks.enqueue_analysis()
    assert asked() == []
    make_video("later.mp4", analysis_due_at=timezone.now() + timedelta(minutes=5))
    make_video("missing.mp4", analysis_due_at=timezone.now(), missing_since=timezone.now())
    tasks.enqueue_analysis()
    assert asked() == [("analyze_files", 300)]
    make_video("now.mp4", analysis_due_at=timezone.now())
    tasks.enqueue_analysis()
    assert ("analyze_files", None) in asked()


def test_a_look_that_paused_has_ended_when_what_was_left_of_it_goes(make_video):
    video = make_video("a.mp4", analysis_due_at=timezone.now())
    now = timezone.now()
    paused = Activity.objects.create(kind="look", phase="Pictures", done=3, total=4, summary="3 files", updated_at=now)
    Activity.objects.create(kind="scan", phase="Looking", updated_at=now)
    tasks.enqueue_analysis()
    paused.refresh_from_db()
    assert paused.state == "running"
    Video.objects.filter(pk=video.pk).update(missing_since=now)
    tasks.enqueue_analysis()
    paused.refresh_from_db()
    assert (paused.state, paused.ended_at, paused.summary) == ("ended", paused.updated_at, "3 files")
    assert Activity.objects.get(pk="scan").state == "running"


def test_an_idle_worker_helps_one_that_looks_unless_a_look_waits_already(make_video, result):
    tasks.enqueue_help()
    assert asked() == []
    make_video("now.mp4", analysis_due_at=timezone.now())
    result(tasks.analyze_files, "RUNNING")
    tasks.enqueue_help()
    assert asked() == [("analyze_files", None)]
    DBTaskResult.objects.filter(status="READY").update(run_after=timezone.now() + timedelta(minutes=1))
    tasks.enqueue_help()
    assert len(asked()) == 1


# --- scans ------------------------------------------------------------------------------------------------------------


def test_a_scan_adds_what_is_there_and_asks_for_a_look(library):
    (library / "a.mp4").write_bytes(b"film")
    done = tasks.scan_changes.call(files=["a.mp4"], folders=[])
    assert done["counts"] == {"added": 1}
    ((name, seconds),) = asked()
    assert name == "analyze_files"
    assert seconds > STILL_SECONDS - 1


def test_a_scan_that_meets_another_is_tried_again_soon(library):
    with exclusive_lock("scan", "One is running."):
        assert tasks.scan_changes.call(files=["a.mp4"], folders=[]) == {
            "busy": "Another scan of this library is running."
        }
        assert "busy" in tasks.scan_folder.call()
    assert asked() == [("scan_changes", 2), ("scan_folder", 2)]
    assert not Activity.objects.exists()


def test_a_disk_that_is_not_there_is_logged_once_until_it_was_back(library, log, make_video):
    make_video("a.mp4")
    for _ in range(3):
        assert "problem" in tasks.scan_folder.call()
    assert [record.levelname for record in log.records] == ["WARNING"]
    assert Activity.objects.get(pk="scan").state == "stopped"
    (library / "a.mp4").write_bytes(b"film")
    tasks.scan_folder.call()
    assert Activity.objects.get(pk="scan").state == "ended"
    (library / "a.mp4").unlink()
    tasks.scan_folder.call()
    assert [record.levelname for record in log.records if "Is its disk connected" in record.message] == ["WARNING"] * 2
    assert Video.objects.get().missing_since is None


def test_files_that_go_missing_together_are_one_warning(library, log):
    (library / "trips").mkdir()
    for number in range(4):
        (library / "trips" / f"{number}.mp4").write_bytes(bytes([number]))
    (library / "other.mp4").write_bytes(b"film")
    tasks.scan_folder.call()
    for number in range(4):
        (library / "trips" / f"{number}.mp4").unlink()
    tasks.scan_folder.call()
    warnings = [record.message for record in log.records if record.levelname == "WARNING"]
    assert warnings == ["4 files of trips/ went missing together: is a disk unplugged?"]


@pytest.mark.parametrize(
    ("took", "ago", "is_asked"),
    [
        (timedelta(seconds=1), timedelta(seconds=50), False),
        (timedelta(seconds=1), timedelta(seconds=70), True),
        # Twenty times as long as it takes: an hour for three minutes.
        (timedelta(minutes=3), timedelta(minutes=58), False),
        (timedelta(minutes=3), timedelta(minutes=62), True),
    ],
)
def test_the_folder_is_scanned_on_a_schedule_that_leaves_room_for_other_things(result, took, ago, is_asked):
    finished = timezone.now() - ago
    result(started_at=finished - took, finished_at=finished)
    enqueue_scheduled_scan()
    assert asked() == ([("scan_folder", None)] if is_asked else [])


def test_a_library_that_was_never_scanned_is_scanned_now_and_one_that_is_being_scanned_is_not(result):
    enqueue_scheduled_scan()
    enqueue_scheduled_scan()
    assert asked() == [("scan_folder", None)]
    DBTaskResult.objects.update(status="RUNNING", started_at=timezone.now() - timedelta(hours=9))
    enqueue_scheduled_scan()
    assert asked() == []


def test_the_minutes_between_scans_are_the_users_choice(result, settings):
    settings.SCAN_MINUTES = 10_000
    result(started_at=timezone.now() - timedelta(days=6), finished_at=timezone.now() - timedelta(days=6))
    enqueue_scheduled_scan()
    assert asked() == []


def test_results_are_forgotten_after_a_while_but_for_the_last_scan(result):
    now = timezone.now()
    days = {name: now - timedelta(days=number) for name, number in (("one", 1), ("six", 6), ("fifteen", 15))}
    result(finished_at=days["fifteen"], enqueued_at=days["fifteen"])
    kept = [
        result(finished_at=days["six"], enqueued_at=days["six"]),
        result(tasks.clean_up, finished_at=now - timedelta(hours=5)),
        result(tasks.clean_up, "FAILED", finished_at=days["six"]),
        result(tasks.clean_up, "READY"),
        result(tasks.clean_up, "RUNNING", started_at=days["fifteen"]),
    ]
    result(tasks.analyze_files, finished_at=days["one"])
    result(tasks.analyze_files, "FAILED", finished_at=days["fifteen"])
    prune_results(now)
    assert set(DBTaskResult.objects.values_list("pk", flat=True)) == {one.pk for one in kept}


# --- what a dead worker left ------------------------------------------------------------------------------------------


@pytest.fixture
def slots(library: Path) -> Iterator[WorkerSlots]:
    slots = WorkerSlots()
    slots.take()
    yield slots
    slots.close()


def test_a_task_of_a_worker_that_died_is_taken_up_again(slots, result):
    left = result(tasks.scan_folder, "RUNNING", worker_ids=["videos-1-old", "videos-9-dead"], started_at=timezone.now())
    assert requeue_abandoned_tasks(slots) == 1
    left.refresh_from_db()
    assert (left.status, left.started_at, left.worker_ids) == ("READY", None, ["videos-1-old", "videos-9-dead"])
    assert DBTaskResult.objects.ready().count() == 1


def test_a_task_that_an_earlier_worker_with_this_ones_number_left_is_taken_up_again(slots, result):
    result(tasks.scan_folder, "RUNNING", worker_ids=[f"videos-{slots.own}-earlier"], started_at=timezone.now())
    assert requeue_abandoned_tasks(slots) == 1


def test_a_task_of_a_worker_that_lives_is_left_to_it(slots, result):
    code = "import django; django.setup()\nfrom videos.db.locks import WorkerSlots\nslots = WorkerSlots()\n"
    other = subprocess.Popen(
        [sys.executable, "-c", f"{code}print(slots.take(), flush=True)\ninput()"], cwd=PROJECT, text=True,
        env={"LVS_DATA_DIR": str(django_settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "lvs_site.settings"},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    number = int(other.stdout.readline())
    try:
        assert number != slots.own
        result(tasks.scan_folder, "RUNNING", worker_ids=[f"videos-{number}-alive"], started_at=timezone.now())
        assert requeue_abandoned_tasks(slots) == 0
        assert slots.others_alive()
    finally:
        other.kill()
        other.communicate()
    assert not slots.others_alive()
    assert requeue_abandoned_tasks(slots) == 1


def test_a_task_of_another_tools_worker_is_left_to_it_for_an_hour(slots, result):
    young, old = timezone.now() - timedelta(minutes=59), timezone.now() - timedelta(minutes=61)
    result(tasks.scan_folder, "RUNNING", worker_ids=["w6cKq2"], started_at=young)
    left = result(tasks.scan_folder, "RUNNING", worker_ids=["videos-of-mine"], started_at=old)
    assert requeue_abandoned_tasks(slots) == 1
    left.refresh_from_db()
    assert left.status == "READY"


# --- the automatic cleanup --------------------------------------------------------------------------------------------


@pytest.fixture
def long_gone(library, make_video):
    """A library of twenty files, and one video whose file has been missing for forty days."""
    for number in range(20):
        (library / f"{number}.mp4").write_bytes(bytes([number]))
    tasks.scan_folder.call()
    return make_video("gone.mp4", missing_since=timezone.now() - timedelta(days=40))


def test_the_cleanup_is_off_unless_asked_for(long_gone, settings):
    assert settings.CLEANUP_AFTER_DAYS is None
    assert tasks.clean_up.call() == {"off": True}
    settings.CLEANUP_AFTER_DAYS = 41
    assert tasks.clean_up.call() == {"removed": 0}
    assert Video.objects.filter(pk=long_gone.pk).exists()


def test_the_cleanup_removes_what_is_gone_for_so_long_after_a_snapshot(long_gone, settings, log):
    settings.CLEANUP_AFTER_DAYS = 39
    assert tasks.clean_up.call() == {"removed": 1}
    assert Video.objects.count() == 20
    assert list((settings.DATA_DIR / "backup_json").iterdir())
    assert "Removed 1 videos that were missing for over 39 days" in log.messages[-1]


def test_the_cleanup_takes_neither_what_went_together_nor_what_is_back(long_gone, settings, library):
    settings.CLEANUP_AFTER_DAYS = 1
    long_gone.missing_batch = MissingBatch.objects.create(folder="trips/")
    long_gone.save()
    assert tasks.clean_up.call() == {"removed": 0}
    MissingBatch.objects.all().delete()
    (library / "gone.mp4").write_bytes(b"back")
    assert tasks.clean_up.call() == {"removed": 0}
    assert Video.objects.filter(pk=long_gone.pk).exists()


def test_with_a_brake_on_the_cleanup_removes_nothing_and_says_so_once(long_gone, settings, log):
    settings.CLEANUP_AFTER_DAYS = 1
    for path in settings.VIDEO_DIR.iterdir():
        path.unlink()
    Video.objects.update(missing_since=timezone.now() - timedelta(days=2))
    for _ in range(3):
        assert "problem" in tasks.clean_up.call()
    (settings.VIDEO_DIR / "another.mp4").write_bytes(b"so that the disk is there")
    log.clear()
    for _ in range(3):
        assert "21 of 21 videos would go" in tasks.clean_up.call()["problem"]
    assert len(log.messages) == 1
    assert log.messages[0].startswith("The automatic cleanup removed nothing. 21 of 21 videos would go")
    assert Video.objects.count() == 21
