"""Removing old dated copies: backups, snapshots, and the databases that a restore replaced.

One copy is kept for each of the newest hours, days, months and years *that have any*. No copy is removed because of its
age alone: without new copies no old one is removed, nor by a clock that was wrong for a while. A file whose name does
not match ours exactly belongs to somebody else and stays.
"""

import logging
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from re import Pattern

from django.conf import settings

from videos.backup import copy_names
from videos.backup.snapshot import FILE_NAMES
from videos.db.locks import alone
from videos.db.sqlite_file import sqlite_path

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keep:
    """For how many hours, days, months and years one copy each is kept."""

    hourly: int
    daily: int
    monthly: int
    yearly: int

    @property
    def periods(self) -> list[tuple[str, int]]:
        """Return (strftime format that is equal within a period, number of periods)."""
        return [("%Y%m%d%H", self.hourly), ("%Y%m%d", self.daily), ("%Y%m", self.monthly), ("%Y", self.yearly)]


@dataclass(frozen=True)
class Copy:
    path: Path
    moment: datetime
    # Of the copies in a period the one with the largest worth is kept, and of equal ones the newest.
    worth: int = 0


def kept(found: Iterable[Copy], keep: Keep, is_sound: Callable[[Path], bool]) -> set[Copy]:
    """Return the copies to keep: one per period, all of the hour before the newest, and the newest sound one.

    Two copies within an hour are usually made before and after some change, so both are kept.
    """
    newest_first = sorted(found, key=lambda copy: (not copy_names.is_ahead(copy.moment), copy.moment), reverse=True)
    hour = timedelta(hours=1)
    chosen = {copy for copy in newest_first if timedelta() <= newest_first[0].moment - copy.moment < hour}
    for form, periods in keep.periods:
        best: dict[str, Copy] = {}
        for copy in newest_first:
            period = copy.moment.strftime(form)
            if period not in best and len(best) == periods:
                break
            if period not in best or copy.worth > best[period].worth:
                best[period] = copy
        chosen.update(best.values())
    if len(chosen) < len(newest_first):
        chosen.update(next(([copy] for copy in newest_first if is_sound(copy.path)), []))
    return chosen


def thin() -> list[Path]:
    """Remove the copies of this library that its settings do not keep; return them. Raises OSError."""
    keep = Keep(settings.KEEP_HOURLY, settings.KEEP_DAILY, settings.KEEP_MONTHLY, settings.KEEP_YEARLY)
    return thin_copies(settings.DATA_DIR, sqlite_path(), keep)


def thin_copies(data_folder: Path, live: Path | None, keep: Keep) -> list[Path]:
    """Remove the copies that are not kept, and abandoned drafts; return what was removed.

    `live` is the SQLite database in use; replaced ones are beside it. While a copy is being written nothing is removed:
    the next call does it. Raises OSError.
    """
    with alone(copy_names.COPIES) as is_alone:
        if not is_alone:
            return []
        snapshots, backups = data_folder / "backup_json", data_folder / "backup_database"
        removed = _remove_drafts(snapshots, copy_names.SNAPSHOT_DRAFT)
        removed += _remove_drafts(backups, copy_names.BACKUP_DRAFT)
        removed += _thin(_snapshots(snapshots), keep, _is_whole_snapshot, _remove_snapshot)
        removed += _thin(_databases(backups, copy_names.BACKUP), keep, is_sound_database, _remove_database)
        if live is not None:
            removed += _remove_drafts(live.parent, copy_names.restore_draft_pattern(live))
            replaced = _databases(live.parent, copy_names.replaced_pattern(live))
            removed += _thin(replaced, keep, is_sound_database, _remove_database)
        return removed


def is_sound_database(path: Path) -> bool:
    """Return whether an unused copy is an SQLite database without damage. Creates no file beside it."""
    uri = f"{path.absolute().as_uri()}?mode=ro&immutable=1"
    try:
        with closing(sqlite3.connect(uri, uri=True)) as database:
            is_empty = database.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone() is None
            return not is_empty and database.execute("PRAGMA integrity_check(1)").fetchone()[0] == "ok"
    except sqlite3.Error:
        return False


def _thin(
    found: Iterable[Copy], keep: Keep, is_sound: Callable[[Path], bool], remove: Callable[[Path], None]
) -> list[Path]:
    found = list(found)
    going = sorted(copy.path for copy in set(found) - kept(found, keep, is_sound))
    return [path for path in going if _is_removed(path, remove)]


def _is_removed(path: Path, remove: Callable[[Path], None]) -> bool:
    """Remove a copy, and return whether that succeeded. A failure does not stop the others."""
    try:
        remove(path)
    except OSError as error:
        logger.warning("%s could not be removed: %s", path, error)
        return False
    return True


def _entries(folder: Path, pattern: Pattern[str]) -> Iterator[tuple[os.DirEntry[str], datetime]]:
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in entries:
            moment = copy_names.moment_in(pattern, entry.name)
            # The target of a link is not ours.
            if moment is not None and not entry.is_symlink():
                yield entry, moment


def _databases(folder: Path, pattern: Pattern[str]) -> list[Copy]:
    return [Copy(Path(entry.path), moment) for entry, moment in _entries(folder, pattern) if entry.is_file()]


def _remove_database(path: Path) -> None:
    # The logs first: a log without its database would never be found again.
    for each in reversed(copy_names.with_logs(path)):
        each.unlink(missing_ok=True)


def _snapshots(folder: Path) -> list[Copy]:
    """Return the snapshots, with their size as their worth.

    The snapshot before a cleanup is the only way to restore the removed rows. Later ones of the same day or month lack
    them, and are smaller.
    """
    found = ((Path(entry.path), moment) for entry, moment in _entries(folder, copy_names.SNAPSHOT) if entry.is_dir())
    return [
        Copy(path, moment, sum(file.stat().st_size for file in path.rglob("*.json")))
        for path, moment in found
        if _is_all_ours(path)
    ]


def _is_all_ours(snapshot: Path) -> bool:
    """Return whether a folder holds only what `backup_json` writes. A file that somebody added protects it."""
    names = set(FILE_NAMES.values())
    accounts = snapshot / copy_names.VIEWERS
    for path in snapshot.rglob("*"):
        is_file_of_ours = path.name in names and (path.parent == snapshot or path.parent.parent == accounts)
        is_folder_of_ours = path == accounts or path.parent == accounts
        is_ours = is_folder_of_ours if path.is_dir() else path.is_file() and is_file_of_ours
        if path.is_symlink() or not is_ours:
            return False
    return True


def _is_whole_snapshot(snapshot: Path) -> bool:
    """Return whether the four files exist and end with "}". They may be too large to be parsed for this."""
    try:
        return all(_last_bytes(snapshot / name).rstrip().endswith(b"}") for name in FILE_NAMES.values())
    except OSError:
        return False


def _last_bytes(path: Path) -> bytes:
    with open(path, "rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - 16))
        return file.read()


def _remove_snapshot(path: Path) -> None:
    # Renamed first, so that a half-removed snapshot is never taken for one.
    draft = path.with_name(copy_names.draft_name(path.name))
    path.rename(draft)
    shutil.rmtree(draft)


def _remove_drafts(folder: Path, pattern: Pattern[str]) -> list[Path]:
    """Remove the drafts of processes that died: the lock says that nobody else writes one."""
    removed: list[Path] = []
    with suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        drafts = [Path(entry.path) for entry in entries if pattern.fullmatch(entry.name) and not entry.is_symlink()]
        removed = [draft for draft in drafts if _is_removed(draft, _remove_draft)]
    return removed


def _remove_draft(draft: Path) -> None:
    if draft.is_dir():
        shutil.rmtree(draft)
    else:
        draft.unlink(missing_ok=True)
