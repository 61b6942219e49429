"""Revision numbers: which state of the metadata a cached value belongs to, the same in every process.

Each kind of metadata has a number that triggers move within the transaction of the write, so a value kept under its
number is never out of date, whoever wrote: another thread, a command, the admin, or a person with a SQL shell.

Beside the numbers, a log names the last CHANGES_KEPT videos of which something changed that lists are filtered by: a
process that keeps sets of videos (videos/catalog.py) reads anew what the log names, and not the library.
"""

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.models import Change, Favorite, Rating, Revision, Tag, Video, View

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

# Whoever has missed more reads everything.
CHANGES_KEPT = 100_000
LOGGED = {
    Video._meta.db_table: "id",
    Rating._meta.db_table: "video_id",
    View._meta.db_table: "video_id",
    Favorite._meta.db_table: "video_id",
    Video.tags.through._meta.db_table: "video_id",
}
# Facts too: the sets by duration, size and codec are kept current by the log, though no number moves.
LOGGED_COLUMNS = {
    Video._meta.db_table: "filename, missing_since, added_date, duration, width, height, video_codec",
}
_CHANGES = Change._meta.db_table


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
    """Make the rows and triggers that are not there. Run after every migrate: rebuilding a table drops its triggers."""
    for kind in KINDS:
        Revision.objects.using(database.alias).get_or_create(kind=kind)
    with database.cursor() as cursor:
        for statement in _STATEMENTS[database.vendor]():
            cursor.execute(statement)


def _sqlite() -> list[str]:
    return [
        f"CREATE TRIGGER IF NOT EXISTS {table}_revision_{event} AFTER {_event_on(event, table, COLUMNS)} "  # noqa: S608  our own names
        f"BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = '{kind}'; END"
        for kind, tables in TABLES.items()
        for table in tables
        for event in EVENTS
    ] + [
        f"CREATE TRIGGER IF NOT EXISTS {table}_change_{event} AFTER {_event_on(event, table, LOGGED_COLUMNS)} "
        f"BEGIN {_log(event, column)} END"
        for table, column in LOGGED.items()
        for event in EVENTS
    ]


def _log(event: str, column: str) -> str:
    """Return the statements that note a change, of both videos where a mark passes from one to another."""
    rows = {"insert": ["NEW"], "update": ["OLD", "NEW"], "delete": ["OLD"]}[event]
    notes = [f"INSERT INTO {_CHANGES} (video_id) VALUES ({rows[0]}.{column});"]  # noqa: S608  our own names
    if event == "update":
        notes.append(f"INSERT INTO {_CHANGES} (video_id) SELECT NEW.{column} WHERE NEW.{column} <> OLD.{column};")
    end = f"(SELECT max(number) FROM {_CHANGES}) - {CHANGES_KEPT}"  # noqa: S608
    return " ".join([*notes, f"DELETE FROM {_CHANGES} WHERE number <= {end};"])  # noqa: S608


def _postgresql() -> list[str]:
    function = (
        "CREATE OR REPLACE FUNCTION videos_move_revision() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN UPDATE videos_revision SET number = number + 1 WHERE kind = TG_ARGV[0]; RETURN NULL; END $$"
    )
    return (
        [function]
        + [
            f"CREATE OR REPLACE TRIGGER {table}_revision_{event} AFTER {_event_on(event, table, COLUMNS)} "
            f"FOR EACH STATEMENT EXECUTE FUNCTION videos_move_revision('{kind}')"
            for kind, tables in TABLES.items()
            for table in tables
            for event in EVENTS
        ]
        + _postgresql_log()
    )


def _postgresql_log() -> list[str]:
    log = f"INSERT INTO {_CHANGES} (video_id) VALUES ((changed ->> TG_ARGV[0])::bigint)"  # noqa: S608  our own names
    end = f"DELETE FROM {_CHANGES} WHERE number <= (SELECT max(number) FROM {_CHANGES}) - {CHANGES_KEPT}"  # noqa: S608
    # The lock gives numbers in the order of the commits: a reader never passes over one that comes later.
    function = (
        "CREATE OR REPLACE FUNCTION videos_log_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
        "DECLARE changed jsonb; BEGIN PERFORM pg_advisory_xact_lock(7265766973); "
        f"IF TG_OP <> 'INSERT' THEN changed := to_jsonb(OLD); {log}; END IF; "
        f"IF TG_OP <> 'DELETE' THEN changed := to_jsonb(NEW); {log}; END IF; {end}; "
        "RETURN NULL; END $$"
    )
    return [function] + [
        f"CREATE OR REPLACE TRIGGER {table}_change_{event} AFTER {_event_on(event, table, LOGGED_COLUMNS)} "
        f"FOR EACH ROW EXECUTE FUNCTION videos_log_change('{column}')"
        for table, column in LOGGED.items()
        for event in EVENTS
    ]


_STATEMENTS = {"sqlite": _sqlite, "postgresql": _postgresql}
