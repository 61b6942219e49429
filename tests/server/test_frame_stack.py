"""Calls that go in and out at any depth cost no memory from the system."""

import resource

import pytest

from videos.server.frame_stack import with_preallocated_frames

CALLS = 2_000


def nothing():
    a = b = c = d = e = f = g = h = None
    return a, b, c, d, e, f, g, h


def call_often():
    before = resource.getrusage(resource.RUSAGE_THREAD).ru_minflt
    for _ in range(CALLS):
        nothing()
    return resource.getrusage(resource.RUSAGE_THREAD).ru_minflt - before


def deep(depth, work):
    return work() if depth == 0 else deep(depth - 1, work)


def test_it_returns_what_the_work_does_and_lets_its_errors_through():
    assert with_preallocated_frames(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        with_preallocated_frames(divmod, 7, 0)


def test_at_no_depth_does_each_call_take_memory_anew():
    faults = [with_preallocated_frames(deep, depth, call_often) for depth in range(300)]
    assert max(faults) < CALLS / 10
