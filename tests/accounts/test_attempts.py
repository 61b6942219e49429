"""Counts within a time: exact under threads, and not to be pushed out by many new keys."""

import threading

import pytest

from videos.accounts.attempts import ProcessCounts, SharedCounts


@pytest.fixture(params=[ProcessCounts, SharedCounts])
def counts(request):
    return request.param()


def test_each_key_counts_for_itself_and_what_is_taken_back_is_not_counted(counts):
    assert [counts.add("a", 60) for _ in range(3)] == [1, 2, 3]
    assert counts.add("b", 60) == 1
    counts.subtract("a", 2)
    assert (counts.read("a"), counts.read("b"), counts.read("c")) == (1, 1, 0)
    counts.subtract("c", 5)
    assert counts.add("c", 60) == 1


def test_a_window_that_is_over_counts_from_nought(counts):
    counts.add("a", 0.0)
    assert counts.read("a") == 0
    counts.subtract("a", 1)
    assert counts.add("a", 60) == 1


def test_many_threads_at_once_are_counted_each(counts):
    seen, barrier = [], threading.Barrier(16)

    def count():
        barrier.wait()
        seen.extend([counts.add("a", 60) for _ in range(200)])

    threads = [threading.Thread(target=count) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(seen) == list(range(1, 3_201))


def test_new_keys_push_out_nobody_who_was_counted_often():
    counts = ProcessCounts(max_keys=1_000)
    for _ in range(10):
        counts.add("guesser", 600)
    for number in range(50_000):
        counts.add(f"other {number}", 600)
    assert counts.read("guesser") == 10
    assert len(counts._windows) <= 1_000


def test_what_is_over_makes_room_first():
    counts = ProcessCounts(max_keys=4)
    for key in "abc":
        counts.add(key, 0.0)
    for key in "defg":
        counts.add(key, 60)
    assert [counts.read(key) for key in "defg"] == [1, 1, 1, 1]
