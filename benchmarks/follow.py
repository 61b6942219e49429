"""`/` at 100,000 videos while the worker analyzes real clips, against the same page at rest.

`serve` runs in one process, `worker` in another with its decoders, and this one requests `/` over loopback at a steady
rate. Only the time counts in which thumbnails are really made.
"""

import subprocess
import time
from collections.abc import Callable

from django.conf import settings

from benchmarks import synthetic
from benchmarks.figures import note, percentile, seconds, spread, verdict
from benchmarks.first_scan import MANAGE, get_page, server
from videos.library.scan import scan
from videos.media.demo import Clip, encode
from videos.models import Video

CLIPS, BAR = 400, 2.0
PAGES_PER_SECOND, REST_SECONDS, MAX_SECONDS = 10, 20, 300


def run() -> bool:
    synthetic.make_files()
    synthetic.make_rows()
    scan(settings.VIDEO_DIR)
    # As if they had been analyzed long ago.
    Video.objects.update(analysis_due_at=None)
    with server() as port:
        _get_pages(port, lambda: False, 2)
        at_rest = _get_pages(port, lambda: False, REST_SECONDS)
        _make_clips()
        worker = subprocess.Popen([*MANAGE, "worker"], stdout=subprocess.DEVNULL)
        try:
            _get_pages(port, lambda: _pictured() >= 10, MAX_SECONDS)
            started, before = time.monotonic(), _pictured()
            meanwhile = _get_pages(port, lambda: _pictured() >= CLIPS - 5, MAX_SECONDS)
            made, rate = _pictured() - before, (_pictured() - before) / (time.monotonic() - started)
        finally:
            worker.kill()
            worker.wait()
    note(f"{made} clips analyzed meanwhile, {rate:.1f} per second")
    note(f"/ at rest:   {spread(at_rest)}")
    note(f"/ meanwhile: {spread(meanwhile)}")
    rest_p95, busy_p95 = percentile(at_rest, 0.95), percentile(meanwhile, 0.95)
    return verdict(
        "/ at 100,000 videos while clips are analyzed, p95",
        f"{busy_p95 * 1000:.1f} ms = {busy_p95 / rest_p95:.2f} x at rest ({rest_p95 * 1000:.1f} ms)",
        f"{BAR:g} x",
        busy_p95 <= BAR * rest_p95 and made > CLIPS / 2,
    )


def _make_clips() -> None:
    """Make different files of one clip: bytes after the last box are ignored."""
    source = "testsrc2=size=640x360:rate=25"
    path = settings.DATA_DIR / "clip.mp4"
    encode(Clip("clip.mp4", source, "libx264", "aac", 220, 60), path)
    content = path.read_bytes()
    (settings.VIDEO_DIR / "Clips").mkdir()
    for n in range(CLIPS):
        (settings.VIDEO_DIR / f"Clips/{n:03}.mp4").write_bytes(content + n.to_bytes(16, "big"))


def _pictured() -> int:
    return Video.objects.exclude(cover_version=None).count()


def _get_pages(port: int, is_over: Callable[[], bool], max_seconds: float) -> list[float]:
    taken = []
    end = time.monotonic() + max_seconds
    while time.monotonic() < end and not (len(taken) % PAGES_PER_SECOND == 0 and is_over()):
        taken.append(seconds(lambda: get_page(port)))
        time.sleep(max(0.0, 1 / PAGES_PER_SECOND - taken[-1]))
    return taken
