"""The film that covers and sprites are measured on: ten minutes, 1080p, H.264 at 5 Mbit/s; and FFmpeg's commands."""

import os
import shutil
import subprocess
from pathlib import Path

from django.conf import settings

SECONDS, SECONDS_OF_A_PART, SECONDS_TO_SETTLE = 600, 30, 10
_PICTURE = "testsrc2=size=1920x1080:rate=25,noise=alls=6:allf=t,format=yuv420p"
_SOUND = "sine=frequency=440:sample_rate=48000"
_ENCODER = [
    "-c:v", "libx264", "-preset", "veryfast", "-b:v", "5M", "-maxrate", "7M", "-bufsize", "10M", "-c:a", "aac",
    # x264's own 250 frames between keyframes: ten seconds. The noise would pass for scenes that change.
    "-sc_threshold", "0",
]  # fmt: skip


def command(name: str) -> str:
    """Return the path of ffmpeg or ffprobe; the benchmark ends where there is none."""
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"This benchmark compares with {name}, which is not installed.")
    return path


def ffmpeg(*arguments: str, core: int | None = None) -> None:
    """Run ffmpeg, on one core where asked, and see that it succeeds."""
    run = [command("ffmpeg"), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(run, check=True, preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}))


def make_film() -> Path:
    """Make the film in the data folder, from half a minute of it repeated, and return its path."""
    encoded, part, parts, film = (settings.DATA_DIR / name for name in ("encoded.mp4", "part.mp4", "parts", "film.mp4"))
    sources = ["-f", "lavfi", "-i", _PICTURE, "-f", "lavfi", "-i", _SOUND]
    ffmpeg(*sources, "-t", str(SECONDS_TO_SETTLE + SECONDS_OF_A_PART), *_ENCODER, str(encoded))
    # The first keyframe, before x264 knows how much it may spend, is three times as large as the others.
    ffmpeg("-ss", str(SECONDS_TO_SETTLE), "-i", str(encoded), "-c", "copy", str(part))
    parts.write_text(f"file {part.name}\n" * (SECONDS // SECONDS_OF_A_PART))
    ffmpeg("-f", "concat", "-i", str(parts), "-c", "copy", str(film))
    return film


def in_memory(path: Path) -> None:
    """Read the file once, so that no disk is measured."""
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass
