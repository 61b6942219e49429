"""Cover and 60-frame sprite of a ten-minute 1080p film on one core, against ffmpeg: one call, and one per frame."""

import os
from pathlib import Path

from django.conf import settings

from benchmarks.figures import best_of_alternating, note, seconds, verdict
from benchmarks.film import DISC, NET, SECONDS, ffmpeg, make_film
from videos.media.demuxer import open_media
from videos.media.probe import facts_of
from videos.media.thumbnails import take_pictures

BAR_ONE_CALL, BAR_MANY_CALLS = 1, 10
RUNS = 9
FRAMES = SECONDS // 10
_SCALE = "scale=240:-2:flags=fast_bilinear"
_WEBP = ["-frames:v", "1", "-c:v", "libwebp", "-compression_level", "2", "-quality", "55"]
_KEYFRAMES = ["-threads", "1", "-skip_frame", "nokey", "-skip_loop_filter", "all"]


def run() -> bool:
    met = [_on_one_core(megabits) for megabits in (NET, DISC)]
    return all(met)


def _on_one_core(megabits: float) -> bool:
    film = make_film(megabits)
    cores = os.sched_getaffinity(0)
    core = min(cores)
    os.sched_setaffinity(0, {core})
    try:
        return _compare(film, core, megabits)
    finally:
        os.sched_setaffinity(0, cores)


def _compare(film: Path, core: int, megabits: float) -> bool:
    image = str(settings.DATA_DIR / "sprite.webp")
    calls = {name: [*call, image] for name, call in _calls(film).items()}
    tried = {name: seconds(lambda call=call: ffmpeg(*call, core=core)) for name, call in calls.items()}
    best = calls[min(tried, key=tried.__getitem__)]
    ours, fastest = best_of_alternating(
        RUNS, lambda: seconds(lambda: _pictures(film)), lambda: seconds(lambda: ffmpeg(*best, core=core))
    )
    many = seconds(lambda: _frame_by_frame(film, core))
    many_hurried = seconds(lambda: _frame_by_frame(film, core, "-noaccurate_seek", *_KEYFRAMES))
    met = verdict(
        f"cover and {FRAMES}-frame sprite, {megabits:g} Mbit/s, one core",
        f"{ours:.2f} s, {fastest / ours:.2f} x faster than ffmpeg's fastest call, without a cover ({fastest:.2f} s)",
        "faster",
        fastest / ours > BAR_ONE_CALL,
    )
    for name, taken in tried.items():
        note(f"ffmpeg, {name}: {taken:.2f} s")
    met_many = verdict(
        f"the same against {FRAMES} calls of ffmpeg",
        f"{many / ours:.1f} x faster ({many:.1f} s)",
        f"{BAR_MANY_CALLS} x",
        many / ours >= BAR_MANY_CALLS,
    )
    note(f"{FRAMES} calls with all of ffmpeg's shortcuts: {many_hurried / ours:.1f} x ({many_hurried:.1f} s)")
    return met and met_many


def _calls(film: Path) -> dict[str, list[str]]:
    """Return the calls of ffmpeg that make the sprite, without the name of the image.

    The simplest, fps=1/10 alone, decodes every frame and takes a minute.
    """
    tile = f"tile=10x{FRAMES // 10}"
    inputs = [part for n in range(FRAMES) for part in (*_KEYFRAMES, "-ss", str(10 * n), "-i", str(film))]
    scaled = ";".join(f"[{n}:v]trim=end_frame=1,{_SCALE},setpts={n}[t{n}]" for n in range(FRAMES))
    joined = "".join(f"[t{n}]" for n in range(FRAMES)) + f"concat=n={FRAMES},{tile}"
    source = ["-i", str(film), "-an"]
    return {
        "keyframes": [*_KEYFRAMES, *source, "-vf", f"fps=1/10:round=down,{_SCALE},{tile}", *_WEBP],
        "keyframes, the demuxer too": [
            *_KEYFRAMES, "-discard:v", "nokey", "-discard:a", "all", *source, "-vsync", "0", "-vf", f"{_SCALE},{tile}",
            *_WEBP,
        ],
        f"{FRAMES} inputs": [*inputs, "-an", "-filter_complex", f"{scaled};{joined}", *_WEBP],
    }  # fmt: skip


def _frame_by_frame(film: Path, core: int, *options: str) -> None:
    for number in range(FRAMES):
        image = str(settings.DATA_DIR / f"frame-{number}.webp")
        # Just after a keyframe, so that no call has to decode earlier frames.
        at = ["-ss", f"{10 * number + 0.1}", "-i", str(film)]
        ffmpeg(*options, *at, "-frames:v", "1", "-vf", "scale=240:-2", image, core=core)


def _pictures(film: Path) -> None:
    descriptor = os.open(film, os.O_RDONLY)
    try:
        with open_media(descriptor) as container:
            pictures = take_pictures(container, facts_of(container, descriptor))
    finally:
        os.close(descriptor)
    assert pictures.sprite is not None
    assert len(pictures.sprite.times) == FRAMES
