"""`/` at 100,000 videos, measured in the process of the server: time and queries of a page by each order and filter.

Each list is requested cold, with an empty cache as after any write, and warm, with the marks of pages that were seen
before. The bar is for the cold ones: all lists without a search together, and all searches together. A single list
above the bar is marked.
"""

import random

from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from benchmarks import synthetic
from benchmarks.figures import note, percentile, seconds, verdict

BAR_SECONDS, BAR_QUERIES = 0.050, 10
REQUESTS = 40
PAGES = synthetic.VIDEOS // 60
TAG = synthetic.tag_names()[7].replace(" ", "+")
LISTS = {
    "first page": "",
    "1,000th page": "page=1000",
    "last page": f"page={PAGES}",
    "any page": "page={page}",
    **{
        f"sort={sort} {order}": f"sort={sort}&order={order}"
        for sort in ("added", "title", "rating", "views", "viewed", "duration", "size")
        for order in ("asc", "desc")
    },
    "sort=random": "sort=random&seed=7",
    "sort=rating, any page": "sort=rating&page={page}",
    "sort=views, any page": "sort=views&page={page}",
    "tag": f"tag={TAG}",
    "tag, sort=rating": f"tag={TAG}&sort=rating",
    "two tags": f"tag={TAG}&tag={synthetic.tag_names()[8].replace(' ', '+')}",
    "rating=4": "rating=4",
    "rating=1, sort=title": "rating=1&sort=title",
    "favorites": "favorites=1",
    "favorites, sort=views": "favorites=1&sort=views",
}
SEARCHES = {
    "q, found in many": "q=beach",
    "q, two words": "q=snow+garden",
    "q, found in few": "q=012345",
    "q, found nowhere": "q=nothing+like+it",
}


def run() -> bool:
    synthetic.make_rows()
    call_command("collectstatic", interactive=False, verbosity=0)
    client = Client(SERVER_NAME="localhost")
    _ask(client, "")
    listed = _measure_all(client, "/ at 100,000 videos", LISTS)
    searched = _measure_all(client, "/?q= at 100,000 videos", SEARCHES)
    return listed and searched


def _measure_all(client: Client, work: str, lists: dict[str, str]) -> bool:
    results = [_measure(client, name, query) for name, query in lists.items()]
    p95 = percentile([sample for samples, _ in results for sample in samples], 0.95)
    queries = max(queries for _, queries in results)
    return verdict(
        work,
        f"p95 {p95 * 1000:.0f} ms, at most {queries} queries",
        f"{BAR_SECONDS * 1000:g} ms, {BAR_QUERIES} queries",
        p95 < BAR_SECONDS and queries <= BAR_QUERIES,
    )


def _measure(client: Client, name: str, query: str) -> tuple[list[float], int]:
    """Print the results of one list; return the seconds of its cold pages, and the queries of one."""
    chance = random.Random(4)
    queries = [query.format(page=chance.randint(1, PAGES)) for _ in range(REQUESTS)]
    cold = [seconds(lambda asked=asked: _ask(client, asked)) for asked in queries if cache.clear() is None]
    warm = [seconds(lambda asked=asked: _ask(client, asked)) for asked in queries]
    cache.clear()
    with CaptureQueriesContext(connection) as counted:
        _ask(client, queries[0])
    cold_p95, warm_p95 = percentile(cold, 0.95), percentile(warm, 0.95)
    over = cold_p95 >= BAR_SECONDS or len(counted) > BAR_QUERIES
    note(
        f"{name:<24} cold p50 {percentile(cold, 0.5) * 1000:6.1f}, p95 {cold_p95 * 1000:6.1f} ms; "
        f"warm p95 {warm_p95 * 1000:6.1f} ms; {len(counted)} queries{'   over' if over else ''}"
    )
    return cold, len(counted)


def _ask(client: Client, query: str) -> None:
    response = client.get(f"/?{query}")
    assert response.status_code == 200, (query, response.status_code)
