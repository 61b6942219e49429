"""Scan the video folder into the rows: what is new, changed, gone, and back."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from videos.core.problems import Problem
from videos.core.progress import Phase, Progress, silent
from videos.core.work_errors import Failure
from videos.db.locks import exclusive_lock
from videos.db.transactions import unmapped
from videos.library.apply_plan import save
from videos.library.diff import Plan, compare, rows_in_order
from videos.library.exclusions import why_passed_over
from videos.library.move_detection import names_changed_hands
from videos.library.move_plan import recognize_moves
from videos.library.paths import OutsideLibrary, Presence, open_video, presence
from videos.library.sidecars import match_sidecars
from videos.library.skipped_files import Skipped, keep_skipped
from videos.library.walk import Scope, Seen, Walk
from videos.library.walker import FolderUnusable, files_in_order
from videos.models import Video


@dataclass
class ScanSummary:
    """The result of a scan: numbers of files; skipped files by reason; {folder: files gone together}."""

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
    """Update the rows from the folder, or from a part of it, and return a summary.

    `full` opens every file to see whether it can be read. Raises FolderUnusable if the folder's state says nothing
    about the videos (missing, unreadable, or empty while the library has videos), and Busy if another scan runs;
    nothing has changed then.
    """
    with exclusive_lock("scan", "Another scan of this library is running."), unmapped():
        walk, plan = _compare_with_disk(root, scope, full, progress)
        try:
            if scope is not None and names_changed_hands(plan, root):
                # Only a scan of the whole folder can tell where the other files went.
                plan.close()
                walk, plan = _compare_with_disk(root, None, full, progress)
            recognize_moves(plan, walk, progress)
            if not walk.found and _any_of_the_library(plan.gone_names()) and not _any_other_present(root, plan):
                raise _unplugged(root, Video.objects.present().count())
            disappeared = save(plan, walk, progress)
        finally:
            plan.close()
        match_sidecars(walk)
        if walk.scope is None:
            keep_skipped(walk.skipped)
    saved = {kind: plan.saved[kind] for kind in ("added", "changed", "moved", "missing", "back")}
    return ScanSummary(**saved, unchanged=plan.unchanged, skipped=walk.skipped, disappeared=disappeared)


def _compare_with_disk(root: Path, scope: Scope | None, full: bool, progress: Progress) -> tuple[Walk, Plan]:
    """Return what is on disk, and how it differs from the rows. Writes nothing. Close the plan."""
    walk, plan = Walk(root, scope), Plan()
    try:
        expected = Video.objects.count() if scope is None else None
        # Report before touching the disk: if it does not respond, the page must show that a scan runs.
        progress(Phase.READING_FOLDER, 0, expected or None)
        seen: Iterable[list[Seen]] = files_in_order(
            walk,
            leave_out=settings.GENERATED_DIR,
            on_folder=lambda files: progress(Phase.READING_FOLDER, files, max(expected, files) if expected else None),
        )
        compare(plan, walk, _opened(walk, seen) if full else seen)
        if expected and not walk.found and _any_of_the_library(row[0] for row in rows_in_order(None)):
            raise _unplugged(root, expected)
    except BaseException:
        plan.close()
        raise
    return walk, plan


def _any_of_the_library(filenames: Iterable[str]) -> bool:
    """Return whether one of the names is a file that scans do not skip."""
    return any(why_passed_over(name) is None for name in filenames)


def _any_other_present(root: Path, plan: Plan) -> bool:
    """Return whether any video is present besides those that the partial scan did not find."""
    names = Video.objects.present().values_list("pk", "filename").iterator()
    return any(not plan.is_gone(pk) and presence(root, filename) is Presence.THERE for pk, filename in names)


def _unplugged(root: Path, known: int) -> FolderUnusable:
    return FolderUnusable.because(Failure.NO_VIDEO_SEEN, folder=str(root), known=known)


def _opened(walk: Walk, seen: Iterable[list[Seen]]) -> Iterator[list[Seen]]:
    """Yield the same files; those that cannot be opened get no status."""
    for files in seen:
        yield [(name, status if status is not None and _opens(walk, name) else None) for name, status in files]


def _opens(walk: Walk, filename: str) -> bool:
    try:
        descriptor = open_video(walk.root, filename)
        try:
            os.read(descriptor, 1)
        finally:
            os.close(descriptor)
    except (OSError, OutsideLibrary) as error:
        walk.found -= 1
        walk.skipped.add(filename, f"{Problem.UNREADABLE.sentence}: {getattr(error, 'strerror', None) or error}")
        return False
    return True
