"""A first visit to `/` in Chromium: largest contentful paint, layout shift, and the size of scripts and styles.

The newest 120 of 10,000 videos are real clips with covers. Each visit has a new browser context with nothing cached,
and scrolls to the end three times, so that further pages load.
"""

import os
import shutil
import statistics
import subprocess
import sys
import time

os.environ.setdefault("BENCHMARK_VIDEOS", "10000")

from django.conf import settings
from playwright.sync_api import Browser, sync_playwright

from benchmarks import synthetic
from benchmarks.figures import note, verdict
from benchmarks.first_scan import MANAGE, server
from videos.library.scan import scan
from videos.media.demo import CLIPS, encode
from videos.models import Video

COPIES, VISITS, SIZES = 24, 10, [(1440, 900), (390, 844)]
PAINT_BAR_MS, SHIFT_BAR, WEIGHT_BAR_KILOBYTES = 500, 0.02, 60
_OBSERVE = """
window.seen = {paint: 0, shift: 0};
new PerformanceObserver((list) => { for (const e of list.getEntries()) seen.paint = e.startTime; })
  .observe({type: "largest-contentful-paint", buffered: true});
new PerformanceObserver((list) => { for (const e of list.getEntries()) if (!e.hadRecentInput) seen.shift += e.value; })
  .observe({type: "layout-shift", buffered: true});
"""
_WEIGHT = """() => performance.getEntriesByType("resource")
  .filter((entry) => /\\.(js|css)$/.test(new URL(entry.name).pathname))
  .reduce((bytes, entry) => bytes + entry.encodedBodySize, 0)"""


def run() -> bool:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("This benchmark needs a browser: apt-get install chromium")
    _make_clips()
    synthetic.make_rows()
    with server() as port, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox", "--disable-gpu"])
        _visit(browser, port, SIZES[0])
        measured = [_measure(browser, port, size) for size in SIZES]
        browser.close()
    return all(measured)


def _make_clips() -> None:
    """Make the clips, and their covers with the real worker."""
    for clip in CLIPS:
        path = settings.VIDEO_DIR / clip.name
        path.parent.mkdir(exist_ok=True)
        encode(clip, path)
        content = path.read_bytes()
        for n in range(1, COPIES):
            path.with_stem(f"{path.stem} {n:02}").write_bytes(content + n.to_bytes(16, "big"))
    scan(settings.VIDEO_DIR)
    worker = subprocess.Popen([*MANAGE, "worker"], stdout=subprocess.DEVNULL)
    try:
        while Video.objects.filter(cover_version=None).exists():
            time.sleep(0.5)
    finally:
        worker.kill()
        worker.wait()


def _measure(browser: Browser, port: int, size: tuple[int, int]) -> bool:
    visits = [_visit(browser, port, size) for _ in range(VISITS)]
    paints, shifts, weights = zip(*visits, strict=True)
    note(f"{size[0]} px wide: paints {', '.join(f'{paint:.0f}' for paint in sorted(paints))} ms")
    paint, shift, kilobytes = statistics.median(paints), max(shifts), max(weights) / 1024
    met = verdict("largest contentful paint, median", f"{paint:.0f} ms", f"{PAINT_BAR_MS} ms", paint < PAINT_BAR_MS)
    met &= verdict("layout shift, most", f"{shift:.4f}", f"{SHIFT_BAR}", shift < SHIFT_BAR)
    return met & verdict(
        "scripts and styles, compressed", f"{kilobytes:.1f} KB", f"{WEIGHT_BAR_KILOBYTES} KB",
        kilobytes < WEIGHT_BAR_KILOBYTES,
    )  # fmt: skip


def _visit(browser: Browser, port: int, size: tuple[int, int]) -> tuple[float, float, float]:
    """Return the largest paint in milliseconds, the layout shift, and the bytes of scripts and styles."""
    context = browser.new_context(viewport={"width": size[0], "height": size[1]})
    context.add_init_script(_OBSERVE)
    page = context.new_page()
    page.goto(f"http://127.0.0.1:{port}/", wait_until="load")
    page.wait_for_timeout(600)
    paint = page.evaluate("seen.paint")
    for _ in range(3):
        page.mouse.wheel(0, 20_000)
        page.wait_for_timeout(400)
    assert page.locator(".card").count() > 100, "no further page was loaded"
    measured = paint, page.evaluate("seen.shift"), page.evaluate(_WEIGHT)
    context.close()
    return measured
