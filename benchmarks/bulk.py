"""Bulk actions on 100,000 videos and their undo, and how long giving a star takes meanwhile.

The last case is the most expensive undo: stars for all, other stars for all, and then the first action is undone before
the second, so that the stored values of the second have to be rebased.

Meanwhile a thread gives stars for another account, one every hundredth of a second. So does another process, which is
not in this process's queue for the write lock and has to poll for it.
"""

import itertools
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from django.contrib.auth.models import User
from django.db import connection

from benchmarks import synthetic
from benchmarks.figures import note, percentile, seconds, spread, verdict
from videos.accounts.household import household
from videos.cache import VideoCache
from videos.models import BulkAction, Rating, Video
from videos.userdata.bulk import add_tags, give_stars, mark_watched, remove_tags, set_favorite
from videos.userdata.undo import undo

BAR_SECONDS, BAR_WAIT_SECONDS = 10.0, 0.050
PAUSE_SECONDS = 0.01
_OTHER_PROCESS = """
import django
django.setup()
from benchmarks.bulk import waits_for_stars
for wait in waits_for_stars("bob", lambda: False):
    print(wait, flush=True)
"""


def run() -> bool:
    synthetic.make_rows()
    for name in ("ann", "bob"):
        User.objects.create_user(name)
    viewer, ids = household(), list(Video.objects.values_list("pk", flat=True))
    tags = synthetic.tag_names()
    actions: dict[str, Callable[[], BulkAction]] = {
        "add two tags": lambda: add_tags(viewer, ids, ["somewhere new", tags[3]]),
        "remove a tag": lambda: remove_tags(viewer, ids, [tags[4]]),
        "stars": lambda: give_stars(viewer, ids, 4),
        "no stars": lambda: give_stars(viewer, ids, None),
        "favorites": lambda: set_favorite(viewer, ids, True),
        "no favorites": lambda: set_favorite(viewer, ids, False),
        "watched": lambda: mark_watched(viewer, ids),
    }
    waits: list[float] = []
    slowest = max(_measure(name, action, waits) for name, action in actions.items())
    slowest = max(slowest, _measure_under_a_later_one(ids, waits))
    p99 = percentile(waits, 0.99)
    note(f"a star from another thread: {spread(waits)}")
    waits_outside = _waits_outside(actions["stars"])
    note(f"a star from another process: {spread(waits_outside)}")
    return verdict(
        f"bulk actions on {len(ids):,} videos",
        f"slowest {slowest:.1f} s; a star beside them p99 {p99 * 1000:.0f} ms",
        f"{BAR_SECONDS:g} s, {BAR_WAIT_SECONDS * 1000:g} ms",
        slowest < BAR_SECONDS and p99 < BAR_WAIT_SECONDS,
    )


def _measure(name: str, action: Callable[[], BulkAction], waits: list[float]) -> float:
    """Print the times of an action and its undo; return the seconds of the slower one. Extends `waits`."""
    with _stars_beside(waits):
        there, done = _timed(action)
        back, _ = _timed(lambda: undo(household(), done.pk))
    note(f"{name:<14} {done.video_count:7,} videos: {there:5.2f} s, undone in {back:5.2f} s")
    return max(there, back)


def _measure_under_a_later_one(ids: Sequence[int], waits: list[float]) -> float:
    """Measure two actions on the same videos, the first undone first, like _measure."""
    viewer, beside, before = household(), list[float](), _stars_of(household())
    with _stars_beside(beside):
        there, first = _timed(lambda: give_stars(viewer, ids, 3))
        again, second = _timed(lambda: give_stars(viewer, ids, 5))
        back_under, _ = _timed(lambda: undo(viewer, first.pk))
        back, _ = _timed(lambda: undo(viewer, second.pk))
    assert _stars_of(viewer) == before, "the original stars are not restored"
    note(
        f"stars, then others {second.video_count:,} videos: {there:.2f} and {again:.2f} s; the first undone in "
        f"{back_under:.2f} s, then the second in {back:.2f} s; a star beside these: {spread(beside)}"
    )
    waits.extend(beside)
    return max(there, again, back_under, back)


def _timed(work: Callable[[], BulkAction]) -> tuple[float, BulkAction]:
    started = time.perf_counter()
    action = work()
    return time.perf_counter() - started, action


@contextmanager
def _stars_beside(waits: list[float]) -> Iterator[None]:
    """Give stars for another account in a thread meanwhile, and add the seconds of each to `waits`."""
    is_over = threading.Event()
    thread = threading.Thread(target=lambda: waits.extend(waits_for_stars("ann", is_over.is_set)))
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _stars_of(viewer: User) -> Counter[int]:
    return Counter(Rating.objects.filter(viewer=viewer).values_list("stars", flat=True))


def _waits_outside(work: Callable[[], object]) -> Sequence[float]:
    process = subprocess.Popen([sys.executable, "-c", _OTHER_PROCESS], stdout=subprocess.PIPE, text=True)
    assert process.stdout
    process.stdout.readline()
    work()
    process.kill()
    # The last line may be incomplete.
    return [float(line) for line in process.stdout.read().splitlines()[:-1]]


def waits_for_stars(username: str, is_over: Callable[[], bool]) -> Iterator[float]:
    """Give stars in a loop, and yield the seconds of each."""
    cache = VideoCache(User.objects.get(username=username))
    names = synthetic.filenames()[:50]
    for number in itertools.count():
        if is_over():
            connection.close()
            return
        yield seconds(lambda number=number: cache.update_rating(names[number % len(names)], number % 5 + 1))
        time.sleep(PAUSE_SECONDS)
