"""Copies of the SQLite database, verified before they get their name, and restoring one."""

import os
import shutil
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path

from django.db import connection

from videos.backup.copy_names import (
    BACKUP,
    COPIES,
    LOGS,
    backup_name,
    newest_first,
    replaced_name,
    restore_draft_name,
    stamp,
    with_logs,
)
from videos.core.errors import LibraryError
from videos.core.files import fsync_file, fsync_folder
from videos.db.conditions import Condition, condition_of
from videos.db.health import forget_health
from videos.db.locks import exclusive_lock, shared
from videos.db.opening import open_database
from videos.db.sqlite_file import sqlite_condition, sqlite_path, sqlite_problem

_ATTEMPTS = 5
_BUSY_SECONDS = 20
_NEEDED_TABLES = {"django_migrations", "videos_video", "videos_rating", "videos_view", "videos_tag", "videos_favorite"}


class BackupFailed(LibraryError):
    """No copy was made, or the file is no sound copy. Nothing was changed.

    `target` is the file that could not be written, if that was the reason.
    """

    def __init__(self, problem: str, target: Path | None = None) -> None:
        super().__init__(problem)
        self.target = target


def default_folder(data_folder: Path) -> Path:
    return data_folder / "backup_database"


def newest_backup(data_folder: Path) -> Path | None:
    """Return the newest copy in the default folder. The names hold the times."""
    return next(iter(backups(data_folder)), None)


def backups(data_folder: Path) -> list[Path]:
    """Return the copies in the default folder, the newest first."""
    return newest_first(default_folder(data_folder).glob(backup_name("*")), BACKUP)


def backup_database(folder: Path) -> Path:
    """Copy the live database into a new file in `folder` and return it. Raises BackupFailed.

    VACUUM INTO copies the state of one moment while others write. The copy gets its name once it is verified and on
    the disk.
    """
    source = _live_path()
    target = folder / backup_name(stamp())
    draft = target.with_suffix(".part")
    with shared(COPIES):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _copy_soundly(source, draft)
            fsync_file(draft)
            os.replace(draft, target)
            fsync_folder(folder)
        except (OSError, sqlite3.Error) as error:
            raise BackupFailed(f"No backup was made in {folder}: {error}", target) from error
        finally:
            _remove(draft)
    return target


def _copy_soundly(source: Path, draft: Path) -> None:
    for attempt in range(_ATTEMPTS):
        draft.unlink(missing_ok=True)
        problem = _copy(source, draft)
        if not problem:
            return
        if attempt == _ATTEMPTS - 1:
            raise BackupFailed(f"The copy is not sound: {problem}. No backup was made.")


def _copy(source: Path, draft: Path) -> str | None:
    """Write the copy, and return why it is not sound, or None.

    All rows must be in the copy. If somebody wrote during the copying, the number of rows is not known.
    """
    with closing(_open(source)) as database:
        seen = _data_version(database)
        before = _row_counts(source)
        database.execute("VACUUM INTO ?", [str(draft)])
        problem = _copy_problem(draft)
        copied = _row_counts(draft) if not problem else {}
        if problem or seen != _data_version(database):
            return problem
    return _count_problem(before, copied)


def restore_database(backup: Path) -> Path | None:
    """Replace the database by a verified copy; return where the replaced one is kept, or None if there was none.

    A sound database is overwritten in place, in one SQLite transaction, so that a running server continues with the
    restored rows. A damaged one is moved away with its log, and the copy takes its name. Raises BackupFailed.
    """
    live = _live_path()
    connection.close()
    same = backup.exists() and live.exists() and backup.samefile(live)
    problem = "it is the database itself" if same else _copy_problem(backup)
    if problem:
        raise BackupFailed(f"{backup} is no sound backup: {problem}. Nothing was changed.")
    draft = live.with_name(restore_draft_name(live, os.getpid()))
    try:
        with exclusive_lock("restore_database", "Another restore is running."), shared(COPIES):
            condition, reason = sqlite_condition(live)
            if condition is Condition.BUSY:
                # If it were renamed, the next commit of its writer would go into the renamed file.
                raise BackupFailed(f"The database is in use ({reason}). Nothing was changed; try again.")
            is_sound = condition is Condition.SOUND and live.exists() and live.stat().st_size > 0
            _draft_restored(draft, backup, _revisions(live) if is_sound else {})
            return _overwrite(live, draft) if is_sound else _replace(live, draft)
    except (OSError, sqlite3.Error) as error:
        if condition_of(error, live) is Condition.BUSY:
            raise BackupFailed(f"The database is in use ({error}). Nothing was changed; try again.") from error
        raise BackupFailed(f"The backup could not be restored: {error}", live) from error
    finally:
        _remove(draft)
        forget_health()


def _draft_restored(draft: Path, backup: Path, replaced_revisions: dict[str, int]) -> None:
    """Copy the backup beside the database, and raise its revision numbers above all that caches may hold."""
    draft.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(backup, draft)
    with closing(_open(draft)) as database:
        if _has_revisions(database):
            # Others may write until the draft is in place. A second is more numbers than they can use.
            floor = max(time.time_ns(), *replaced_revisions.values(), 0) + 10**9
            database.execute("UPDATE videos_revision SET number = max(number, ?) + 1", [floor])
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    fsync_file(draft)


def _overwrite(live: Path, draft: Path) -> Path:
    """Make the draft the content of a sound database that others may have open; return the copy of the old one."""
    kept = _kept_name(live)

    def keep_replaced(status: int, remaining: int, total: int) -> None:
        if status != sqlite3.SQLITE_OK and status != sqlite3.SQLITE_DONE:
            busy = sqlite3.OperationalError("database is locked")
            busy.sqlite_errorcode = sqlite3.SQLITE_BUSY
            raise busy
        if not kept.exists():
            with closing(_open(live)) as reader:
                reader.execute("VACUUM INTO ?", [str(kept)])
            fsync_file(kept)
            fsync_folder(live.parent)

    with closing(_open(live)) as database, closing(_open(draft)) as copy:
        database.execute("PRAGMA journal_mode=WAL")
        # The first page takes the write lock, and the last page commits. What a reader sees in between is the replaced
        # database with its last write, and nobody can write between the copy and the replacement.
        copy.backup(database, pages=1, progress=keep_replaced)
    return kept


def _replace(live: Path, draft: Path) -> Path | None:
    """Move a damaged database away with its log, if there is one, and give the draft its name."""
    kept = _kept_name(live)
    # The log first: SQLite would replay it into the new database.
    for suffix in LOGS:
        log = Path(f"{live}{suffix}")
        if log.exists():
            os.replace(log, f"{kept}{suffix}")
    was_there = live.exists() or live.is_symlink()
    if was_there:
        _set_aside(live, kept)
    os.replace(draft, live)
    fsync_folder(live.parent)
    return kept if was_there else None


def _set_aside(live: Path, kept: Path) -> None:
    """Link the damaged database to a second name, so that the first always has a file; else move it."""
    try:
        os.link(live, kept, follow_symlinks=False)
    except OSError:
        os.replace(live, kept)


def _live_path() -> Path:
    path = sqlite_path()
    if path is None:
        raise BackupFailed("The database is not an SQLite file; back up PostgreSQL with pg_dump and pg_restore.")
    return path


def _kept_name(live: Path) -> Path:
    return live.with_name(replaced_name(live, stamp()))


def _open(path: Path) -> sqlite3.Connection:
    return open_database(path, timeout=_BUSY_SECONDS)


def _copy_problem(path: Path) -> str | None:
    """Return why the file is no sound copy of a library, or None. Checks integrity, foreign keys and tables."""
    if not path.is_file():
        return "there is no such file"
    problem = "it is empty" if path.stat().st_size == 0 else sqlite_problem(path)
    if problem:
        return problem
    try:
        with closing(_open(path)) as database:
            found = [row[0] for row in database.execute("PRAGMA integrity_check(1)")]
            if found != ["ok"]:
                return f"integrity: {found[0]}"
            dangling = database.execute("PRAGMA foreign_key_check").fetchone()
            if dangling:
                return f"a row of {dangling[0]} refers to nothing in {dangling[2]}"
            missing = _NEEDED_TABLES - {row[0] for row in database.execute("SELECT name FROM sqlite_master")}
            return f"it has no table {min(missing)}" if missing else None
    except sqlite3.Error as error:
        return str(error)


def _row_counts(path: Path) -> dict[str, int]:
    with closing(_open(path)) as database:
        database.execute("BEGIN")
        # The rows of a full-text index's own tables change when it merges them, without any loss.
        tables = [row[0] for row in database.execute(
            "SELECT name FROM sqlite_master AS own WHERE type = 'table' AND NOT EXISTS (SELECT 1 FROM sqlite_master"
            " AS index_ WHERE index_.sql LIKE 'CREATE VIRTUAL TABLE%' AND own.name LIKE index_.name || '%')"
        )]  # fmt: skip
        count = 'SELECT count(*) FROM "{}"'
        return {table: database.execute(count.format(table)).fetchone()[0] for table in tables}


def _count_problem(expected: dict[str, int], copied: dict[str, int]) -> str | None:
    """Return the first table whose rows are not all in the copy, or None."""
    for table, count in expected.items():
        if copied.get(table) != count:
            return f"{copied.get(table, 0):,} rows of {table}, not {count:,}"
    return None


def _data_version(database: sqlite3.Connection) -> int:
    """Return a number that changes with the commits of other connections."""
    number: int = database.execute("PRAGMA data_version").fetchone()[0]
    return number


def _revisions(path: Path) -> dict[str, int]:
    with closing(_open(path)) as database:
        return dict(database.execute("SELECT kind, number FROM videos_revision")) if _has_revisions(database) else {}


def _has_revisions(database: sqlite3.Connection) -> bool:
    return database.execute("SELECT 1 FROM sqlite_master WHERE name = 'videos_revision'").fetchone() is not None


def _remove(draft: Path) -> None:
    for path in with_logs(draft):
        # If it cannot be removed, it could not be made either, and that error is being raised.
        with suppress(OSError):
            path.unlink()
