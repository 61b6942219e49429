"""Moving the old application's database out of the place of ours. It may be killed at any moment without loss.

    only old tables:   write its log into it, rename it to backup_database/flask-<time>.db
    ours as well:      copy it to backup_database/.flask-<time>.db.part, drop the old tables, rename the copy

A file with such a name that has no row in models.OldAppImport is still to be imported. So at every moment either the
place of the file or its name says what is left to do.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from pathlib import Path

from videos.backup.database_backup import default_folder
from videos.core.errors import LibraryError
from videos.core.files import fsync_file, fsync_folder
from videos.db.conditions import Condition
from videos.db.sqlite_file import is_busy, sqlite_condition, sqlite_problem
from videos.importers.flask_database import has_our_tables, old_tables
from videos.importers.flask_import import time_stamp

_BUSY_SECONDS = 5
_PREFIX = "flask-"


class CannotSetAside(LibraryError):
    """The old application's database is in the way and cannot be moved. Nothing was changed."""


class OldDatabaseDamaged(CannotSetAside):
    """It is in the way and damaged. Opening it for use would change it."""


def set_aside_files(live: Path) -> list[Path]:
    """Return the databases that were moved away, the oldest first."""
    return sorted(default_folder(live.parent).glob(f"{_PREFIX}*.db"))


def is_in_the_way(live: Path) -> bool:
    """Return whether the database holds the old application's tables, or an unfinished copy of them exists.

    False if the file cannot be read: opening it reports the reason. Raises CannotSetAside if it is locked: otherwise
    our tables would be created beside the old ones as soon as the lock is released.
    """
    return bool(_tables(live)[0]) or any(_drafts(live))


def set_aside(live: Path) -> None:
    """Move the old tables out of the way. Raises CannotSetAside; nothing has changed then."""
    try:
        condition, reason = sqlite_condition(live)
        if condition is Condition.BUSY:
            raise CannotSetAside(_in_use(live, reason))
        if condition is not Condition.SOUND:
            raise OldDatabaseDamaged(
                f"The old app's database {live} is damaged ({reason}). Nothing was changed. Put a sound copy in its"
                " place, or move it away to begin anew."
            )
        tables, has_ours = _tables(live)
        _complete_drafts(live, is_copied=not tables)
        if not tables:
            return
        folder = default_folder(live.parent)
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / f"{_PREFIX}{time_stamp()}.db"
        if has_ours or live.is_symlink():
            _split(live, target, tables, drop_all=not has_ours)
        else:
            _rename(live, target)
    except sqlite3.Error as error:
        raise _refusal(live, error) from error
    except OSError as error:
        raise CannotSetAside(
            f"The old app's database {live} cannot be moved into {default_folder(live.parent)}: {error.strerror}."
            " Nothing was changed. Make room or give permission there, or move the file away yourself."
        ) from error


def _refusal(live: Path, error: sqlite3.Error) -> CannotSetAside:
    if is_busy(error):
        return CannotSetAside(_in_use(live, f"SQLite says: {error}"))
    return CannotSetAside(
        f"The old app's database {live} cannot be set aside: SQLite says: {error}. Nothing was changed. See that its"
        " folder can be written to and has room, or move the file away yourself."
    )


def _in_use(live: Path, reason: str) -> str:
    return (
        f"The old app's database {live} is in use ({reason}). Nothing was changed. Stop the old app, and whatever else"
        " has it open, and start again."
    )


def _tables(live: Path) -> tuple[list[str], bool]:
    """Return the old tables in a database, and whether ours are beside them."""
    try:
        if not live.is_file() or live.stat().st_size == 0:
            return [], False
        with closing(_open(live)) as database:
            return old_tables(database), has_our_tables(database)
    except sqlite3.Error as error:
        if is_busy(error):
            raise _refusal(live, error) from error
        return [], False
    except OSError:
        return [], False


def _open(path: Path) -> sqlite3.Connection:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    return sqlite3.connect(uri, uri=True, timeout=_BUSY_SECONDS, isolation_level=None)


def _rename(live: Path, target: Path) -> None:
    """Rename the file while nobody else can open it, with its log written into it."""
    with closing(_open(live)) as database:
        # SQLite leaves WAL mode only if no other connection is open.
        mode = database.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        if mode != "delete":
            raise CannotSetAside(_in_use(live, "another program has it open"))
        database.execute("BEGIN EXCLUSIVE")
        os.rename(live, target)
        fsync_folder(target.parent)
        fsync_folder(live.parent)


def _split(live: Path, target: Path, tables: list[str], *, drop_all: bool) -> None:
    """Copy the database and drop the copied tables from it; with `drop_all` remove the link to a file elsewhere."""
    draft = target.with_name(f".{target.name}.part")
    with closing(_open(live)) as database:
        database.execute("VACUUM INTO ?", [str(draft)])
        if problem := sqlite_problem(draft):
            raise CannotSetAside(f"The copy of {live} is not sound: {problem}. Nothing was changed.")
        fsync_file(draft)
        fsync_folder(draft.parent)
        if not drop_all:
            _drop(database, draft, tables, live)
    if drop_all:
        live.unlink()
        fsync_folder(live.parent)
    os.rename(draft, target)
    fsync_folder(target.parent)


def _drop(database: sqlite3.Connection, draft: Path, tables: list[str], live: Path) -> None:
    """Drop the old tables if the copy holds all their rows: another program may have written since."""
    database.execute("PRAGMA foreign_keys=OFF")
    database.execute("ATTACH ? AS copy", [str(draft)])
    database.execute("BEGIN IMMEDIATE")
    try:
        for table in tables:
            rows = f'SELECT count(*) FROM (SELECT * FROM main."{table}" EXCEPT SELECT * FROM copy."{table}")'  # noqa: S608
            if database.execute(rows).fetchone()[0]:
                raise CannotSetAside(_in_use(live, "another program writes to it"))
        for table in reversed(tables):
            database.execute(f'DROP TABLE main."{table}"')
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _drafts(live: Path) -> Iterator[Path]:
    return default_folder(live.parent).glob(f".{_PREFIX}*.db.part")


def _complete_drafts(live: Path, *, is_copied: bool) -> None:
    """Rename an unfinished copy if the old tables are dropped already; else delete it, as it is made again."""
    for draft in _drafts(live):
        if is_copied:
            if sqlite_problem(draft) is not None or not _tables(draft)[0]:
                raise CannotSetAside(
                    f"The old app's tables are in {draft} alone, which cannot be read. Nothing was changed. See that it"
                    " can be read, or move it away to go on without it."
                )
            os.rename(draft, draft.with_name(draft.name.removeprefix(".").removesuffix(".part")))
        else:
            for path in (draft, *(Path(f"{draft}{suffix}") for suffix in ("-wal", "-shm", "-journal"))):
                with suppress(FileNotFoundError):
                    path.unlink()
        fsync_folder(draft.parent)
