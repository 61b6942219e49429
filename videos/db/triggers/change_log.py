"""Revision numbers and the change log, by which every process knows whether its cached values are current.

Triggers increment the number of each kind of metadata in the transaction of the write. So a value cached under its
number is never out of date, no matter who wrote: another thread, a command, the admin, or a person with a SQL shell.

The log names the last CHANGES_KEPT videos with a change that lists are filtered by. The listing index
(videos/listing/index.py) reloads only the videos in it, not the whole library.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.db.triggers import tables
from videos.db.triggers.tables import ChangeKind

TABLES = {
    "videos": [tables.VIDEO],
    "ratings": [tables.RATING],
    "views": [tables.VIEW],
    "tags": [tables.TAG, tables.TAG_LINK],
    "favorites": [tables.FAVORITE],
}
KINDS = tuple(TABLES)
EVENTS = ("insert", "update", "delete")
# Updates of other columns change no cached list: the worker fills in the facts of a new library for hours, and each
# page would have to count again all that time. Likewise a player saves its position every few seconds; lists change
# only when a video gets a position or loses it.
COLUMNS = {
    tables.VIDEO: "filename, title, missing_since, disappearance_id",
    tables.VIEW: "viewer_id, video_id, view_count, last_viewed, position_seconds, is_watched",
}
_COMPARED = {
    tables.VIEW: (
        "{row}.viewer_id, {row}.video_id, {row}.view_count, {row}.last_viewed, {row}.is_watched,"
        " {row}.position_seconds IS NULL, coalesce({row}.position_seconds, 0) > 0"
    ),
}

# A process that has missed more reloads everything.
CHANGES_KEPT = 100_000
LOGGED = {
    tables.VIDEO: (ChangeKind.VIDEO, "{row}.id"),
    tables.RATING: (ChangeKind.RATING, "{row}.video_id"),
    tables.VIEW: (ChangeKind.VIEW, "{row}.video_id"),
    tables.FAVORITE: (ChangeKind.FAVORITE, "{row}.video_id"),
    tables.TAG_LINK: (ChangeKind.TAGS, "{row}.video_id"),
    tables.TAG: (ChangeKind.NAMES, "0"),
}
# Facts are logged as well: the index sorts by duration, size and codec, though no revision depends on them.
LOGGED_COLUMNS = {
    tables.VIDEO: (
        "filename, title, title_key, missing_since, added_date, file_size, duration, width, height, video_codec,"
        " audio_codec"
    ),
    tables.VIEW: "viewer_id, video_id, view_count, last_viewed, position_seconds, is_watched",
    tables.TAG: "name",
}
_DRAWN = {"sqlite": "random()", "postgresql": "(random() * 9e15)::bigint"}
_CHANGES = tables.CHANGE
_NEW_KIND = f"INSERT INTO {tables.REVISION} (kind, number) VALUES (%s, 0) ON CONFLICT DO NOTHING"  # noqa: S608


def read_revisions() -> dict[str, int]:
    """Return {kind: number} as this connection sees it. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, number FROM videos_revision")
        return dict(cursor.fetchall())


def trigger_names() -> set[str]:
    revisions = {f"{table}_revision_{event}" for tables in TABLES.values() for table in tables for event in EVENTS}
    return revisions | {f"{table}_change_{event}" for table in LOGGED for event in EVENTS}


def _event_on(event: str, table: str, of_columns: dict[str, str]) -> str:
    """Return "update of title, … on videos_video"."""
    columns = f" OF {of_columns[table]}" if event == "update" and table in of_columns else ""
    return f"{event}{columns} ON {table}"


def install(database: BaseDatabaseWrapper) -> None:
    """Create missing rows and triggers. Run after every migrate: rebuilding a table drops its triggers."""
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        # Only what is missing is written: a server also starts on a disk that takes no writes.
        cursor.execute(f"SELECT kind FROM {tables.REVISION}")  # noqa: S608
        known = {kind for (kind,) in cursor.fetchall()}
        for kind in KINDS:
            if kind not in known:
                cursor.execute(_NEW_KIND, [kind])
        for statement in _STATEMENTS[database.vendor](cursor):
            cursor.execute(statement)
        # The log always has a last entry, by which a process recognizes the database.
        cursor.execute(f"SELECT 1 FROM {_CHANGES} LIMIT 1")  # noqa: S608
        if cursor.fetchone() is None:
            cursor.execute(
                f"INSERT INTO {_CHANGES} (kind, video_id, stamp)"  # noqa: S608  our own names
                f" VALUES ({ChangeKind.NAMES:d}, 0, {_DRAWN[database.vendor]})"
            )


def drop_triggers(database: BaseDatabaseWrapper) -> None:
    """Drop the triggers before tables are rebuilt, or migrated back to before the log existed."""
    with database.cursor() as cursor:
        for name in trigger_names():
            table = name.rpartition("_")[0].rpartition("_")[0]
            cursor.execute(f"DROP TRIGGER IF EXISTS {name}{'' if database.vendor == 'sqlite' else f' ON {table}'}")


def _condition(event: str, table: str, different: str) -> str:
    """Return "WHEN (OLD.…) is different from (NEW.…)" if only some updates of the columns count."""
    if event != "update" or table not in _COMPARED:
        return ""
    old, new = (_COMPARED[table].format(row=row) for row in ("OLD", "NEW"))
    return f"WHEN (({old}) {different} ({new})) "


def _counted() -> Iterator[tuple[str, str, str]]:
    """Yield (kind, table, event) of each trigger that increments a revision."""
    for kind, counted in TABLES.items():
        for table, event in itertools.product(counted, EVENTS):
            yield kind, table, event


def _sqlite(cursor: Any) -> Iterator[str]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    installed = dict(cursor.fetchall())
    for name, trigger in _sqlite_triggers().items():
        # A trigger of an earlier release may watch other columns.
        if installed.get(name) != trigger:
            yield f"DROP TRIGGER IF EXISTS {name}"
            yield trigger


def _sqlite_triggers() -> dict[str, str]:
    found = {}
    for kind, table, event in _counted():
        found[f"{table}_revision_{event}"] = (
            f"AFTER {_event_on(event, table, COLUMNS)} {_condition(event, table, 'IS NOT')}"  # noqa: S608  our own names
            f"BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = '{kind}'; END"
        )
    for (table, (kind_logged, video_id)), event in itertools.product(LOGGED.items(), EVENTS):
        found[f"{table}_change_{event}"] = (
            f"AFTER {_event_on(event, table, LOGGED_COLUMNS)} {_condition(event, table, 'IS NOT')}"
            f"BEGIN {_log(event, kind_logged, video_id)} END"
        )
    return {name: f"CREATE TRIGGER {name} {definition}" for name, definition in found.items()}


def _log(event: str, kind: int, video_id: str) -> str:
    """Return the statements that log a change; both videos if a rating or view moves from one to another."""
    rows = {"insert": ["NEW"], "update": ["OLD", "NEW"], "delete": ["OLD"]}[event]
    first = video_id.format(row=rows[0])
    into = f"INSERT INTO {_CHANGES} (kind, video_id, stamp) SELECT {kind:d}, "
    notes = [f"{into}{first}, random();"]
    if event == "update" and "{row}" in video_id:
        other = video_id.format(row="NEW")
        notes.append(f"{into}{other}, random() WHERE {other} <> {first};")
    end = f"(SELECT max(number) FROM {_CHANGES}) - {CHANGES_KEPT}"  # noqa: S608
    return " ".join([*notes, f"DELETE FROM {_CHANGES} WHERE number <= {end};"])  # noqa: S608


def _postgresql(cursor: Any) -> Iterator[str]:
    yield (
        "CREATE OR REPLACE FUNCTION videos_move_revision() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = TG_ARGV[0]; RETURN NULL; END $$"
    )
    for kind, table, event in _counted():
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_revision_{event} AFTER {_event_on(event, table, COLUMNS)} "
            f"FOR EACH {'ROW' if _condition(event, table, '') else 'STATEMENT'} "
            f"{_condition(event, table, 'IS DISTINCT FROM')}EXECUTE FUNCTION videos_move_revision('{kind}')"
        )
    log = (
        f"INSERT INTO {_CHANGES} (kind, video_id, stamp) VALUES (TG_ARGV[0]::int,"  # noqa: S608  our own names
        f" coalesce((changed ->> TG_ARGV[1])::bigint, 0), {_DRAWN['postgresql']})"
    )
    end = f"DELETE FROM {_CHANGES} WHERE number <= (SELECT max(number) FROM {_CHANGES}) - {CHANGES_KEPT}"  # noqa: S608
    # The lock numbers the entries in the order of the commits, so that a reader never misses one that commits later.
    yield (
        "CREATE OR REPLACE FUNCTION videos_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE changed jsonb; BEGIN PERFORM pg_advisory_xact_lock(7265766973); "
        f"IF TG_OP <> 'INSERT' THEN changed := to_jsonb(OLD); {log}; END IF; "
        f"IF TG_OP <> 'DELETE' THEN changed := to_jsonb(NEW); {log}; END IF; {end}; "
        "RETURN NULL; END $$"
    )
    for (table, (kind_logged, video_id)), event in itertools.product(LOGGED.items(), EVENTS):
        column = video_id.removeprefix("{row}.").replace("0", "")
        yield (
            f"CREATE OR REPLACE TRIGGER {table}_change_{event} AFTER {_event_on(event, table, LOGGED_COLUMNS)} "
            f"FOR EACH ROW {_condition(event, table, 'IS DISTINCT FROM')}"
            f"EXECUTE FUNCTION videos_log_change('{kind_logged:d}', '{column}')"
        )


_STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgresql}
