"""The checks of an installation that verify_backend runs."""

from collections.abc import Callable, Iterator

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor

from videos.cache import VideoCache
from videos.db import health
from videos.db.conditions import condition_by_writing_to
from videos.db.sqlite_file import sqlite_path
from videos.db.transactions import write_transaction
from videos.db.triggers import change_log, full_text, tag_counters
from videos.library.walker import FolderUnusable, check_root


def run_checks() -> Iterator[tuple[str, str | None]]:
    """Yield (name of the check, problem or None) one by one. All writes are rolled back."""
    for name, check in _CHECKS:
        try:
            problem = check()
        except (DatabaseError, OSError) as error:
            problem = " ".join(str(error).split())
        yield name, problem
        if _is_missing():
            return  # Any query would create an empty database.


def _is_missing() -> bool:
    path = sqlite_path()
    return path is not None and not path.exists()


def _backend() -> str | None:
    return "there is no database yet: run manage.py migrate" if _is_missing() else health.recheck()


def _video_cache() -> str | None:
    cache = VideoCache()
    if not cache.use_database or cache.db is None:
        return "VideoCache.use_database is False: reads come from the JSON files"
    cache.get_ratings()
    cache.get_views()
    cache.get_tags()
    cache.get_favorites()
    return None


def _migrations() -> str | None:
    executor = MigrationExecutor(connection)
    pending = executor.migration_plan(executor.loader.graph.leaf_nodes())
    return f"{len(pending)} migrations to apply: run manage.py migrate" if pending else None


def _pragma(name: str, expected: str) -> Callable[[], str | None]:
    def check() -> str | None:
        if connection.vendor != "sqlite":
            return None
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA {name}")
            found = str(cursor.fetchone()[0])
        return None if found == expected else f"{name} is {found}, not {expected}"

    return check


def _foreign_key_check() -> str | None:
    connection.check_constraints()
    return None


def _triggers() -> str | None:
    expected = change_log.trigger_names()
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        else:
            cursor.execute("SELECT tgname FROM pg_trigger")
        missing = expected - {row[0] for row in cursor.fetchall()}
    return f"no trigger {min(missing)}: run manage.py migrate" if missing else None


def _tag_totals() -> str | None:
    return tag_counters.problem(connection)


def _search_index() -> str | None:
    return full_text.problem(connection)


def _write_and_roll_back() -> str | None:
    with write_transaction():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE videos_revision SET number = number + 1 WHERE kind = 'videos'")
        connection.set_rollback(True)
    return None


def _video_folder() -> str | None:
    try:
        check_root(settings.VIDEO_DIR)
    except FolderUnusable as error:
        return str(error)
    return None


def _data_folder() -> str | None:
    trouble = condition_by_writing_to(settings.DATA_DIR)
    return f"{settings.DATA_DIR} cannot be written to: {trouble.value}" if trouble else None


def _secret_key_mode() -> str | None:
    mode = (settings.DATA_DIR / ".secret_key").stat().st_mode & 0o777
    return None if mode & 0o077 == 0 else f".secret_key is readable by others ({mode:o}): chmod 600 it"


_CHECKS: list[tuple[str, Callable[[], str | None]]] = [
    ("Database backend initialized", _backend),
    ("VideoCache uses the database", _video_cache),
    ("All migrations applied", _migrations),
    ("Integrity", _pragma("integrity_check", "ok")),
    ("Foreign keys on", _pragma("foreign_keys", "1")),
    ("Foreign keys all refer to something", _foreign_key_check),
    ("Write-ahead log on", _pragma("journal_mode", "wal")),
    ("Revision triggers in place", _triggers),
    ("Totals of tags in step", _tag_totals),
    ("Search index in step", _search_index),
    ("The database takes writes", _write_and_roll_back),
    ("Video folder can be read", _video_folder),
    ("Data folder can be written to", _data_folder),
    ("Secret key is private", _secret_key_mode),
]
