"""The number, duration and size of the videos of each tag, maintained by triggers.

Summing on demand takes ten seconds for a million videos, because each of three million links leads to another row of a
large table. The triggers update the sums in the transaction of the write. Missing videos do not count.
"""

# ruff: noqa: S608  the statements are made of our own names

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.db.triggers import tables

_VIDEO, _TAG, _LINK = tables.VIDEO, tables.TAG, tables.TAG_LINK
_TOTAL = tables.TAG_TOTAL
_COLUMNS = f"{_TOTAL} (tag_id, videos, milliseconds, size_bytes)"
# Whole numbers, so that adding and subtracting again leaves no rest. The caps of thirty years and a petabyte for each
# video keep every sum within 64 bits.
_MAX_SECONDS, _MAX_BYTES = 10**9, 10**15


def _milliseconds(row: str) -> str:
    seconds = f"coalesce({row}.duration, 0)"
    return f"CAST(1000 * CASE WHEN {seconds} < {_MAX_SECONDS} THEN {seconds} ELSE {_MAX_SECONDS} END AS bigint)"


def _bytes(row: str) -> str:
    size = f"coalesce({row}.file_size, 0)"
    return f"CASE WHEN {size} < {_MAX_BYTES} THEN {size} ELSE {_MAX_BYTES} END"


def _moved(sign: str, row: str) -> str:
    """Return "UPDATE … SET" that adds the video `row` to totals, or subtracts it."""
    return (
        f"UPDATE {_TOTAL} SET videos = {_TOTAL}.videos {sign} 1,"
        f" milliseconds = {_TOTAL}.milliseconds {sign} {_milliseconds(row)},"
        f" size_bytes = {_TOTAL}.size_bytes {sign} {_bytes(row)}"
    )


def _link(sign: str, link: str) -> str:
    """Return the update of a tag's total when a link is added or removed."""
    video = f"{_VIDEO} v WHERE v.id = {link}.video_id AND v.missing_since IS NULL"
    return f"{_moved(sign, 'v')} FROM {video} AND {_TOTAL}.tag_id = {link}.tag_id"


def _video(sign: str, row: str) -> str:
    """Return the updates of tag totals when a video is added or removed."""
    tags = f"SELECT l.tag_id FROM {_LINK} l WHERE l.video_id = {row}.id"
    return f"{_moved(sign, row)} WHERE {row}.missing_since IS NULL AND {_TOTAL}.tag_id IN ({tags})"


# {name: (event, statements)}. A deleted video still has its links when its BEFORE DELETE trigger runs.
_EVENTS = {
    "link_insert": (f"AFTER INSERT ON {_LINK}", [_link("+", "NEW")]),
    "link_delete": (f"AFTER DELETE ON {_LINK}", [_link("-", "OLD")]),
    "link_update": (f"AFTER UPDATE ON {_LINK}", [_link("-", "OLD"), _link("+", "NEW")]),
    "video_delete": (f"BEFORE DELETE ON {_VIDEO}", [_video("-", "OLD")]),
    "video_update": (
        f"AFTER UPDATE OF missing_since, duration, file_size ON {_VIDEO}",
        [_video("-", "OLD"), _video("+", "NEW")],
    ),
    "tag_insert": (
        f"AFTER INSERT ON {_TAG}",
        [f"INSERT INTO {_COLUMNS} VALUES (NEW.id, 0, 0, 0) ON CONFLICT DO NOTHING"],
    ),
    "tag_delete": (f"AFTER DELETE ON {_TAG}", [f"DELETE FROM {_TOTAL} WHERE tag_id = OLD.id"]),
}
_PREFIX = "videos_total_"


def install(database: BaseDatabaseWrapper) -> None:
    """Create the triggers and count again if anything is out of step. Run after every migrate."""
    if problem(database) is None:
        return
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        drop_triggers(database)
        for statement in _statements(database).values():
            cursor.execute(statement)
        _count(database)


def drop_triggers(database: BaseDatabaseWrapper) -> None:
    """Drop the triggers before tables are rebuilt: SQLite cannot rename a table that a trigger elsewhere names."""
    with database.cursor() as cursor:
        for name in _found(database):
            event, _ = _EVENTS[name.removeprefix(_PREFIX)]
            table = "" if database.vendor == "sqlite" else f" ON {event.split()[-1]}"
            cursor.execute(f"DROP TRIGGER {name}{table}")


def problem(database: BaseDatabaseWrapper) -> str | None:
    """Return why the totals are out of step, or None. Compares the numbers of videos, not durations and sizes."""
    found = _found(database)
    missing = next((name for name, statement in _statements(database).items() if found.get(name) != statement), None)
    if missing:
        return f"{missing} is not as it should be: run manage.py migrate"
    differs = _tag_that_differs(database)
    return f"the total of tag {differs} is wrong: run manage.py migrate" if differs else None


def _tag_that_differs(database: BaseDatabaseWrapper) -> int | None:
    """Return the first tag whose total differs from the number of its links. A fifth of a second for a million."""
    # SQLite joins the tables of a CROSS JOIN in this order: first the few missing videos, by their index.
    missing = f"{_VIDEO} v CROSS JOIN {_LINK} l WHERE v.missing_since IS NOT NULL AND l.video_id = v.id"
    with database.cursor() as cursor:
        # Counts all links by their index, then subtracts those of the few missing videos: checking each video would
        # take seconds.
        cursor.execute(f"SELECT tag_id, count(*) FROM {_LINK} GROUP BY tag_id")
        expected = dict(cursor.fetchall())
        cursor.execute(f"SELECT l.tag_id, count(*) FROM {missing} GROUP BY l.tag_id")
        for tag_id, number in cursor.fetchall():
            expected[tag_id] -= number
        cursor.execute(f"SELECT t.id, c.videos FROM {_TAG} t LEFT JOIN {_TOTAL} c ON c.tag_id = t.id ORDER BY t.id")
        return next((tag_id for tag_id, videos in cursor.fetchall() if videos != expected.get(tag_id, 0)), None)


def _count(database: BaseDatabaseWrapper) -> None:
    parts = (
        f"SELECT l.tag_id, {_milliseconds('v')} AS milliseconds, {_bytes('v')} AS size_bytes"
        f" FROM {_LINK} l JOIN {_VIDEO} v ON v.id = l.video_id WHERE v.missing_since IS NULL"
    )
    with database.cursor() as cursor:
        cursor.execute(f"DELETE FROM {_TOTAL}")
        cursor.execute(
            f"INSERT INTO {_COLUMNS} SELECT t.id, count(p.tag_id),"
            " coalesce(sum(p.milliseconds), 0), coalesce(sum(p.size_bytes), 0)"
            f" FROM {_TAG} t LEFT JOIN ({parts}) p ON p.tag_id = t.id GROUP BY t.id"
        )


def _statements(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Return {name: statement} of the triggers as they should be."""
    return {f"{_PREFIX}{name}": _TRIGGERS[database.vendor](f"{_PREFIX}{name}", *what) for name, what in _EVENTS.items()}


def _sqlite(name: str, event: str, statements: list[str]) -> str:
    return f"CREATE TRIGGER {name} {event} BEGIN {'; '.join(statements)}; END"


def _postgresql(name: str, event: str, statements: list[str]) -> str:
    row = "OLD" if event.startswith("BEFORE DELETE") else "NULL"
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS"
        f" $$ BEGIN {'; '.join(statements)}; RETURN {row}; END $$;"
        f" CREATE OR REPLACE TRIGGER {name} {event} FOR EACH ROW EXECUTE FUNCTION {name}()"
    )


_TRIGGERS = {"sqlite": _sqlite, "postgresql": _postgresql}


def _found(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Return {name: statement} of the existing triggers; PostgreSQL does not store the statement."""
    names = {f"{_PREFIX}{name}" for name in _EVENTS}
    with database.cursor() as cursor:
        if database.vendor == "sqlite":
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            return {name: sql for name, sql in cursor.fetchall() if name in names}
        cursor.execute("SELECT tgname FROM pg_trigger")
        expected = _statements(database)
        return {name: expected[name] for (name,) in cursor.fetchall() if name in names}
