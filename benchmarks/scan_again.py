"""scan_library of 100,000 unchanged files, against a bare recursive os.scandir with a stat of each file."""

import os

from django.conf import settings

from benchmarks import synthetic
from benchmarks.figures import best_of_alternating, note, seconds, verdict
from videos.library.scan import scan
from videos.library.walker import walk_library

BAR = 2.5
RUNS = 7


def run() -> bool:
    synthetic.make_files()
    scan(settings.VIDEO_DIR)
    summary = scan(settings.VIDEO_DIR)
    assert summary.unchanged == synthetic.VIDEOS, summary
    scan_seconds, floor_seconds, walk_seconds = best_of_alternating(
        RUNS,
        lambda: seconds(lambda: scan(settings.VIDEO_DIR)),
        lambda: seconds(lambda: _bare_walk(str(settings.VIDEO_DIR))),
        lambda: seconds(lambda: walk_library(settings.VIDEO_DIR)),
    )
    ratio = scan_seconds / floor_seconds
    met = verdict(
        "scan_library, 100,000 files, nothing changed",
        f"{scan_seconds * 1000:.0f} ms = {ratio:.2f} x scandir and stat ({floor_seconds * 1000:.0f} ms)",
        f"{BAR:g} x",
        ratio <= BAR,
    )
    note(f"of which the walk: {walk_seconds * 1000:.0f} ms")
    return met


def _bare_walk(root: str) -> int:
    files, folders = 0, [root]
    while folders:
        with os.scandir(folders.pop()) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    folders.append(entry.path)
                else:
                    entry.stat()
                    files += 1
    return files
