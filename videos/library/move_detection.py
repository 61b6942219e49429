"""Detect moved and renamed files: their videos keep their rows. Ambiguous cases are never guessed.

The evidence is in the plan's tables (diff.py), so that a million files that moved at once take no memory.
"""

import os
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from videos.core.batching import VALUES_AT_ONCE, batched
from videos.library.diff import Plan
from videos.library.exclusions import why_passed_over
from videos.library.file_status import FileStatus, signed
from videos.library.paths import OutsideLibrary, Presence, open_video, presence
from videos.library.walk import Scope, Walk
from videos.library.walker import walk_library
from videos.library.written_names import FORMS, NameMatcher
from videos.media.fingerprint import fingerprint
from videos.models import Video

# Device, inode, size in bytes, modified in ns: identifies a file without opening it.
_Identity = tuple[int, int, int, int]
_Names = Callable[[], Iterable[str]]
_SAME = "device = ? AND inode = ? AND size_bytes = ? AND modified_ns = ?"
_BY_IDENTITY = "USING (inode, device, size_bytes, modified_ns)"
_IS_TARGET = "kind IN ('added', 'changed', 'back_changed')"
_INDEX = "CREATE INDEX IF NOT EXISTS found_by_inode ON found (inode, device, size_bytes, modified_ns)"
_LOST = "INSERT OR IGNORE INTO lost VALUES (?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Known:
    """What the library knows about a video's file, wherever it is now."""

    video_id: int
    filename: str
    size_bytes: int
    modified_ns: int
    device: int | None
    inode: int | None
    content: str
    missing_since: datetime | None

    @property
    def identity(self) -> _Identity | None:
        if self.device is None or self.inode is None:
            return None
        return self.device, self.inode, self.size_bytes, self.modified_ns

    def as_lost(self, *, is_changed: bool) -> tuple[Any, ...]:
        evidence = (self.size_bytes, self.modified_ns, self.device, self.inode, self.content)
        return self.video_id, self.filename, *evidence, is_changed


def identity_of(status: FileStatus) -> _Identity:
    size_bytes, modified_ns, _arrived_ns, device, inode = status
    return signed(device), signed(inode), size_bytes, modified_ns


def find_moves(plan: Plan, root: Path, on_file: Callable[[int, int], None] = lambda done, total: None) -> None:
    """Fill the table `move` with the videos whose file has certainly moved, and their new names.

    Evidence in order: device and inode with size and date; then size and a fingerprint of the content. One file and one
    video must match only each other; if there is a copy, neither matches. `on_file` is called with (done, total) while
    contents are compared.
    """
    if not Video.objects.exists():
        return
    plan.scratch.run(_INDEX)
    _find_lost(plan)
    _find_lost_elsewhere(plan, root)
    if plan.scratch.value("SELECT 1 FROM lost LIMIT 1") is None:
        return
    plan.scratch.run("CREATE INDEX lost_by_inode ON lost (inode, device, size_bytes, modified_ns)")
    _find_by_identity(plan)
    _drop_better_copies(plan)
    _find_by_content(plan, root, on_file)


def _find_by_identity(plan: Plan) -> None:
    plan.scratch.run(
        "INSERT INTO move SELECT min(lost.video_id), min(found.name)"  # noqa: S608  our own words
        f" FROM lost JOIN found {_BY_IDENTITY} WHERE {_IS_TARGET}"
        " GROUP BY inode, device, size_bytes, modified_ns HAVING count(*) = 1"
    )


def names_changed_hands(plan: Plan, root: Path) -> bool:
    """Return whether a scan of a part of the library cannot tell what moved, as after renumbering episodes.

    That is so if a video's file has the name of another video, or a new name while its own name has another file.
    """
    plan.scratch.run(_INDEX)
    for known in _known_of_new_sizes(plan):
        if known.identity is None:
            continue
        kinds = {kind for (kind,) in plan.scratch.rows(f"SELECT kind FROM found WHERE {_SAME}", known.identity)}  # noqa: S608
        if kinds & {"changed", "back_changed"}:
            return True
        if "added" in kinds:
            beside = walk_library(root, Scope(frozenset([known.filename]))).files.get(known.filename)
            if beside is not None and identity_of(beside) != known.identity:
                return True
    return False


# --- the videos that may be one of the new files ---------------------------------------------------------------------


def _find_lost(plan: Plan) -> None:
    """Note the videos whose file is not under its name, and that are as large as one of the new files."""
    candidates = (
        "SELECT video_id, is_changed FROM unseen WHERE size_bytes IS NOT NULL AND modified_ns IS NOT NULL"  # noqa: S608
        f" AND size_bytes IN (SELECT size_bytes FROM found WHERE {_IS_TARGET})"
    )
    for batch in plan.scratch.batches(candidates):
        is_changed = dict(batch)
        lost = [known.as_lost(is_changed=bool(is_changed[known.video_id])) for known in _known(pk__in=list(is_changed))]
        plan.scratch.run(_LOST, lost)


def _find_lost_elsewhere(plan: Plan, root: Path) -> None:
    """Note missing videos as large as one of the new files, and those whose very file has a new name.

    The old name may be outside of the scanned part, or may have been there when it was scanned.
    """
    same_file = f"SELECT 1 FROM found WHERE {_IS_TARGET} AND {_SAME}"  # noqa: S608  our own words
    for known in _known_of_new_sizes(plan):
        if plan.scratch.value("SELECT 1 FROM unseen WHERE video_id = ?", (known.video_id,)):
            continue
        may_be_it = known.missing_since is not None or (
            known.identity is not None and plan.scratch.value(same_file, known.identity)
        )
        if may_be_it and _is_gone(root, known.filename):
            plan.scratch.run(_LOST, [known.as_lost(is_changed=False)])


def _known_of_new_sizes(plan: Plan) -> Iterator[Known]:
    sizes = f"SELECT DISTINCT size_bytes FROM found WHERE {_IS_TARGET} ORDER BY size_bytes"  # noqa: S608  our own words
    for batch in plan.scratch.batches(sizes):
        yield from _known(file_size__in=[size_bytes for (size_bytes,) in batch])


def _is_gone(root: Path, filename: str) -> bool:
    """Return whether no file has this name, or only one that scans skip."""
    return why_passed_over(filename) is not None or presence(root, filename) is Presence.GONE


def _known(**condition: Collection[int]) -> Iterator[Known]:
    ((lookup, values),) = condition.items()
    fields = ("pk", "filename", "file_size", "modified_ns", "device", "inode", "fingerprint", "missing_since")
    for part in batched(sorted(values), VALUES_AT_ONCE):
        wanted = {lookup: part, "file_size__isnull": False, "modified_ns__isnull": False}
        # Two queries, as each has an index for sizes or ids; a combined one would scan every row.
        for rows in (Video.objects.present(), Video.objects.missing()):
            for row in rows.filter(**wanted).values_list(*fields).iterator():
                yield Known(*row)


# --- who is who -----------------------------------------------------------------------------------------------------


def _drop_better_copies(plan: Plan) -> None:
    """Drop moves that are really a film overwritten by a better copy.

    The copy may have a row of its own if a scan saw it before it took the film's name. If nobody rated or tagged that
    row, the film keeps its row. A rated video, or one of a renumbered series, moves all the same, and the displaced
    video becomes missing.
    """
    alone = (
        "SELECT move.video_id FROM move JOIN found ON found.name = move.name JOIN lost ON lost.video_id = move.video_id"
        " WHERE found.kind IN ('changed', 'back_changed') AND found.video_id NOT IN (SELECT video_id FROM move)"
        " AND lost.name NOT IN (SELECT name FROM move)"
    )
    bare = [
        video_id
        for batch in plan.scratch.batches(alone)
        for video_id in Video.objects.without_marks(video_id for (video_id,) in batch)
    ]
    plan.scratch.run("DELETE FROM move WHERE video_id = ?", ((video_id,) for video_id in bare))


def _find_by_content(plan: Plan, root: Path, on_file: Callable[[int, int], None]) -> None:
    scratch = plan.scratch
    rest = "is_changed = 0 AND content <> '' AND size_bytes > 0 AND video_id NOT IN (SELECT video_id FROM move)"
    candidates = (
        "FROM found WHERE kind = 'added' AND name NOT IN (SELECT name FROM move)"  # noqa: S608  our own words
        f" AND size_bytes IN (SELECT size_bytes FROM lost WHERE {rest})"
    )
    total, done = scratch.value(f"SELECT count(*) {candidates}"), 0
    for batch in scratch.batches(f"SELECT name, size_bytes {candidates}"):
        contents = []
        for name, size_bytes in batch:
            if content := content_of(root, name, size_bytes):
                contents.append((name, size_bytes, content))
            done += 1
            on_file(done, total)
        scratch.run("INSERT INTO content VALUES (?, ?, ?)", contents)
    scratch.run(
        "INSERT INTO fit SELECT min(lost.video_id), min(content.name), size_bytes, content"  # noqa: S608  our own words
        f" FROM (SELECT * FROM lost WHERE {rest}) AS lost JOIN content USING (size_bytes, content)"
        " GROUP BY size_bytes, content HAVING count(*) = 1"
    )
    scratch.run("CREATE INDEX fit_by_content ON fit (size_bytes, content)")
    _drop_contents_still_there(plan, root)
    scratch.run("INSERT INTO move SELECT video_id, name FROM fit")


def _drop_contents_still_there(plan: Plan, root: Path) -> None:
    """Drop contents that another video's file has too, or may have because it cannot be read."""
    for batch in plan.scratch.batches("SELECT DISTINCT size_bytes FROM fit ORDER BY size_bytes"):
        rows = Video.objects.present().filter(file_size__in=[size_bytes for (size_bytes,) in batch])
        fields = ("pk", "filename", "file_size", "fingerprint")
        for video_id, filename, size_bytes, content in rows.values_list(*fields).iterator():
            lost = plan.scratch.value("SELECT 1 FROM lost WHERE video_id = ? AND is_changed = 0", (video_id,))
            if lost or size_bytes is None:
                continue
            if content := content or content_of(root, filename, size_bytes):
                same = "DELETE FROM fit WHERE size_bytes = ? AND content = ?"
                plan.scratch.run(same, [(size_bytes, content)])
            elif presence(root, filename) is not Presence.GONE:
                plan.scratch.run("DELETE FROM fit WHERE size_bytes = ?", [(size_bytes,)])


def content_of(root: Path, filename: str, size_bytes: int) -> str:
    """Return the fingerprint of a file of the library, or "" if it cannot be read."""
    try:
        descriptor = open_video(root, filename)
    except (OSError, OutsideLibrary):
        return ""
    try:
        return fingerprint(descriptor, size_bytes)
    except OSError:
        return ""
    finally:
        os.close(descriptor)


def find_waiting(
    waiting: dict[str, int], walk: Walk, new: _Names, names: _Names, *, by_bare_name: bool
) -> dict[int, str]:
    """Return {video id: name} of the new files that imported rows wait for; `waiting` is {name: id}.

    Such a row has the name that another system wrote, and gets the new file that this can mean (written_names.py). If
    two files are possible, new or known, or two rows want one file, none is assigned. Files in other folders count only
    in a library's first scan: later, another IMG_0001.mp4 is just a new file. `new` yields the names of new files,
    `names` those of all files.
    """
    left, found, new_names = dict(waiting), dict[int, str](), list(new()) if waiting else []
    if not (left and new_names):
        return {}
    among_new, among_all = NameMatcher(new_names), cache(lambda: NameMatcher(names()))
    for form in FORMS:
        _number, elsewhere = form
        if elsewhere and (not by_bare_name or walk.unread_folders):
            continue
        taken = set(found.values())
        wanted: dict[str, list[str]] = defaultdict(list)
        for written in left:
            for name in among_new.fitting(written, form):
                if name not in taken:
                    wanted[name].append(written)
        for name, wanting in wanted.items():
            if len(wanting) == 1 and wanting[0] in left and among_all().fitting(wanting[0], form) == [name]:
                found[left.pop(wanting[0])] = name
    return found
