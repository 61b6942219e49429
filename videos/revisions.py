"""Revision numbers: which state of the metadata a cached value belongs to, the same in every process.

Each kind of metadata has a number that triggers move within the transaction of the write, so a value kept under its
number is never out of date, whoever wrote: another thread, a command, the admin, or a person with a SQL shell.
"""

from django.db import connection
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
# and each page would count it anew all that time.
COLUMNS = {Video._meta.db_table: "filename, title, missing_since, disappearance_id"}


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
    with database.cursor() as cursor:
        for statement in _STATEMENTS[database.vendor]():
            cursor.execute(statement)


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_revision_{event} AFTER {_event_on(event, table)} "  # noqa: S608  our own names
        f"BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = '{kind}'; END"
        for kind, tables in TABLES.items()
        for table in tables
        for event in EVENTS
    ]


def _postgresql() -> list[str]:
    function = (
        "CREATE OR REPLACE FUNCTION videos_move_revision() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = TG_ARGV[0]; RETURN NULL; END $$"
    )
    return [function] + [
        f"CREATE OR REPLACE TRIGGER {table}_revision_{event} AFTER {_event_on(event, table)} "
        f"FOR EACH STATEMENT EXECUTE FUNCTION videos_move_revision('{kind}')"
        for kind, tables in TABLES.items()
        for table in tables
        for event in EVENTS
    ]


_STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgresql}
