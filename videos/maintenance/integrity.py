"""Checking the database file for damage, such as flipped bits, before somebody needs the damaged part.

A check reads the whole file, so the worker runs one a day, at low priority. The result is kept in a small file in the
data folder and not in the database, since it must be readable when the database is not.
"""

import json
import logging
import os
import sqlite3
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.utils import timezone

from videos.backup.copy_names import BACKUP, moment_in
from videos.backup.database_backup import backups
from videos.backup.emergency import shell_command
from videos.core.errors import LibraryError
from videos.core.files import atomic_write
from videos.db.locks import alone
from videos.db.sqlite_file import sqlite_path
from videos.maintenance.retention import is_sound_database

logger = logging.getLogger(__name__)

EVERY = timedelta(days=1)
# A damaged database is checked more often, so that the warning goes away soon after a repair by hand.
EVERY_WHILE_DAMAGED = timedelta(hours=1)
_RETRY_SECONDS = 60 * 60.0
_MAX_MESSAGES = 100
_LOWEST_PRIORITY = 19
_DAMAGE_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class NotChecked(LibraryError):
    """The check did not finish: the file could not be read, was busy, or was replaced."""


@dataclass(frozen=True)
class Damage:
    """What a check found, when, and the newest backup that was sound then, if any."""

    problem: str
    found_at: datetime
    backup: Path | None

    @property
    def backup_made_at(self) -> datetime | None:
        return moment_in(BACKUP, self.backup.name) if self.backup else None

    @property
    def command(self) -> str:
        """Return the shell line that restores the backup, or without one, that exports what can still be read."""
        return shell_command("restore_database", self.backup) if self.backup else shell_command("export_json")


def known_damage() -> Damage | None:
    """Return what the last check found wrong with the database in use, or None. Reads only one small file."""
    state = _read_state()
    path = sqlite_path()
    if not state or not state["problem"] or path is None or state["file"] != _identity(path):
        return None
    backup = Path(state["backup"]) if state["backup"] else None
    return Damage(state["problem"], datetime.fromisoformat(state["checked_at"]), backup)


def forget() -> None:
    """Forget the last result, so that the next check runs at once: the database was replaced."""
    with suppress(OSError):
        _state_path().unlink(missing_ok=True)


def is_due(now: datetime) -> bool:
    """Return whether a check is due. One in the future was made while the clock was wrong."""
    state, path = _read_state(), sqlite_path()
    if path is None:
        return False
    if state is None or state["file"] != _identity(path):
        return True
    age = now - datetime.fromisoformat(state["checked_at"])
    return not timedelta() <= age < (EVERY_WHILE_DAMAGED if state["problem"] else EVERY)


def check(path: Path) -> str:
    """Return what is wrong with the SQLite database at `path`, or "". Raises NotChecked.

    Each table is a read transaction of its own, so that the WAL can be checkpointed in between. Writers never wait.
    PRAGMA integrity_check, since quick_check does not compare indexes with their tables.
    """
    before = _identity(path)
    problem = _first_problem(path)
    if problem:
        # Restoring a backup loses all later changes, so a passing read error must not look like damage.
        problem = _first_problem(path)
    if _identity(path) != before:
        raise NotChecked("the file is another one now")
    return problem


def _first_problem(path: Path) -> str:
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=20)) as database:
            tables = database.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY rootpage")
            # The check of sqlite_schema includes the list of free pages.
            for (table,) in [("sqlite_schema",), *tables.fetchall()]:
                name = table.replace('"', '""')
                found = database.execute(f'PRAGMA integrity_check("{name}")').fetchmany(_MAX_MESSAGES)
                if found != [("ok",)]:
                    return _summary([str(message) for (message,) in found])
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGE_CODES:
            return str(error)
        raise NotChecked(str(error)) from error
    return ""


def _summary(messages: list[str]) -> str:
    first = " ".join(messages[0].removeprefix("*** in database main ***").split())
    return first if len(messages) == 1 else f"{first}, and {len(messages) - 1:,} more"


# --- in the worker --------------------------------------------------------------------------------------------------


class DailyCheck:
    """Runs due checks in a thread of low priority, one at a time across all workers."""

    def __init__(self) -> None:
        self._thread: threading.Thread | None = None
        self._not_before = 0.0

    def start_if_due(self) -> None:
        is_running = self._thread is not None and self._thread.is_alive()
        if is_running or time.monotonic() < self._not_before or not is_due(timezone.now()):
            return
        # If the check fails, or its result cannot be stored, it is not repeated at once.
        self._not_before = time.monotonic() + _RETRY_SECONDS
        self._thread = threading.Thread(target=self._run, name="integrity", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        # On Linux this is the priority of this thread only; elsewhere of the whole worker, which does no harm.
        if hasattr(os, "setpriority"):
            with suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), _LOWEST_PRIORITY)
        try:
            check_and_store()
        except NotChecked as error:
            logger.warning("The database could not be checked for damage: %s", error)
        except OSError as error:
            logger.warning("The result of the database check could not be stored: %s", error)


def check_and_store() -> None:
    """Check the database in use, store the result for the pages and log it. Raises NotChecked or OSError."""
    path = sqlite_path()
    with alone("integrity") as is_alone:
        if path is None or not is_alone:
            return
        was_damaged = known_damage() is not None
        problem = check(path)
        backup = _newest_sound_backup() if problem else None
        if problem:
            to_do = "To restore it" if backup else "There is no sound backup. To save what can be read"
            damage = Damage(problem, timezone.now(), backup)
            logger.error("The database %s is damaged: %s. %s: %s", path, problem, to_do, damage.command)
        elif was_damaged:
            logger.info("The database %s is sound again.", path)
        _write_state(path, problem, backup)


def _newest_sound_backup() -> Path | None:
    return next(filter(is_sound_database, backups(settings.DATA_DIR)), None)


def _state_path() -> Path:
    return Path(settings.DATA_DIR / ".integrity.json")


def _identity(path: Path) -> list[int]:
    try:
        status = path.stat()
    except OSError:
        return []
    return [status.st_dev, status.st_ino]


def _read_state() -> dict[str, Any] | None:
    try:
        state = json.loads(_state_path().read_bytes())
        datetime.fromisoformat(state["checked_at"])
        is_valid = isinstance(state["problem"], str) and {"file", "backup"} <= state.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return state if is_valid else None


def _write_state(path: Path, problem: str, backup: Path | None) -> None:
    state = {
        "checked_at": timezone.now().isoformat(),
        "file": _identity(path),
        "problem": problem,
        "backup": str(backup) if backup else "",
    }
    atomic_write(_state_path(), json.dumps(state).encode())
