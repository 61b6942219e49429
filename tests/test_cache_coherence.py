"""VideoCache among threads and processes: nothing stale, nothing rolled back, nothing lost, nothing computed twice."""

import itertools
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from tests.conftest import PROJECT
from videos.cache import VideoCache
from videos.db.sqlite_file import sqlite_path
from videos.db.transactions import write_transaction
from videos.models import Rating, Tag, Video, View
from videos.userdata.cached_reads import kept_until_changed

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def cache(make_video: Callable[..., Video]) -> VideoCache:
    for filename in ("a.mp4", "b.mp4"):
        make_video(filename)
    return VideoCache()


def kept(cache: VideoCache, name: str, compute: Callable[[], Any]) -> Any:
    """Return what is computed of all kinds of metadata, kept under a name."""
    return kept_until_changed(cache.viewer, name, ("ratings", "views", "tags", "favorites"), compute)


def in_threads(number: int, work: Callable[[int], Any]) -> list[Any]:
    """Return what the work gave in as many threads, begun together, each with a connection of its own."""
    together = threading.Barrier(number)

    def and_close(which: int) -> Any:
        together.wait(10)
        try:
            return work(which)
        finally:
            connection.close()

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(and_close, range(number), timeout=60))


class OtherProcess:
    """A second Django process on the same database, with a cache of its own, told line by line what to evaluate."""

    _LOOP = """
import sys, django
django.setup()
from videos.cache import VideoCache
cache = VideoCache()
for line in sys.stdin:
    print(repr(eval(line)), flush=True)
"""

    def __init__(self, data: Path) -> None:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("LVS_", "DJANGO_"))},
            "LVS_DATA_DIR": str(data),
            "LVS_DATABASE_URL": f"sqlite:///{sqlite_path()}",
            "DJANGO_SETTINGS_MODULE": "lvs_site.settings",
        }
        self.process = subprocess.Popen(
            [sys.executable, "-c", self._LOOP], env=environment, cwd=PROJECT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip

    def __call__(self, expression: str) -> str:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(f"{expression}\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[OtherProcess]:
    other = OtherProcess(tmp_path)
    yield other
    other.process.communicate()


def test_what_another_process_writes_is_seen_by_the_next_read(cache: VideoCache, other: OtherProcess) -> None:
    assert cache.get_ratings() == {}
    assert (cache.get_views(), cache.get_tags(), cache.get_favorites()) == ({}, {}, [])
    assert other("cache.update_rating('a.mp4', 4)") == "None"
    assert cache.get_ratings() == {"a.mp4": 4}
    other("(cache.update_view('a.mp4'), cache.update_tags('b.mp4', ['sea']), cache.set_favorite('b.mp4', True))")
    assert (cache.get_views(), cache.get_tags(), cache.get_favorites()) == ({"a.mp4": 1}, {"b.mp4": ["sea"]}, ["b.mp4"])


def test_another_process_sees_what_this_one_writes(cache: VideoCache, other: OtherProcess) -> None:
    assert other("cache.get_ratings(), cache.get_ratings()") == "({}, {})"
    for stars in (1, 2, 3):
        cache.update_rating("a.mp4", stars)
        assert other("cache.get_ratings()") == f"{{'a.mp4': {stars}}}"
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM videos_rating")
    assert other("cache.get_ratings()") == "{}"


def test_a_write_that_is_rolled_back_is_never_seen(cache: VideoCache) -> None:
    cache.update_rating("a.mp4", 1)
    assert cache.get_ratings() == {"a.mp4": 1}
    with transaction.atomic():
        cache.update_rating("a.mp4", 5)
        assert in_threads(2, lambda _: VideoCache().get_ratings()) == [{"a.mp4": 1}] * 2
        assert cache.get_ratings() == {"a.mp4": 5}
        transaction.set_rollback(True)
    assert in_threads(2, lambda _: VideoCache().get_ratings()) == [{"a.mp4": 1}] * 2
    assert cache.get_ratings() == {"a.mp4": 1}


@pytest.mark.parametrize("reader", ["the same thread", "another thread"])
def test_a_later_write_does_not_bring_back_what_was_rolled_back(reader: str, cache: VideoCache) -> None:
    ids = list(Video.objects.values_list("pk", flat=True))
    reads: Callable[[Any], Any] = lambda _: (  # noqa: E731
        VideoCache().get_ratings(),
        [marks.stars for marks in VideoCache().get_marks(ids).values()],
        kept(VideoCache(), "five-stars", Rating.objects.filter(stars=5).count),
    )
    with write_transaction():
        cache.update_rating("a.mp4", 5)
        assert reads(None) == ({"a.mp4": 5}, [5, None], 1)
        transaction.set_rollback(True)
    # This write takes the very revision number that the rolled-back one had, and nothing was read in between.
    cache.update_rating("b.mp4", 2)
    seen = reads(None) if reader == "the same thread" else in_threads(1, reads)[0]
    assert seen == ({"b.mp4": 2}, [None, 2], 0)


def test_a_write_is_seen_from_its_commit_on(cache: VideoCache) -> None:
    with transaction.atomic():
        cache.update_rating("a.mp4", 5)
        assert in_threads(1, lambda _: VideoCache().get_ratings()) == [{}]
    assert in_threads(1, lambda _: VideoCache().get_ratings()) == [{"a.mp4": 5}]


def test_sixteen_threads_that_miss_at_once_compute_once(cache: VideoCache) -> None:
    computed = []

    def compute() -> int:
        computed.append(threading.get_ident())
        time.sleep(0.2)
        return 42

    assert in_threads(16, lambda _: kept(VideoCache(), "slow-list", compute)) == [42] * 16
    assert len(computed) == 1


def test_an_error_while_computing_is_told_and_not_kept(cache: VideoCache) -> None:
    with pytest.raises(ZeroDivisionError):
        kept(cache, "list", lambda: 1 // 0)
    assert kept(cache, "list", lambda: 7) == 7


@pytest.mark.slow
def test_eight_threads_of_two_hundred_views_lose_none_and_meet_no_lock(cache: VideoCache) -> None:
    def view(_: int) -> list[int]:
        own = VideoCache()
        return [own.update_view("a.mp4") for _ in range(200)]

    counts = itertools.chain.from_iterable(in_threads(8, view))
    assert sorted(counts) == list(range(1, 1601))
    assert cache.get_views() == {"a.mp4": 1600}


def test_threads_that_make_the_same_first_marks_make_each_once(cache: VideoCache) -> None:
    def mark(which: int) -> None:
        own = VideoCache()
        own.update_rating("a.mp4", which % 5 + 1)
        own.update_view("a.mp4")
        own.set_favorite("a.mp4", True)
        own.add_tags("a.mp4", ["sea" if which % 2 else "SEA", f"tag {which}"])

    in_threads(8, mark)
    assert (Rating.objects.count(), View.objects.get().view_count, Tag.objects.count()) == (1, 8, 9)
    assert len(cache.get_tags()["a.mp4"]) == 9


def test_readers_beside_a_writer_never_see_a_number_go_back(cache: VideoCache) -> None:
    stop = time.monotonic() + 1

    def work(which: int) -> bool:
        own, seen = VideoCache(), [0]
        while time.monotonic() < stop:
            if which == 0:
                own.update_view("a.mp4")
            else:
                seen.append(own.get_views().get("a.mp4", 0))
        return seen == sorted(seen) and (which == 0 or seen[-1] > 0)

    assert all(in_threads(4, work))
