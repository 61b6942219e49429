"""Write a scan's plan into the rows, in small transactions."""

import itertools
import logging
import posixpath
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from videos.core.problems import Problem
from videos.core.progress import Phase, Progress
from videos.core.sort_keys import title_key, title_of
from videos.db.transactions import REFUSALS, as_stored, insert_rows, write_transaction
from videos.db.triggers.full_text import deferred_indexing
from videos.library import observed_time
from videos.library.diff import Found, Gone, Plan
from videos.library.file_status import FileStatus
from videos.library.mass_missing import delete_empty_missing_batches, find_gone_together
from videos.library.walk import Walk
from videos.models import MAX_FILENAME_LENGTH, NO_FACTS, Video

logger = logging.getLogger(__name__)

# Rows in a transaction: few, so that a click on a star waits only milliseconds between two of them.
BATCH_ROWS = 500
# A file written to less than this long ago may still be growing; it is analyzed after that.
SETTLE = timedelta(seconds=3)
REFUSED = Problem.DATABASE_REFUSED.sentence

_Work = Callable[[Sequence[Any], datetime], None]


def save(plan: Plan, walk: Walk, progress: Progress) -> dict[str, int]:
    """Write the plan, and return {folder: number of files that went missing together}.

    plan.saved then holds the number of written files of each kind.
    """
    now = timezone.now()
    if plan.gone:
        # Notes the time, so that each `missing_since` can be checked against a clock that was right.
        observed_time.note(now)
    together = find_gone_together(plan, walk.root, now) if plan.gone else {}
    _move(plan, walk, now)
    works: list[tuple[str, _Work, Iterator[Sequence[Any]]]] = [
        ("back", _adopt, plan.found_batches("adopted", size=BATCH_ROWS)),
        ("added", _insert, plan.found_batches("added", size=BATCH_ROWS)),
        ("changed", _update, plan.found_batches("changed", size=BATCH_ROWS)),
        ("back", _update, plan.found_batches("back", "back_changed", size=BATCH_ROWS)),
        ("renumbered", _renumber, plan.found_batches("renumbered", size=BATCH_ROWS)),
        ("missing", _mark_missing, plan.gone_batches(BATCH_ROWS)),
    ]
    kinds = ("adopted", "added", "changed", "back", "back_changed", "renumbered")
    done, total = 0, plan.count(*kinds) + plan.gone
    for kind, work, batches in works:
        for batch in batches:
            _write(kind, work, batch, walk, now, plan)
            done += len(batch)
            progress(Phase.SAVING, done, total)
    delete_empty_missing_batches()
    return together


def _write(kind: str, work: _Work, batch: Sequence[Any], walk: Walk, now: datetime, plan: Plan) -> None:
    """Write a batch in one transaction. A row that the database refuses is skipped and named."""
    try:
        with write_transaction(), deferred_indexing():
            work(batch, now)
    except REFUSALS as error:
        if len(batch) > 1:
            for item in batch:
                _write(kind, work, [item], walk, now, plan)
            return
        name = batch[0][0]
        walk.skipped.add(name, f"{REFUSED}: {error}")
        logger.warning("%r could not be saved: %s", name, error)
    else:
        plan.saved[kind] += len(batch)


# --- moves ----------------------------------------------------------------------------------------------------------


_FOUND = "file_size = %s, modified_ns = %s, device = %s, inode = %s, missing_since = NULL, disappearance_id = NULL"
_MOVE = f"UPDATE videos_video SET filename = %s, title = %s, title_key = %s, {_FOUND} WHERE id = %s"  # noqa: S608  our own words
_GIVE_WAY = (
    "UPDATE videos_video SET filename = %s, missing_since = COALESCE(missing_since, %s),"
    " title_key = CASE WHEN title = '' THEN %s ELSE title_key END WHERE id = %s"
)


def _move(plan: Plan, walk: Walk, now: datetime) -> None:
    """Give the videos their new names; titles that were made from the old name follow.

    Displaced videos lose their name to another video while their own file is missing.
    """
    change_hands = "SELECT 1 FROM move WHERE name IN (SELECT lost.name FROM lost JOIN move USING (video_id)) LIMIT 1"
    if not (plan.count("displaced") or plan.scratch.value(change_hands)):
        for batch in _move_batches(plan):
            _write("moved", _move_on, batch, walk, now, plan)
        return
    # Videos may swap names, so each gets a temporary name first that no file can have.
    with write_transaction(), deferred_indexing(), connection.cursor() as cursor:
        for rows in plan.scratch.batches("SELECT '/' || video_id, video_id FROM move", size=BATCH_ROWS):
            cursor.executemany("UPDATE videos_video SET filename = %s WHERE id = %s", rows)
        for displaced in plan.found_batches("displaced", size=BATCH_ROWS):
            cursor.executemany(_GIVE_WAY, [_gone(file, now) for file in displaced])
            plan.saved["missing"] += len(displaced)
        for batch in _move_batches(plan):
            _move_on(batch, now)
            plan.saved["moved"] += len(batch)


def _move_batches(plan: Plan) -> Iterator[list[tuple[Any, ...]]]:
    """Yield (new name, old name, id, numbers of the file …) of the videos that moved."""
    return plan.scratch.batches(
        "SELECT move.name, lost.name, move.video_id, found.size_bytes, found.modified_ns, found.device, found.inode"
        " FROM move JOIN lost USING (video_id) JOIN found ON found.name = move.name ORDER BY move.name",
        size=BATCH_ROWS,
    )


def _move_on(moves: Sequence[tuple[Any, ...]], now: datetime) -> None:
    titles = dict(Video.objects.filter(pk__in=[move[2] for move in moves]).values_list("pk", "title"))
    rows = []
    for name, old_name, video_id, *numbers in moves:
        if video_id in titles:
            title = title_of(name) if titles[video_id] == title_of(old_name) else titles[video_id]
            rows.append((name, title, title_key(title, name), *numbers, video_id))
    with connection.cursor() as cursor:
        cursor.executemany(_MOVE, rows)


def _gone(file: Found, now: datetime) -> tuple[str, Any, str, int | None]:
    """Return the new name, date, sort key and id of a displaced video."""
    name = _name_when_gone(file.name, file.video_id)
    return name, as_stored(now), title_key("", name), file.video_id


def _name_when_gone(name: str, video_id: int | None) -> str:
    """Return "trips/Sea (gone 17).mp4", the name of a video whose own name now belongs to another."""
    stem, extension = posixpath.splitext(name)
    return f"{stem[: MAX_FILENAME_LENGTH - 100]} (gone {video_id}){extension[:50]}"


# --- files ----------------------------------------------------------------------------------------------------------


def _numbers(file: Found) -> tuple[int, int, int, int]:
    return file.size_bytes, file.modified_ns, file.device, file.inode


def _insert(files: Sequence[Found], now: datetime) -> None:
    found = ["file_size", "modified_ns", "device", "inode"]
    columns = ["filename", "title", "title_key", "added_date", "analysis_due_at", *found, *NO_FACTS]
    rows = []
    for file in files:
        arrived = _arrival(file.status, now)
        due = max(arrived, _settled(file.status, now)) if arrived > now - SETTLE else arrived
        names = (file.name, title_of(file.name), title_key("", file.name))
        rows.append((*names, as_stored(arrived), as_stored(due), *_numbers(file), *NO_FACTS.values()))
    # Another process may have added the file meanwhile.
    insert_rows(Video, columns, rows, "(filename) DO NOTHING")


def _arrival(status: FileStatus, now: datetime) -> datetime:
    """Return when the file was put into the folder, so that the first scan of an old library keeps its order."""
    return min(now, datetime.fromtimestamp(max(status[2], 0) / 1e9, UTC))


def _settled(status: FileStatus, now: datetime) -> datetime:
    """Return when a file that stops growing now will count as complete."""
    modified = min(now.timestamp(), max(status[1], 0) / 1e9)
    return max(now, datetime.fromtimestamp(modified, UTC) + SETTLE)


def _update(files: Sequence[Found], now: datetime) -> None:
    """Store the files' new sizes and dates; changed files become due for analysis."""
    same = "CASE WHEN file_size = %s AND modified_ns = %s THEN"
    # The old content says nothing about the new one. But a mount may only have shifted the dates: if the analysis finds
    # the same content, facts and pictures stay.
    changes = (
        f"analysis_due_at = {same} analysis_due_at ELSE %s END, fingerprint = {same} fingerprint ELSE '' END,"
        f" unconfirmed_fingerprint = {same} unconfirmed_fingerprint"
        f" ELSE CASE WHEN fingerprint = '' THEN unconfirmed_fingerprint ELSE fingerprint END END, {_FOUND}"
    )
    rows = []
    for file in files:
        numbers, due = _numbers(file), as_stored(_settled(file.status, now))
        rows.append((*numbers[:2], due, *numbers[:2], *numbers[:2], *numbers, file.video_id))
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE videos_video SET {changes} WHERE id = %s", rows)  # noqa: S608


def _renumber(files: Sequence[Found], now: datetime) -> None:
    """Store new device and inode numbers, which some disks assign at each start: moves are detected by them."""
    rows = [(file.device, file.inode, file.video_id) for file in files]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE videos_video SET device = %s, inode = %s WHERE id = %s", rows)


def _adopt(files: Sequence[Found], now: datetime) -> None:
    """Give imported rows their files. A title made from the imported name follows the file's name.

    A date older than the import is the old application's, and stays, so that its gallery keeps its order.
    """
    dates = "added_date = CASE WHEN added_date < missing_since THEN added_date ELSE %s END, analysis_due_at = %s"
    statement = f"UPDATE videos_video SET filename = %s, title = %s, title_key = %s, {dates}, {_FOUND} WHERE id = %s"  # noqa: S608
    known = Video.objects.in_bulk([file.video_id for file in files])
    rows = []
    for file in files:
        if file.video_id not in known:
            continue
        arrived = as_stored(_arrival(file.status, now))
        title = known[file.video_id].title
        title = title_of(file.name) if title == title_of(known[file.video_id].filename) else title
        rows.append((file.name, title, title_key(title, file.name), arrived, arrived, *_numbers(file), file.video_id))
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _mark_missing(gone: Sequence[Gone], now: datetime) -> None:
    for missing_batch_id, group in itertools.groupby(gone, key=lambda one: one.missing_batch_id):
        videos = Video.objects.present().filter(pk__in=[one.video_id for one in group])
        videos.update(missing_since=now, missing_batch=missing_batch_id)
