"""Whether a worker runs, and whether a task that reports no progress still does."""

import time

from videos.db.locks import WorkerSlots, is_held, is_record_locked
from videos.models import Activity

# A worker that was just started takes this long at most until it holds its slot.
_STARTING_SECONDS = 15.0


def is_a_worker_running() -> bool:
    """Return whether any worker runs on this library; True also where that cannot be found out.

    In a worker's own process it does not count that worker.
    """
    try:
        slots = WorkerSlots()
    except OSError:
        return True  # the lock file belongs to another account
    try:
        return slots.others_alive() > 0
    except OSError:
        return True  # this disk has no locks
    finally:
        slots.close()


class WorkerStart:
    """When `serve` last started a worker, in seconds of the monotonic clock, which all processes share; None: never.

    Set in the process that `serve` runs in, and inherited by those that it forks.
    """

    since: float | None = None


def worker_state() -> str:
    """Return "running"; "starting" if `serve` has just started one; else "none"."""
    if is_a_worker_running():
        return "running"
    is_young = WorkerStart.since is not None and time.monotonic() - WorkerStart.since < _STARTING_SECONDS
    return "starting" if is_young else "none"


def effective_state(activity: Activity) -> str:
    """Return the row's state, with "stuck" in place of "interrupted" while a process holds the lock of that work.

    Such a process is alive but reports nothing. As a rule it waits for a disk that does not answer.
    """
    is_silent = activity.state == "interrupted"
    return "stuck" if is_silent and _is_locked(activity.kind) else activity.state


def _is_locked(kind: str) -> bool:
    return is_held("scan") if kind == "scan" else is_record_locked("analyses")
