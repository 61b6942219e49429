"""Compare the disk with the rows, into a plan of what a scan has to write.

Both are streams in the order of the names' bytes, so only differences are kept; many of them go to a temporary file.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, NamedTuple

from django.db import connection
from django.db.models.functions import Collate

from videos.core.batching import VALUES_AT_ONCE, batched
from videos.library.file_status import FileStatus
from videos.library.paths import other_than_video
from videos.library.scratch import BATCH_ROWS, Scratch
from videos.library.walk import Scope, Seen, Walk
from videos.models import Video, below

_PAGE_ROWS = 2_000
_COLUMNS = ("filename", "id", "file_size", "modified_ns", "missing_since", "device", "inode")
# Filename, id, size in bytes, modified in ns, missing since, device, inode.
_Row = tuple[str, int, int | None, int | None, Any, int | None, int | None]

# found: files that differ from their rows, and what to do about each (`kind`). unseen: rows whose file was not found
# under their name (`gone` if the scan marks them missing), and the old numbers of changed files (`is_changed`);
# `folder` is the folder that a gone file went missing together with. lost: the unseen rows that may be one of the found
# files. move, fit, content: the evidence of moves (move_detection.py).
SCHEMA = """
CREATE TABLE found (name TEXT PRIMARY KEY, kind TEXT, video_id INTEGER, size_bytes INTEGER, modified_ns INTEGER,
    arrived_ns INTEGER, device INTEGER, inode INTEGER) WITHOUT ROWID;
CREATE INDEX found_by_kind ON found (kind, name);
CREATE TABLE unseen (video_id INTEGER PRIMARY KEY, name TEXT, size_bytes INTEGER, modified_ns INTEGER, device INTEGER,
    inode INTEGER, gone INTEGER, waits INTEGER, is_changed INTEGER, folder TEXT, missing_batch_id INTEGER);
CREATE TABLE lost (video_id INTEGER PRIMARY KEY, name TEXT, size_bytes INTEGER, modified_ns INTEGER, device INTEGER,
    inode INTEGER, content TEXT, is_changed INTEGER);
CREATE TABLE move (video_id INTEGER PRIMARY KEY, name TEXT UNIQUE);
CREATE TABLE content (name TEXT PRIMARY KEY, size_bytes INTEGER, content TEXT);
CREATE TABLE fit (video_id INTEGER PRIMARY KEY, name TEXT, size_bytes INTEGER, content TEXT);
"""
_FOUND = "INSERT INTO found VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_UNSEEN = "INSERT INTO unseen VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL, NULL)"


class Found(NamedTuple):
    """A file to write: its name, its video's id (None for a new one), and its status numbers."""

    name: str
    video_id: int | None
    size_bytes: int
    modified_ns: int
    arrived_ns: int
    device: int
    inode: int

    @property
    def status(self) -> FileStatus:
        return self.size_bytes, self.modified_ns, self.arrived_ns, self.device, self.inode


class Gone(NamedTuple):
    """A video whose file is gone, with the id of its missing batch, if any."""

    name: str
    video_id: int
    missing_batch_id: int | None


class Plan:
    """What a scan has to write. Close it: it may have a temporary file.

    Kinds of found files: added, changed, back, back_changed (was missing), adopted (an import waited for it),
    renumbered (only device or inode differ), moved, displaced (another video takes its name).
    """

    def __init__(self) -> None:
        self.scratch = Scratch(SCHEMA)
        self.unchanged = 0
        self.knows_nothing_yet = True
        self.saved: Counter[str] = Counter()

    def close(self) -> None:
        self.scratch.close()

    # --- what a scan finds ------------------------------------------------------------------------------------------

    def add_found(self, kind: str, name: str, status: FileStatus, row: _Row | None = None) -> None:
        self.scratch.add(_FOUND, (name, kind, row and row[1], *status))
        if row is not None and kind in ("changed", "back_changed"):
            self._add_unseen(row, gone=False, is_changed=True)

    def add_unseen(self, row: _Row, walk: Walk) -> None:
        """Note that the row's file was not found, unless its folder could not be read."""
        if row[2] is not None:
            self.knows_nothing_yet = False
        if walk.knows(row[0]):
            self._add_unseen(row, gone=row[4] is None, is_changed=False)

    def _add_unseen(self, row: _Row, *, gone: bool, is_changed: bool) -> None:
        name, video_id, size_bytes, modified_ns, missing_since, device, inode = row
        waits = size_bytes is None and missing_since is not None
        self.scratch.add(_UNSEEN, (video_id, name, size_bytes, modified_ns, device, inode, gone, waits, is_changed))

    # --- what is to be written --------------------------------------------------------------------------------------

    def count(self, *kinds: str) -> int:
        marks = ", ".join("?" * len(kinds))
        return int(self.scratch.value(f"SELECT count(*) FROM found WHERE kind IN ({marks})", kinds))  # noqa: S608

    def found(self, *kinds: str) -> Iterator[Found]:
        for batch in self.found_batches(*kinds):
            yield from batch

    def found_batches(self, *kinds: str, size: int = BATCH_ROWS) -> Iterator[list[Found]]:
        columns = ", ".join(Found._fields)
        for kind in kinds:
            question = f"SELECT {columns} FROM found WHERE kind = ? ORDER BY name"  # noqa: S608
            for batch in self.scratch.batches(question, (kind,), size):
                yield [Found(*row) for row in batch]

    @property
    def gone(self) -> int:
        return int(self.scratch.value("SELECT count(*) FROM unseen WHERE gone"))

    def gone_names(self) -> Iterator[str]:
        return (name for (name,) in self.scratch.rows("SELECT name FROM unseen WHERE gone"))

    def gone_batches(self, size: int) -> Iterator[list[Gone]]:
        columns = ", ".join(Gone._fields)
        question = f"SELECT {columns} FROM unseen WHERE gone ORDER BY missing_batch_id, video_id"  # noqa: S608
        for batch in self.scratch.batches(question, size=size):
            yield [Gone(*row) for row in batch]

    def is_gone(self, video_id: int) -> bool:
        return bool(self.scratch.value("SELECT gone FROM unseen WHERE video_id = ?", (video_id,)))


def compare(plan: Plan, walk: Walk, seen: Iterable[Sequence[Seen]]) -> None:
    """Compare the files with the rows, both in the order of the names' bytes, and note each difference in the plan."""
    rows = rows_in_order(walk.scope)
    row = next(rows, None)
    for files in seen:
        for name, status in files:
            while row is not None and row[0] < name:
                plan.add_unseen(row, walk)
                row = next(rows, None)
            if row is None or row[0] != name:
                if status is not None:
                    _add_new(plan, walk, name, status)
                continue
            _compare_one(plan, row, status)
            row = next(rows, None)
    while row is not None:
        plan.add_unseen(row, walk)
        row = next(rows, None)
    plan.knows_nothing_yet = plan.knows_nothing_yet and walk.scope is None


def _add_new(plan: Plan, walk: Walk, name: str, status: FileStatus) -> None:
    if reason := other_than_video(walk.root, name, status[0]):
        walk.skipped.add(name, reason)
        walk.found -= 1
    else:
        plan.add_found("added", name, status)


def _compare_one(plan: Plan, row: _Row, status: FileStatus | None) -> None:
    """Note how a file differs from its row; a file without a status is left alone."""
    name, _video_id, known_size, known_modified, missing_since, known_device, known_inode = row
    if known_size is not None:
        plan.knows_nothing_yet = False
    if status is None:
        return
    size_bytes, modified_ns, _arrived_ns, device, inode = status
    if known_size is None and missing_since is not None:
        plan.add_found("adopted", name, status, row)
    elif known_size != size_bytes or known_modified != modified_ns:
        plan.add_found("changed" if missing_since is None else "back_changed", name, status, row)
    elif missing_since is not None:
        plan.add_found("back", name, status, row)
    else:
        plan.unchanged += 1
        if known_inode != inode or known_device != device:
            plan.add_found("renumbered", name, status, row)


# --- rows in order --------------------------------------------------------------------------------------------------


def rows_in_order(scope: Scope | None) -> Iterator[_Row]:
    """Yield the rows of the library, or of a part of it, in the order of their names' bytes."""
    if scope is None:
        yield from _rows_below("")
        return
    names: list[str] = []
    for part in scope.parts():
        if part not in scope.folders:
            names.append(part)
            continue
        yield from _rows_named(names)
        names = []
        yield from _rows_below(part)
    yield from _rows_named(names)


def _rows_named(names: Sequence[str]) -> Iterator[_Row]:
    for part in batched(names, VALUES_AT_ONCE):
        yield from sorted(Video.objects.named(part).values_list(*_COLUMNS))


def _rows_below(folder: str) -> Iterator[_Row]:
    """Yield the rows of a folder and below it, page by page: a long query would keep SQLite's log growing."""
    if connection.vendor != "sqlite":
        rows = below(Video.objects.all(), folder).order_by(Collate("filename", "C"))
        yield from rows.values_list(*_COLUMNS).iterator(chunk_size=_PAGE_ROWS)
        return
    end = f"{folder[:-1]}0" if folder else None
    question = (
        f"SELECT {', '.join(_COLUMNS)} FROM videos_video WHERE filename > %s"  # noqa: S608  our own words
        f" {'AND filename < %s' if end else ''} ORDER BY filename LIMIT {_PAGE_ROWS}"
    )
    last = folder
    while True:
        with connection.cursor() as cursor:
            cursor.execute(question, [last, end] if end else [last])
            page = cursor.fetchall()
        yield from page
        if len(page) < _PAGE_ROWS:
            return
        last = page[-1][0]
