"""The old app's database of 100,000 videos, with all marks on each, against sqlite3.executemany of the resulting rows.

The floor is that of `import_json`. Measured is everything that a start does after the file is moved away: checking,
reading, matching and writing.
"""

import random
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from django.conf import settings

from benchmarks import synthetic
from benchmarks.figures import best_of_alternating, note, seconds, verdict
from benchmarks.import_json import TABLES, floor, rows_of
from videos.accounts.household import household
from videos.importers.flask_database import read_old_database
from videos.importers.flask_import import import_old_app
from videos.importers.flask_sources import Sources

BAR = 4.0
RUNS = 3
_SCHEMA = """
CREATE TABLE videos (filename TEXT PRIMARY KEY, added_date REAL, file_size INTEGER, duration REAL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE ratings (filename TEXT PRIMARY KEY, rating INTEGER, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE views (filename TEXT PRIMARY KEY, view_count INTEGER, last_viewed TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE video_tags (id INTEGER PRIMARY KEY, filename TEXT, tag TEXT,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, UNIQUE (filename, tag));
CREATE TABLE favorites (filename TEXT PRIMARY KEY, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
"""


def run() -> bool:
    path = _make_old_database(settings.DATA_DIR / "old.db")
    empty = synthetic.EmptyDatabase()
    reading: list[float] = []

    def import_all() -> float:
        empty.restore()
        viewer = household()
        reading.append(seconds(lambda: read_old_database(path)))
        return seconds(lambda: import_old_app(Sources(databases=[path]), viewer, name="flask"))

    import_all()
    rows = {table: rows_of(table) for table in TABLES}
    import_seconds, floor_seconds = best_of_alternating(RUNS, import_all, lambda: floor(empty, rows))
    ratio = import_seconds / floor_seconds
    met = verdict(
        "the old app's database, 100,000 videos",
        f"{import_seconds:.2f} s = {ratio:.2f} x executemany ({floor_seconds:.2f} s)",
        f"{BAR:g} x",
        ratio <= BAR,
    )
    note(
        f"of which checking and reading the file: {min(reading):.2f} s; rows written: {sum(map(len, rows.values())):,}"
    )
    return met


def _make_old_database(path: Path) -> Path:
    names, tags, chance = synthetic.filenames(), synthetic.tag_names(), random.Random(4)
    moments = [datetime(2024, 1, 1, 12, tzinfo=UTC) + timedelta(minutes=n) for n in range(len(names))]
    written = [f"{moment:%Y-%m-%d %H:%M:%S}" for moment in moments]
    with closing(sqlite3.connect(path)) as database, database:
        database.executescript(_SCHEMA)
        for statement, rows in {
            "INSERT INTO videos (filename, added_date, duration) VALUES (?, ?, 60.5)": [
                (name, moment.timestamp()) for name, moment in zip(names, moments, strict=True)
            ],
            "INSERT INTO ratings (filename, rating) VALUES (?, ?)": [(name, chance.randint(1, 5)) for name in names],
            "INSERT INTO views (filename, view_count, last_viewed) VALUES (?, ?, ?)": [
                (name, chance.randint(1, 50), date) for name, date in zip(names, written, strict=True)
            ],
            "INSERT INTO video_tags (filename, tag) VALUES (?, ?)": [
                (name, f"#{tag}") for name in names for tag in chance.sample(tags, synthetic.TAGS_EACH)
            ],
            "INSERT INTO favorites (filename, created_at) VALUES (?, ?)": list(zip(names, written, strict=True)),
        }.items():
            database.executemany(statement, rows)
    return path
