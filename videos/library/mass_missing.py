"""Files that go missing together: over half of a folder at once looks like a disk that was unplugged below the root."""

import itertools
import os
import posixpath
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

from django.utils import timezone

from videos.core.batching import VALUES_AT_ONCE, batched
from videos.db.transactions import write_transaction
from videos.library.diff import Plan
from videos.library.exclusions import why_passed_over
from videos.library.file_status import signed
from videos.library.paths import Presence, presence
from videos.models import MissingBatch, Video

# One or two files that are gone are a person's doing.
MIN_TOGETHER = 3
SHARE_TOGETHER = 0.5
# A disk's files are missed over some scans, where a watcher reports them in parts.
AT_ONCE = timedelta(minutes=10)


def find_gone_together(plan: Plan, root: Path, now: datetime) -> dict[str, int]:
    """Tie the plan's gone files to the folder that they went missing together with; return {folder: how many}.

    To be asked before the rows are marked. What scans pass over has not gone with a disk, and is left alone.
    """
    plan.scratch.run("CREATE INDEX gone_by_name ON unseen (name) WHERE gone")
    _leave_out_what_is_passed_over(plan)
    _tie_folders_that_lost_most(plan, now)
    _tie_those_that_wait(plan)
    _tie_lost_disks(plan, root)
    together = {}
    for (folder,) in list(plan.scratch.rows("SELECT DISTINCT folder FROM unseen WHERE folder IS NOT NULL")):
        going = plan.scratch.value("SELECT count(*) FROM unseen WHERE folder = ?", (folder,))
        missing_batch = _note(folder, now)
        plan.scratch.run("UPDATE unseen SET missing_batch_id = ? WHERE folder = ?", [(missing_batch.pk, folder)])
        together[folder] = going + missing_batch.videos.count()
    return together


_ALONE = "gone AND NOT is_passed_over AND folder IS NULL"


def _leave_out_what_is_passed_over(plan: Plan) -> None:
    plan.scratch.run("ALTER TABLE unseen ADD COLUMN is_passed_over INTEGER NOT NULL DEFAULT 0")
    for batch in plan.scratch.batches("SELECT video_id, name FROM unseen WHERE gone"):
        passed_over = [(video_id,) for video_id, name in batch if why_passed_over(name) is not None]
        if passed_over:
            plan.scratch.run("UPDATE unseen SET is_passed_over = 1 WHERE video_id = ?", passed_over)


def _range(folder: str) -> tuple[str, tuple[str, ...]]:
    """Return SQL for the names in a folder or below it, and its values."""
    return ("name >= ? AND name < ?", (folder, f"{folder[:-1]}0")) if folder else ("1", ())


# --- folders that lost most of their files ---------------------------------------------------------------------------


def _tie_folders_that_lost_most(plan: Plan, now: datetime) -> None:
    """Tie the files of folders that lose over half of their files at once.

    Counts with them what went in the last ten minutes: the rest of a folder that waits for a person's word waits with
    it.
    """
    going, lost = _lost_by_folder(plan, now)
    tied: set[str] = set()
    # From the top down, so that a folder is named once with all that lies below it.
    for folder in sorted(going):
        if lost[folder] < MIN_TOGETHER or not tied.isdisjoint(folders_above(folder)):
            continue
        inside, values = _range(folder)
        all_going = plan.scratch.value(f"SELECT count(*) FROM unseen WHERE gone AND {inside}", values)  # noqa: S608
        left = Video.objects.present().below(folder).count() - all_going
        if lost[folder] > SHARE_TOGETHER * (left + lost[folder]):
            tied.add(folder)
            deepest = _narrowed(plan, folder, lost)
            plan.scratch.run(f"UPDATE unseen SET folder = ? WHERE {_ALONE} AND {inside}", [(deepest, *values)])  # noqa: S608
            _tie_earlier(deepest, now)


def _lost_by_folder(plan: Plan, now: datetime) -> tuple[Counter[str], Counter[str]]:
    """Return {folder: files that go now} and {folder: these, and those that went in the last ten minutes}."""
    going: Counter[str] = Counter()
    for (name,) in plan.scratch.rows("SELECT name FROM unseen WHERE gone AND NOT is_passed_over"):
        going.update(folders_above(name))
    lost = going.copy()
    for _video_id, name in _earlier("", now):
        lost.update(folders_above(name))
    return going, lost


def _earlier(folder: str, now: datetime) -> Iterator[tuple[int, str]]:
    """Yield (id, name) of the videos below a folder that went missing in the last ten minutes."""
    # What an import left waiting never was there.
    earlier = (
        Video.objects.missing()
        .filter(missing_since__range=(now - AT_ONCE, now + AT_ONCE), file_size__isnull=False)
        .below(folder)
    )
    rows = earlier.values_list("pk", "filename").iterator()
    return ((video_id, name) for video_id, name in rows if why_passed_over(name) is None)


def _tie_earlier(folder: str, now: datetime) -> None:
    ids = [video_id for video_id, _name in _earlier(folder, now)]
    missing_batch = _note(folder, now)
    for part in batched(ids, VALUES_AT_ONCE):
        with write_transaction():
            Video.objects.missing().filter(pk__in=part).update(missing_batch=missing_batch)


def folders_above(filename: str) -> Iterable[str]:
    """Return "a/", "a/b/" of "a/b/c.mp4"."""
    parts = filename.split("/")[:-1]
    return (f"{path}/" for path in itertools.accumulate(parts, lambda path, part: f"{path}/{part}"))


def _narrowed(plan: Plan, folder: str, lost: Counter[str]) -> str:
    """Return the deepest folder that all of its lost files lie in."""
    inside, values = _range(folder)
    name = plan.scratch.value(f"SELECT name FROM unseen WHERE {_ALONE} AND {inside} LIMIT 1", values)  # noqa: S608
    return max((inner for inner in folders_above(name) if lost[inner] == lost[folder]), key=len, default=folder)


def _tie_those_that_wait(plan: Plan) -> None:
    """Tie the files that go from a folder that lost most of them before."""
    for missing_batch in MissingBatch.objects.order_by("folder"):
        inside, values = _range(missing_batch.folder)
        statement = f"UPDATE unseen SET folder = ? WHERE {_ALONE} AND {inside}"  # noqa: S608  our own words
        plan.scratch.run(statement, [(missing_batch.folder, *values)])


# --- disks of which nothing can be seen any more ----------------------------------------------------------------------


def _tie_lost_disks(plan: Plan, root: Path) -> None:
    """Tie what else went with its whole disk, mounted below the video folder or as it, however few files that held."""
    own_device = signed(os.stat(root).st_dev)
    on_it = "gone AND NOT is_passed_over AND device = ?"
    question = "SELECT DISTINCT device FROM unseen WHERE gone AND NOT is_passed_over AND device IS NOT NULL"
    for (device,) in list(plan.scratch.rows(question)):
        if device == own_device or _is_there(plan, root, device):
            continue
        first, last = next(plan.scratch.rows(f"SELECT min(name), max(name) FROM unseen WHERE {on_it}", (device,)))  # noqa: S608
        statement = f"UPDATE unseen SET folder = ? WHERE {_ALONE} AND device = ?"  # noqa: S608  our own words
        plan.scratch.run(statement, [(_shared_folder(first, last), device)])


def _is_there(plan: Plan, root: Path, device: int) -> bool:
    """Return whether the disk is: a folder on the way to one of the files on it, or any other video."""
    asked: set[str] = set()
    for (name,) in plan.scratch.rows("SELECT name FROM unseen WHERE gone AND device = ?", (device,)):
        folder = posixpath.dirname(name)
        if folder not in asked and _device_of_folder(root, folder) == device:
            return True
        asked.add(folder)
    others = Video.objects.present().filter(device=device).values_list("pk", "filename").iterator()
    return any(not plan.is_gone(pk) and presence(root, name) is Presence.THERE for pk, name in others)


def _device_of_folder(root: Path, folder: str) -> int | None:
    """Return the number of the disk that the folder is on, or the nearest one above it that is there."""
    try:
        return signed(os.stat(root / folder).st_dev)
    except FileNotFoundError:
        return _device_of_folder(root, posixpath.dirname(folder)) if folder else None
    except OSError:
        return None


def _shared_folder(first: str, last: str) -> str:
    """Return the deepest folder that both names lie in, "a/b/", and so all names between them; "" for the whole."""
    parts = zip(first.split("/")[:-1], last.split("/")[:-1], strict=False)
    return "".join(f"{one}/" for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], parts))


# --- in the database --------------------------------------------------------------------------------------------------


def _note(folder: str, now: datetime) -> MissingBatch:
    """Return the folder's missing_batch, made if need be."""
    with write_transaction():
        return MissingBatch.objects.get_or_create(folder=folder, defaults={"noticed_at": now})[0]


def delete_empty_missing_batches() -> None:
    """Remove those of which every file is back. Writes nothing where there is none."""
    empty = MissingBatch.objects.filter(videos=None)
    if empty.exists():
        with write_transaction():
            empty.delete()


def confirm_missing(missing_batch: MissingBatch) -> int:
    """Let a person say that the files are gone for good, and return how many: they are ordinary missing ones then."""
    with write_transaction():
        # Not at once with what goes next.
        videos = missing_batch.videos.update(missing_batch=None, missing_since=timezone.now() - AT_ONCE)
        missing_batch.delete()
    return videos
