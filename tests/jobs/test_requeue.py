"""The tasks of a worker that died are run by another one."""

import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from django_tasks_db.models import DBTaskResult

from tests.conftest import PROJECT
from videos.db.locks import WorkerSlots
from videos.jobs import tasks
from videos.jobs.worker import requeue_abandoned_tasks

pytestmark = pytest.mark.django_db


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
