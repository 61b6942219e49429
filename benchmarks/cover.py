"""The cover of a ten-minute 1080p film, against the fastest single call of ffmpeg that makes one.

The worker makes cover and sprite in one pass (benchmark `sprite`). Only a film of unknown duration gets a cover alone:
its first frame that is not blank. ffmpeg takes the first frame, too.
"""

import os
from dataclasses import replace
from pathlib import Path

from django.conf import settings

from benchmarks.figures import best_of_alternating, note, seconds, verdict
from benchmarks.film import DISC, NET, ffmpeg, make_film, make_hdr_film
from videos.media.demuxer import open_media
from videos.media.probe import facts_of
from videos.media.thumbnails import take_pictures

BAR = 5
RUNS = 9
_SCALED = ["-an", "-frames:v", "1", "-vf", "scale=480:-2:flags=fast_bilinear", "-c:v", "libwebp"]
_FAST = ["-compression_level", "2", "-quality", "70"]
_KEYFRAMES = ["-noaccurate_seek", "-skip_frame", "nokey", "-skip_loop_filter", "all"]
_HASTY = ["-probesize", "32", "-analyzeduration", "0"]


def run() -> bool:
    met = [_compare(megabits) for megabits in (NET, DISC)]
    _compare_hdr()
    return all(met)


def _compare_hdr() -> None:
    """Print the cost of HDR: the same film as HDR10 and as SDR."""
    hdr, sdr = make_hdr_film()
    for what, work in (("cover", _cover), ("cover and 60-frame sprite", _pictures)):
        as_hdr, as_sdr = best_of_alternating(
            3, lambda work=work: seconds(lambda: work(hdr)), lambda work=work: seconds(lambda: work(sdr))
        )
        note(f"{what} of an HDR film: {as_hdr * 1000:.0f} ms, the same as SDR {as_sdr * 1000:.0f} ms")


def _pictures(film: Path) -> None:
    descriptor = os.open(film, os.O_RDONLY)
    try:
        with open_media(descriptor) as container:
            take_pictures(container, facts_of(container, descriptor))
    finally:
        os.close(descriptor)


def _compare(megabits: float) -> bool:
    film, image = make_film(megabits), settings.DATA_DIR / "cover.webp"
    calls = {
        "as anybody would": ["-i", str(film), "-frames:v", "1", "-vf", "scale=480:-2"],
        "one thread": ["-threads", "1", "-i", str(film), *_SCALED, *_FAST],
        "keyframes alone": ["-threads", "1", *_KEYFRAMES, "-i", str(film), *_SCALED, *_FAST],
        "keyframes alone, all threads": [*_KEYFRAMES, "-i", str(film), *_SCALED, *_FAST],
        "keyframes alone, hardly probed": [
            "-threads", "1", *_HASTY, *_KEYFRAMES, "-i", str(film), *_SCALED, *_FAST,
        ],
    }  # fmt: skip
    ours, *theirs = best_of_alternating(
        RUNS,
        lambda: seconds(lambda: _cover(film)),
        *(lambda call=call: seconds(lambda: ffmpeg(*call, str(image))) for call in calls.values()),
    )
    fastest = min(theirs)
    met = verdict(
        f"cover of a 10-minute 1080p film of {megabits:g} Mbit/s",
        f"{ours * 1000:.1f} ms, {fastest / ours:.1f} x faster than ffmpeg's fastest ({fastest * 1000:.0f} ms)",
        f"{BAR} x",
        fastest / ours >= BAR,
    )
    for name, taken in zip(calls, theirs, strict=True):
        note(f"ffmpeg, {name}: {taken * 1000:.0f} ms")
    return met


def _cover(film: Path) -> None:
    descriptor = os.open(film, os.O_RDONLY)
    try:
        with open_media(descriptor) as container:
            pictures = take_pictures(container, replace(facts_of(container, descriptor), duration_seconds=None))
    finally:
        os.close(descriptor)
    assert pictures.sprite is None
