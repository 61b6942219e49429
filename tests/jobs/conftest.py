"""Rows of tasks, and what is in the queue."""

import logging
from collections.abc import Iterator

import pytest
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from videos.jobs import tasks


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
