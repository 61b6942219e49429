"""Every page of the gallery: all sorts and filters, alone and in pairs, the first and the 1,000th screenful.

Each page is asked for through Django's test client, whole: the list, its rows, their marks, the HTML. Then the counts
of the filters, and the page after a click. `BENCHMARK_VIDEOS` says how many videos: 10,000, 100,000 or 1,000,000.
"""

import gzip
import itertools
import random
import time

from django.db import connection
from django.http import QueryDict
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import synthetic
from benchmarks.figures import note, percentile, seconds, spread, verdict
from videos.catalog.following import the_catalog
from videos.catalog.lists import facets, read_now
from videos.gallery_query import GalleryQuery
from videos.management.frames import with_room
from videos.viewers import household

SORTS = ["added", "title", "rating", "views", "viewed", "duration", "size", "random"]
FILTERS = [
    "", "tag={0}", "tag={0}&tag={1}", "any_tag={0}&any_tag={1}", "no_tag={0}", "rating=4", "favorites=1", "watched=yes",
    "watched=no", "watched=started", "duration=300-1200", "resolution=1080", "codec=hevc", "added=1y", "folder={2}",
]  # fmt: skip
BARS_SECONDS = {1_000_000: 0.100}
MOST_QUERIES, MOST_KILOBYTES = 10, 30
COUNTS_BAR, COUNTS_KEPT_BAR = 0.300, 0.020
PAIRS_MEASURED = 300


def run() -> bool:
    names = synthetic.make_rows()
    folder = names[0].rpartition("/")[0]
    tags = synthetic.tag_names()[:2]
    note(f"{synthetic.VIDEOS:,} videos; read into memory in {seconds(read_now):.1f} s")
    viewer, client = household(), Client(HTTP_HOST="localhost")
    filters = [text.format(*tags, folder) for text in FILTERS]
    bar = BARS_SECONDS.get(synthetic.VIDEOS, 0.050)
    # As the threads of `serve` do.
    met = [with_room(_pages, client, filters, bar), _counts(filters, viewer), with_room(_after_a_click, client, bar)]
    return all(met)


def _pages(client: Client, filters: list[str], bar: float) -> bool:
    pairs = [f"{one}&{other}" for one, other in itertools.combinations(filters[1:], 2)]
    pairs = random.Random(4).sample(pairs, min(len(pairs), PAIRS_MEASURED))
    samples, queries, weights = [], [], []
    for sort, order in itertools.product(SORTS, ("asc", "desc")):
        for query in [*filters, *pairs[:: len(SORTS)]]:
            for page in (1, 1000):
                address = f"/?{query}&sort={sort}&order={order}&page={page}" + ("&seed=5" if sort == "random" else "")
                with CaptureQueriesContext(connection) as captured:
                    started = time.perf_counter()
                    answer = client.get(address)
                    samples.append((time.perf_counter() - started, address))
                assert answer.status_code == 200, address
                queries.append(len(captured))
                weights.append(len(gzip.compress(answer.content, 6)))
    took = [sample for sample, _ in samples]
    note(f"{len(took):,} pages: {spread(took)}")
    for slow, address in sorted(samples, reverse=True)[:5]:
        note(f"slow: {slow * 1000:.0f} ms {address}")
    p95 = percentile(took, 0.95)
    met = verdict("pages, each sort and filter", f"p95 {p95 * 1000:.0f} ms", f"{bar * 1000:.0f} ms", p95 < bar)
    met &= verdict("queries a page", f"at most {max(queries)}", str(MOST_QUERIES), max(queries) <= MOST_QUERIES)
    kilobytes = max(weights) / 1024
    return met & verdict("HTML, compressed", f"{kilobytes:.1f} KB", f"{MOST_KILOBYTES} KB", kilobytes < MOST_KILOBYTES)


def _counts(filters: list[str], viewer: object) -> bool:
    queries = [GalleryQuery.of(QueryDict(query)) for query in filters]
    fresh = [seconds(lambda query=query: facets(query, viewer)) for query in queries]  # type: ignore[misc]
    kept = [seconds(lambda query=query: facets(query, viewer)) for query in queries]  # type: ignore[misc]
    p95, p95_kept = percentile(fresh, 0.95), percentile(kept, 0.95)
    met = verdict("counts of filters", f"p95 {p95 * 1000:.0f} ms", f"{COUNTS_BAR * 1000:.0f} ms", p95 < COUNTS_BAR)
    return met & verdict(
        "counts, kept", f"p95 {p95_kept * 1000:.2f} ms", f"{COUNTS_KEPT_BAR * 1000:.0f} ms", p95_kept < COUNTS_KEPT_BAR
    )


def _after_a_click(client: Client, bar: float) -> bool:
    """Measure the page that follows a change of something, which the catalog has to follow first."""
    samples, facts = [], the_catalog.facts
    for number in range(40):
        video_id = int(facts.ids[number * 7])
        client.post(f"/videos/{video_id}/stars", {"stars": number % 5 + 1})
        client.post(f"/videos/{video_id}/tags", {"add": "clicked"})
        samples.append(seconds(lambda: client.get("/?sort=rating")))
    assert the_catalog.facts is facts, "a click read everything anew"
    note(f"after a click: {spread(samples)}")
    p95 = percentile(samples, 0.95)
    return verdict("the page after a click", f"p95 {p95 * 1000:.0f} ms", f"{bar * 1000:.0f} ms", p95 < bar)
