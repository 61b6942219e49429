"""The films for measuring covers and sprites (ten minutes, 1080p, H.264), and calls of FFmpeg."""

import os
import shutil
import subprocess
from pathlib import Path

from django.conf import settings

SECONDS, PART_SECONDS, SECONDS_TO_SETTLE = 600, 30, 10
_PICTURE = "testsrc2=size=1920x1080:rate=25,noise=alls=6:allf=t,format=yuv420p"
_SOUND = "sine=frequency=440:sample_rate=48000"
# Mbit/s of a downloaded film, and of one from a disc or a good camera.
NET, DISC = 2.5, 5.0
_ENCODER = [
    "-c:v", "libx264", "-preset", "veryfast", "-c:a", "aac",
    # Keyframes every 250 frames, x264's default: ten seconds. The noise would look like scene changes.
    "-sc_threshold", "0",
]  # fmt: skip


def command(name: str) -> str:
    """Return the path of ffmpeg or ffprobe, or end the benchmark if it is not installed."""
    path = shutil.which(name)
    if path is None:
        raise SystemExit(f"This benchmark compares with {name}, which is not installed.")
    return path


def ffmpeg(*arguments: str, core: int | None = None) -> None:
    """Run ffmpeg, on one core if given, and check that it succeeds."""
    run = [command("ffmpeg"), "-v", "error", "-nostdin", "-y", *arguments]
    subprocess.run(run, check=True, preexec_fn=None if core is None else lambda: os.sched_setaffinity(0, {core}))


def make_film(megabits: float = DISC) -> Path:
    """Make a film in the data folder by repeating half a minute, and return its path. It is in the page cache."""
    names = ("encoded.mp4", "part.mp4", "parts", f"film-{megabits}.mp4")
    encoded, part, parts, film = (settings.DATA_DIR / name for name in names)
    sources = ["-f", "lavfi", "-i", _PICTURE, "-f", "lavfi", "-i", _SOUND]
    rate = ["-b:v", f"{megabits}M", "-maxrate", f"{megabits * 1.4}M", "-bufsize", f"{megabits * 2}M"]
    ffmpeg(*sources, "-t", str(SECONDS_TO_SETTLE + PART_SECONDS), *_ENCODER, *rate, str(encoded))
    # The first keyframe is three times as large as the others, until x264's rate control has settled.
    ffmpeg("-ss", str(SECONDS_TO_SETTLE), "-i", str(encoded), "-c", "copy", str(part))
    parts.write_text(f"file {part.name}\n" * (SECONDS // PART_SECONDS))
    ffmpeg("-f", "concat", "-i", str(parts), "-c", "copy", str(film))
    _read(film)
    return film


def make_hdr_film() -> tuple[Path, Path]:
    """Make a ten-minute 1080p film of 10 bits, once tagged as HDR10 and once as SDR; return both paths."""
    names = ("encoded-10.mp4", "parts-10", "film-hdr.mp4", "film-sdr.mp4")
    encoded, parts, hdr, sdr = (settings.DATA_DIR / name for name in names)
    tags = ["-color_primaries", "bt2020", "-color_trc", "smpte2084", "-colorspace", "bt2020nc"]
    picture = _PICTURE.replace("yuv420p", "yuv420p10le")
    rate = [*_ENCODER, "-b:v", f"{NET}M", "-maxrate", f"{NET * 1.4}M", "-bufsize", f"{NET * 2}M"]
    ffmpeg("-f", "lavfi", "-i", picture, "-t", str(PART_SECONDS), *rate, *tags, str(encoded))
    parts.write_text(f"file {encoded.name}\n" * (SECONDS // PART_SECONDS))
    ffmpeg("-f", "concat", "-i", str(parts), "-c", "copy", str(hdr))
    said = "h264_metadata=colour_primaries=1:transfer_characteristics=1:matrix_coefficients=1"
    bt709 = ["-color_primaries", "bt709", "-color_trc", "bt709", "-colorspace", "bt709"]
    ffmpeg("-i", str(hdr), "-c", "copy", "-bsf:v", said, *bt709, str(sdr))
    for film in (hdr, sdr):
        _read(film)
    return hdr, sdr


def _read(path: Path) -> None:
    """Read the file once, so that the disk is not measured."""
    with path.open("rb") as file:
        while file.read(1 << 20):
            pass
