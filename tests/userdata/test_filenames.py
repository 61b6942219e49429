"""Which file a video is: asked of the database once, and again as soon as anybody has written to it."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from django.db import connection, transaction

from videos.db import sqlite_file
from videos.db.sqlite_file import files_state, sqlite_path
from videos.models import Video
from videos.userdata.cached_reads import filename_of

pytestmark = pytest.mark.django_db(transaction=True)

# Longer than the time between two ticks of the kernel's clock, by which files are dated.
TICK_SECONDS = 0.05


@pytest.fixture
def writer(monkeypatch: pytest.MonkeyPatch) -> Iterator[sqlite3.Connection]:
    """Somebody else who writes, with a connection of their own, where files are dated finely."""
    monkeypatch.setattr(sqlite_file, "_COARSEST_FILE_TIME_NS", int(TICK_SECONDS * 1e9))
    with closing(sqlite3.connect(str(sqlite_path()), timeout=20, isolation_level=None)) as writer:
        yield writer


def rename(writer: sqlite3.Connection, video: Video, filename: str) -> None:
    writer.execute("UPDATE videos_video SET filename = ? WHERE id = ?", (filename, video.pk))


@pytest.fixture
def no_write_is_past(monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """From its call on the last write counts as near, however slow the machine is."""
    return lambda: monkeypatch.setattr(sqlite_file, "_COARSEST_FILE_TIME_NS", 10**18)


def let_the_last_write_be_past() -> None:
    deadline = time.monotonic() + 10
    while files_state() is None:
        assert time.monotonic() < deadline
        time.sleep(TICK_SECONDS / 5)


def test_a_seek_asks_the_database_once_until_somebody_writes(
    make_video: Callable[..., Video],
    query_count: Callable[[Callable[[], Any]], int],
    writer: sqlite3.Connection,
    no_write_is_past: Callable[[], None],
) -> None:
    video = make_video("a.mp4")
    let_the_last_write_be_past()
    assert query_count(lambda: filename_of(video.pk)) == 1
    assert query_count(lambda: [filename_of(video.pk) for _ in range(5)]) == 0
    assert filename_of(video.pk) == "a.mp4"
    rename(writer, video, "b.mp4")
    no_write_is_past()
    assert query_count(lambda: [filename_of(video.pk) for _ in range(2)]) == 2, "the write is too near to be dated"
    assert filename_of(video.pk) == "b.mp4"


@pytest.mark.parametrize("checkpoint", ["", "PASSIVE", "RESTART", "TRUNCATE"])
def test_a_name_that_was_kept_is_never_an_old_one_wherever_the_log_stands(
    checkpoint: str, make_video: Callable[..., Video], writer: sqlite3.Connection
) -> None:
    video = make_video("a.mp4")
    kept = set()
    for number in range(8):
        let_the_last_write_be_past()
        kept.add(filename_of(video.pk))
        rename(writer, video, f"{number:04}.mp4")
        # The log is then written over from its beginning, and may end as long as it was.
        if checkpoint:
            writer.execute(f"PRAGMA wal_checkpoint({checkpoint})")
        assert filename_of(video.pk) == f"{number:04}.mp4"
        connection.close()
    assert len(kept) == 8


def test_writes_one_upon_the_other_are_each_seen(make_video: Callable[..., Video], writer: sqlite3.Connection) -> None:
    video = make_video("a.mp4")
    for number in range(300):
        rename(writer, video, f"{number:04}.mp4")
        assert filename_of(video.pk) == f"{number:04}.mp4"


def test_a_video_that_is_removed_or_made_is_so_at_once(
    make_video: Callable[..., Video], writer: sqlite3.Connection
) -> None:
    video = make_video("a.mp4")
    let_the_last_write_be_past()
    assert (filename_of(video.pk), filename_of(video.pk + 1)) == ("a.mp4", None)
    make_video("b.mp4")
    assert filename_of(video.pk + 1) == "b.mp4"
    writer.execute("DELETE FROM videos_video WHERE id = ?", (video.pk,))
    assert filename_of(video.pk) is None
    assert filename_of(2**63) is None


def test_another_file_in_the_databases_place_is_another_state(
    make_video: Callable[..., Video], writer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    make_video("a.mp4")
    let_the_last_write_be_past()
    before = files_state()
    copy = tmp_path / "copy.db"
    writer.execute("VACUUM INTO ?", (str(copy),))
    monkeypatch.setattr(sqlite_file, "sqlite_path", lambda: copy)
    let_the_last_write_be_past()
    assert before != files_state() is not None
    copy.unlink()
    assert files_state() is None


def test_what_a_transaction_has_not_yet_made_true_is_not_kept(
    make_video: Callable[..., Video], writer: sqlite3.Connection
) -> None:
    video = make_video("a.mp4")
    let_the_last_write_be_past()
    with transaction.atomic():
        Video.objects.filter(pk=video.pk).update(filename="b.mp4")
        assert filename_of(video.pk) == "b.mp4"
        transaction.set_rollback(True)
    assert filename_of(video.pk) == "a.mp4"
