"""One at a time across processes: what one holds, no other gets, until the holder lets go or dies."""

import subprocess
import sys
from collections.abc import Iterator

import pytest
from django.conf import settings

from tests.conftest import PROJECT
from videos.locks import MOST_WORKERS, Busy, Claims, Slots, only_one

SETUP = "import django; django.setup()\nfrom videos.locks import Claims, only_one\n"
CLAIM = "claims = Claims('films')\nprint(claims.take(1), claims.take(2**33), claims.take(3), flush=True)\n"


@pytest.fixture
def elsewhere(library) -> Iterator:
    """Start code in another process on the same data folder; it waits to be killed once it has printed a line."""
    started = []

    def start(code: str) -> subprocess.Popen:
        environment = {"LVS_DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "lvs_site.settings"}
        process = subprocess.Popen(
            [sys.executable, "-c", f"{SETUP}{code}input()"], cwd=PROJECT, env=environment, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        started.append(process)
        assert process.stdout.readline()
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def test_work_that_another_process_is_at_is_refused_with_the_message_until_that_dies(elsewhere):
    other = elsewhere("lock = only_one('work', '')\nlock.__enter__()\nprint('held', flush=True)\n")
    with pytest.raises(Busy, match=r"^Somebody is at it\.$"), only_one("work", "Somebody is at it."):
        pass
    with only_one("other work", ""):
        pass
    other.kill()
    other.wait()
    with only_one("work", ""):
        pass


def test_work_is_refused_within_the_same_process_too(library):
    with only_one("work", ""), pytest.raises(Busy), only_one("work", "busy"):
        pass
    with only_one("work", ""):
        pass


def test_a_number_is_one_processs_at_a_time_and_free_when_that_dies(elsewhere):
    other = elsewhere(CLAIM)
    claims = Claims("films")
    assert [claims.take(number) for number in (1, 2, 3, 2**33)] == [False, True, False, False]
    other.kill()
    other.wait()
    assert [claims.take(number) for number in (1, 2, 3, 2**33)] == [True, True, True, True]
    claims.close()


def test_a_number_that_is_given_back_is_anybodys_and_the_others_stay(elsewhere):
    claims = Claims("films")
    for number in (1, 2, 3):
        assert claims.take(number)
    claims.release(2)
    elsewhere("claims = Claims('films')\nassert claims.take(2) and not claims.take(1)\nprint('taken', flush=True)\n")
    assert [claims.take(number) for number in (1, 2, 3)] == [True, False, True]
    claims.close()
    elsewhere("claims = Claims('films')\nassert claims.take(1) and claims.take(3)\nprint('taken', flush=True)\n")


def test_numbers_of_one_kind_say_nothing_of_another(elsewhere):
    elsewhere(CLAIM)
    claims = Claims("series")
    assert claims.take(1)
    claims.close()


def test_one_worker_more_than_there_are_slots_is_told_so(elsewhere):
    take_all = f"claims = Claims('workers')\nassert all(claims.take(n) for n in range(1, {MOST_WORKERS}))\n"
    elsewhere(f"{take_all}print('taken', flush=True)\n")
    slots = Slots()
    with pytest.raises(Busy, match=f"^{MOST_WORKERS - 1} workers run on this library already"):
        slots.take()
    slots.close()
