"""500 viewers who ask for a film and take none of it, for ten minutes: pages, memory, and the threads afterwards.

Who is let go asks again, as a player does. STALLED_SECONDS=90 in the environment makes it shorter.
"""

import json
import os
import subprocess
import sys

from benchmarks import synthetic
from benchmarks.figures import note, percentile, spread, verdict
from benchmarks.sites import FILM_BYTES, made_film, served
from benchmarks.thousand_viewers import REST_SECONDS, ask_for_pages, wait_for_word

VIEWERS, SECONDS = 500, int(os.environ.get("STALLED_SECONDS", "600"))
# What is within this of the page without viewers is noise.
BAR_P99, BAR_GROWTH_MEGABYTES = 1.25, 10
PARTS = 6


def run() -> bool:
    synthetic.make_rows()
    film = made_film()
    with served(film) as site:
        ask_for_pages(site, 3)
        at_rest = ask_for_pages(site, REST_SECONDS)
        command = [sys.executable, "-m", "benchmarks.viewers"]
        stalled = [*command, "stall", str(site.port), site.path, str(VIEWERS), str(SECONDS)]
        viewers = subprocess.Popen(stalled, stdout=-1, stderr=-1, text=True)
        wait_for_word(viewers, "stalled")
        pages, megabytes = [], []
        for _ in range(PARTS):
            pages += ask_for_pages(site, max(1.0, (SECONDS - 5) / PARTS))
            megabytes.append(site.megabytes())
        out, err = viewers.communicate()
        assert viewers.returncode == 0, err
        # All threads that may stream are asked for at once: where one is still held, this is refused.
        watch = [*command, "watch", str(site.port), site.path, "1000", "10000", "2"]
        came_back = subprocess.run(watch, capture_output=True, check=False).returncode == 0
        afterwards = ask_for_pages(site, REST_SECONDS)
    note(f"/ before:     {spread(at_rest)}")
    note(f"/ meanwhile:  {spread(pages)}")
    note(f"/ afterwards: {spread(afterwards)}")
    note("memory: " + ", ".join(f"{amount:.0f}" for amount in megabytes) + " MB")
    note(f"{json.loads(out)['again']:,} of them were let go and came again, for {FILM_BYTES / 1e9:.1f} GB each")
    ratio = percentile(pages, 0.99) / percentile(at_rest, 0.99)
    # Until each thread has sent a film and made a page once, it takes what that takes.
    growth = megabytes[-1] - megabytes[PARTS // 2]
    return verdict(
        f"{VIEWERS} stalled viewers, {SECONDS} s",
        f"/ p99 {ratio:.2f} x; {growth:+.1f} MB in the second half; threads {'back' if came_back else 'still held'}",
        f"p99 {BAR_P99:g} x, {BAR_GROWTH_MEGABYTES} MB, all threads back",
        ratio <= BAR_P99 and growth < BAR_GROWTH_MEGABYTES and came_back,
    )
