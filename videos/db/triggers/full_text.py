"""The full-text index in SQLite: a text for each video, three FTS5 tables, and the triggers that update them.

`videos_searchtext` holds name, title and tags of a video, one a line, normalized as the search does
(videos/search/tokens.py): folded, with "-" where only signs separate two letters, else " ". Three tables index it:
- `videos_trigram` finds three or more letters anywhere; each gap is a space,
- `videos_words` finds the first one or two letters of a word,
- `videos_joined` finds words across signs: "dont" for "don-t".

Triggers do this in plain SQL, so that any tool may write to the database. PostgreSQL has no such index
(videos/search/lookup.py).
"""

# ruff: noqa: S608  the statements are made of our own names

import string
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from videos.core.batching import batched
from videos.core.folding import SIGNS, VERSION, folding
from videos.db.triggers import tables

_VIDEO, _TAG, _LINK = tables.VIDEO, tables.TAG, tables.TAG_LINK
# {FTS5 table: (column of `videos_searchforms` that it indexes, condition for the rows)}.
_FTS = {
    "videos_trigram": ("spaced", "1"),
    "videos_words": ("spaced", "1"),
    "videos_joined": ("joined", "instr(text, '-')"),
}
# Joined words are indexed up to this length; longer search terms are compared with the text itself.
JOINED_LETTERS = 24
# The most frequent letters come first: SQLite searches this string from the left for each letter. Other letters are
# looked up in videos_folding.
_ASCII = "eaionrtlsdmcuhgpbvfykwjzxq 0123456789/._-\n" + "".join(
    sign for sign in string.punctuation if sign not in "/._-"
)
_REPLACED_AT_ONCE = 16
# verify_backend compares this many of the newest rows.
_SAMPLE_ROWS = 200


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _folded(text: str) -> str:
    """Return SQL that folds a text: it looks up each non-ASCII letter and copies the text between them."""
    signs = _quoted(_ASCII)
    return (
        f"CASE WHEN {text} NOT GLOB '*[^ -~' || char(10) || ']*' THEN lower({text}) ELSE ("
        f"WITH RECURSIVE step(done, rest) AS (SELECT substr(small, 1, length(small) - length(tail)), tail FROM "
        f"(SELECT lower({text}) AS small, ltrim(lower({text}), {signs}) AS tail) UNION ALL "
        "SELECT done || coalesce((SELECT plain FROM videos_folding WHERE letter = substr(rest, 1, 1)), "
        f"substr(rest, 1, 1)) || substr(rest, 2, length(rest) - 1 - length(ltrim(substr(rest, 2), {signs}))), "
        f"ltrim(substr(rest, 2), {signs}) FROM step WHERE rest <> '') SELECT done FROM step WHERE rest = '') END"
    )


def _spelled(folded: str) -> str:
    """Return SQL that normalizes a folded text (videos/search/tokens.py): a gap is " " with a space in it, else "-"."""
    to_one = [(sign, "-") for sign in SIGNS if sign != "-"]
    once_each = [("-", "<>"), ("><", ""), ("<>", "-"), ("- ", " "), (" -", " "), (" ", "<>"), ("><", ""), ("<>", " ")]
    edges = [(f"{line}{gap}", line) for line in "\n" for gap in " -"] + [(f"{gap}\n", "\n") for gap in " -"]
    steps = [*to_one, *once_each, *edges]
    # Nested in one expression, the steps are too many for SQLite's parser.
    parts = [f"folded AS (SELECT {folded} AS text)"]
    for number, some in enumerate(batched(steps, _REPLACED_AT_ONCE)):
        text = "text"
        for old, new in some:
            text = f"replace({text}, {_quoted(old)}, {_quoted(new)})"
        parts.append(f"part{number} AS (SELECT {text} AS text FROM {parts[-1].split()[0]})")
    return f"(WITH {', '.join(parts)} SELECT trim(text, {_quoted(' -' + chr(10))}) FROM {parts[-1].split()[0]})"


def _joined(text: str) -> str:
    """Return SQL for each word joined with what follows after signs, up to a space: " rem em m" for "r-e-m"."""
    before = "substr(rest, 1, instr(rest, '-') - 1)"
    # Starts after the last space before the sign.
    begin = f"length(rtrim({before}, replace({before}, ' ', ''))) + 1"
    whole = f"substr(rest, {begin}, instr(substr(rest, {begin}) || ' ', ' ') - 1)"
    return (
        "(WITH RECURSIVE step(found, rest) AS ("
        f"SELECT '', replace({text}, char(10), ' ') UNION ALL "
        f"SELECT found || ' ' || substr(replace({whole}, '-', ''), 1, {JOINED_LETTERS}), "
        "substr(rest, instr(rest, '-') + 1) FROM step WHERE instr(rest, '-') > 0) "
        "SELECT found FROM step WHERE instr(rest, '-') = 0)"
    )


# FTS5 deletes an entry only given the text that was indexed. So the text is stored, and the indexed forms are derived
# from it.
_CONTENT = "content='videos_searchforms', content_rowid='id'"
_TOKENS = "tokenize='unicode61 remove_diacritics 2 categories ''L* N* M* Co'''"
TABLES = {
    "videos_folding": (
        "CREATE TABLE videos_folding (letter TEXT PRIMARY KEY, plain TEXT NOT NULL"
        f" /* version {VERSION} */) WITHOUT ROWID"
    ),
    "videos_searchtext": "CREATE TABLE videos_searchtext (id INTEGER PRIMARY KEY, text TEXT NOT NULL)",
    # Empty, except inside deferred_indexing(): then it holds 0 and the ids of changed videos.
    "videos_search_bulk": "CREATE TABLE videos_search_bulk (id INTEGER PRIMARY KEY)",
    "videos_trigram": (
        f"CREATE VIRTUAL TABLE videos_trigram USING fts5(spaced, {_CONTENT}, tokenize='trigram case_sensitive 1')"
    ),
    "videos_words": (
        f"CREATE VIRTUAL TABLE videos_words USING fts5(spaced, {_CONTENT}, detail=none, columnsize=0, prefix='1 2',"
        f" {_TOKENS})"
    ),
    "videos_joined": (
        f"CREATE VIRTUAL TABLE videos_joined USING fts5(joined, {_CONTENT}, detail=none, columnsize=0, prefix='2',"
        f" {_TOKENS})"
    ),
}
VIEWS = {
    "videos_searchforms": (
        "CREATE VIEW videos_searchforms AS SELECT id, text, replace(text, '-', ' ') AS spaced,"
        f" {_joined('text')} AS joined FROM videos_searchtext"
    ),
}


def _texts(condition: str) -> str:
    """Return SQL for (id, text) of the videos `v` that meet a condition."""
    # Folders and the extension are separated by spaces, so that no word spans two of them.
    flat = "replace(replace(v.filename, char(10), ' '), '/', ' ')"
    stem = "length(rtrim(v.filename, replace(v.filename, '.', '')))"
    name = f"CASE {stem} WHEN 0 THEN {flat} ELSE substr({flat}, 1, {stem} - 1) || ' ' || substr({flat}, {stem} + 1) END"
    tags = (
        f"coalesce((SELECT group_concat(char(10) || replace(t.name, char(10), ' '), '') FROM {_LINK} l "
        f"JOIN {_TAG} t ON t.id = l.tag_id WHERE l.video_id = v.id), '')"
    )
    # A title that equals part of the name is already indexed with it.
    title = "CASE WHEN instr(name, title) THEN '' ELSE char(10) || replace(title, char(10), ' ') END"
    # OFFSET stops SQLite from flattening the subquery and evaluating the expression once for each use.
    own = f"SELECT v.id AS id, v.title AS title, {name} AS name, {tags} AS tags FROM {_VIDEO} v WHERE {condition}"
    raw = f"SELECT id, name || {title} || tags AS raw FROM ({own} LIMIT -1 OFFSET 0)"
    folded = f"SELECT id, {_folded('raw')} AS folded FROM ({raw} LIMIT -1 OFFSET 0)"
    return f"SELECT id, {_spelled('folded')} FROM ({folded} LIMIT -1 OFFSET 0)"


def _indexed(ids: str, fts: str) -> str:
    """Return SQL for (id, indexed form) of some videos."""
    column, where = _FTS[fts]
    return f"SELECT id, {column} FROM videos_searchforms WHERE id IN ({ids}) AND {where}"


def _taken_out(ids: str) -> list[str]:
    out = [
        f"INSERT INTO {fts}({fts}, rowid, {column}) SELECT 'delete', * FROM ({_indexed(ids, fts)})"
        for fts, (column, _where) in _FTS.items()
    ]
    return [*out, f"DELETE FROM videos_searchtext WHERE id IN ({ids})"]


def _put_in(ids: str) -> list[str]:
    texts = f"INSERT INTO videos_searchtext (id, text) {_texts(f'v.id IN ({ids})')}"
    into = [f"INSERT INTO {fts}(rowid, {column}) {_indexed(ids, fts)}" for fts, (column, _where) in _FTS.items()]
    return [texts, *into]


def _anew(ids: str) -> list[str]:
    return [*_taken_out(ids), *_put_in(ids)]


_CARRIERS = f"SELECT video_id AS id FROM {_LINK} WHERE tag_id = NEW.id"
# (Event, condition, ids of the videos to index again). INSERT OR REPLACE deletes without firing the delete trigger, so
# an insert also removes existing entries first.
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
    # The writer's own OR REPLACE would override OR IGNORE here.
    return [f"INSERT INTO videos_search_bulk SELECT id FROM ({ids}) WHERE id NOT IN videos_search_bulk"]


TRIGGERS = {
    f"videos_search_{name}{suffix}": _trigger(f"videos_search_{name}{suffix}", event, f"{when} AND {mode}", statements)
    for name, (event, when, ids) in _EVENTS.items()
    for suffix, mode, statements in (("", f"NOT {_IS_BULK}", _anew(ids)), ("_bulk", _IS_BULK, _noted(ids)))
}
BULK_BEGINS = ["INSERT INTO videos_search_bulk VALUES (0)"]
BULK_ENDS = [*_anew("SELECT id FROM videos_search_bulk"), "DELETE FROM videos_search_bulk"]


@contextmanager
def deferred_indexing() -> Iterator[None]:
    """Index everything written in the block once, at its end: four times as fast for many rows.

    FTS5 flushes its buffer after each statement that fires triggers.
    """
    if connection.vendor != "sqlite":
        yield
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"SELECT {_IS_BULK}")
        if cursor.fetchone()[0]:
            yield  # inside another block, which indexes at its end
            return
        for statement in BULK_BEGINS:
            cursor.execute(statement)
        yield
        for statement in BULK_ENDS:
            cursor.execute(statement)


def install(database: BaseDatabaseWrapper) -> None:
    """Create the index and its triggers, and fill the index if it is out of step. Run after every migrate."""
    if problem(database):
        rebuild(database)


def drop_triggers(database: BaseDatabaseWrapper) -> None:
    """Drop the triggers before tables are rebuilt: SQLite cannot rename a table that a trigger elsewhere names."""
    if database.vendor == "sqlite":
        with database.cursor() as cursor:
            for name in _definitions(database).keys() & TRIGGERS.keys():
                cursor.execute(f"DROP TRIGGER {name}")


def rebuild(database: BaseDatabaseWrapper) -> None:
    """Rebuild the index from the videos and tags. Takes half a minute for a million videos."""
    with transaction.atomic(using=database.alias), database.cursor() as cursor:
        for name, (kind, _statement) in _definitions(database).items():
            cursor.execute(f"DROP {kind} {name}")
        for statement in (*TABLES.values(), *VIEWS.values()):
            cursor.execute(statement)
        cursor.executemany("INSERT INTO videos_folding VALUES (%s, %s)", list(folding().items()))
        cursor.execute(f"INSERT INTO videos_searchtext (id, text) {_texts('1')}")
        for fts in _FTS:
            cursor.execute(f"INSERT INTO {fts}({fts}) VALUES ('rebuild')")
        for statement in TRIGGERS.values():
            cursor.execute(statement)


def problem(database: BaseDatabaseWrapper) -> str | None:
    """Return why the index is out of step, or None. Compares the number of rows, and the newest of them."""
    if database.vendor != "sqlite":
        return None
    expected, found = {**TABLES, **VIEWS, **TRIGGERS}, _definitions(database)
    wrong = sorted(name for name in expected if found.get(name, ("", ""))[1] != expected[name])
    if wrong:
        return f"{wrong[0]} is not as it should be: run manage.py migrate"
    with database.cursor() as cursor:
        newest = f"SELECT id FROM {_VIDEO} ORDER BY id DESC LIMIT {_SAMPLE_ROWS}"
        cursor.execute(f"{_texts(f'v.id IN ({newest})')} EXCEPT SELECT id, text FROM videos_searchtext")
        differs = cursor.fetchone() is not None
        cursor.execute(f"SELECT (SELECT count(*) FROM {_VIDEO}) <> (SELECT count(*) FROM videos_searchtext)")
        differs = differs or bool(cursor.fetchone()[0])
    return "it differs from the videos: run manage.py migrate" if differs else None


def _definitions(database: BaseDatabaseWrapper) -> dict[str, tuple[str, str]]:
    """Return {name: (kind, statement)} of the existing tables and triggers of the index, triggers first."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT name, type, sql FROM sqlite_master WHERE type IN ('table', 'view', 'trigger') ORDER BY type DESC"
        )
        return {
            name: (kind, sql)
            for name, kind, sql in cursor.fetchall()
            if name in TABLES or name in VIEWS or name.startswith("videos_search_")
        }
