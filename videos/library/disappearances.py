"""Files that go missing together: over half of a folder at once looks like a disk that was unplugged below the root."""

import itertools
import os
import posixpath
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from videos.library.identity import signed
from videos.library.paths import Presence, presence
from videos.models import Disappearance, Video
from videos.transactions import write_transaction

# One or two files that are gone are a person's doing.
FEWEST_TOGETHER = 3
SHARE_TOGETHER = 0.5
# A disk's files are missed over some scans, where a watcher reports them in parts.
AT_ONCE = timedelta(minutes=10)
_CHUNK = 500


def folders_that_lost_most(gone: Sequence[str], now: datetime) -> dict[str, set[str]]:
    """Return {folder: names gone from it}, each name once, of the folders that lose over half of their files at once.

    To be asked before the rows are marked. Counts with them what went in the last ten minutes, and what went together
    before: the rest of a folder that waits for a person's word waits with it.
    """
    # What an import left waiting never was there.
    earlier = Video.objects.missing().filter(
        missing_since__range=(now - AT_ONCE, now + AT_ONCE), file_size__isnull=False
    )
    lost = [*gone, *earlier.values_list("filename", flat=True)]
    by_folder: dict[str, set[str]] = defaultdict(set)
    for name in lost:
        for folder in folders_above(name):
            by_folder[folder].add(name)
    gone_now = set(gone)
    found: dict[str, set[str]] = {}
    # From the top down, so that a folder is named once with all that lies below it.
    for folder, names in sorted(by_folder.items()):
        going = len(names & gone_now)
        if len(names) < FEWEST_TOGETHER or not going or folder.startswith(tuple(found)):
            continue
        left = Video.objects.present().below(folder).count() - going
        if len(names) > SHARE_TOGETHER * (left + len(names)):
            found[folder] = names
    return _with_those_that_wait(
        {_narrowed(folder, names, by_folder): names for folder, names in found.items()}, gone_now
    )


def with_lost_disks(found: dict[str, set[str]], root: Path, gone: dict[int, str]) -> dict[str, set[str]]:
    """Return `found` with what else of {id: name} went with its whole disk, however few files that held."""
    found = dict(found)
    for names in _lost_disks(root, gone):
        if rest := names.difference(*found.values()):
            folder = _shared_folder(names)
            found[folder] = found.get(folder, set()) | rest
    return found


def _lost_disks(root: Path, gone: dict[int, str]) -> list[set[str]]:
    """Return the names of each disk of which nothing can be seen any more, mounted below the video folder or as it.

    Neither is a folder on the way to one of the files on it, nor any other video.
    """
    by_device: dict[int, set[str]] = defaultdict(set)
    own_device = signed(os.stat(root).st_dev)
    ids = sorted(gone)
    for start in range(0, len(ids), _CHUNK):
        rows = Video.objects.filter(pk__in=ids[start : start + _CHUNK])
        for pk, device in rows.values_list("pk", "device"):
            if device is not None and device != own_device:
                by_device[device].add(gone[pk])
    return [names for device, names in by_device.items() if not _is_there(root, device, names, gone)]


def _is_there(root: Path, device: int, names: Collection[str], gone: Collection[int]) -> bool:
    folders = {posixpath.dirname(name) for name in names}
    if device in {_device_of_folder(root, folder) for folder in folders}:
        return True
    others = Video.objects.present().filter(device=device).values_list("pk", "filename").iterator()
    return any(pk not in gone and presence(root, name) is Presence.THERE for pk, name in others)


def _device_of_folder(root: Path, folder: str) -> int | None:
    """Return the number of the disk that the folder is on, or the nearest one above it that is there."""
    try:
        return signed(os.stat(root / folder).st_dev)
    except FileNotFoundError:
        return _device_of_folder(root, posixpath.dirname(folder)) if folder else None
    except OSError:
        return None


def _shared_folder(names: Collection[str]) -> str:
    """Return the deepest folder that all the names lie in, "a/b/"; "" where that is the video folder itself."""
    parts = [name.split("/")[:-1] for name in names]
    shared = [level[0] for level in itertools.takewhile(lambda level: len(set(level)) == 1, zip(*parts, strict=False))]
    return "".join(f"{part}/" for part in shared)


def _with_those_that_wait(found: dict[str, set[str]], gone: set[str]) -> dict[str, set[str]]:
    """Return `found` with the files that go from a folder that lost most of them before."""
    alone = gone.difference(*found.values())
    for disappearance in Disappearance.objects.all() if alone else ():
        if rest := {name for name in alone if name.startswith(disappearance.folder)}:
            before = disappearance.videos.values_list("filename", flat=True)
            found[disappearance.folder] = found.get(disappearance.folder, set()).union(rest, before)
            alone -= rest
    return found


def folders_above(filename: str) -> Iterable[str]:
    """Return "a/", "a/b/" of "a/b/c.mp4"."""
    parts = filename.split("/")[:-1]
    return (f"{path}/" for path in itertools.accumulate(parts, lambda path, part: f"{path}/{part}"))


def _narrowed(folder: str, names: set[str], by_folder: dict[str, set[str]]) -> str:
    """Return the deepest folder that all the names lie in."""
    return max((inner for inner, inside in by_folder.items() if inside >= names), key=len, default=folder)


def note_disappearance(folder: str, names: set[str], now: datetime) -> int:
    """Return the id of the folder's disappearance, made if need be; names that are missing already join it."""
    with write_transaction():
        disappearance, _ = Disappearance.objects.get_or_create(folder=folder, defaults={"noticed_at": now})
        ordered = sorted(names)
        for start in range(0, len(ordered), _CHUNK):
            missing = Video.objects.missing().filter(filename__in=ordered[start : start + _CHUNK])
            missing.update(disappearance=disappearance)
    return disappearance.pk


def forget_empty_disappearances() -> None:
    """Remove those of which every file is back. Writes nothing where there is none."""
    empty = Disappearance.objects.filter(videos=None)
    if empty.exists():
        with write_transaction():
            empty.delete()


def confirm_disappearance(disappearance: Disappearance) -> int:
    """Let a person say that the files are gone for good, and return how many: they are ordinary missing ones then."""
    with write_transaction():
        # Not at once with what goes next.
        videos = disappearance.videos.update(disappearance=None, missing_since=timezone.now() - AT_ONCE)
        disappearance.delete()
    return videos
