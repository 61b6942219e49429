"""The line that a command ends with when it fails because of the database or a disk."""

from pathlib import Path

from django.conf import settings
from django.db import DatabaseError

from videos.backup.emergency import advice
from videos.db import health
from videos.db.conditions import Condition, condition_of, os_condition
from videos.db.sqlite_file import sqlite_path

_WHAT_TO_DO = {
    Condition.FULL: "The disk is full: make room there, and run this again.",
    Condition.READ_ONLY: "The disk is read-only: make it writable, or name another folder, and run this again.",
    Condition.NO_PERMISSION: "There is no permission: give this account the right to it, or run this as its owner.",
    Condition.IO_ERROR: "The disk reports an error: check it and its connection before anything else.",
}


def line_about(error: BaseException) -> str | None:
    """Return what went wrong and what to do, or None if neither the database nor a disk is the reason."""
    if isinstance(error, DatabaseError):
        return _about_database(error)
    if isinstance(error, OSError):
        return about_disk(error)
    return None


def about_disk(error: OSError) -> str | None:
    """Return "FILE: No space left on device. The disk is full: make room there …", or None for another error."""
    condition = os_condition(error)
    if condition is None:
        return None
    where = error.filename2 or error.filename
    return f"{where or 'The disk'}: {error.strerror}. {_WHAT_TO_DO[condition]}"


def what_to_do(error: BaseException, target: Path | None = None) -> str:
    """Return what to do if a disk is the reason of a failure, else "". `target` is the file that was being written."""
    condition = condition_of(error, target or sqlite_path())
    return _WHAT_TO_DO.get(condition, "") if condition else ""


def way_out() -> str:
    """Return how to restore a damaged database, else what to do about the disk, or ""."""
    if health.is_damaged():
        return advice(settings.DATA_DIR)
    trouble = None if health.problem() else health.trouble_by_writing()
    return health.refusal(trouble) if trouble else ""


def _about_database(error: DatabaseError) -> str | None:
    condition = health.noticed(error)
    if problem := health.problem():
        return f"{problem} {way_out()}".strip()
    if condition is Condition.DAMAGED:
        problem = health.recheck()
        return f"{problem} {way_out()}" if problem else f"The database says: {error}. Run this again."
    if condition is None or condition is Condition.UNREADABLE:
        return None
    return health.refusal(condition)
