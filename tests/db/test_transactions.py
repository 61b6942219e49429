"""The database as a whole: its settings, who writes now, and one moment of it."""

import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from videos.db import health, transactions
from videos.db.sqlite_file import sqlite_path, sqlite_problem
from videos.db.transactions import as_stored, insert_rows, read_snapshot, write_transaction
from videos.models import Rating, Video

pytestmark = pytest.mark.django_db(transaction=True)


def elsewhere(work: Callable[[], Any]) -> Any:
    """Return what the work gives in a thread with a connection of its own."""

    def and_close() -> Any:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(and_close).result(timeout=30)


@pytest.mark.parametrize(
    ("pragma", "value"),
    [
        ("journal_mode", "wal"),
        ("foreign_keys", 1),
        ("synchronous", 2),
        ("busy_timeout", 20_000),
        ("temp_store", 2),
        ("mmap_size", 0),
        ("cache_size", -16_384),
        ("journal_size_limit", 67_108_864),
    ],
)
def test_the_settings_are_in_force_on_every_connection(pragma: str, value: object) -> None:
    def ask() -> object:
        with connection.cursor() as cursor:
            return cursor.execute(f"PRAGMA {pragma}").fetchone()[0]

    assert ask() == elsewhere(ask) == value


def test_a_transaction_takes_the_write_lock_when_it_begins() -> None:
    with write_transaction(), closing(sqlite3.connect(str(sqlite_path()), timeout=0)) as other:
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("BEGIN IMMEDIATE")


def test_what_a_write_transaction_wrote_is_there_for_others_only_at_its_end(make_video: Callable[..., Video]) -> None:
    with write_transaction():
        make_video("a.mp4")
        assert elsewhere(Video.objects.count) == 0
    assert elsewhere(Video.objects.count) == 1


def test_an_error_takes_all_of_a_write_transaction_back(make_video: Callable[..., Video]) -> None:
    def write_and_fail() -> None:
        with write_transaction():
            make_video("a.mp4")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_and_fail()
    assert Video.objects.count() == 0


def test_within_a_transaction_an_error_takes_only_the_inner_part_back(make_video: Callable[..., Video]) -> None:
    with write_transaction():
        make_video("a.mp4")
        with pytest.raises(IntegrityError), write_transaction():
            Video.objects.bulk_create([Video(filename="b.mp4"), Video(filename="c.mp4"), Video(filename="a.mp4")])
    assert list(Video.objects.values_list("filename", flat=True)) == ["a.mp4"]


def test_one_thread_writes_at_a_time(make_video: Callable[..., Video]) -> None:
    video = make_video("a.mp4", file_size=0)

    def write() -> None:
        for _ in range(20):
            with write_transaction():
                size = Video.objects.get(pk=video.pk).file_size or 0
                Video.objects.filter(pk=video.pk).update(file_size=size + 1)
        connection.close()

    with ThreadPoolExecutor(8) as pool:
        for done in [pool.submit(write) for _ in range(8)]:
            done.result(timeout=30)
    video.refresh_from_db()
    assert video.file_size == 160


def test_an_open_transaction_and_a_waiting_writer_do_not_block_each_other(make_video: Callable[..., Video]) -> None:
    waiting = threading.Event()

    def wait_for_the_lock() -> None:
        waiting.set()
        with write_transaction():
            Video.objects.create(filename="b.mp4")
        connection.close()

    started = time.monotonic()
    with ThreadPoolExecutor(1) as pool:
        with transaction.atomic():
            other = pool.submit(wait_for_the_lock)
            waiting.wait(5)
            time.sleep(0.2)
            with write_transaction():
                make_video("a.mp4")
        other.result(timeout=30)
    assert time.monotonic() - started < 5
    assert Video.objects.count() == 2


def test_a_read_snapshot_shows_one_moment_and_holds_no_writer_up(make_video: Callable[..., Video]) -> None:
    make_video("a.mp4")
    with read_snapshot():
        assert Video.objects.count() == 1
        with closing(sqlite3.connect(str(sqlite_path()), timeout=0)) as other, other:
            other.execute("DELETE FROM videos_video")
        assert Video.objects.count() == 1
        assert list(Video.objects.values_list("filename", flat=True)) == ["a.mp4"]
    assert Video.objects.count() == 0


def test_a_read_snapshot_may_stand_within_another_and_within_a_transaction(make_video: Callable[..., Video]) -> None:
    with read_snapshot(), read_snapshot():
        assert Video.objects.count() == 0
    with write_transaction(), read_snapshot():
        make_video("a.mp4")
        assert Video.objects.count() == 1
    assert Video.objects.count() == 1


def test_an_error_ends_a_read_snapshot(make_video: Callable[..., Video]) -> None:
    with pytest.raises(ZeroDivisionError), read_snapshot():
        raise ZeroDivisionError
    make_video("a.mp4")
    assert elsewhere(Video.objects.count) == 1


def test_rows_of_plain_values_are_inserted_and_read_back_as_dates() -> None:
    moment = datetime(2024, 2, 29, 12, 0, 0, 123456, tzinfo=UTC)
    columns = ["filename", "title", "added_date", "container", "video_codec", "audio_codec", "fingerprint"]
    row = ["a.mp4", "first", as_stored(moment), "", "", "", ""]
    insert_rows(Video, columns, [row])
    insert_rows(Video, columns, [["a.mp4", "second", *row[2:]]])
    assert Video.objects.values_list("title", "added_date").get() == ("first", moment)
    insert_rows(
        Video, columns, [["a.mp4", "third", *row[2:]]], "(filename) DO UPDATE SET title = excluded.title"
    )  # fmt: skip
    assert Video.objects.get().title == "third"


def test_an_upsert_keeps_the_row_and_what_hangs_on_it(viewer: Any, make_video: Callable[..., Video]) -> None:
    video = make_video("a.mp4")
    Rating.objects.create(viewer=viewer, video=video, stars=4)
    columns = ["filename", "title", "added_date", "container", "video_codec", "audio_codec", "fingerprint"]
    row = ["a.mp4", "new", as_stored(video.added_date), "", "", "", ""]
    insert_rows(Video, columns, [row], "(filename) DO UPDATE SET title = excluded.title")
    assert Rating.objects.get().video == Video.objects.get(title="new") == video


def test_a_sound_database_and_one_that_is_not_there_yet_are_no_problem(tmp_path: Path) -> None:
    assert health.recheck() is None
    assert sqlite_problem(tmp_path / "none.db") is None
    (tmp_path / "fresh.db").touch()
    assert sqlite_problem(tmp_path / "fresh.db") is None


def test_looking_at_the_database_lets_go_of_no_lock(make_video: Callable[..., Video]) -> None:
    """A process that closes the file by anything but SQLite loses its locks; the next one then deletes its log."""
    make_video("a.mp4")
    assert health.recheck() is None
    come_and_go = (
        "import sqlite3, sys; d = sqlite3.connect(sys.argv[1]); d.execute('SELECT * FROM videos_video'); d.close()"
    )
    subprocess.run([sys.executable, "-c", come_and_go, str(sqlite_path())], check=True)
    make_video("b.mp4")
    with closing(sqlite3.connect(f"file:{sqlite_path()}?mode=ro", uri=True)) as other:
        assert other.execute("SELECT count(*) FROM videos_video").fetchone() == (2,)
    assert Path(f"{sqlite_path()}-wal").exists()


@pytest.mark.parametrize(
    "content", [b"x", b"not a database" * 1000, b"SQLite format 3\0", b"SQLite format 3\0" + b"\xff" * 9000]
)
def test_a_file_that_is_no_database_is_a_problem(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "broken.db"
    path.write_bytes(content)
    assert sqlite_problem(path)
    assert path.read_bytes() == content


def test_a_link_to_nothing_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "linked.db"
    path.symlink_to(tmp_path / "unplugged" / "real.db")
    assert sqlite_problem(path)


def test_a_database_file_that_vanished_is_known_to_be_lost(shell):
    shell.database.unlink()
    print_it = "from videos.db import health, sqlite_file; print(sqlite_file.is_lost(), health.problem())"
    assert shell.python(print_it).split() == ["True", "None"]
    shell.run("migrate", "--verbosity", "0")
    assert shell.python(print_it).split() == ["False", "None"]


def test_writers_take_their_turn_in_the_order_of_asking():
    queue, order = transactions._Queue(), []

    def write(number):
        with queue:
            order.append(number)

    with queue:
        writers = [threading.Thread(target=write, args=[number]) for number in range(8)]
        for number, writer in enumerate(writers, 1):
            writer.start()
            wait_until(lambda number=number: len(queue._waiting) == number)
    for writer in writers:
        writer.join()
    assert order == list(range(8))


def test_a_writer_that_fails_lets_the_next_one_in():
    queue = transactions._Queue()
    with pytest.raises(ZeroDivisionError), queue:
        1 / 0  # noqa: B018
    with queue:
        pass
    assert not queue._taken


def wait_until(condition):
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.001)
