"""Putting a task into the queue, where the same task waits only once."""

from datetime import timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone
from django_tasks.base import Task
from django_tasks_db.models import DBTaskResult, get_date_max


def enqueue_once(work: Task, *, after: timedelta | None = None, **arguments: Any) -> None:
    """Enqueue the task with these arguments, unless the same is already queued and due no later."""
    run_at = timezone.now() + after if after else None
    waiting = DBTaskResult.objects.filter(status="READY", task_path=work.module_path)
    latest = Q(run_after=get_date_max()) | Q(run_after__lte=run_at or timezone.now())
    same = {"args": [], "kwargs": arguments}
    if any(other.args_kwargs == same for other in waiting.filter(latest)):
        return
    (work.using(run_after=run_at) if run_at else work).enqueue(**arguments)
