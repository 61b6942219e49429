"""Removing the videos whose file is gone, as the disk itself shows, after a snapshot."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from django.conf import settings

from videos.analysis.artwork_store import remove_pictures
from videos.backup.exporter import backup_json
from videos.core.batching import batched
from videos.core.errors import LibraryError
from videos.db.locks import exclusive_lock
from videos.db.transactions import write_transaction
from videos.library.paths import Presence, presence
from videos.library.scan import scan
from videos.library.walker import root_identity, walk_library
from videos.maintenance.relink_candidates import undecided
from videos.models import Tag, Video

# If a library of this many videos would lose more than this share, its disk is probably disconnected.
BRAKE_FROM_VIDEOS = 10
BRAKE_SHARE = 0.2
_IDS_AT_ONCE = 5_000


class CleanupRefused(LibraryError):
    """The folder looks unmounted, or too many videos would be removed. Nothing was changed."""


@dataclass
class Orphans:
    """The videos whose file is gone, {id: filename}; the tags unused without them; the files that could not be checked.

    `undecided` names the videos that are kept because they have candidates for relinking.
    """

    videos: dict[int, str] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    undecided: list[str] = field(default_factory=list)
    library_size: int = 0
    root_identity: tuple[int, int] = (0, 0)
    backup: Path | None = None


# Times in which a video that went missing is not removed: (start, end), …
Spans = Sequence[tuple[datetime, datetime]]


def find_orphans(
    root: Path, *, missing_before: datetime | None = None, but_not: Spans = (), force: bool = False
) -> Orphans:
    """Return what `remove_orphans` would remove. Raises FolderUnusable or CleanupRefused."""
    orphans = Orphans(root_identity=root_identity(root))
    there = False
    allowed = _long_gone(missing_before, but_not) if missing_before else None
    for video_id, filename in Video.objects.values_list("pk", "filename").iterator(chunk_size=_IDS_AT_ONCE):
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
    """Keep the videos that have candidates for relinking: their stars and tags would be lost."""
    ids = list(orphans.videos)
    for part in batched(ids, _IDS_AT_ONCE):
        for video_id in sorted(undecided(part)):
            orphans.undecided.append(orphans.videos.pop(video_id))


def _long_gone(missing_before: datetime, but_not: Spans) -> frozenset[int]:
    """Return the videos that an automatic cleanup may remove.

    Not those that went missing together with their folder, not imported videos that still wait for their file, and not
    those with markers, which are not part of the snapshot.
    """
    missing = Video.objects.filter(missing_since__lt=missing_before, missing_batch=None, file_size__isnull=False)
    for span in but_not:
        missing = missing.exclude(missing_since__range=span)
    return frozenset(missing.filter(markers=None).values_list("pk", flat=True))


def _refuse_another_root(root: Path, orphans: Orphans) -> None:
    if root_identity(root) != orphans.root_identity:
        raise CleanupRefused(f"The folder {root} changed meanwhile: was its disk unplugged? Nothing was removed.")


def remove_orphans(
    root: Path, backups: Path, *, force: bool = False, missing_before: datetime | None = None, but_not: Spans = ()
) -> Orphans:
    """Remove the orphans with all their marks, after a snapshot into `backups`, and return what was removed.

    In one transaction, so that the snapshot holds exactly what is removed, and a crash changes nothing. `force` removes
    any share of the library, and undecided videos, too. A folder that is missing, empty or unreadable is refused in any
    case. With `missing_before`, as the worker calls it, only videos are removed that went missing before then, not in
    `but_not` (while the clock was wrong), and not with their folder; and no tags. Raises FolderUnusable, CleanupRefused
    or Busy; nothing was changed then.
    """
    with exclusive_lock("cleanup_orphans", "Another cleanup is running."):
        orphans = _find_checked(root, missing_before, but_not, force)
        if _may_have_moved(root, orphans.videos):
            # A file that was renamed since the last scan is no orphan.
            scan(root)
            orphans = _find_checked(root, missing_before, but_not, force)
        if not (orphans.videos or orphans.tags):
            return orphans
        with write_transaction():
            orphans.videos = _still_gone(root, orphans.videos)
            _refuse_another_root(root, orphans)
            orphans.backup = backup_json(backups)
            ids = list(orphans.videos)
            for part in batched(ids, _IDS_AT_ONCE):
                Video.objects.filter(pk__in=part).delete()
            if missing_before is None:
                unused = Tag.objects.unused()
                orphans.tags = list(unused.values_list("name", flat=True))
                unused.delete()
        remove_pictures(settings.GENERATED_DIR, ids)
        return orphans


def _find_checked(root: Path, missing_before: datetime | None, but_not: Spans, force: bool) -> Orphans:
    orphans = find_orphans(root, missing_before=missing_before, but_not=but_not, force=force)
    if not force and (problem := brake_problem(orphans)):
        raise CleanupRefused(problem)
    return orphans


def _may_have_moved(root: Path, orphans: dict[int, str]) -> bool:
    """Return whether there is an unknown file with the size or the name, apart from the extension, of an orphan."""
    sizes: set[int | None] = set()
    ids = list(orphans)
    for part in batched(ids, _IDS_AT_ONCE):
        sizes.update(Video.objects.filter(pk__in=part).values_list("file_size", flat=True))
    if not sizes:
        return False
    files = walk_library(root, leave_out=settings.GENERATED_DIR).files
    known = set(Video.objects.values_list("filename", flat=True).iterator(chunk_size=_IDS_AT_ONCE))
    stems = {posixpath.splitext(name)[0] for name in orphans.values()}
    new = ((name, status) for name, status in files.items() if name not in known)
    return any(status[0] in sizes or posixpath.splitext(name)[0] in stems for name, status in new)


def _still_gone(root: Path, found: dict[int, str]) -> dict[int, str]:
    """Return those that are still gone, now that the write lock is held, and still have the same name."""
    ids = list(found)
    gone: dict[int, str] = {}
    for part in batched(ids, _IDS_AT_ONCE):
        rows = Video.objects.filter(pk__in=part).values_list("pk", "filename")
        gone |= {pk: name for pk, name in rows if found[pk] == name and presence(root, name) is Presence.GONE}
    return gone


def brake_problem(orphans: Orphans) -> str | None:
    """Return why this is too much to remove without --force, or None."""
    going, all_videos = len(orphans.videos), orphans.library_size
    if all_videos < BRAKE_FROM_VIDEOS or going <= BRAKE_SHARE * all_videos:
        return None
    return (
        f"{going:,} of {all_videos:,} videos would go, more than {BRAKE_SHARE:.0%}: is a disk unplugged?"
        " Nothing was removed. If they are really gone, run it again with --force."
    )


def _tags_left_unused(going: dict[int, str]) -> list[str]:
    """Return the names of the tags that no video has once these are removed."""
    used: set[int] = set()
    for video_id, tag_id in Video.tags.through.objects.values_list("video_id", "tag_id").iterator(
        chunk_size=_IDS_AT_ONCE
    ):
        if video_id not in going:
            used.add(tag_id)
    return [name for pk, name in Tag.objects.values_list("pk", "name") if pk not in used]
