"""The folder on disk -> rows: what is new, changed, gone, and back."""

import itertools
import os
import posixpath
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from videos.library.disappearances import (
    folders_that_lost_most,
    forget_empty_disappearances,
    note_disappearance,
)
from videos.library.identity import chunks, find_moves, find_waiting, names_changed_hands, signed
from videos.library.paths import OutsideLibrary, Presence, open_video, presence
from videos.library.sidecars import match_sidecars
from videos.library.walk import FileStatus, FolderUnusable, Scope, Walk, walk_library
from videos.locks import only_one
from videos.models import MAX_FILENAME_LENGTH, NO_FACTS, Video, title_of
from videos.transactions import as_stored, insert_rows, write_transaction

# Rows a transaction: small enough that somebody's click on a star between two of them waits for milliseconds only.
BATCH_ROWS = 500
# A file that was written to less than this long ago may still be growing: it is looked into after that.
SETTLE = timedelta(seconds=3)

# Told (phase, done, total or None) as the work goes on.
Progress = Callable[[str, int, int | None], None]


@dataclass
class ScanSummary:
    """What a scan did, as numbers of files; what it passed over as (name, reason); {folder: files gone together}."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    back: int = 0
    unchanged: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)
    disappeared: dict[str, int] = field(default_factory=dict)

    @property
    def found_changes(self) -> bool:
        return bool(self.added or self.changed or self.moved or self.missing or self.back)


# Id, size in bytes, modified in ns, missing since, device, inode.
_Row = tuple[int, int | None, int | None, Any, int | None, int | None]


@dataclass
class _Plan:
    """What is to be done; `unseen` are the rows whose file was not found under its name."""

    unseen: dict[str, _Row] = field(default_factory=dict)
    knows_nothing_yet: bool = False
    added: list[str] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    back: list[tuple[int, str]] = field(default_factory=list)
    back_changed: list[tuple[int, str]] = field(default_factory=list)
    displaced: dict[int, str] = field(default_factory=dict)
    adopted: list[tuple[int, str]] = field(default_factory=list)
    moved: dict[int, str] = field(default_factory=dict)
    gone: dict[int, str] = field(default_factory=dict)
    renumbered: list[tuple[int, str]] = field(default_factory=list)
    unchanged: int = 0


def scan(
    root: Path,
    *,
    full: bool = False,
    scope: Scope | None = None,
    progress: Progress = lambda phase, done, total: None,
) -> ScanSummary:
    """Bring the rows in line with the folder, or that part of it, and return a summary.

    `full` opens every file to see that it can be read. Raises FolderUnusable where the folder's state says nothing
    about the videos (missing, unreadable, empty while the library has videos), and Busy where another scan runs;
    either way nothing has changed.
    """
    with only_one("scan", "Another scan of this library is running."):
        walk = _walk(root, scope, progress)
        if full:
            _open_each(walk, progress)
        plan = _compare(walk)
        if scope is not None and names_changed_hands(walk, plan.added, plan.changed + plan.back_changed):
            # Where the other files have gone, only a look at everything tells.
            walk = _walk(root, None, progress)
            plan = _compare(walk)
        _recognise(plan, walk, progress)
        if plan.gone and not walk.files and not _sees_another(root, plan.gone):
            raise FolderUnusable(_unplugged(root, Video.objects.present().count()))
        disappeared = _apply(plan, walk, progress)
        match_sidecars(walk)
    return ScanSummary(
        added=len(plan.added),
        changed=len(plan.changed),
        moved=len(plan.moved),
        missing=len(plan.gone) + len(plan.displaced),
        back=len(plan.back) + len(plan.back_changed) + len(plan.adopted),
        unchanged=plan.unchanged,
        skipped=sorted(walk.skipped),
        disappeared=disappeared,
    )


def _walk(root: Path, scope: Scope | None, progress: Progress) -> Walk:
    expected = Video.objects.count() if scope is None else None
    walk = walk_library(
        root,
        scope,
        leave_out=settings.GENERATED_DIR,
        on_folder=lambda files: progress("Looking", files, max(expected, files) if expected else None),
    )
    if expected and not walk.files:
        raise FolderUnusable(_unplugged(root, expected))
    return walk


def _sees_another(root: Path, gone: dict[int, str]) -> bool:
    """Return whether any video is there beside those that a look at a part did not find."""
    names = Video.objects.present().values_list("pk", "filename").iterator()
    return any(pk not in gone and presence(root, filename) is Presence.THERE for pk, filename in names)


def _unplugged(root: Path, known: int) -> str:
    return (
        f"No video can be seen in {root}, but the library knows {known:,}. Is its disk connected? Nothing was changed."
    )


def _open_each(walk: Walk, progress: Progress) -> None:
    for done, filename in enumerate(list(walk.files), 1):
        try:
            descriptor = open_video(walk.root, filename)
            try:
                os.read(descriptor, 1)
            finally:
                os.close(descriptor)
        except (OSError, OutsideLibrary) as error:
            del walk.files[filename]
            walk.unread_files.add(filename)
            walk.skipped.append((filename, f"cannot be read: {getattr(error, 'strerror', None) or error}"))
        progress("Opening", done, len(walk.files))


def _compare(walk: Walk) -> _Plan:
    plan = _Plan(unseen=_known_rows(walk.scope))
    rows = plan.unseen
    plan.knows_nothing_yet = walk.scope is None and all(row[1] is None for row in rows.values())
    for filename, (size_bytes, modified_ns, _arrived_ns, device, inode) in walk.files.items():
        row = rows.pop(filename, None)
        if row is None:
            plan.added.append(filename)
            continue
        video_id, known_size, known_modified, missing_since, known_device, known_inode = row
        if known_size is None and missing_since is not None:
            plan.adopted.append((video_id, filename))
        elif known_size != size_bytes or known_modified != modified_ns:
            (plan.changed if missing_since is None else plan.back_changed).append((video_id, filename))
        elif missing_since is not None:
            plan.back.append((video_id, filename))
        else:
            plan.unchanged += 1
            if known_inode != signed(inode) or known_device != signed(device):
                plan.renumbered.append((video_id, filename))
    plan.gone = {row[0]: name for name, row in rows.items() if row[3] is None and walk.knows(name)}
    return plan


def _known_rows(scope: Scope | None) -> dict[str, _Row]:
    """Return {filename: row} of the library, or that part of it."""
    columns = ("filename", "id", "file_size", "modified_ns", "missing_since", "device", "inode")
    if scope is None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)} FROM videos_video")  # noqa: S608
            return {row[0]: row[1:] for row in cursor.fetchall()}
    parts = [Video.objects.filter(filename__in=part) for part in chunks(sorted(scope.files))]
    parts += [Video.objects.below(folder) for folder in sorted(scope.folders)]
    return {row[0]: row[1:] for part in parts for row in part.values_list(*columns)}


def _recognise(plan: _Plan, walk: Walk, progress: Progress) -> None:
    """Give new names to the videos whose file has moved there, and to those that an import left waiting."""
    other_files = plan.changed + plan.back_changed
    if not (plan.added or other_files):
        return
    sizes = {walk.files[name][0] for name in (*plan.added, *(name for _, name in other_files))}
    candidates = [row[0] for row in plan.unseen.values() if row[1] in sizes]
    plan.moved = find_moves(
        walk, plan.added, other_files, candidates, lambda done, total: progress("Recognising", done, total)
    )
    new_names = set(plan.moved.values())
    plan.displaced = {pk: name for pk, name in other_files if name in new_names and pk not in plan.moved}
    for names in (plan.changed, plan.back_changed):
        names[:] = [(pk, name) for pk, name in names if pk not in plan.moved and name not in new_names]
    plan.gone = {pk: name for pk, name in plan.gone.items() if pk not in plan.moved}
    plan.added = [name for name in plan.added if name not in new_names]
    if walk.scope is None:
        waiting = {name: row[0] for name, row in plan.unseen.items() if row[1] is None and row[3] is not None}
    else:
        waiting = dict(Video.objects.missing().filter(file_size=None).values_list("filename", "pk"))
    adopted = find_waiting(waiting, walk, plan.added, by_bare_name=plan.knows_nothing_yet)
    plan.adopted += adopted.items()
    new_names = set(adopted.values())
    plan.added = [name for name in plan.added if name not in new_names]


def _apply(plan: _Plan, walk: Walk, progress: Progress) -> dict[str, int]:
    """Write the plan, and return {folder: files that went missing together}."""
    now = timezone.now()
    together = folders_that_lost_most(list(plan.gone.values()), now) if plan.gone else {}
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
            with write_transaction():
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
            rows.append(
                (name, title_of(name) if title == title_of(filename) else title, *_status(walk, name), video_id)
            )
    if {row[0] for row in rows} & ({filename for filename, _title in known.values()} | set(displaced.values())):
        # Names that pass from one video to the next change hands at once, by way of names that no file can have.
        with write_transaction(), connection.cursor() as cursor:
            cursor.executemany(
                "UPDATE videos_video SET filename = %s WHERE id = %s", [(f"/{row[-1]}", row[-1]) for row in rows]
            )
            cursor.executemany(
                "UPDATE videos_video SET filename = %s, missing_since = COALESCE(missing_since, %s) WHERE id = %s",
                [(_name_when_gone(name, pk), as_stored(now), pk) for pk, name in displaced.items()],
            )
            cursor.executemany(_MOVE, rows)
        return
    for batch in chunks(rows, BATCH_ROWS):
        with write_transaction(), connection.cursor() as cursor:
            cursor.executemany(_MOVE, batch)


def _name_when_gone(name: str, video_id: int) -> str:
    """Return "trips/Sea (gone 17).mp4": where a video waits whose own name is another's now."""
    stem, extension = posixpath.splitext(name)
    return f"{stem[: MAX_FILENAME_LENGTH - 100]} (gone {video_id}){extension[:50]}"


_FOUND = "file_size = %s, modified_ns = %s, device = %s, inode = %s, missing_since = NULL, disappearance_id = NULL"
_MOVE = f"UPDATE videos_video SET filename = %s, title = %s, {_FOUND} WHERE id = %s"  # noqa: S608  our own words


def _status(walk: Walk, filename: str) -> tuple[int, int, int, int]:
    """Return size, modified, device and inode as they are stored."""
    size_bytes, modified_ns, _arrived_ns, device, inode = walk.files[filename]
    return size_bytes, modified_ns, signed(device), signed(inode)


def _insert(filenames: Sequence[str], walk: Walk, now: datetime) -> None:
    found = ["file_size", "modified_ns", "device", "inode"]
    columns = ["filename", "title", "added_date", "look_due", *found, *NO_FACTS]
    rows = []
    for name in filenames:
        arrived = _arrival(walk.files[name], now)
        due = max(arrived, _settled(walk.files[name], now)) if arrived > now - SETTLE else arrived
        dates = (as_stored(arrived), as_stored(due))
        rows.append((name, title_of(name), *dates, *_status(walk, name), *NO_FACTS.values()))
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
