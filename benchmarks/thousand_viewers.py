"""A thousand clients stream a film of 4 Mbit/s; `/` at 100,000 videos meanwhile, against the page without them."""

import json
import subprocess
import sys
import time

from benchmarks import synthetic
from benchmarks.figures import note, percentile, seconds, spread, verdict
from benchmarks.sites import Site, ask, made_film, served

VIEWERS, BYTES_PER_SECOND, SECONDS = 1_000, 500_000, 40
PAGES_PER_SECOND, REST_SECONDS = 10, 20
BAR_P50, BAR_P99_SECONDS, BAR_MEGABYTES, BAR_SHARE = 1.5, 0.5, 200, 0.99


def run() -> bool:
    synthetic.make_rows()
    film = made_film()
    with served(film) as site:
        get_pages(site, 3)
        at_rest = get_pages(site, REST_SECONDS)
        command = [sys.executable, "-m", "benchmarks.viewers", "watch", str(site.port), site.path]
        viewers = subprocess.Popen(
            [*command, str(VIEWERS), str(BYTES_PER_SECOND), str(SECONDS)], stdout=-1, stderr=-1, text=True
        )
        wait_for_word(viewers, "watching")
        before = site.cpu_seconds()
        meanwhile = get_pages(site, SECONDS - 5)
        megabytes, used = site.megabytes(), (site.cpu_seconds() - before) / (SECONDS - 5)
        out, err = viewers.communicate()
        assert viewers.returncode == 0, err
    seen = json.loads(out)
    note(f"/ without viewers: {spread(at_rest)}")
    note(f"/ with {VIEWERS:,}:   {spread(meanwhile)}")
    note(f"{used:.2f} cores for viewers and pages; the viewers took {seen['seconds']:.1f} s for {SECONDS} s of film")
    ratio = percentile(meanwhile, 0.5) / percentile(at_rest, 0.5)
    p99 = percentile(meanwhile, 0.99)
    return verdict(
        f"{VIEWERS:,} viewers at 4 Mbit/s",
        f"the slowest got {seen['least']:.1%}; / p50 {ratio:.2f} x, p99 {p99 * 1000:.0f} ms; {megabytes:.0f} MB",
        f"all of it, {BAR_P50:g} x, {BAR_P99_SECONDS * 1000:g} ms, {BAR_MEGABYTES} MB",
        seen["least"] >= BAR_SHARE and ratio <= BAR_P50 and p99 < BAR_P99_SECONDS and megabytes < BAR_MEGABYTES,
    )


def wait_for_word(process: "subprocess.Popen[str]", word: str) -> None:
    """Wait until the process prints this word to say that it has started."""
    assert process.stderr is not None
    said = process.stderr.readline().strip()
    assert said == word, said + process.stderr.read()


def get_pages(site: Site, for_seconds: float) -> list[float]:
    """Request `/` at a steady rate, and return the seconds of each."""

    def get_once() -> None:
        status = ask(site.port, "/")
        assert status == 200, status

    taken = []
    end = time.monotonic() + for_seconds
    while time.monotonic() < end:
        taken.append(seconds(get_once))
        time.sleep(max(0.0, 1 / PAGES_PER_SECOND - taken[-1]))
    return taken
