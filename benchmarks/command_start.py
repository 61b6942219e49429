"""The start of a command: CPU seconds of `export_json --help`, beside a process that only sets Django up."""

import resource
import subprocess
import sys

from benchmarks.figures import best_of_alternating, verdict
from benchmarks.first_scan import MANAGE

BAR_SECONDS, BAR_RATIO = 0.5, 1.5
RUNS = 15
# The least that any command of Django does: the settings, the apps and their models.
FLOOR = [sys.executable, "-c", "import django; django.setup()"]


def run() -> bool:
    command, floor = best_of_alternating(
        RUNS, lambda: _cpu_seconds([*MANAGE, "export_json", "--help"]), lambda: _cpu_seconds(FLOOR)
    )
    ratio = command / floor
    return verdict(
        "start of a command",
        f"{command:.2f} s of CPU, {ratio:.2f} x django.setup() ({floor:.2f} s)",
        f"{BAR_SECONDS} s, {BAR_RATIO} x",
        command < BAR_SECONDS and ratio < BAR_RATIO,
    )


def _cpu_seconds(command: list[str]) -> float:
    """Return what a process took of CPU, its own time and the system's for it."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
