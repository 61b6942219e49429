"""Two decoders in two threads against one decoder: the gain of a second core."""

import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.conf import settings

from benchmarks.figures import best_of_alternating, seconds, verdict
from tests.media.samples import SAMPLES, make_sample
from videos.media.decoder_client import Decoder

BAR = 1.7
RUNS = 5
FILES = 300


def run() -> bool:
    samples = [make_sample(name, settings.DATA_DIR) for name in SAMPLES]
    paths = [samples[number % len(samples)] for number in range(FILES)]
    decoders = [Decoder(), Decoder()]
    for decoder in decoders:
        _look(decoder, samples)
    one, two = best_of_alternating(
        RUNS,
        lambda: seconds(lambda: _look(decoders[0], paths)),
        lambda: seconds(lambda: _look_in_threads(decoders, paths)),
    )
    for decoder in decoders:
        decoder.close()
    return verdict(
        f"{FILES} short clips, facts and pictures, {os.cpu_count()} cores",
        f"one decoder {FILES / one:.0f} files/s, two {FILES / two:.0f} files/s = {one / two:.2f} x",
        f"{BAR} x",
        one / two >= BAR,
    )


def _look_in_threads(decoders: Sequence[Decoder], paths: Sequence[Path]) -> None:
    """Give every other file to each decoder."""
    with ThreadPoolExecutor(len(decoders)) as pool:
        shares = [paths[number :: len(decoders)] for number in range(len(decoders))]
        list(pool.map(_look, decoders, shares))


def _look(decoder: Decoder, paths: Sequence[Path]) -> None:
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        try:
            assert decoder.analyze(descriptor).pictures is not None
        finally:
            os.close(descriptor)
