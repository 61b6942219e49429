"""The old application's folder as a test makes it: its database with its own schema, foreign keys never on."""

import sqlite3
from collections.abc import Iterable, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

SCHEMA = """
CREATE TABLE videos (filename TEXT PRIMARY KEY, added_date REAL, file_size INTEGER, duration REAL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE ratings (filename TEXT PRIMARY KEY, rating INTEGER, updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (filename) REFERENCES videos (filename) ON DELETE CASCADE);
CREATE TABLE views (filename TEXT PRIMARY KEY, view_count INTEGER DEFAULT 0, last_viewed TIMESTAMP,
    updated_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (filename) REFERENCES videos (filename) ON DELETE CASCADE);
CREATE TABLE video_tags (id INTEGER PRIMARY KEY AUTOINCREMENT, filename TEXT NOT NULL, tag TEXT NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP, UNIQUE (filename, tag),
    FOREIGN KEY (filename) REFERENCES videos (filename) ON DELETE CASCADE);
CREATE TABLE favorites (filename TEXT PRIMARY KEY, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    FOREIGN KEY (filename) REFERENCES videos (filename) ON DELETE CASCADE);
CREATE INDEX idx_tags_filename ON video_tags (filename);
"""
LATER_SCHEMA = """
CREATE TABLE playlists (id INTEGER PRIMARY KEY AUTOINCREMENT, name TEXT NOT NULL, description TEXT, cover_image TEXT,
    sort_mode TEXT, created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP);
CREATE TABLE playlist_items (playlist_id INTEGER REFERENCES playlists (id), video_filename TEXT, position INTEGER);
CREATE TABLE media_hash_map (filename TEXT PRIMARY KEY, hash TEXT);
CREATE TABLE phash_cache (filename TEXT PRIMARY KEY, phash BLOB);
CREATE TABLE gallery_groups (id INTEGER PRIMARY KEY, name TEXT);
CREATE TABLE gallery_group_items (group_id INTEGER, filename TEXT);
"""
# 2019-05-01 12:00 UTC.
LONG_AGO = 1_556_712_000.0


def make_old_database(
    path: Path,
    *,
    videos: Iterable[Sequence[Any]] = (),
    ratings: Iterable[Sequence[Any]] = (),
    views: Iterable[Sequence[Any]] = (),
    tags: Iterable[Sequence[Any]] = (),
    favorites: Iterable[Sequence[Any]] = (),
    more: str = "",
    wal: bool = False,
) -> Path:
    """Write a database of the old application, of rows such as (filename, added) and (filename, stars)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as database, database:
        if wal:
            database.execute("PRAGMA journal_mode=WAL")
        database.executescript(SCHEMA + more)
        database.executemany("INSERT INTO videos (filename, added_date) VALUES (?, ?)", videos)
        database.executemany("INSERT INTO ratings (filename, rating) VALUES (?, ?)", ratings)
        database.executemany("INSERT INTO views (filename, view_count, last_viewed) VALUES (?, ?, ?)", views)
        database.executemany("INSERT INTO video_tags (filename, tag) VALUES (?, ?)", tags)
        database.executemany("INSERT INTO favorites (filename, created_at) VALUES (?, ?)", favorites)
    return path


def usual_database(path: Path, **options: Any) -> Path:
    """Write a small one, with a dangling row in each table."""
    return make_old_database(
        path,
        videos=[("Sea.mp4", LONG_AGO), ("trips/Snow.mp4", LONG_AGO + 60), ("bare.mp4", LONG_AGO + 120)],
        ratings=[("Sea.mp4", 5), ("gone.mp4", 2)],
        views=[("Sea.mp4", 7, "2024-05-01 18:30:00"), ("lost.mp4", 1, None)],
        tags=[("Sea.mp4", "#sea"), ("Sea.mp4", "Summer"), ("adrift.mp4", "sea")],
        favorites=[("trips/Snow.mp4", "2024-05-02T10:00:00Z"), ("away.mp4", "2024-05-03 10:00:00")],
        **options,
    )


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path)) as database, database:
        for statement in statements:
            database.execute(statement)


def rows_of(path: Path, statement: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(path)) as database:
        return database.execute(statement).fetchall()


def content_of(path: Path) -> list[str]:
    """Return all that a database holds, as statements."""
    with closing(sqlite3.connect(path)) as database:
        return list(database.iterdump())
