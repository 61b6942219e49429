"""The full-text index in SQLite: a folded text for each video, two FTS5 tables over it, and the triggers for both.

`videos_searchtext` holds filename, title and tags of a video, a line each, without case and accents. `videos_trigram`
finds three letters or more anywhere in it, `videos_words` the first one or two letters of a word. Triggers do it all,
so that any tool may write to the database. PostgreSQL has no index (videos/search/matching.py).
"""

# ruff: noqa: S608  the statements are made of our own names

import string
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.models import Tag, Video
from videos.search.folding import VERSION, folding
from videos.search.words import separators

_VIDEO, _TAG, _LINK = Video._meta.db_table, Tag._meta.db_table, Video.tags.through._meta.db_table
_FTS = ("videos_trigram", "videos_words")
# The frequent letters first: SQLite looks for each letter of a text in them, from the left.
_ASCII = "eaionrtlsdmcuhgpbvfykwjzxq 0123456789/._-" + "".join(
    sign for sign in map(chr, range(1, 128)) if sign not in string.ascii_letters + string.digits + " /._-"
)
# verify_backend compares so many, the newest.
_SAMPLE_ROWS = 200

# The content is in a table of its own, since what is taken out of an index must be named as it was put in.
_CONTENT = "content='videos_searchtext', content_rowid='id'"
TABLES = {
    "videos_folding": (
        "CREATE TABLE videos_folding (letter TEXT PRIMARY KEY, plain TEXT NOT NULL"
        f" /* version {VERSION} */) WITHOUT ROWID"
    ),
    "videos_searchtext": "CREATE TABLE videos_searchtext (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    # Empty, but within in_bulk(): then it holds 0, and the videos that were changed.
    "videos_search_bulk": "CREATE TABLE videos_search_bulk (id INTEGER PRIMARY KEY)",
    "videos_trigram": (
        f"CREATE VIRTUAL TABLE videos_trigram USING fts5(text, {_CONTENT}, tokenize='trigram case_sensitive 1')"
    ),
    "videos_words": (
        f"CREATE VIRTUAL TABLE videos_words USING fts5(text, {_CONTENT}, detail=none, columnsize=0, prefix='1 2',"
        f" tokenize='unicode61 remove_diacritics 2 categories ''L* N* M* Co'' separators ''{separators()}''')"
    ),
}


def _folded(text: str) -> str:
    """Return SQL that folds a text: each letter that is not ASCII is looked up, what lies between is taken whole."""
    signs = "'" + _ASCII.replace("'", "''") + "'"
    return (
        f"CASE WHEN length({text}) = length(CAST({text} AS BLOB)) THEN lower({text}) ELSE ("
        f"WITH RECURSIVE step(done, rest) AS (SELECT substr(small, 1, length(small) - length(tail)), tail FROM "
        f"(SELECT lower({text}) AS small, ltrim(lower({text}), {signs}) AS tail) UNION ALL "
        "SELECT done || coalesce((SELECT plain FROM videos_folding WHERE letter = substr(rest, 1, 1)), "
        f"substr(rest, 1, 1)) || substr(rest, 2, length(rest) - 1 - length(ltrim(substr(rest, 2), {signs}))), "
        f"ltrim(substr(rest, 2), {signs}) FROM step WHERE rest <> '') SELECT done FROM step WHERE rest = '') END"
    )


def _texts(condition: str) -> str:
    """Return SQL for (id, folded text) of the videos `v` that a condition holds for."""
    # A title made from the name stands in it already.
    title = "CASE WHEN instr(v.filename, v.title) THEN '' ELSE char(10) || v.title END"
    tags = (
        f"coalesce((SELECT group_concat(char(10) || t.name, '') FROM {_LINK} l JOIN {_TAG} t ON t.id = l.tag_id "
        "WHERE l.video_id = v.id), '')"
    )
    raw = f"SELECT v.id AS id, v.filename || {title} || {tags} AS raw FROM {_VIDEO} v WHERE {condition}"
    return f"SELECT id, {_folded('raw')} FROM ({raw} LIMIT -1 OFFSET 0)"


def _taken_out(ids: str) -> list[str]:
    out = [
        f"INSERT INTO {fts}({fts}, rowid, text) SELECT 'delete', id, text FROM videos_searchtext WHERE id IN ({ids})"
        for fts in _FTS
    ]
    return [*out, f"DELETE FROM videos_searchtext WHERE id IN ({ids})"]


def _put_in(ids: str) -> list[str]:
    texts = f"INSERT INTO videos_searchtext (id, text) {_texts(f'v.id IN ({ids})')}"
    into = [
        f"INSERT INTO {fts}(rowid, text) SELECT id, text FROM videos_searchtext WHERE id IN ({ids})" for fts in _FTS
    ]
    return [texts, *into]


def _anew(ids: str) -> list[str]:
    return [*_taken_out(ids), *_put_in(ids)]


_CARRIERS = f"SELECT video_id AS id FROM {_LINK} WHERE tag_id = NEW.id"
# Event, when, and which videos are to be indexed anew. INSERT OR REPLACE deletes without a trigger: so an insert, too,
# takes out first what may be there.
_EVENTS = {
    "video_insert": (f"INSERT ON {_VIDEO}", "1", "SELECT NEW.id AS id"),
    "video_update": (
        f"UPDATE OF title, filename ON {_VIDEO}",
        "(OLD.title IS NOT NEW.title OR OLD.filename IS NOT NEW.filename)",
        "SELECT NEW.id AS id",
    ),
    "video_delete": (f"DELETE ON {_VIDEO}", "1", "SELECT OLD.id AS id"),
    "link_insert": (f"INSERT ON {_LINK}", "1", "SELECT NEW.video_id AS id"),
    "link_update": (f"UPDATE ON {_LINK}", "1", "SELECT OLD.video_id AS id UNION SELECT NEW.video_id"),
    "link_delete": (f"DELETE ON {_LINK}", "1", "SELECT OLD.video_id AS id"),
    "tag_update": (f"UPDATE OF name ON {_TAG}", "OLD.name IS NOT NEW.name", _CARRIERS),
}
_IS_BULK = "EXISTS (SELECT 1 FROM videos_search_bulk WHERE id = 0)"


def _trigger(name: str, event: str, when: str, statements: list[str]) -> str:
    return f"CREATE TRIGGER {name} AFTER {event} WHEN {when} BEGIN {'; '.join(statements)}; END"


def _noted(ids: str) -> list[str]:
    # OR IGNORE would give way to the writer's own OR REPLACE.
    return [f"INSERT INTO videos_search_bulk SELECT id FROM ({ids}) WHERE id NOT IN videos_search_bulk"]


TRIGGERS = {
    f"videos_search_{name}{suffix}": _trigger(f"videos_search_{name}{suffix}", event, f"{when} AND {mode}", statements)
    for name, (event, when, ids) in _EVENTS.items()
    for suffix, mode, statements in (("", f"NOT {_IS_BULK}", _anew(ids)), ("_bulk", _IS_BULK, _noted(ids)))
}
BULK_BEGINS = ["INSERT INTO videos_search_bulk VALUES (0)"]
BULK_ENDS = [*_anew("SELECT id FROM videos_search_bulk"), "DELETE FROM videos_search_bulk"]


@contextmanager
def in_bulk() -> Iterator[None]:
    """Index what is written within once, at the end: four times as fast for many rows.

    FTS5 writes what it has gathered to its tables after each statement that has triggers.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {_IS_BULK}")
        if cursor.fetchone()[0]:
            yield  # within another, which ends it
            return
        for statement in BULK_BEGINS:
            cursor.execute(statement)
        yield
        for statement in BULK_ENDS:
            cursor.execute(statement)


def install(database: BaseDatabaseWrapper) -> None:
    """Make the index and its triggers, and fill it where it is not in step. Run after every migrate."""
    if problem(database):
        rebuild(database)


def drop_triggers(database: BaseDatabaseWrapper) -> None:
    """Take the triggers away before tables are rebuilt: SQLite renames none that a trigger elsewhere names."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            for name in _definitions(database).keys() & TRIGGERS.keys():
                cursor.execute(f"DROP TRIGGER {name}")


def rebuild(database: BaseDatabaseWrapper) -> None:
    """Make everything anew from the videos and their tags. Half a minute for a million videos."""
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        for name in _definitions(database):
            cursor.execute(f"DROP {'TRIGGER' if name in TRIGGERS else 'TABLE'} {name}")
        for statement in TABLES.values():
            cursor.execute(statement)
        cursor.executemany("INSERT INTO videos_folding VALUES (%s, %s)", list(folding().items()))
        cursor.execute(f"INSERT INTO videos_searchtext (id, text) {_texts('1')}")
        for fts in _FTS:
            cursor.execute(f"INSERT INTO {fts}({fts}) VALUES ('rebuild')")
        for statement in TRIGGERS.values():
            cursor.execute(statement)


def problem(database: BaseDatabaseWrapper) -> str | None:
    """Return why the index is not in step, or None. Compares the number of rows, and the newest of them."""
    if database.vendor != "sqlite":
        return None
    expected, found = {**TABLES, **TRIGGERS}, _definitions(database)
    wrong = sorted(name for name in expected if found.get(name) != expected[name])
    if wrong:
        return f"{wrong[0]} is not as it should be: run manage.py migrate"
    with database.cursor() as cursor:
        newest = f"SELECT id FROM {_VIDEO} ORDER BY id DESC LIMIT {_SAMPLE_ROWS}"
        cursor.execute(f"{_texts(f'v.id IN ({newest})')} EXCEPT SELECT id, text FROM videos_searchtext")
        differs = cursor.fetchone() is not None
        cursor.execute(f"SELECT (SELECT count(*) FROM {_VIDEO}) <> (SELECT count(*) FROM videos_searchtext)")
        differs = differs or bool(cursor.fetchone()[0])
    return "it differs from the videos: run manage.py migrate" if differs else None


def _definitions(database: BaseDatabaseWrapper) -> dict[str, str]:
    """Return {name: statement} of the tables and triggers of the index that are there."""
    with database.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type IN ('table', 'trigger')")
        return {name: sql for name, sql in cursor.fetchall() if name in TABLES or name.startswith("videos_search_")}
