"""Scans come on a schedule that leaves room for other work, and old results go."""

from datetime import timedelta

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.jobs.conftest import asked
from videos.jobs import tasks
from videos.jobs.schedule import enqueue_scheduled_scan, prune_results

pytestmark = pytest.mark.django_db


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
