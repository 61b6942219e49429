"""What is on the disk against what the rows say: what a scan has to write."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from videos.library.file_status import signed
from videos.library.identity import chunks, find_moves, find_waiting
from videos.library.paths import other_than_video
from videos.library.progress import Progress
from videos.library.walk import Scope, Walk
from videos.models import Video

# Id, size in bytes, modified in ns, missing since, device, inode.
Row = tuple[int, int | None, int | None, Any, int | None, int | None]


@dataclass
class Plan:
    """What is to be done; `unseen` are the rows whose file was not found under its name."""

    unseen: dict[str, Row] = field(default_factory=dict)
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
    refused: Counter[str] = field(default_factory=Counter)


def compare(walk: Walk) -> Plan:
    plan = Plan(unseen=_known_rows(walk.scope))
    rows = plan.unseen
    plan.knows_nothing_yet = walk.scope is None and all(row[1] is None for row in rows.values())
    for filename, (size_bytes, modified_ns, _arrived_ns, device, inode) in walk.files.items():
        row = rows.pop(filename, None)
        if row is None:
            if reason := other_than_video(walk.root, filename, size_bytes):
                walk.skipped.add(filename, reason)
            else:
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


def _known_rows(scope: Scope | None) -> dict[str, Row]:
    """Return {filename: row} of the library, or that part of it."""
    columns = ("filename", "id", "file_size", "modified_ns", "missing_since", "device", "inode")
    if scope is None:
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {', '.join(columns)} FROM videos_video")  # noqa: S608
            return {row[0]: row[1:] for row in cursor.fetchall()}
    parts = [Video.objects.filter(filename__in=part) for part in chunks(sorted(scope.files))]
    parts += [Video.objects.below(folder) for folder in sorted(scope.folders)]
    return {row[0]: row[1:] for part in parts for row in part.values_list(*columns)}


def recognise(plan: Plan, walk: Walk, progress: Progress) -> None:
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
