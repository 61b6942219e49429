"""The four JSON files as a test writes them, and the tables as a test compares them."""

import json

from django.db import connection

from videos.backup.json_reader import read_json_files
from videos.importers.flask_json import import_snapshot
from videos.models import Favorite, Rating, Tag, Video, View

TABLES = [model._meta.db_table for model in (Video, Rating, View, Tag, Video.tags.through, Favorite)]


def write_files(folder, **contents):
    """Write ratings=…, views=… and so on into the folder: bytes and text as they are, other values as JSON."""
    folder.mkdir(parents=True, exist_ok=True)
    for kind, content in contents.items():
        text = content if isinstance(content, str | bytes) else json.dumps(content)
        (folder / f"{kind}.json").write_bytes(text if isinstance(text, bytes) else text.encode())
    return folder


def read_from(folder, **contents):
    return read_json_files(write_files(folder, **contents))


def import_from(folder, viewer, **options):
    return import_snapshot(read_json_files(folder), viewer, **options)


def bad_keys(snapshot_or_report):
    return [(entry.file, entry.key) for entry in snapshot_or_report.bad]


def bytes_of(folder):
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.json"))}


def all_rows():
    """Return every row of the library with its id and dates, and the revision numbers."""
    with connection.cursor() as cursor:
        return {table: cursor.execute(f"SELECT * FROM {table} ORDER BY 1").fetchall() for table in ALL_TABLES}


ALL_TABLES = [*TABLES, "videos_revision"]


def size_of(path):
    """Return the file's size, -1 where there is none: it may go at any time."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1
