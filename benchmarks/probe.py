"""Reading the metadata of many kinds of files: probe() in a running process, against a call of ffprobe for each."""

import os
import subprocess
from pathlib import Path

from django.conf import settings

from benchmarks.figures import best_of_alternating, note, seconds, verdict
from benchmarks.film import command, make_film
from tests.media.samples import SAMPLES, make_sample
from videos.media.probe import probe

BAR = 5
RUNS = 7


def run() -> bool:
    command("ffprobe")
    samples = [make_sample(name, settings.DATA_DIR) for name in SAMPLES]
    film = make_film()
    met = [_compare("a file of each of the samples", samples), _compare("a 10-minute 1080p film", [film])]
    return all(met)


def _compare(what: str, paths: list[Path]) -> bool:
    ours, ffprobe = best_of_alternating(
        RUNS,
        lambda: seconds(lambda: [_probe(path) for path in paths]),
        lambda: seconds(lambda: [_ffprobe(path) for path in paths]),
    )
    ratio = ffprobe / ours
    each = 1000 / len(paths)
    met = verdict(
        f"probe, {what}",
        f"{ours * each:.2f} ms per file, {ratio:.1f} x faster than ffprobe ({ffprobe * each:.1f} ms)",
        f"{BAR} x",
        ratio >= BAR,
    )
    if len(paths) > 1:
        slowest = max(paths, key=lambda path: min(seconds(lambda: _probe(path)) for _ in range(3)))
        note(f"slowest of {len(paths)}: {slowest.name}")
    return met


def _probe(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        probe(descriptor)
    finally:
        os.close(descriptor)


def _ffprobe(path: Path) -> None:
    shown = ["-show_format", "-show_streams", "-show_chapters", "-of", "json"]
    subprocess.run([command("ffprobe"), "-v", "error", *shown, str(path)], check=True, stdout=subprocess.DEVNULL)
