"""Whole copies of the SQLite database, verified before they count, and the way back from one."""

import os
import shutil
import sqlite3
import time
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

from django.db import connection

from videos.database import forget_health, sqlite_path, sqlite_problem
from videos.locks import only_one
from videos.snapshots.json_files import fsync_folder

_ATTEMPTS = 5
_BUSY_SECONDS = 20
_NEEDED_TABLES = {"django_migrations", "videos_video", "videos_rating", "videos_view", "videos_tag", "videos_favorite"}


class BackupFailed(Exception):
    """No copy was made, or the file is no sound copy. What was there before is unchanged."""


def default_folder(data_folder: Path) -> Path:
    return data_folder / "backup_database"


def newest_backup(data_folder: Path) -> Path | None:
    """Return the newest copy in the default folder: their names are their times."""
    return max(default_folder(data_folder).glob("video_metadata-*.db"), default=None)


def backup_database(folder: Path) -> Path:
    """Copy the live database into a new file in `folder` and return it. Raises BackupFailed.

    VACUUM INTO sees one moment while others write. The copy has its final name only when it is sound and on the disk.
    """
    source = _live_path()
    target = folder / f"video_metadata-{_stamp()}.db"
    draft = target.with_suffix(".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for attempt in range(_ATTEMPTS):
            draft.unlink(missing_ok=True)
            before = _row_counts(source)
            with closing(_open(source)) as database:
                database.execute("VACUUM INTO ?", [str(draft)])
            problem = _copy_problem(draft) or _count_problem(before, _row_counts(draft), _row_counts(source))
            if not problem:
                break
            if attempt == _ATTEMPTS - 1:
                raise BackupFailed(f"The copy is not sound: {problem}. No backup was made.")
        _fsync(draft)
        os.replace(draft, target)
        fsync_folder(folder)
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"No backup was made in {folder}: {error}") from error
    finally:
        _remove(draft)
    return target


def restore_database(backup: Path) -> Path | None:
    """Put a verified copy in the database's place; return where the replaced database is kept, None if there was none.

    A sound database is overwritten from within, under SQLite's own locks, so that a running server goes on with the
    restored rows. A broken one is set aside with its log, and the copy takes its name. Raises BackupFailed.
    """
    live = _live_path()
    connection.close()
    same = backup.exists() and live.exists() and backup.samefile(live)
    problem = "it is the database itself" if same else _copy_problem(backup)
    if problem:
        raise BackupFailed(f"{backup} is no sound backup: {problem}. Nothing was changed.")
    try:
        with only_one("restore_database", "Another restore is running."):
            if live.exists() and sqlite_problem(live) is None and live.stat().st_size:
                return _restore_into(live, backup)
            return _restore_in_place_of(live, backup)
    except sqlite3.OperationalError as error:
        raise BackupFailed(f"The database is in use ({error}). Nothing was changed; try again.") from error
    except (OSError, sqlite3.Error) as error:
        raise BackupFailed(f"The backup could not be restored: {error}") from error
    finally:
        forget_health()


def _restore_into(live: Path, backup: Path) -> Path:
    kept = _kept_name(live)
    with closing(_open(live)) as database:
        # Exclusive from here on, so that no write falls between the copy that is kept and the replacement.
        database.execute("PRAGMA locking_mode=EXCLUSIVE")
        database.execute("BEGIN IMMEDIATE")
        database.execute("COMMIT")
        database.execute("VACUUM INTO ?", [str(kept)])
        _fsync(kept)
        numbers = _revisions(database)
        with closing(_open(backup)) as copy:
            copy.backup(database)
        _move_revisions(database, numbers)
        database.execute("PRAGMA journal_mode=WAL")
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        database.execute("PRAGMA locking_mode=NORMAL")
        database.execute("SELECT count(*) FROM sqlite_master").fetchone()
    return kept


def _restore_in_place_of(live: Path, backup: Path) -> Path | None:
    draft = live.with_name(f".{live.name}.{os.getpid()}.part")
    try:
        live.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(backup, draft)
        with closing(_open(draft)) as database:
            _move_revisions(database, {})
            database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        _fsync(draft)
        kept = _kept_name(live) if live.exists() or live.is_symlink() else None
        # The log first: beside another database it would be replayed into it.
        for suffix in ("-wal", "-shm"):
            log = Path(f"{live}{suffix}")
            if log.exists():
                os.replace(log, f"{kept or _kept_name(live)}{suffix}")
        if kept:
            os.replace(live, kept)
        os.replace(draft, live)
        fsync_folder(live.parent)
    finally:
        _remove(draft)
    return kept


def _live_path() -> Path:
    path = sqlite_path()
    if path is None:
        raise BackupFailed("The database is not an SQLite file; back up PostgreSQL with pg_dump and pg_restore.")
    return path


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")


def _kept_name(live: Path) -> Path:
    return live.with_name(f"{live.name}.replaced-{_stamp()}")


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def _copy_problem(path: Path) -> str | None:
    """Return why the file is no sound copy of a library, or None: integrity, foreign keys, and the tables it needs."""
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
        tables = [row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: database.execute(f'SELECT count(*) FROM "{table}"').fetchone()[0] for table in tables}


def _count_problem(before: dict[str, int], copied: dict[str, int], after: dict[str, int]) -> str | None:
    """Return the table whose rows did not all come along. Others may write meanwhile: a count lies between the two."""
    for table, count in copied.items():
        bounds = sorted((before.get(table, 0), after.get(table, 0)))
        if not bounds[0] <= count <= bounds[1]:
            return f"{count:,} rows of {table}, not {bounds[0]:,}"
    return f"no table {min(before.keys() - copied.keys())}" if before.keys() - copied.keys() else None


def _revisions(database: sqlite3.Connection) -> dict[str, int]:
    return dict(database.execute("SELECT kind, number FROM videos_revision"))


def _move_revisions(database: sqlite3.Connection, replaced: dict[str, int]) -> None:
    """Move the revision numbers past all that the replaced database may have had: caches know values by them."""
    if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'videos_revision'").fetchone():
        floor = max(time.time_ns(), *replaced.values()) if replaced else time.time_ns()
        database.execute("UPDATE videos_revision SET number = max(number, ?) + 1", [floor])


def _fsync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _remove(draft: Path) -> None:
    for path in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm"), Path(f"{draft}-journal")):
        path.unlink(missing_ok=True)
