"""A library that version 0013 left behind migrates, and keeps every row of what people made and what scans found."""

import lzma
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Shell

EARLIER = Path(__file__).resolve().parent.parent / "data" / "library-0013.db.xz"
# What later migrations call a column.
RENAMED = {"look_due": "analysis_due_at"}
KEPT = {
    "videos_rating": "viewer_id, video_id, stars",
    "videos_view": "viewer_id, video_id, view_count, last_viewed, position_seconds, is_watched",
    "videos_favorite": "viewer_id, video_id, added_date",
    "videos_marker": "viewer_id, video_id, seconds, name",
    "videos_monthlyviews": "viewer_id, month, views",
    "videos_tag": "id, name, folded_name",
    "videos_tagtotal": "tag_id, videos, milliseconds, size_bytes",
    "videos_video_tags": "video_id, tag_id",
    "videos_smartlist": "viewer_id, name, query, position",
    "videos_bulkaction": "id, viewer_id, kind, details, video_count, began_at, ended_at, undoable_until, undone_at",
    "videos_bulkchange": "id, action_id, entries, first_video, last_video",
    "videos_disappearance": "id, folder, noticed_at",
    "videos_details": "video_id, audio, subtitles, chapters, sprite",
    "videos_subtitle": "video_id, filename, language, label",
    "auth_user": "id, username, password, is_staff, is_superuser",
    "videos_video": (
        "id, filename, title, title_key, added_date, missing_since, file_size, modified_ns, device, inode, duration,"
        " width, height, frame_rate, rotation, bit_rate, container, video_codec, audio_codec, fingerprint,"
        " unconfirmed_fingerprint, cover_version, color, facts_version, look_due, disappearance_id"
    ),
}
GONE = 11
UNDO_ALL = """
from datetime import timedelta
from django.contrib.auth.models import User
from django.utils import timezone
from videos.models import BulkAction
from videos.userdata.undo import undo
BulkAction.objects.update(undoable_until=timezone.now() + timedelta(minutes=5))
for action in BulkAction.objects.order_by("-pk"):
    undo(User.objects.get(pk=action.viewer_id), action.pk)
"""
SEE_BATCH = """
from videos.models import MissingBatch, Video
print([(one.folder, one.files) for one in MissingBatch.objects.with_files()])
print([video.filename for video in Video.objects.filter(missing_batch__folder="trips/")])
"""


@pytest.fixture
def earlier(tmp_path: Path) -> Shell:
    """manage.py on the earlier library, which no migration of this version has touched."""
    shell = Shell(tmp_path)
    shell.database.write_bytes(lzma.decompress(EARLIER.read_bytes()))
    return shell


def run_sql(shell: Shell, *statements: str) -> None:
    with closing(sqlite3.connect(shell.database)) as database, database:
        for statement in statements:
            database.execute(statement)


def rows(shell: Shell, table: str, columns: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(shell.database)) as database:
        return sorted(database.execute(f"SELECT {columns} FROM {table}").fetchall(), key=repr)


def all_kept(shell: Shell, renamed: dict[str, str]) -> dict[str, list[tuple[Any, ...]]]:
    found = {}
    for table, columns in KEPT.items():
        names = [renamed.get(name, name) for name in columns.split(", ")]
        found[table] = rows(shell, table, ", ".join(names))
    return found


def put_together(shell: Shell) -> None:
    """Let a file of the library belong to a batch that went missing together: the library itself has no batch."""
    run_sql(
        shell,
        "INSERT INTO videos_disappearance (id, folder, noticed_at) VALUES (7, 'trips/', '2026-11-30 03:00:00')",
        f"UPDATE videos_video SET disappearance_id = 7, missing_since = '2026-11-30 03:00:00' WHERE id = {GONE}",
    )


@pytest.mark.slow
def test_an_earlier_library_keeps_all_that_people_made_and_scans_found(earlier: Shell) -> None:
    put_together(earlier)
    before = all_kept(earlier, {})
    problems = {number for number, problem in rows(earlier, "videos_video", "id, problem") if problem}
    assert all(before.values())
    assert problems
    earlier.run("migrate", "--verbosity", "0")
    assert all_kept(earlier, RENAMED) == before
    assert {number for number, problem in rows(earlier, "videos_video", "id, problem") if problem} == problems
    assert earlier.python(SEE_BATCH).splitlines() == ["[('trips/', 1)]", str(_filenames_of(earlier, GONE))]
    assert "makemigrations" not in earlier.run("migrate", "--check")
    earlier.run("verify_backend")


def _filenames_of(shell: Shell, video_id: int) -> list[str]:
    return [name for number, name in rows(shell, "videos_video", "id, filename") if number == video_id]


@pytest.mark.slow
def test_bulk_actions_of_an_earlier_library_can_still_be_undone(earlier: Shell) -> None:
    bulk_tag = [row for row in rows(earlier, "videos_tag", "id, name") if row[1] == "bulk"]
    stars_of_ten = [row for row in rows(earlier, "videos_rating", "viewer_id, video_id, stars") if row[0] == 1]
    assert (len(bulk_tag), len(stars_of_ten), {stars for *_, stars in stars_of_ten}) == (1, 11, {3})
    earlier.run("migrate", "--verbosity", "0")
    earlier.python(UNDO_ALL)
    after = [row for row in rows(earlier, "videos_rating", "viewer_id, video_id, stars") if row[0] == 1]
    assert after == [(1, 1, 1), (1, 2, 2), (1, 3, 3), (1, 4, 4), (1, 5, 5)]
    assert [row for row in rows(earlier, "videos_tag", "id, name") if row[1] == "bulk"] == []
    watched = rows(earlier, "videos_view", "viewer_id, video_id, is_watched")
    assert [row for row in watched if row[1] in (1, 2)] == [(1, 1, 0), (1, 2, 0)]


@pytest.mark.slow
def test_a_permission_for_files_that_went_missing_together_stays_with_its_account(earlier: Shell) -> None:
    run_sql(
        earlier,
        "INSERT INTO auth_user_user_permissions (user_id, permission_id) SELECT 1, p.id FROM auth_permission p"
        " WHERE p.codename = 'view_disappearance'",
    )
    earlier.run("migrate", "--verbosity", "0")
    ask = "from django.contrib.auth.models import User; print(User.objects.get(pk=1).get_all_permissions())"
    assert earlier.python(ask).split() == ["{'videos.view_missingbatch'}"]
    assert "disappearance" not in str(rows(earlier, "django_content_type", "model"))
