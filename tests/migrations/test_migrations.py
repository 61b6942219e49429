"""What a migration makes of a library that was there before it."""

import sqlite3
from contextlib import closing

import pytest

from tests.conftest import Shell


def rows(shell: Shell, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(shell.database)) as database, database:
        return database.execute(statement).fetchall()


def add_video(shell: Shell, number: int) -> None:
    rows(
        shell,
        "INSERT INTO videos_video (id, filename, title, added_date, container, video_codec, audio_codec, fingerprint)"
        f" VALUES ({number}, '{number}.mp4', '', '2020-01-01', '', '', '', '')",
    )


@pytest.mark.slow
def test_views_so_far_count_in_the_month_of_the_last_one(shell: Shell) -> None:
    shell.run("migrate", "videos", "0002", "--verbosity", "0")
    for number, (count, viewed) in enumerate(
        [(3, "2024-05-14 12:00:00"), (4, "2024-05-30 08:00:00.500000"), (1, "2023-01-15 00:00:00"), (8, None),
         (0, "2020-02-02 12:00:00"), (2**63 - 1, "2019-03-09 12:00:00"), (2**63 - 1, "2019-03-19 12:00:00")]
    ):  # fmt: skip
        add_video(shell, number)
        date = f"'{viewed}'" if viewed else "NULL"
        rows(
            shell,
            "INSERT INTO videos_view (viewer_id, video_id, view_count, last_viewed)"
            f" SELECT id, {number}, {count}, {date} FROM auth_user",
        )
    shell.run("migrate", "--verbosity", "0")
    assert rows(shell, "SELECT month, views FROM videos_monthlyviews ORDER BY month") == [
        ("2019-03-01", 2**63 - 1), ("2023-01-01", 1), ("2024-05-01", 7),
    ]  # fmt: skip


@pytest.mark.slow
def test_what_counted_as_watched_is_marked_so_and_can_still_be_undone(shell: Shell) -> None:
    shell.run("migrate", "videos", "0007", "--verbosity", "0")
    for number, (count, position) in enumerate([(0, "NULL"), (2, "NULL"), (2, "0"), (2, "30"), (0, "30")]):
        add_video(shell, number)
        rows(
            shell,
            "INSERT INTO videos_view (viewer_id, video_id, view_count, position_seconds)"
            f" SELECT id, {number}, {count}, {position} FROM auth_user",
        )
    rows(
        shell,
        "INSERT INTO videos_bulkaction (id, viewer_id, kind, details, video_count, began_at, ended_at, undoable_until)"
        " SELECT 1, id, 'watched', '{}', 1, '2026-01-01', '2026-01-01', '2999-01-01' FROM auth_user",
    )
    rows(
        shell,
        "INSERT INTO videos_bulkchange (action_id, entries, first_video, last_video)"
        " VALUES (1, '[[1, [0, 12.5], [2, null]], [2, null, [2, null]]]', 1, 2)",
    )
    shell.run("migrate", "--verbosity", "0")
    watched = rows(shell, "SELECT video_id FROM videos_view WHERE is_watched ORDER BY 1")
    assert watched == [(1,), (2,)]
    assert rows(shell, "SELECT entries FROM videos_bulkchange") == [
        ("[[1, [0, 12.5, false], [2, null, true]], [2, null, [2, null, true]]]",)
    ]


@pytest.mark.slow
def test_files_that_were_analyzed_by_earlier_rules_are_due_once_more(shell: Shell) -> None:
    shell.run("migrate", "videos", "0007", "--verbosity", "0")
    kinds = {1: ("640", "NULL", "''"), 2: ("640", "'2030-01-01'", "''"), 3: ("NULL", "NULL", "'encrypted'")}
    for number, (width, due, problem) in kinds.items():
        rows(
            shell,
            "INSERT INTO videos_video (id, filename, title, added_date, container, video_codec, audio_codec,"
            f" fingerprint, width, look_due, problem) VALUES ({number}, '{number}.mp4', '', '2020-01-01', '', '', '',"
            f" '', {width}, {due}, {problem})",
        )
    shell.run("migrate", "--verbosity", "0")
    found = rows(
        shell,
        "SELECT id, analysis_due_at IS NOT NULL, analysis_due_at < '2029-01-01', facts_version FROM videos_video"
        " ORDER BY id",
    )
    assert found == [(1, 1, 1, None), (2, 1, 0, None), (3, 1, 1, None)]
