"""A scan's plan -> rows, in small transactions."""

import itertools
import posixpath
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from django.utils import timezone

from videos.library import witnessed
from videos.library.disappearances import (
    folders_that_lost_most,
    forget_empty_disappearances,
    note_disappearance,
    with_lost_disks,
)
from videos.library.identity import chunks, signed
from videos.library.plan import Plan
from videos.library.progress import Progress
from videos.library.walk import FileStatus, Walk
from videos.models import MAX_FILENAME_LENGTH, NO_FACTS, Video
from videos.search.index import in_bulk
from videos.title_keys import title_key, title_of
from videos.transactions import as_stored, insert_rows, write_transaction

# Rows a transaction: small enough that somebody's click on a star between two of them waits for milliseconds only.
BATCH_ROWS = 500
# A file that was written to less than this long ago may still be growing: it is looked into after that.
SETTLE = timedelta(seconds=3)


def save(plan: Plan, walk: Walk, progress: Progress) -> dict[str, int]:
    """Write the plan, and return {folder: files that went missing together}."""
    now = timezone.now()
    together: dict[str, set[str]] = {}
    if plan.gone:
        # So that it is known of each time at which something went missing whether the clock was right.
        witnessed.note(now)
        together = with_lost_disks(folders_that_lost_most(list(plan.gone.values()), now), walk.root, plan.gone)
    _move(plan.moved, plan.displaced, walk, now)
    returned = plan.changed + plan.back + plan.back_changed
    total = len(plan.added) + len(returned) + len(plan.adopted) + len(plan.gone) + len(plan.renumbered)
    done = 0
    works: list[tuple[Callable[[Sequence[Any], Walk, datetime], None], Sequence[Any]]] = [
        (_adopt, plan.adopted),
        (_insert, plan.added),
        (_update, returned),
        (_renumber, plan.renumbered),
        (_mark_missing, _with_disappearance(plan.gone, together, now)),
    ]
    for work, items in works:
        for batch in chunks(items, BATCH_ROWS):
            with write_transaction(), in_bulk():
                work(batch, walk, now)
            done += len(batch)
            progress("Saving", done, total)
    forget_empty_disappearances()
    return {folder: len(names) for folder, names in together.items()}


def _with_disappearance(
    gone: dict[int, str], together: dict[str, set[str]], now: datetime
) -> list[tuple[int, int | None]]:
    """Return (video id, id of its disappearance or None) of the videos to mark, in the order of the latter."""
    ids: dict[str, int] = {}
    for folder, names in together.items():
        disappearance_id = note_disappearance(folder, names, now)
        ids |= dict.fromkeys(names, disappearance_id)
    return sorted(((pk, ids.get(name)) for pk, name in gone.items()), key=lambda item: (item[1] or 0, item[0]))


def _move(moves: dict[int, str], displaced: dict[int, str], walk: Walk, now: datetime) -> None:
    """Give the videos their new names; a title made from the old name follows.

    `displaced` are videos whose name another one takes, while their own file is nowhere: missing, under another name.
    """
    known: dict[int, tuple[str, str]] = {}
    for part in chunks(list(moves)):
        names = Video.objects.filter(pk__in=part).values_list("pk", "filename", "title")
        known |= {video_id: (filename, title) for video_id, filename, title in names}
    rows: list[tuple[Any, ...]] = []
    for video_id, name in moves.items():
        if video_id in known:
            filename, title = known[video_id]
            title = title_of(name) if title == title_of(filename) else title
            rows.append((name, title, title_key(title, name), *_status(walk, name), video_id))
    if {row[0] for row in rows} & ({filename for filename, _title in known.values()} | set(displaced.values())):
        # Names that pass from one video to the next change hands at once, by way of names that no file can have.
        with write_transaction(), in_bulk(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE videos_video SET filename = %s WHERE id = %s", [(f"/{row[-1]}", row[-1]) for row in rows]
            )
            cursor.executemany(
                "UPDATE videos_video SET filename = %s, missing_since = COALESCE(missing_since, %s),"
                " title_key = CASE WHEN title = '' THEN %s ELSE title_key END WHERE id = %s",
                [_gone(name, pk, now) for pk, name in displaced.items()],
            )
            cursor.executemany(_MOVE, rows)
        return
    for batch in chunks(rows, BATCH_ROWS):
        with write_transaction(), in_bulk(), connection.cursor() as cursor:
            cursor.executemany(_MOVE, batch)


def _gone(name: str, video_id: int, now: datetime) -> tuple[str, Any, str, int]:
    """Return name, date, key and id of a video whose name another one takes."""
    name = _name_when_gone(name, video_id)
    return name, as_stored(now), title_key("", name), video_id


def _name_when_gone(name: str, video_id: int) -> str:
    """Return "trips/Sea (gone 17).mp4": where a video waits whose own name is another's now."""
    stem, extension = posixpath.splitext(name)
    return f"{stem[: MAX_FILENAME_LENGTH - 100]} (gone {video_id}){extension[:50]}"


_FOUND = "file_size = %s, modified_ns = %s, device = %s, inode = %s, missing_since = NULL, disappearance_id = NULL"
_MOVE = f"UPDATE videos_video SET filename = %s, title = %s, title_key = %s, {_FOUND} WHERE id = %s"  # noqa: S608  our own words


def _status(walk: Walk, filename: str) -> tuple[int, int, int, int]:
    """Return size, modified, device and inode as they are stored."""
    size_bytes, modified_ns, _arrived_ns, device, inode = walk.files[filename]
    return size_bytes, modified_ns, signed(device), signed(inode)


def _insert(filenames: Sequence[str], walk: Walk, now: datetime) -> None:
    found = ["file_size", "modified_ns", "device", "inode"]
    columns = ["filename", "title", "title_key", "added_date", "look_due", *found, *NO_FACTS]
    rows = []
    for name in filenames:
        arrived = _arrival(walk.files[name], now)
        due = max(arrived, _settled(walk.files[name], now)) if arrived > now - SETTLE else arrived
        dates = (as_stored(arrived), as_stored(due))
        rows.append((name, title_of(name), title_key("", name), *dates, *_status(walk, name), *NO_FACTS.values()))
    # A file that another process added meanwhile is there already.
    insert_rows(Video, columns, rows, "(filename) DO NOTHING")


def _arrival(status: FileStatus, now: datetime) -> datetime:
    """Return when the file was put into the folder, so that a first scan of an old library keeps its order."""
    return min(now, datetime.fromtimestamp(max(status[2], 0) / 1e9, UTC))


def _settled(status: FileStatus, now: datetime) -> datetime:
    """Return when a file that stops growing now has been still for long enough."""
    modified = min(now.timestamp(), max(status[1], 0) / 1e9)
    return max(now, datetime.fromtimestamp(modified, UTC) + SETTLE)


def _update(items: Sequence[tuple[int, str]], walk: Walk, now: datetime) -> None:
    """Note what the files are now; those that are not what they were are looked into again."""
    same = "CASE WHEN file_size = %s AND modified_ns = %s THEN"
    # What was in it before tells nothing of what is in it now.
    changes = f"look_due = {same} look_due ELSE %s END, fingerprint = {same} fingerprint ELSE '' END, {_FOUND}"
    rows = []
    for video_id, name in items:
        status = _status(walk, name)
        due = as_stored(_settled(walk.files[name], now))
        rows.append((*status[:2], due, *status[:2], *status, video_id))
    with connection.cursor() as cursor:
        cursor.executemany(f"UPDATE videos_video SET {changes} WHERE id = %s", rows)  # noqa: S608


def _renumber(items: Sequence[tuple[int, str]], walk: Walk, now: datetime) -> None:
    """Note the numbers that a disk has given its files anew, as some do at each start: the next move tells by them."""
    rows = [(*_status(walk, name)[2:], video_id) for video_id, name in items]
    with connection.cursor() as cursor:
        cursor.executemany("UPDATE videos_video SET device = %s, inode = %s WHERE id = %s", rows)


def _adopt(items: Sequence[tuple[int, str]], walk: Walk, now: datetime) -> None:
    # The name within its folder stays the same but for its Unicode form, and so does the key.
    statement = f"UPDATE videos_video SET filename = %s, added_date = %s, look_due = %s, {_FOUND} WHERE id = %s"  # noqa: S608
    rows = []
    for video_id, name in items:
        arrived = _arrival(walk.files[name], now)
        rows.append((name, as_stored(arrived), as_stored(arrived), *_status(walk, name), video_id))
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _mark_missing(items: Sequence[tuple[int, int | None]], walk: Walk, now: datetime) -> None:
    for disappearance_id, group in itertools.groupby(items, key=lambda item: item[1]):
        videos = Video.objects.present().filter(pk__in=[video_id for video_id, _ in group])
        videos.update(missing_since=now, disappearance=disappearance_id)
