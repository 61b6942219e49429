"""64 KiB from anywhere in a film, one request after the other on kept connections, against nginx.

The client is wrk. What is compared is the requests that a second of one core buys, so that it does not matter how many
cores there are, and how many of them the client takes. Eight connections carry the bar; one and thirty-two are told.
"""

import re
import subprocess
import sys
from pathlib import Path
from shutil import which

from django.conf import settings

from benchmarks.figures import note, verdict
from benchmarks.sites import Site, made_film, nginx, served

TURNS, SECONDS, BAR = 3, 4, 0.5
CONNECTIONS = (8, 1, 32)
SCRIPT = """
math.randomseed(7)
function request()
  local first = math.random(0, 16000) * 65536
  return wrk.format("GET", nil, {["Range"] = string.format("bytes=%d-%d", first, first + 65535)})
end
"""


def run() -> bool:
    if which("wrk") is None:
        sys.exit("This benchmark asks with wrk: apt-get install wrk")
    script = settings.DATA_DIR / "ranges.lua"
    script.write_text(SCRIPT)
    film = made_film()
    with served(film) as ours, nginx() as theirs:
        shares = {connections: _compare(ours, theirs, connections, script) for connections in CONNECTIONS}
    return verdict(
        "64 KiB ranges, requests a second of a core, of nginx's",
        f"{shares[8]:.0%} on 8 connections ({shares[1]:.0%} on one, {shares[32]:.0%} on 32)",
        f"{BAR:.0%}",
        shares[8] >= BAR,
    )


def _compare(ours: Site, theirs: Site, connections: int, script: Path) -> float:
    rates = [[_ask(site, connections, script) for site in (ours, theirs)] for _ in range(TURNS)]
    best, their_best = (max(turn[n] for turn in rates) for n in (0, 1))
    note(f"{connections} connections: serve {best:,.0f}, nginx {their_best:,.0f} requests a second of a core")
    return best / their_best


def _ask(site: Site, connections: int, script: Path) -> float:
    before = site.cpu_seconds()
    address = f"http://127.0.0.1:{site.port}{site.path}"
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", "-s", str(script), address]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in said, said
    answered = re.search(r"(\d+) requests in", said)
    assert answered, said
    return int(answered[1]) / (site.cpu_seconds() - before)
