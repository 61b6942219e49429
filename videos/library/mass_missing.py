"""Batches of files that go missing together: losing over half of a folder suggests an unplugged disk."""

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

# One or two missing files are probably deleted by a person.
MIN_TOGETHER = 3
SHARE_TOGETHER = 0.5
# The watcher reports a lost disk in parts, so several scans within this time count together.
AT_ONCE = timedelta(minutes=10)


def find_gone_together(plan: Plan, root: Path, now: datetime) -> dict[str, int]:
    """Assign the plan's gone files to batches by folder; return {folder: number of files}.

    Call it before the rows are marked missing. Files that scans now skip are left out.
    """
    plan.scratch.run("CREATE INDEX gone_by_name ON unseen (name) WHERE gone")
    _leave_out_what_is_passed_over(plan)
    _batch_by_folder(plan, now)
    _add_to_batches(plan)
    _batch_by_disk(plan, root)
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
    """Return SQL for the names in a folder or below it, and its parameters."""
    return ("name >= ? AND name < ?", (folder, f"{folder[:-1]}0")) if folder else ("1", ())


# --- folders that lost most of their files ---------------------------------------------------------------------------


def _batch_by_folder(plan: Plan, now: datetime) -> None:
    """Batch the files of folders that lose over half of their files at once.

    Files that went missing in the last ten minutes are counted and batched with them.
    """
    going, lost = _lost_by_folder(plan, now)
    batched_folders: set[str] = set()
    # From the top down, so that a folder covers all its lost subfolders.
    for folder in sorted(going):
        if lost[folder] < MIN_TOGETHER or not batched_folders.isdisjoint(folders_above(folder)):
            continue
        inside, values = _range(folder)
        all_going = plan.scratch.value(f"SELECT count(*) FROM unseen WHERE gone AND {inside}", values)  # noqa: S608
        left = Video.objects.present().below(folder).count() - all_going
        if lost[folder] > SHARE_TOGETHER * (left + lost[folder]):
            batched_folders.add(folder)
            deepest = _narrowed(plan, folder, lost)
            plan.scratch.run(f"UPDATE unseen SET folder = ? WHERE {_ALONE} AND {inside}", [(deepest, *values)])  # noqa: S608
            _batch_earlier(deepest, now)


def _lost_by_folder(plan: Plan, now: datetime) -> tuple[Counter[str], Counter[str]]:
    """Return {folder: files that go missing now}, and {folder: the same plus those of the last ten minutes}."""
    going: Counter[str] = Counter()
    for (name,) in plan.scratch.rows("SELECT name FROM unseen WHERE gone AND NOT is_passed_over"):
        going.update(folders_above(name))
    lost = going.copy()
    for _video_id, name in _earlier("", now):
        lost.update(folders_above(name))
    return going, lost


def _earlier(folder: str, now: datetime) -> Iterator[tuple[int, str]]:
    """Yield (id, name) of the videos below a folder that went missing in the last ten minutes."""
    # Imported videos whose file was never found do not count.
    earlier = (
        Video.objects.missing()
        .filter(missing_since__range=(now - AT_ONCE, now + AT_ONCE), file_size__isnull=False)
        .below(folder)
    )
    rows = earlier.values_list("pk", "filename").iterator()
    return ((video_id, name) for video_id, name in rows if why_passed_over(name) is None)


def _batch_earlier(folder: str, now: datetime) -> None:
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
    """Return the deepest folder that contains all of the lost files of a folder."""
    inside, values = _range(folder)
    name = plan.scratch.value(f"SELECT name FROM unseen WHERE {_ALONE} AND {inside} LIMIT 1", values)  # noqa: S608
    return max((inner for inner in folders_above(name) if lost[inner] == lost[folder]), key=len, default=folder)


def _add_to_batches(plan: Plan) -> None:
    """Add gone files to existing batches of their folder."""
    for missing_batch in MissingBatch.objects.order_by("folder"):
        inside, values = _range(missing_batch.folder)
        statement = f"UPDATE unseen SET folder = ? WHERE {_ALONE} AND {inside}"  # noqa: S608  our own words
        plan.scratch.run(statement, [(missing_batch.folder, *values)])


# --- disks of which nothing can be seen any more ----------------------------------------------------------------------


def _batch_by_disk(plan: Plan, root: Path) -> None:
    """Batch the files of a disk that is gone as a whole, however few they are."""
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
    """Return whether the disk is still there: a folder above one of its files, or any other video on it."""
    asked: set[str] = set()
    for (name,) in plan.scratch.rows("SELECT name FROM unseen WHERE gone AND device = ?", (device,)):
        folder = posixpath.dirname(name)
        if folder not in asked and _device_of_folder(root, folder) == device:
            return True
        asked.add(folder)
    others = Video.objects.present().filter(device=device).values_list("pk", "filename").iterator()
    return any(not plan.is_gone(pk) and presence(root, name) is Presence.THERE for pk, name in others)


def _device_of_folder(root: Path, folder: str) -> int | None:
    """Return the device of the folder, or of the nearest existing folder above it."""
    try:
        return signed(os.stat(root / folder).st_dev)
    except FileNotFoundError:
        return _device_of_folder(root, posixpath.dirname(folder)) if folder else None
    except OSError:
        return None


def _shared_folder(first: str, last: str) -> str:
    """Return the deepest folder of both names, "a/b/", and so of all names between them; "" for the root."""
    parts = zip(first.split("/")[:-1], last.split("/")[:-1], strict=False)
    return "".join(f"{one}/" for one, _ in itertools.takewhile(lambda pair: pair[0] == pair[1], parts))


# --- in the database --------------------------------------------------------------------------------------------------


def _note(folder: str, now: datetime) -> MissingBatch:
    """Return the folder's batch, created if needed."""
    with write_transaction():
        return MissingBatch.objects.get_or_create(folder=folder, defaults={"noticed_at": now})[0]


def delete_empty_missing_batches() -> None:
    """Delete batches whose files are all back. Writes nothing if there are none."""
    empty = MissingBatch.objects.filter(videos=None)
    if empty.exists():
        with write_transaction():
            empty.delete()


def confirm_missing(missing_batch: MissingBatch) -> int:
    """Turn the files of a batch into ordinary missing files, as a person confirms their loss; return their number."""
    with write_transaction():
        # Date them back, so that they are not counted with files that go missing next.
        videos = missing_batch.videos.update(missing_batch=None, missing_since=timezone.now() - AT_ONCE)
        missing_batch.delete()
    return videos
