"""Rows whose file is gone for good: found by looking at the disk itself, kept in a snapshot, then removed."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from videos.analysis.artwork_store import remove_pictures
from videos.backup.exporter import backup_json
from videos.core.errors import LibraryError
from videos.db.locks import only_one
from videos.db.transactions import write_transaction
from videos.library.paths import Presence, presence
from videos.library.scan import scan
from videos.library.walker import root_identity, walk_library
from videos.maintenance.relink import undecided
from videos.models import Tag, Video

# A library of this many videos that would lose more than this share has probably lost its disk instead.
BRAKE_FROM_VIDEOS = 10
BRAKE_SHARE = 0.2
_CHUNK = 5_000


class CleanupRefused(LibraryError):
    """The folder looks unmounted, or too much would go. Nothing was changed."""


@dataclass
class Orphans:
    """The rows whose file is gone, {id: filename}; the tags nobody uses then; the files that could not be looked at.

    `undecided` names those that stay because a file that may be theirs is offered, and nobody has decided about it.
    """

    videos: dict[int, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    library_size: int = 0
    root_identity: tuple[int, int] = (0, 0)
    backup: Path | None = None


# Times in which nothing may have gone missing that is to be removed: (start, end), …
Spans = Sequence[tuple[datetime, datetime]]


def find_orphans(
    root: Path, *, missing_before: datetime | None = None, but_not: Spans = (), force: bool = False
) -> Orphans:
    """Return what `remove_orphans` would remove. Raises FolderUnusable or CleanupRefused."""
    orphans = Orphans(root_identity=root_identity(root))
    there = False
    allowed = _long_gone(missing_before, but_not) if missing_before else None
    for video_id, filename in Video.objects.values_list("pk", "filename").iterator(chunk_size=_CHUNK):
        orphans.library_size += 1
        state = presence(root, filename)
        if state is Presence.GONE:
            if allowed is None or video_id in allowed:
                orphans.videos[video_id] = filename
        elif state is Presence.UNKNOWN:
            orphans.unknown.append(filename)
        else:
            there = True
    if orphans.videos and not there and not walk_library(root).files:
        raise CleanupRefused(f"No video can be seen in {root}: is its disk connected? Nothing was removed.")
    _refuse_another_root(root, orphans)
    if not force:
        _keep_undecided(orphans)
    orphans.tags = _tags_left_unused(orphans.videos) if allowed is None else []
    return orphans


def _keep_undecided(orphans: Orphans) -> None:
    """Take out the videos whose file may be there under another name: their stars and tags would be lost for it."""
    ids = list(orphans.videos)
    for start in range(0, len(ids), _CHUNK):
        for video_id in sorted(undecided(ids[start : start + _CHUNK])):
            orphans.undecided.append(orphans.videos.pop(video_id))


def _long_gone(missing_before: datetime, but_not: Spans) -> frozenset[int]:
    """Return the videos that an automatic cleanup may take.

    Neither those that went missing together with their folder, nor what an import left waiting for its file, nor what
    has markers: the snapshot does not hold them.
    """
    missing = Video.objects.filter(missing_since__lt=missing_before, disappearance=None, file_size__isnull=False)
    for span in but_not:
        missing = missing.exclude(missing_since__range=span)
    return frozenset(missing.filter(markers=None).values_list("pk", flat=True))


def _refuse_another_root(root: Path, orphans: Orphans) -> None:
    if root_identity(root) != orphans.root_identity:
        raise CleanupRefused(f"The folder {root} changed meanwhile: was its disk unplugged? Nothing was removed.")


def remove_orphans(
    root: Path, backups: Path, *, force: bool = False, missing_before: datetime | None = None, but_not: Spans = ()
) -> Orphans:
    """Remove the orphans and all that hangs on them, after a snapshot into `backups`, and return what went.

    One transaction: the snapshot holds exactly what goes, and a crash leaves everything. `force` releases the brake on
    the share, and removes those that are undecided, too; a folder that is missing, empty or unreadable is never taken
    for a library without files. With
    `missing_before`, as the worker calls it, only videos missed before then (and `but_not` in these times, after a
    wrong clock) and not together with their folder go, and no tags. Raises FolderUnusable, CleanupRefused or Busy;
    nothing has changed then.
    """
    with only_one("cleanup_orphans", "Another cleanup is running."):
        orphans = _find_with_brake(root, missing_before, but_not, force)
        if _may_have_moved(root, orphans.videos):
            # What was only renamed since the last scan is no orphan.
            scan(root)
            orphans = _find_with_brake(root, missing_before, but_not, force)
        if not (orphans.videos or orphans.tags):
            return orphans
        with write_transaction():
            orphans.videos = _still_gone(root, orphans.videos)
            _refuse_another_root(root, orphans)
            orphans.backup = backup_json(backups)
            ids = list(orphans.videos)
            for start in range(0, len(ids), _CHUNK):
                Video.objects.filter(pk__in=ids[start : start + _CHUNK]).delete()
            if missing_before is None:
                unused = Tag.objects.unused()
                orphans.tags = list(unused.values_list("name", flat=True))
                unused.delete()
        remove_pictures(settings.GENERATED_DIR, ids)
        return orphans


def _find_with_brake(root: Path, missing_before: datetime | None, but_not: Spans, force: bool) -> Orphans:
    orphans = find_orphans(root, missing_before=missing_before, but_not=but_not, force=force)
    if not force and (problem := brake_problem(orphans)):
        raise CleanupRefused(problem)
    return orphans


def _may_have_moved(root: Path, orphans: dict[int, str]) -> bool:
    """Return whether there is a file that no scan has seen, as large as one of the orphans was, or called like one."""
    sizes: set[int | None] = set()
    ids = list(orphans)
    for start in range(0, len(ids), _CHUNK):
        sizes.update(Video.objects.filter(pk__in=ids[start : start + _CHUNK]).values_list("file_size", flat=True))
    if not sizes:
        return False
    files = walk_library(root, leave_out=settings.GENERATED_DIR).files
    known = set(Video.objects.values_list("filename", flat=True).iterator(chunk_size=_CHUNK))
    stems = {posixpath.splitext(name)[0] for name in orphans.values()}
    new = ((name, status) for name, status in files.items() if name not in known)
    return any(status[0] in sizes or posixpath.splitext(name)[0] in stems for name, status in new)


def _still_gone(root: Path, found: dict[int, str]) -> dict[int, str]:
    """Return those that are gone under the lock, too: neither back nor known by another name since."""
    ids = list(found)
    gone: dict[int, str] = {}
    for start in range(0, len(ids), _CHUNK):
        rows = Video.objects.filter(pk__in=ids[start : start + _CHUNK]).values_list("pk", "filename")
        gone |= {pk: name for pk, name in rows if found[pk] == name and presence(root, name) is Presence.GONE}
    return gone


def brake_problem(orphans: Orphans) -> str | None:
    """Return why this is too much to remove without being told twice, or None."""
    going, all_videos = len(orphans.videos), orphans.library_size
    if all_videos < BRAKE_FROM_VIDEOS or going <= BRAKE_SHARE * all_videos:
        return None
    return (
        f"{going:,} of {all_videos:,} videos would go, more than {BRAKE_SHARE:.0%}: is a disk unplugged?"
        " Nothing was removed. If they are really gone, run it again with --force."
    )


def _tags_left_unused(going: dict[int, str]) -> list[str]:
    """Return the names of the tags that no video carries once these are gone."""
    used: set[int] = set()
    for video_id, tag_id in Video.tags.through.objects.values_list("video_id", "tag_id").iterator(chunk_size=_CHUNK):
        if video_id not in going:
            used.add(tag_id)
    return [name for pk, name in Tag.objects.values_list("pk", "name") if pk not in used]
