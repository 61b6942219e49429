"""32 threads count views at the same time: none is lost, no "database is locked", no long waits."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from unittest.mock import patch

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.models import Sum

from benchmarks import synthetic
from benchmarks.figures import note, percentile, verdict
from videos.accounts.household import household
from videos.cache import VideoCache
from videos.db import transactions
from videos.models import View

BAR_P99_SECONDS = 0.250
THREADS, INCREMENTS, COMPARED_INCREMENTS = 32, 1000, 150
VIDEOS = 500


@dataclass
class Outcome:
    per_second: float = 0.0
    lost: int = 0
    locked: int = 0
    waits_seconds: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        waits = f"p50 {self._ms(0.5)}, p99 {self._ms(0.99)}, worst {self._ms(1)}"
        return f"{self.per_second:,.0f}/s, {self.lost} lost, {self.locked} locked, {waits}"

    def _ms(self, share: float) -> str:
        return f"{percentile(self.waits_seconds, share) * 1000:.1f} ms"


def run() -> bool:
    names = synthetic.make_rows()[:VIDEOS]
    outcome = _count_views(names, INCREMENTS)
    p99 = percentile(outcome.waits_seconds, 0.99)
    met = verdict(
        f"{THREADS} threads x {INCREMENTS:,} views",
        str(outcome),
        f"0 lost, 0 locked, p99 {BAR_P99_SECONDS * 1000:.0f} ms",
        not outcome.lost and not outcome.locked and p99 < BAR_P99_SECONDS,
    )
    for turn in (1, 2):
        note(f"compared, {THREADS} x {COMPARED_INCREMENTS}, turn {turn}:")
        for synchronous in ("FULL", "NORMAL"):
            for lock in (True, False):
                with _synchronous(synchronous), _write_lock(lock):
                    compared = _count_views(names, COMPARED_INCREMENTS)
                note(f"synchronous={synchronous}, {'with' if lock else 'without'} the lock: {compared}")
    return met


def _count_views(names: list[str], increments: int) -> Outcome:
    outcome, viewer = Outcome(), household()
    start = threading.Barrier(THREADS + 1)
    before = _views_so_far()

    def work(number: int) -> None:
        cache, waits, locked = VideoCache(viewer), [], 0
        start.wait()
        for step in range(increments):
            started = time.perf_counter()
            try:
                cache.update_view(names[(number * 7 + step) % len(names)])
            except DatabaseError as error:
                if "locked" not in str(error):
                    raise
                locked += 1
            waits.append(time.perf_counter() - started)
        connection.close()
        outcome.waits_seconds += waits
        outcome.locked += locked

    threads = [threading.Thread(target=work, args=[number]) for number in range(THREADS)]
    for thread in threads:
        thread.start()
    start.wait()
    started = time.perf_counter()
    for thread in threads:
        thread.join()
    outcome.per_second = THREADS * increments / (time.perf_counter() - started)
    outcome.lost = THREADS * increments - outcome.locked - (_views_so_far() - before)
    return outcome


def _views_so_far() -> int:
    return View.objects.aggregate(total=Sum("view_count"))["total"]


@contextmanager
def _synchronous(level: str) -> Iterator[None]:
    """Use this setting in the connections that the threads open."""
    options = settings.DATABASES["default"]["OPTIONS"]
    with patch.dict(options, init_command=options["init_command"].replace("synchronous=FULL", f"synchronous={level}")):
        assert f"synchronous={level}" in options["init_command"]
        yield


@contextmanager
def _write_lock(used: bool) -> Iterator[None]:
    with nullcontext() if used else patch.object(transactions, "_write_lock", nullcontext()):
        yield
