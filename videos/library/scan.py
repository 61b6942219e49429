"""The folder on disk -> rows: what is new, changed, gone, and back."""

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from videos.library.exclusions import why_passed_over
from videos.library.identity import names_changed_hands
from videos.library.paths import OutsideLibrary, Presence, open_video, presence
from videos.library.plan import compare, recognise
from videos.library.progress import Progress, silent
from videos.library.saving import save
from videos.library.sidecars import match_sidecars
from videos.library.skipped import Skipped, keep_skipped
from videos.library.walk import FolderUnusable, Scope, Walk, walk_library
from videos.locks import only_one
from videos.models import Video


@dataclass
class ScanSummary:
    """What a scan did, as numbers of files; what it passed over, by reason; {folder: files gone together}."""

    added: int = 0
    changed: int = 0
    moved: int = 0
    missing: int = 0
    back: int = 0
    unchanged: int = 0
    skipped: Skipped = field(default_factory=Skipped)
    disappeared: dict[str, int] = field(default_factory=dict)

    @property
    def found_changes(self) -> bool:
        return bool(self.added or self.changed or self.moved or self.missing or self.back)


def scan(
    root: Path,
    *,
    full: bool = False,
    scope: Scope | None = None,
    progress: Progress = silent,
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
        plan = compare(walk)
        if scope is not None and names_changed_hands(walk, plan.added, plan.changed + plan.back_changed):
            # Where the other files have gone, only a look at everything tells.
            walk = _walk(root, None, progress)
            plan = compare(walk)
        recognise(plan, walk, progress)
        if not walk.files and _any_of_the_library(plan.gone.values()) and not _sees_another(root, plan.gone):
            raise FolderUnusable(_unplugged(root, Video.objects.present().count()))
        disappeared = save(plan, walk, progress)
        match_sidecars(walk)
        if walk.scope is None:
            keep_skipped(walk.skipped)
    found = {
        "added": len(plan.added),
        "changed": len(plan.changed),
        "moved": len(plan.moved),
        "missing": len(plan.gone) + len(plan.displaced),
        "back": len(plan.back) + len(plan.back_changed) + len(plan.adopted),
    }
    saved = {kind: count - plan.refused[kind] for kind, count in found.items()}
    return ScanSummary(**saved, unchanged=plan.unchanged, skipped=walk.skipped, disappeared=disappeared)


def _walk(root: Path, scope: Scope | None, progress: Progress) -> Walk:
    expected = Video.objects.count() if scope is None else None
    # Told before the disk is touched: one that does not answer would leave the scan unheard of.
    progress("Looking", 0, expected or None)
    walk = walk_library(
        root,
        scope,
        leave_out=settings.GENERATED_DIR,
        on_folder=lambda files: progress("Looking", files, max(expected, files) if expected else None),
    )
    if expected and not walk.files and _any_of_the_library(Video.objects.values_list("filename", flat=True).iterator()):
        raise FolderUnusable(_unplugged(root, expected))
    return walk


def _any_of_the_library(filenames: Iterable[str]) -> bool:
    """Return whether one of the names is of a file that a scan looks at."""
    return any(why_passed_over(name) is None for name in filenames)


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
            walk.skipped.add(filename, f"cannot be read: {getattr(error, 'strerror', None) or error}")
        progress("Opening", done, len(walk.files))
