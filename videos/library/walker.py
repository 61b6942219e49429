"""Walk the video folder: every video file, and every skipped file with the reason.

Files come in the order of their names' bytes, folder after folder, so that a scan can compare them with rows in the
same order without holding either in memory.
"""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from videos.core.work_errors import Failure, WorkFailed
from videos.library.folder_listing import Entry
from videos.library.folder_reader import MAX_ENTRIES_IN_MEMORY, FolderReader
from videos.library.walk import Scope, Seen, Walk


class FolderUnusable(WorkFailed):
    """The video folder is missing, not a folder, unreadable, or empty. This says nothing about the videos."""


def check_root(root: Path) -> str:
    """Return the real path of the video folder. Raises FolderUnusable."""
    try:
        if not root.exists():
            raise FolderUnusable.because(Failure.FOLDER_MISSING, folder=str(root))
        if not root.is_dir():
            raise FolderUnusable.because(Failure.NOT_A_FOLDER, folder=str(root))
        with os.scandir(root):
            return os.path.realpath(root)
    except OSError as error:
        raise FolderUnusable.because(Failure.FOLDER_UNREADABLE, folder=str(root), reason=str(error.strerror)) from error


def root_identity(root: Path) -> tuple[int, int]:
    """Return (device, inode) of the folder; an empty mount point in its place has others. Raises FolderUnusable."""
    status = os.stat(check_root(root))
    return status.st_dev, status.st_ino


def walk_library(
    root: Path,
    scope: Scope | None = None,
    *,
    leave_out: Path | None = None,
    on_folder: Callable[[int], None] = lambda files: None,
) -> Walk:
    """Walk `root` recursively, or a part of it, and return everything found. Raises FolderUnusable."""
    walk = Walk(root, scope)
    for seen in files_in_order(walk, leave_out=leave_out, on_folder=on_folder):
        for filename, status in seen:
            if status is None:
                walk.unread_files.add(filename)
            else:
                walk.files[filename] = status
    return walk


def files_in_order(
    walk: Walk, *, leave_out: Path | None = None, on_folder: Callable[[int], None] = lambda files: None
) -> Iterator[list[Seen]]:
    """Yield the videos in the order of their names' bytes, in lists, and note everything else in `walk`.

    `leave_out` is a folder never entered (the generated pictures); `on_folder` is called with the number of files so
    far. Raises FolderUnusable, also at the end if the root changed meanwhile: what was yielded is then void.
    """
    real_root, before = check_root(walk.root), root_identity(walk.root)
    reader = FolderReader(walk, real_root, os.path.realpath(leave_out) if leave_out else None, on_folder)
    pending: list[Iterator[Entry]] = [reader.first_entries()]
    while pending:
        files: list[Seen] = []
        folder = None
        for entry in pending[-1]:
            if entry[0][-1:] in ("/", ""):
                folder = entry[0]
                break
            files.append(entry)
            if len(files) == MAX_ENTRIES_IN_MEMORY:
                break
        else:
            pending.pop()
        if files:
            yield files
        if folder is not None:
            pending.append(iter(reader.list_folder(folder)))
    if walk.scope is not None:
        reader.list_homes(walk.scope)
    if "" in walk.unread_folders or root_identity(walk.root) != before:
        raise FolderUnusable.because(Failure.FOLDER_CHANGED, folder=str(walk.root))
