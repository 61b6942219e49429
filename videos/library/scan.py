"""The folder on disk -> rows: what is new, changed, gone, and back."""

import os
import posixpath
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import connection
from django.utils import timezone

from videos.library.paths import OutsideLibrary, nfc, open_video
from videos.library.walk import FolderUnusable, Walk, walk_library
from videos.locks import only_one
from videos.models import NO_FACTS, Video, title_of
from videos.transactions import as_stored, insert_rows, write_transaction

# Rows a transaction: small enough that somebody's click on a star between two of them waits for milliseconds only.
BATCH_ROWS = 500

# Told (phase, done, total or None) as the work goes on.
Progress = Callable[[str, int, int | None], None]


@dataclass
class ScanSummary:
    """What a scan did, as numbers of files, and what it passed over as (name, reason)."""

    added: int = 0
    changed: int = 0
    missing: int = 0
    back: int = 0
    unchanged: int = 0
    skipped: list[tuple[str, str]] = field(default_factory=list)


@dataclass
class _Plan:
    added: list[str] = field(default_factory=list)
    changed: list[tuple[int, str]] = field(default_factory=list)
    back: list[tuple[int, str]] = field(default_factory=list)
    adopted: list[tuple[int, str]] = field(default_factory=list)
    gone: list[int] = field(default_factory=list)
    unchanged: int = 0


def scan(root: Path, *, full: bool = False, progress: Progress = lambda phase, done, total: None) -> ScanSummary:
    """Bring the rows in line with the folder and return a summary. `full` opens every file to see that it can be read.

    Raises FolderUnusable where the folder's state says nothing about the videos (missing, unreadable, empty while the
    library has videos), and Busy where another scan runs; either way nothing has changed.
    """
    with only_one("scan", "Another scan of this library is running."):
        expected = Video.objects.count()
        walk = walk_library(
            root,
            leave_out=settings.GENERATED_DIR,
            on_folder=lambda files: progress("Looking", files, max(expected, files) or None),
        )
        if not walk.files and expected:
            raise FolderUnusable(
                f"No video can be seen in {root}, but the library knows {expected:,}. Is its disk connected?"
                " Nothing was changed."
            )
        if full:
            _open_each(walk, progress)
        plan = _compare(walk)
        _apply(plan, walk, progress)
    return ScanSummary(
        added=len(plan.added),
        changed=len(plan.changed),
        missing=len(plan.gone),
        back=len(plan.back) + len(plan.adopted),
        unchanged=plan.unchanged,
        skipped=sorted(walk.skipped),
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
    plan = _Plan()
    rows = _known_rows()
    is_first_scan = all(row[1] is None for row in rows.values())
    for filename, (size_bytes, modified_ns, _arrived_ns) in walk.files.items():
        row = rows.pop(filename, None)
        if row is None:
            plan.added.append(filename)
            continue
        video_id, known_size, known_modified, missing_since = row
        if known_size is None and missing_since is not None:
            plan.adopted.append((video_id, filename))
        elif known_size != size_bytes or known_modified != modified_ns:
            (plan.changed if missing_since is None else plan.back).append((video_id, filename))
        elif missing_since is not None:
            plan.back.append((video_id, filename))
        else:
            plan.unchanged += 1
    plan.gone = [row[0] for name, row in rows.items() if row[3] is None and walk.knows(name)]
    if plan.added:
        _adopt_waiting(plan, rows, walk, is_first_scan)
    return plan


def _known_rows() -> dict[str, tuple[int, int | None, int | None, Any]]:
    """Return {filename: (id, size in bytes, modified in ns, missing since)} of the library, as plain rows."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT filename, id, file_size, modified_ns, missing_since FROM videos_video")
        return {row[0]: row[1:] for row in cursor.fetchall()}


def _adopt_waiting(
    plan: _Plan, unseen: dict[str, tuple[int, int | None, int | None, Any]], walk: Walk, is_first_scan: bool
) -> None:
    """Give new files to the rows that an import made for them.

    A row whose file was never seen waits under the name that the old snapshot had: another Unicode form, or the bare
    name of a file in a subfolder. It gets the new file that this can mean; where two files could be meant, new or
    known, neither. Bare names count only at a library's first scan: later, another IMG_0001.mp4 is just a new file.
    """
    waiting = {name: row[0] for name, row in unseen.items() if row[1] is None and row[3] is not None}
    if not waiting:
        return
    taken: set[str] = set()
    forms: list[Callable[[str], str]] = [nfc]
    if is_first_scan and not walk.unread_folders:
        forms.append(lambda name: nfc(posixpath.basename(name)))
    for form_of in forms:
        meanings = Counter(map(form_of, walk.files))
        waiting_forms = Counter(map(nfc, waiting))
        by_form = {nfc(name): name for name in waiting}
        for filename in plan.added:
            form = form_of(filename)
            if form in by_form and meanings[form] == waiting_forms[form] == 1 and filename not in taken:
                plan.adopted.append((waiting.pop(by_form[form]), filename))
                taken.add(filename)
                del by_form[form]
    plan.added = [name for name in plan.added if name not in taken]


def _apply(plan: _Plan, walk: Walk, progress: Progress) -> None:
    total = len(plan.added) + len(plan.changed) + len(plan.back) + len(plan.adopted) + len(plan.gone)
    done = 0
    works: list[tuple[Callable[[Sequence[Any], Walk], None], Sequence[Any]]] = [
        (_adopt, plan.adopted),
        (_insert, plan.added),
        (_update, plan.changed + plan.back),
        (_mark_missing, plan.gone),
    ]
    for work, items in works:
        for batch in _batches(items):
            with write_transaction():
                work(batch, walk)
            done += len(batch)
            progress("Saving", done, total)


def _batches(items: Sequence[Any]) -> Iterator[Sequence[Any]]:
    for start in range(0, len(items), BATCH_ROWS):
        yield items[start : start + BATCH_ROWS]


def _insert(filenames: Sequence[str], walk: Walk) -> None:
    now = timezone.now()
    columns = ["filename", "title", "added_date", "file_size", "modified_ns", *NO_FACTS]
    rows = [
        (name, title_of(name), _arrival(walk.files[name][2], now), *walk.files[name][:2], *NO_FACTS.values())
        for name in filenames
    ]
    # A file that another process added meanwhile is there already.
    insert_rows(Video, columns, rows, "(filename) DO NOTHING")


def _arrival(arrived_ns: int, now: datetime) -> Any:
    """Return when the file was put into the folder, so that a first scan of an old library keeps its order."""
    return as_stored(min(now, datetime.fromtimestamp(max(arrived_ns, 0) / 1e9, UTC)))


def _update(items: Sequence[tuple[int, str]], walk: Walk) -> None:
    statement = "UPDATE videos_video SET file_size = %s, modified_ns = %s, missing_since = NULL WHERE id = %s"
    with connection.cursor() as cursor:
        cursor.executemany(statement, [(*walk.files[name][:2], video_id) for video_id, name in items])


def _adopt(items: Sequence[tuple[int, str]], walk: Walk) -> None:
    statement = (
        "UPDATE videos_video SET filename = %s, added_date = %s, file_size = %s, modified_ns = %s, missing_since = NULL"
        " WHERE id = %s"
    )
    now = timezone.now()
    rows = [(name, _arrival(walk.files[name][2], now), *walk.files[name][:2], video_id) for video_id, name in items]
    with connection.cursor() as cursor:
        cursor.executemany(statement, rows)


def _mark_missing(video_ids: Sequence[int], walk: Walk) -> None:
    Video.objects.present().filter(pk__in=video_ids).update(missing_since=timezone.now())
