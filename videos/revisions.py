"""Revision numbers: which state of the metadata a cached value belongs to, the same in every process.

Each kind of metadata has a number that triggers move within the transaction of the write, so a value kept under its
number is never out of date, whoever wrote: another thread, a command, the admin, or a person with a SQL shell.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.models import Favorite, Rating, Revision, Tag, Video, View

TABLES = {
    "videos": [Video._meta.db_table],
    "ratings": [Rating._meta.db_table],
    "views": [View._meta.db_table],
    "tags": [Tag._meta.db_table, Video.tags.through._meta.db_table],
    "favorites": [Favorite._meta.db_table],
}
KINDS = tuple(TABLES)
EVENTS = ("insert", "update", "delete")
# An update of other columns changes no list that is kept: the worker fills in the facts of a new library for hours,
# and each page would count it anew all that time. Likewise who watches saves a position every few seconds; a list
# changes only when a video gets one, or has none any more.
COLUMNS = {
    Video._meta.db_table: "filename, title, missing_since, disappearance_id",
    View._meta.db_table: "viewer_id, video_id, view_count, last_viewed, position_seconds",
}
_COMPARED = {View._meta.db_table: ("viewer_id", "video_id", "view_count", "last_viewed", "position_seconds IS NULL")}


def read_revisions() -> dict[str, int]:
    """Return {kind: number} as this connection sees it. One query."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT kind, number FROM videos_revision")
        return dict(cursor.fetchall())


def trigger_names() -> set[str]:
    return {f"{table}_revision_{event}" for tables in TABLES.values() for table in tables for event in EVENTS}


def _event_on(event: str, table: str) -> str:
    """Return "update of title, … on videos_video"."""
    columns = f" OF {COLUMNS[table]}" if event == "update" and table in COLUMNS else ""
    return f"{event}{columns} ON {table}"


def install(database: BaseDatabaseWrapper) -> None:
    """Make the rows and triggers that are not there. Run after every migrate: rebuilding a table drops its triggers."""
    for kind in KINDS:
        Revision.objects.using(database.alias).get_or_create(kind=kind)
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        for statement in _STATEMENTS[database.vendor](cursor):
            cursor.execute(statement)


def _condition(event: str, table: str, different: str) -> str:
    """Return "WHEN (OLD.…) is different from (NEW.…)" where not each update of the columns counts."""
    if event != "update" or table not in _COMPARED:
        return ""
    old, new = (", ".join(f"{row}.{column}" for column in _COMPARED[table]) for row in ("OLD", "NEW"))
    return f"WHEN (({old}) {different} ({new})) "


def _sqlite(cursor: Any) -> Iterator[str]:
    cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    installed = dict(cursor.fetchall())
    for kind, tables in TABLES.items():
        for table, event in itertools.product(tables, EVENTS):
            name = f"{table}_revision_{event}"
            trigger = (
                f"CREATE TRIGGER {name} AFTER {_event_on(event, table)} {_condition(event, table, 'IS NOT')}"  # noqa: S608  our own names
                f"BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = '{kind}'; END"
            )
            # One of an earlier release may count other updates.
            if installed.get(name) != trigger:
                yield f"DROP TRIGGER IF EXISTS {name}"
                yield trigger


def _postgresql(cursor: Any) -> list[str]:
    function = (
        "CREATE OR REPLACE FUNCTION videos_move_revision() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = TG_ARGV[0]; RETURN NULL; END $$"
    )
    return [function] + [
        f"CREATE OR REPLACE TRIGGER {table}_revision_{event} AFTER {_event_on(event, table)} "
        f"FOR EACH {'ROW' if _condition(event, table, '') else 'STATEMENT'} "
        f"{_condition(event, table, 'IS DISTINCT FROM')}EXECUTE FUNCTION videos_move_revision('{kind}')"
        for kind, tables in TABLES.items()
        for table, event in itertools.product(tables, EVENTS)
    ]


_STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgresql}
