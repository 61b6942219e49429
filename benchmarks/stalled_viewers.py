"""500 clients request a film and take none of it, for ten minutes: pages, memory, and the threads afterwards.

A client that is disconnected requests it again, like a player. STALLED_SECONDS=90 in the environment makes it shorter.
"""

import json
import os
import subprocess
import sys

from benchmarks import synthetic
from benchmarks.figures import note, percentile, spread, verdict
from benchmarks.sites import FILM_BYTES, made_film, served
from benchmarks.thousand_viewers import REST_SECONDS, get_pages, wait_for_word

VIEWERS, SECONDS = 500, int(os.environ.get("STALLED_SECONDS", "600"))
# Up to this factor over the time without clients counts as noise.
BAR_P99, BAR_GROWTH_MEGABYTES = 1.25, 10
PARTS = 6


def run() -> bool:
    synthetic.make_rows()
    film = made_film()
    with served(film) as site:
        get_pages(site, 3)
        at_rest = get_pages(site, REST_SECONDS)
        command = [sys.executable, "-m", "benchmarks.viewers"]
        stalled = [*command, "stall", str(site.port), site.path, str(VIEWERS), str(SECONDS)]
        viewers = subprocess.Popen(stalled, stdout=-1, stderr=-1, text=True)
        wait_for_word(viewers, "stalled")
        pages, megabytes = [], []
        for _ in range(PARTS):
            pages += get_pages(site, max(1.0, (SECONDS - 5) / PARTS))
            megabytes.append(site.megabytes())
        out, err = viewers.communicate()
        assert viewers.returncode == 0, err
        # This needs all threads that may stream: if one is still held, it is refused.
        watch = [*command, "watch", str(site.port), site.path, "1000", "10000", "2"]
        came_back = subprocess.run(watch, capture_output=True, check=False).returncode == 0
        afterwards = get_pages(site, REST_SECONDS)
    note(f"/ before:     {spread(at_rest)}")
    note(f"/ meanwhile:  {spread(pages)}")
    note(f"/ afterwards: {spread(afterwards)}")
    note("memory: " + ", ".join(f"{amount:.0f}" for amount in megabytes) + " MB")
    note(f"{json.loads(out)['again']:,} of them were disconnected and reconnected, for {FILM_BYTES / 1e9:.1f} GB each")
    ratio = percentile(pages, 0.99) / percentile(at_rest, 0.99)
    # The first half is not compared: each thread grows until it has sent a film and made a page once.
    growth = megabytes[-1] - megabytes[PARTS // 2]
    return verdict(
        f"{VIEWERS} stalled viewers, {SECONDS} s",
        f"/ p99 {ratio:.2f} x; {growth:+.1f} MB in the second half; threads {'back' if came_back else 'still held'}",
        f"p99 {BAR_P99:g} x, {BAR_GROWTH_MEGABYTES} MB, all threads back",
        ratio <= BAR_P99 and growth < BAR_GROWTH_MEGABYTES and came_back,
    )
