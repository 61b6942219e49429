"""10,000 of 100,000 files are renamed at once, and a scan finds the rows of all of them again.

First, half are in renamed folders and half are renamed themselves: they are recognised by device and inode. Then 10,000
files are copied elsewhere and removed, so that they can be recognised only by their content.
"""

import os
import shutil

from django.conf import settings

from benchmarks import synthetic
from benchmarks.figures import note, seconds, verdict
from videos.library.move_detection import content_of
from videos.library.scan import ScanSummary, scan
from videos.models import Video

RENAMED, BAR_SECONDS = 10_000, 60.0
CONTENT_BYTES = 256 * 1024


def run() -> bool:
    synthetic.make_files()
    scan(settings.VIDEO_DIR)
    before = dict(Video.objects.values_list("pk", "filename"))
    _rename()
    by_identity = _scan_all_moved(before, "renamed in one go, recognised by device and inode")
    _make_contents()
    scan(settings.VIDEO_DIR)
    before = dict(Video.objects.values_list("pk", "filename"))
    _fill_in_fingerprints()
    _copy_and_remove()
    by_content = _scan_all_moved(
        before, f"copied elsewhere and removed, recognised by content ({CONTENT_BYTES:,} bytes)"
    )
    return by_identity and by_content


def _rename() -> None:
    files_per_folder = synthetic.VIDEOS // synthetic.FOLDERS
    for n in range(RENAMED // 2 // files_per_folder):
        os.rename(settings.VIDEO_DIR / f"Folder {n:03}", settings.VIDEO_DIR / f"Renamed {n:03}")
    loose = [name for name in synthetic.filenames() if name >= "Folder 100"][: RENAMED // 2]
    for n, name in enumerate(loose):
        os.rename(settings.VIDEO_DIR / name, settings.VIDEO_DIR / f"Loose {n:05}.mp4")


def _scan_all_moved(before: dict[int, str], work: str) -> bool:
    summaries: list[ScanSummary] = []
    taken = seconds(lambda: summaries.append(scan(settings.VIDEO_DIR)))
    after = dict(Video.objects.values_list("pk", "filename"))
    moved = sum(before[pk] != after.get(pk) for pk in before)
    note(f"{summaries[0].moved:,} moved, {summaries[0].added:,} added, {summaries[0].missing:,} missing")
    return verdict(
        f"{RENAMED:,} of {len(before):,} files {work}",
        f"{taken:.1f} s, {moved:,} relinked",
        f"{BAR_SECONDS:g} s, all",
        taken < BAR_SECONDS and moved == RENAMED == summaries[0].moved and before.keys() == after.keys(),
    )


def _make_contents() -> None:
    (settings.VIDEO_DIR / "Here").mkdir()
    for n in range(RENAMED):
        (settings.VIDEO_DIR / f"Here/{n:05}.mp4").write_bytes(n.to_bytes(8, "big") * (CONTENT_BYTES // 8))


def _fill_in_fingerprints() -> None:
    """Set the fingerprints as an analysis would: these files are no videos."""
    for video in Video.objects.filter(filename__startswith="Here/"):
        video.fingerprint = content_of(settings.VIDEO_DIR, video.filename, CONTENT_BYTES)
        video.save(update_fields=["fingerprint"])


def _copy_and_remove() -> None:
    shutil.copytree(settings.VIDEO_DIR / "Here", settings.VIDEO_DIR / "There", copy_function=shutil.copyfile)
    shutil.rmtree(settings.VIDEO_DIR / "Here")
