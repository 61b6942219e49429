"""migrate_json of 100,000 names in all four files, against sqlite3.executemany of the resulting rows.

The floor is what the database itself needs: a second, freshly migrated database with the same tables, indexes,
constraints, triggers and pragmas gets the finished rows in one transaction, table by table, in the order of ids. The
full-text index is updated once at the end. The floor includes BEGIN, and COMMIT with its fsync, but not reading JSON,
checking the entries, comparing with existing rows, or making the new ones.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing

from django.conf import settings

from benchmarks import synthetic
from benchmarks.figures import best_of_alternating, note, seconds, verdict
from lvs_site.env import SQLITE_OPTIONS
from videos.accounts.household import household
from videos.backup.json_reader import read_json_files
from videos.db.triggers import full_text
from videos.db.triggers.change_log import read_revisions
from videos.importers.flask_json import import_snapshot
from videos.models import Favorite, Rating, Tag, Video, View

BAR = 4.0
RUNS = 3
TABLES = [model._meta.db_table for model in (Video, Rating, View, Favorite, Tag, Video.tags.through)]


def run() -> bool:
    folder = settings.DATA_DIR / "json"
    folder.mkdir()
    synthetic.write_json(folder)
    empty = synthetic.EmptyDatabase()
    reading: list[float] = []

    def import_all() -> float:
        empty.restore()
        viewer = household()
        reading.append(seconds(lambda: read_json_files(folder)))
        return seconds(lambda: import_snapshot(read_json_files(folder), viewer))

    import_all()
    rows = {table: rows_of(table) for table in TABLES}
    import_seconds, floor_seconds = best_of_alternating(RUNS, import_all, lambda: floor(empty, rows))
    ratio = import_seconds / floor_seconds
    met = verdict(
        "migrate_json, 100,000 names in four files",
        f"{import_seconds:.2f} s = {ratio:.2f} x executemany ({floor_seconds:.2f} s)",
        f"{BAR:g} x",
        ratio <= BAR,
    )
    note(f"of which reading the files: {min(reading):.2f} s; rows written: {sum(map(len, rows.values())):,}")
    viewer = household()
    before = read_revisions()
    again_seconds = seconds(lambda: import_snapshot(read_json_files(folder), viewer))
    assert read_revisions() == before, "the second import wrote"
    note(f"the same import a second time, which changes nothing: {again_seconds:.2f} s")
    return met


def rows_of(table: str) -> list[tuple[object, ...]]:
    # Not through Django's connection, which converts dates: the floor would have to convert them back.
    with closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as database:
        return database.execute(f"SELECT * FROM {table} ORDER BY id").fetchall()


def floor(empty: synthetic.EmptyDatabase, rows: dict[str, list[tuple[object, ...]]]) -> float:
    path = settings.DATA_DIR / "floor.db"
    empty.copy_to(path)
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.executescript(SQLITE_OPTIONS["init_command"])
        # Like Django.
        database.execute("PRAGMA foreign_keys=ON")
        return seconds(lambda: _insert_all(database, rows))


def _insert_all(database: sqlite3.Connection, rows: dict[str, list[tuple[object, ...]]]) -> None:
    database.execute("BEGIN IMMEDIATE")
    for statement in full_text.BULK_BEGINS:
        database.execute(statement)
    for table, content in rows.items():
        database.executemany(f"INSERT INTO {table} VALUES ({_marks(content[0])})", content)
    for statement in full_text.BULK_ENDS:
        database.execute(statement)
    database.execute("COMMIT")


def _marks(row: Iterable[object]) -> str:
    return ", ".join("?" for _ in row)
