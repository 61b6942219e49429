"""Every page: all orders and filters alone and in pairs, the first and the 1,000th page, and all other pages.

Each is requested through Django's test client, complete: the list, its rows, their marks, the HTML. Then some of each
kind again, each right after one change, or after all kinds of changes. `BENCHMARK_VIDEOS` sets the number of videos:
10,000, 100,000 or 1,000,000. The bars are for wall-clock time. CPU time is printed as well, since other programs
disturb it less.
"""

import gzip
import itertools
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import kinds_of_pages, synthetic
from benchmarks.figures import note, percentile, seconds, verdict
from benchmarks.kinds_of_pages import Kind
from videos.listing.index import library_index, preload
from videos.server.frame_stack import with_preallocated_frames

BARS_SECONDS = {1_000_000: 0.100}
MAX_QUERIES, MAX_KILOBYTES = 10, 30
# The pages of each kind that are requested after a change.
CHANGED = 12
_ALL = "all of these"


@dataclass(frozen=True)
class Answer:
    """The cost of one page."""

    seconds: float
    processor_seconds: float
    queries: int
    kilobytes: float
    asked: str


def run() -> bool:
    note(f"{synthetic.VIDEOS:,} videos; made in {seconds(synthetic.make_rows):.0f} s")
    note(f"read into memory in {seconds(preload):.1f} s")
    call_command("collectstatic", interactive=False, verbosity=0)
    # Like the threads of `serve`.
    met: bool = with_preallocated_frames(_measure, BARS_SECONDS.get(synthetic.VIDEOS, 0.050))
    return met


def _measure(bar: float) -> bool:
    client = Client(HTTP_HOST="localhost")
    # These read the marks and sort the orders, once after each start.
    first = [_ask(client, f"/?{order}").seconds for order in kinds_of_pages.ORDERS]
    note(f"not counted: the first page of each order, {sum(first):.1f} s in all, {max(first):.1f} s the slowest")
    gallery, others = kinds_of_pages.gallery(), kinds_of_pages.others()
    answers, all_met = dict[str, list[Answer]](), list[bool]()
    for kind in (*gallery, *others):
        answers[kind.name] = [_ask(client, address, kind) for address in kind.addresses]
        all_met.append(_report(kind.name, answers[kind.name], kind.bar_seconds or bar))
    numbers, columns = itertools.count(), library_index.columns
    after_changes = [answer for kind in (*gallery, *others) for answer in _after_changes(client, kind, numbers)]
    assert library_index.columns is columns, "a change caused a complete reload"
    counted = [answer for kind in (*gallery, *others) if not kind.bar_seconds for answer in answers[kind.name]]
    all_met.append(_report("all pages", counted, bar))
    for is_all, name in ((False, "right after a change"), (True, "right after all changes")):
        all_met.append(_report(name, [each for each in after_changes if each.asked.endswith(_ALL) == is_all], bar))
    _note_worst([*counted, *after_changes])
    kilobytes = max(answer.kilobytes for kind in gallery for answer in answers[kind.name])
    all_met.append(verdict("HTML, compressed", f"{kilobytes:.1f} KB", f"{MAX_KILOBYTES} KB", kilobytes < MAX_KILOBYTES))
    return all(all_met)


def _ask(client: Client, address: str, kind: Kind | None = None, after: str = "") -> Answer:
    # The log keeps 9,000 queries; when it is full, no more are counted.
    connection.queries_log.clear()
    with CaptureQueriesContext(connection) as captured:
        started, started_processor = time.perf_counter(), time.thread_time()
        response = client.get(address, headers=kind.headers if kind else {})
        taken, taken_processor = time.perf_counter() - started, time.thread_time() - started_processor
    assert response.status_code in (200, 301, 302), (address, response.status_code)
    kilobytes = len(gzip.compress(response.content, 6)) / 1024
    return Answer(taken, taken_processor, len(captured), kilobytes, address + after)


def _after_changes(client: Client, kind: Kind, numbers: Iterator[int]) -> list[Answer]:
    """Measure some of the pages, each after a change, with which the index has to be updated first."""
    answers, changes = [], list(_changes(client).items())
    some = kind.addresses[:: max(len(kind.addresses) // CHANGED, 1)][:CHANGED]
    # The numbers continue from kind to kind, so that no video gets what it already has.
    for address, (name, change), number in zip(some, itertools.cycle(changes), numbers, strict=False):
        # The index is current before the change, as for a person who clicks.
        client.get(address, headers=kind.headers)
        preload()
        change(int(library_index.columns.ids[number * 7]), number)
        answers.append(_ask(client, address, kind, f" after {name}"))
    return answers


def _changes(client: Client) -> dict[str, Callable[[int, int], object]]:
    """Return {what is changed: function (video id, number that makes the new value)}."""
    single: dict[str, Callable[[int, int], object]] = {
        "stars": lambda pk, number: client.post(f"/videos/{pk}/stars", {"stars": number % 5 + 1}),
        "a tag": lambda pk, number: client.post(f"/videos/{pk}/tags", {"add": f"clicked {number}"}),
        "a heart": lambda pk, number: client.post(f"/videos/{pk}/favorite", {"favorite": 1}),
        "a title": lambda pk, number: client.post(f"/videos/{pk}/title", {"title": f"Changed {number}"}),
        "a view": lambda pk, number: client.post(f"/videos/{pk}/views"),
    }
    return single | {_ALL: lambda pk, number: [change(pk, number) for change in single.values()]}


def _note_worst(answers: Sequence[Answer]) -> None:
    for answer in sorted(answers, key=lambda answer: answer.processor_seconds, reverse=True)[:12]:
        note(f"slow: {answer.seconds * 1000:.0f} ms, {answer.processor_seconds * 1000:.0f} of CPU: {answer.asked}")
    many = [answer for answer in answers if answer.queries > MAX_QUERIES]
    for answer in sorted(many, key=lambda answer: (answer.asked.endswith(_ALL), -answer.queries))[:8]:
        note(f"many queries: {answer.queries}: {answer.asked}")


def _report(name: str, answers: Sequence[Answer], bar_seconds: float) -> bool:
    taken = [answer.seconds for answer in answers]
    p50, p95, most = percentile(taken, 0.5), percentile(taken, 0.95), max(taken)
    processor = percentile([answer.processor_seconds for answer in answers], 0.95)
    queries = max(answer.queries for answer in answers)
    return verdict(
        f"{name:<28} {len(answers):5,}",
        f"p50 {p50 * 1000:.0f}, p95 {p95 * 1000:.0f} ({processor * 1000:.0f} of CPU), max {most * 1000:.0f} ms, "
        f"{queries} queries",
        f"{bar_seconds * 1000:.0f} ms, {MAX_QUERIES}",
        p95 < bar_seconds and queries <= MAX_QUERIES,
    )
