"""The time from opening a connection to the first byte of a film in the page cache; also of nginx."""

import json
import subprocess
import sys

from benchmarks.figures import note, percentile, spread, verdict
from benchmarks.sites import Site, made_film, nginx, served

BAR_P50, BAR_P99 = 0.002, 0.020
REQUESTS = 1_000


def run() -> bool:
    film = made_film()
    with served(film) as ours, nginx() as theirs:
        _ask(ours, 50)
        taken = _ask(ours, REQUESTS)
        note(f"nginx: {spread(_ask(theirs, REQUESTS))}")
    return verdict(
        "first byte, warm",
        spread(taken),
        f"p50 {BAR_P50 * 1000:g} ms, p99 {BAR_P99 * 1000:g} ms",
        percentile(taken, 0.5) < BAR_P50 and percentile(taken, 0.99) < BAR_P99,
    )


def _ask(site: Site, count: int) -> list[float]:
    command = [sys.executable, "-m", "benchmarks.viewers", "first_byte", str(site.port), site.path, str(count)]
    return list(json.loads(subprocess.run(command, check=True, capture_output=True).stdout)["seconds"])
