"""So many streams in all and for each address; each counts exactly until it ends."""

import threading

import pytest

from videos.streaming.admission import Admission, TooManyStreams


def test_as_many_as_there_may_be_are_let_in_and_one_more_when_one_has_ended():
    admission = Admission()
    leave = [admission.enter(None, 3, 1) for _ in range(3)]
    with pytest.raises(TooManyStreams, match="As many films") as refusal:
        admission.enter("203.0.113.7", 3, 1)
    assert not refusal.value.is_own_fault
    leave[1]()
    admission.enter("203.0.113.7", 3, 1)
    assert admission.running == 3


def test_each_address_has_its_share_and_none_takes_that_of_another():
    admission = Admission()
    first, _second = (admission.enter("203.0.113.7", None, 2) for _ in range(2))
    with pytest.raises(TooManyStreams, match="This device has 2 streams running") as refusal:
        admission.enter("203.0.113.7", None, 2)
    assert refusal.value.is_own_fault
    admission.enter("2001:db8::7", None, 2)
    first()
    admission.enter("203.0.113.7", None, 2)


def test_without_an_address_only_the_whole_is_counted():
    admission = Admission()
    for _ in range(500):
        admission.enter(None, None, 1)
    assert admission.running == 500


def test_a_stream_ends_once_however_often_its_end_is_told():
    admission = Admission()
    leave = admission.enter("203.0.113.7", None, 2)
    other = admission.enter("203.0.113.7", None, 2)
    for _ in range(3):
        leave()
    assert admission.running == 1
    other()
    assert admission.running == 0
    assert not admission._of_address, "an address that is gone takes no memory"


def test_what_is_refused_is_not_counted():
    admission = Admission()
    leave = admission.enter("203.0.113.7", 1, 1)
    for _ in range(5):
        with pytest.raises(TooManyStreams):
            admission.enter("203.0.113.7", 1, 1)
    leave()
    admission.enter("203.0.113.7", 1, 1)


def test_many_threads_that_come_and_go_at_once_never_are_more_than_may_be_and_leave_nothing():
    admission, most_seen, barrier = Admission(), [], threading.Barrier(16)

    def come_and_go():
        barrier.wait()
        for _ in range(500):
            try:
                leave = admission.enter("203.0.113.7", 10, 8)
            except TooManyStreams:
                continue
            most_seen.append(admission.running)
            leave()

    threads = [threading.Thread(target=come_and_go) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 0 < max(most_seen) <= 8
    assert admission.running == 0
