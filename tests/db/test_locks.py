"""One at a time across processes: what one holds, no other gets, until the holder lets go or dies."""

import pytest
from django.conf import settings

from videos.db.locks import MAX_WORKERS, Busy, RecordLocks, WorkerSlots, exclusive_lock, is_held, is_record_locked

CLAIM = "claims = RecordLocks('films')\nprint(claims.take(1), claims.take(2**33), claims.take(3), flush=True)\n"


def test_work_that_another_process_is_at_is_refused_with_the_message_until_that_dies(elsewhere):
    other = elsewhere("lock = exclusive_lock('work', '')\nlock.__enter__()\nprint('held', flush=True)\n")
    with pytest.raises(Busy, match=r"^Somebody is at it\.$"), exclusive_lock("work", "Somebody is at it."):
        pass
    with exclusive_lock("other work", ""):
        pass
    other.kill()
    other.wait()
    with exclusive_lock("work", ""):
        pass


def test_work_is_refused_within_the_same_process_too(library):
    with exclusive_lock("work", ""), pytest.raises(Busy), exclusive_lock("work", "busy"):
        pass
    with exclusive_lock("work", ""):
        pass


def test_a_number_is_one_processs_at_a_time_and_free_when_that_dies(elsewhere):
    other = elsewhere(CLAIM)
    claims = RecordLocks("films")
    assert [claims.take(number) for number in (1, 2, 3, 2**33)] == [False, True, False, False]
    other.kill()
    other.wait()
    assert [claims.take(number) for number in (1, 2, 3, 2**33)] == [True, True, True, True]
    claims.close()


def test_a_number_that_is_given_back_is_anybodys_and_the_others_stay(elsewhere):
    claims = RecordLocks("films")
    for number in (1, 2, 3):
        assert claims.take(number)
    claims.release(2)
    elsewhere(
        "claims = RecordLocks('films')\nassert claims.take(2) and not claims.take(1)\nprint('taken', flush=True)\n"
    )
    assert [claims.take(number) for number in (1, 2, 3)] == [True, False, True]
    claims.close()
    elsewhere("claims = RecordLocks('films')\nassert claims.take(1) and claims.take(3)\nprint('taken', flush=True)\n")


def test_numbers_of_one_kind_say_nothing_of_another(elsewhere):
    elsewhere(CLAIM)
    claims = RecordLocks("series")
    assert claims.take(1)
    claims.close()


def test_one_worker_more_than_there_are_slots_is_told_so(elsewhere):
    take_all = f"claims = RecordLocks('workers')\nassert all(claims.take(n) for n in range(1, {MAX_WORKERS}))\n"
    elsewhere(f"{take_all}print('taken', flush=True)\n")
    slots = WorkerSlots()
    with pytest.raises(Busy, match=f"^{MAX_WORKERS - 1} workers run on this library already"):
        slots.take()
    slots.close()


# --- asking without taking ------------------------------------------------------------------------------------------


def test_it_is_told_whether_somebody_is_at_the_work_and_the_asking_takes_nothing(elsewhere):
    assert not is_held("work")
    other = elsewhere("lock = exclusive_lock('work', '')\nlock.__enter__()\nprint('held', flush=True)\n")
    assert is_held("work")
    assert not is_held("other work")
    other.kill()
    other.wait()
    assert not is_held("work")
    with exclusive_lock("work", ""):
        assert is_held("work")
    assert not is_held("work")


def test_it_is_told_whether_another_process_has_any_number(elsewhere):
    assert not is_record_locked("films")
    other = elsewhere(CLAIM)
    assert is_record_locked("films")
    assert not is_record_locked("series")
    # The asking has taken none of them.
    elsewhere(
        "claims = RecordLocks('films')\nassert not claims.take(1) and claims.take(2)\nprint('taken', flush=True)\n"
    )
    other.kill()
    other.wait()
    assert is_record_locked("films")


def test_the_asking_makes_no_file(library):
    assert not is_held("work")
    assert not is_record_locked("films")
    assert list(settings.DATA_DIR.iterdir()) == []
