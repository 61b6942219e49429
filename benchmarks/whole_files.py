"""Large pieces of a film, against nginx: 1 GiB over one connection, and eight ranges of 256 MiB at once.

Both servers alternate with the same client and the same file, which is in the page cache. The medians are compared: the
core on which the client runs makes a turn cheap or expensive for either server.
"""

import json
import subprocess
import sys

from benchmarks.figures import note, percentile, verdict
from benchmarks.sites import Site, made_film, nginx, served

TURNS = 11
WORKS = {"1 GiB over one connection": (1, 1024**3), "8 x 256 MiB at once": (8, 256 * 1024**2)}


def run() -> bool:
    film = made_film()
    with served(film) as ours, nginx() as theirs:
        met = [_compare(work, ours, theirs, *WORKS[work]) for work in WORKS]
    return all(met)


def _compare(work: str, ours: Site, theirs: Site, connections: int, length: int) -> bool:
    turns = [[_fetch(site, connections, length) for site in (ours, theirs)] for _ in range(TURNS)]
    (speed, cost), (their_speed, their_cost) = (
        [percentile([turn[n][figure] for turn in turns], 0.5) for figure in (0, 1)] for n in (0, 1)
    )
    for name, n in (("serve", 0), ("nginx", 1)):
        note(f"{name}: " + ", ".join(f"{turn[n][0]:.2f} GB/s at {turn[n][1] * 1000:.0f} ms/GB" for turn in turns))
    return verdict(
        work,
        f"{speed:.2f} GB/s, {cost * 1000:.0f} ms of CPU a GB; nginx {their_speed:.2f} GB/s, {their_cost * 1000:.0f} ms",
        "nginx's throughput, nginx's CPU",
        speed >= their_speed and cost <= their_cost,
    )


def _fetch(site: Site, connections: int, length: int) -> tuple[float, float]:
    """Return the gigabytes per second, and the CPU seconds per gigabyte of the server."""
    before = site.cpu_seconds()
    command = [
        sys.executable,
        "-m",
        "benchmarks.viewers",
        "fetch",
        str(site.port),
        site.path,
        str(connections),
        str(length),
    ]
    done = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    gigabytes = connections * length / 1e9
    return gigabytes / done["seconds"], (site.cpu_seconds() - before) / gigabytes
