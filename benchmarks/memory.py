"""The memory of the worker and of its decoder while 10,000 files are analyzed."""

import subprocess
import time
from pathlib import Path

from django.conf import settings

from benchmarks.figures import note, verdict
from benchmarks.first_scan import MANAGE
from videos.media.demo import Clip, encode
from videos.models import Video

FILES, BAR_MEGABYTES, BAR_GROWTH_MEGABYTES = 10_000, 200, 20
CODECS = (("clip.mp4", "libx264", "aac"), ("clip.webm", "libvpx-vp9", "libopus"), ("clip.mkv", "libx264", "aac"))
MAX_SECONDS = 1800


def run() -> bool:
    _make_files()
    worker = subprocess.Popen([*MANAGE, "worker"], stdout=subprocess.DEVNULL)
    samples: list[tuple[int, float, float]] = []
    end = time.monotonic() + MAX_SECONDS
    try:
        while (done := Video.objects.exclude(cover_version=None).count()) < FILES and time.monotonic() < end:
            samples.append((done, _megabytes(worker.pid), max(map(_megabytes, _children(worker.pid)), default=0)))
            time.sleep(0.5)
    finally:
        worker.kill()
        worker.wait()
    early = [sample for sample in samples if FILES * 0.1 <= sample[0] < FILES * 0.3]
    late = [sample for sample in samples if sample[0] >= FILES * 0.8]
    for name, column in (("worker", 1), ("decoder", 2)):
        note(f"{name}: most {max(s[column] for s in early):.0f} MB of the 2nd and 3rd thousand files, "
             f"{max(s[column] for s in late):.0f} MB of the last two thousand")  # fmt: skip
    most = max(max(sample[1:]) for sample in samples)
    growth = max(max(s[column] for s in late) - max(s[column] for s in early) for column in (1, 2))
    return verdict(
        f"memory over {done:,} files",
        f"at most {most:.0f} MB per process, {growth:+.0f} MB from the first to the last thousands",
        f"{BAR_MEGABYTES} MB, flat",
        done == FILES and most < BAR_MEGABYTES and growth < BAR_GROWTH_MEGABYTES,
    )


def _make_files() -> None:
    contents = []
    for name, video_codec, audio_codec in CODECS:
        path = settings.DATA_DIR / name
        encode(Clip(name, "testsrc2=size=640x360:rate=25", video_codec, audio_codec, 220, 3), path)
        contents.append((path.suffix, path.read_bytes()))
    for n in range(FILES):
        suffix, content = contents[n % len(contents)]
        folder = settings.VIDEO_DIR / f"Folder {n // 500:02}"
        folder.mkdir(exist_ok=True)
        (folder / f"{n:05}{suffix}").write_bytes(content + n.to_bytes(16, "big"))


def _children(pid: int) -> list[int]:
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            if int(path.read_text().rpartition(")")[2].split()[1]) == pid:
                found.append(int(path.parent.name))
        except OSError:
            continue
    return found


def _megabytes(pid: int) -> float:
    """Return the resident memory of a process in MB, including shared libraries."""
    try:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1024 for line in lines if line.startswith("Rss:")), 0.0)
