"""Pages per second of the real `serve` with 8 browsers at once, at 10,000 videos (`BENCHMARK_VIDEOS`).

They request the first page, filtered and sorted lists, later pages and watch pages, each on a persistent connection. A
single browser afterwards shows the time without waiting.
"""

import http.client
import itertools
import os
import threading
import time

os.environ.setdefault("BENCHMARK_VIDEOS", "10000")

from benchmarks import synthetic
from benchmarks.figures import note, percentile, spread, verdict
from benchmarks.first_scan import server

BROWSERS, SECONDS, BAR_PER_SECOND = 8, 20, 40


def run() -> bool:
    synthetic.make_rows()
    tag = synthetic.tag_names()[0].replace(" ", "+")
    pages = ["/", "/?page=2", "/?sort=title", f"/?tag={tag}", "/?rating=4", "/?q=beach", "/videos/5/", "/?favorites=1"]
    with server() as port:
        _visit(port, pages, time.monotonic() + 2)
        ends, found = time.monotonic() + SECONDS, []
        browsers = [
            threading.Thread(target=lambda n=n: found.extend(_visit(port, pages[n:] + pages[:n], ends)))
            for n in range(BROWSERS)
        ]
        for browser in browsers:
            browser.start()
        for browser in browsers:
            browser.join()
        alone = _visit(port, pages, time.monotonic() + 3)
    note(f"{len(found):,} pages in {SECONDS} s: {spread(found)}")
    note(f"one browser alone: {spread(alone)}, {len(alone) / sum(alone):.0f} per second")
    rate = len(found) / SECONDS
    return verdict(
        f"pages per second, {BROWSERS} browsers at {synthetic.VIDEOS:,} videos",
        f"{rate:.0f}, p95 {percentile(found, 0.95) * 1000:.0f} ms",
        str(BAR_PER_SECOND),
        rate >= BAR_PER_SECOND,
    )


def _visit(port: int, pages: list[str], ends: float) -> list[float]:
    """Request the pages in turn until the time ends, and return the seconds of each."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken: list[float] = []
    for page in itertools.cycle(pages):
        started = time.perf_counter()
        connection.request("GET", page, headers={"Accept-Encoding": "gzip"})
        response = connection.getresponse()
        response.read()
        assert response.status == 200, (page, response.status)
        taken.append(time.perf_counter() - started)
        if time.monotonic() > ends:
            break
    connection.close()
    return taken
