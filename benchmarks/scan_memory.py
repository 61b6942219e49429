"""How much memory a scan of a million files takes: the first one, and one without changes.

And one after their top folder was renamed, so that every file is new and every row lacks its file.
"""

import json
import os
import subprocess
import sys

from django.conf import settings

from benchmarks.figures import note, verdict

FILES, FILES_PER_FOLDER, BAR_MEGABYTES = 1_000_000, 500, 100
# In its own process, which has imported everything and used the database once.
_SCAN = """
import json, time
import django
django.setup()
from django.conf import settings
from videos.library.scan import scan
from videos.models import Video
def megabytes(name):
    lines = open("/proc/self/status").read().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(name + ":"))
Video.objects.first()
before, started = megabytes("VmRSS"), time.perf_counter()
summary = scan(settings.VIDEO_DIR)
seconds = time.perf_counter() - started
counts = [summary.added, summary.unchanged, summary.moved]
print(json.dumps([before, megabytes("VmHWM"), seconds, counts]))
"""


def run() -> bool:
    top = settings.VIDEO_DIR / "All of it"
    for start in range(0, FILES, FILES_PER_FOLDER):
        folder = top / f"Folder {start // FILES_PER_FOLDER:05}"
        folder.mkdir(parents=True)
        for number in range(start, start + FILES_PER_FOLDER):
            (folder / f"A film with a name of the usual length {number:07}.mp4").touch()
    met = [_scan("first", [FILES, 0, 0]), _scan("unchanged", [0, FILES, 0])]
    os.rename(top, settings.VIDEO_DIR / "Another name")
    return all([*met, _scan("all of them moved", [0, 0, FILES])])


def _scan(kind: str, expected: list[int]) -> bool:
    printed = subprocess.run([sys.executable, "-c", _SCAN], check=True, capture_output=True, text=True).stdout
    before, most, seconds, counts = json.loads(printed)
    assert counts == expected, counts
    met = verdict(
        f"scan of {FILES:,} files, {kind}",
        f"{most - before:+.0f} MB",
        f"{BAR_MEGABYTES} MB",
        most - before < BAR_MEGABYTES,
    )
    note(f"from {before:.0f} to {most:.0f} MB, in {seconds:.0f} s")
    return met
