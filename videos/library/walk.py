"""The video folder as it is on disk: every video file, and everything that was passed over, with the reason."""

import os
import posixpath
import stat
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from videos.library.exclusions import is_hidden, why_entry_passed_over, why_passed_over
from videos.library.extensions import OTHER_EXTENSIONS, extension_of, has_video_extension
from videos.library.file_status import FileStatus, file_status
from videos.library.paths import is_inside, is_utf8, real_path
from videos.library.skipped import Skipped
from videos.media.subtitles import EXTENSIONS as SUBTITLE_EXTENSIONS

# From this size on a file may be a video, whatever its extension says.
LARGE_BYTES = 50 * 1000 * 1000
UNKNOWN_EXTENSION = "not a known video extension"


class FolderUnusable(Exception):
    """The video folder is missing, not a folder, unreadable, or empty. Its state says nothing about the videos."""


@dataclass(frozen=True)
class Scope:
    """A part of the library: some files by name, some folders (each with / at its end) with all that is in them."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()


@dataclass
class Walk:
    """Files by filename; what was skipped, with the reason; the names below which nothing is known.

    `subtitles` are the subtitle files of the folders that were listed (`listed`), and `beside` the videos in them that
    a walk of single files passed by.
    """

    root: Path
    scope: Scope | None = None
    files: dict[str, FileStatus] = field(default_factory=dict)
    skipped: Skipped = field(default_factory=Skipped)
    unread_folders: list[str] = field(default_factory=list)
    unread_files: set[str] = field(default_factory=set)
    listed: list[str] = field(default_factory=list)
    subtitles: list[str] = field(default_factory=list)
    beside: list[str] = field(default_factory=list)

    def knows(self, filename: str) -> bool:
        """Return whether the walk could have seen this file: it lies in no folder that could not be read."""
        return filename not in self.unread_files and not filename.startswith(tuple(self.unread_folders))


def check_root(root: Path) -> str:
    """Return the real path of the video folder. Raises FolderUnusable."""
    try:
        if not root.exists():
            raise FolderUnusable(f"The video folder {root} does not exist. Is its disk connected?")
        if not root.is_dir():
            raise FolderUnusable(f"{root} is not a folder.")
        with os.scandir(root):
            return os.path.realpath(root)
    except OSError as error:
        raise FolderUnusable(f"The video folder {root} cannot be read: {error.strerror}.") from error


def root_identity(root: Path) -> tuple[int, int]:
    """Return what tells the folder from another in its place, such as an empty mount point. Raises FolderUnusable."""
    status = os.stat(check_root(root))
    return status.st_dev, status.st_ino


def walk_library(
    root: Path,
    scope: Scope | None = None,
    *,
    leave_out: Path | None = None,
    on_folder: Callable[[int], None] = lambda files: None,
) -> Walk:
    """Walk `root` recursively, or that part of it, and return what is there.

    `leave_out` is a folder never entered (the generated pictures); `on_folder` hears the number of files so far.
    Raises FolderUnusable, also where the root changes meanwhile.
    """
    real_root, before = check_root(root), root_identity(root)
    walk = Walk(root, scope)
    left_out = os.path.realpath(leave_out) if leave_out else None
    folders = [(real_root, "")] if scope is None else _walk_files(walk, scope, real_root)
    while folders:
        path, prefix = folders.pop()
        if path == left_out:
            continue
        try:
            with os.scandir(path) as entries:
                for entry in entries:
                    _look_at(entry, prefix, real_root, walk, folders)
            walk.listed.append(prefix)
        except OSError as error:
            _note_unread(walk, prefix, error)
        on_folder(len(walk.files))
    if "" in walk.unread_folders or root_identity(root) != before:
        raise FolderUnusable(f"The video folder {root} changed while it was being read. Was its disk unplugged?")
    return walk


def _walk_files(walk: Walk, scope: Scope, real_root: str) -> list[tuple[str, str]]:
    """Look at the single files of the scope, and return its folders as (path, prefix)."""
    by_folder = defaultdict(set)
    for filename in scope.files:
        by_folder[filename[: filename.rfind("/") + 1]].add(posixpath.basename(filename))
    for prefix, names in by_folder.items():
        if path := _plain_folder(walk, real_root, prefix):
            _walk_some(walk, path, prefix, names, real_root)
    folders = [(_plain_folder(walk, real_root, prefix), prefix) for prefix in scope.folders]
    return [(path, prefix) for path, prefix in folders if path]


def _plain_folder(walk: Walk, real_root: str, prefix: str) -> str | None:
    """Return the path of a folder that is there and reached without links, or None."""
    *parts, end = prefix.split("/")
    if end or not {"", ".", ".."}.isdisjoint(parts) or "\0" in prefix:
        return None
    if parts and why_passed_over("/".join(parts), is_folder=True):
        return None
    path = os.path.join(real_root, prefix).rstrip("/")
    try:
        is_folder = stat.S_ISDIR(os.lstat(path).st_mode) and real_path(path, strict=True) == path
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        _note_unread(walk, prefix, error)
        return None
    return path if is_folder else None


def _walk_some(walk: Walk, path: str, prefix: str, names: Collection[str], real_root: str) -> None:
    try:
        with os.scandir(path) as entries:
            for entry in entries:
                if entry.name not in names and has_video_extension(entry.name):
                    walk.beside.append(prefix + entry.name)
                elif entry.name in names or is_subtitle(entry.name):
                    _look_at(entry, prefix, real_root, walk, [])
        walk.listed.append(prefix)
    except OSError as error:
        _note_unread(walk, prefix, error)


def _note_unread(walk: Walk, prefix: str, error: OSError) -> None:
    walk.unread_folders.append(prefix)
    walk.skipped.add(prefix or str(walk.root), f"the folder cannot be read: {error.strerror}")


def is_subtitle(name: str) -> bool:
    """Return whether it is a subtitle file, or the index that says that the .sub beside it holds pictures."""
    extension = name.rpartition(".")[2].lower()
    return extension in SUBTITLE_EXTENSIONS or extension == "idx"


def _look_at(entry: os.DirEntry[str], prefix: str, real_root: str, walk: Walk, folders: list[tuple[str, str]]) -> None:
    name = entry.name
    is_folder = entry.is_dir(follow_symlinks=False)
    is_video = has_video_extension(name)
    if not (is_folder or is_video or entry.is_symlink()):
        if is_subtitle(name):
            if not is_hidden(name) and is_utf8(name):
                walk.subtitles.append(prefix + name)
        elif extension_of(name) not in OTHER_EXTENSIONS:
            _name_if_large(entry, prefix, walk)
        return
    filename = prefix + name
    if not (name.isascii() or is_utf8(name)):
        walk.skipped.add(filename, "the name is not UTF-8")
    elif reason := why_entry_passed_over(filename, is_folder=is_folder):
        walk.skipped.add(filename, reason)
    elif is_folder:
        if is_video:
            walk.skipped.add(filename, "a folder, not a video; the files in it are looked at")
        folders.append((entry.path, f"{filename}/"))
    else:
        _look_at_file(entry, filename, is_video, real_root, walk)


def _name_if_large(entry: os.DirEntry[str], prefix: str, walk: Walk) -> None:
    """Name a file as large as a video whose extension is none that is known: nothing vanishes without a word."""
    filename = prefix + entry.name
    try:
        status = entry.stat()
    except OSError:
        return
    if status.st_size >= LARGE_BYTES and stat.S_ISREG(status.st_mode) and not why_entry_passed_over(filename):
        walk.skipped.add(filename, UNKNOWN_EXTENSION)


def _look_at_file(entry: os.DirEntry[str], filename: str, is_video: bool, real_root: str, walk: Walk) -> None:
    try:
        if entry.is_symlink() and (reason := _link_problem(entry, is_video, real_root)):
            walk.skipped.add(filename, reason)
            return
        if not is_video:
            return
        status = entry.stat()
    except OSError as error:
        walk.unread_files.add(filename)
        walk.skipped.add(filename, f"cannot be read: {error.strerror}")
        return
    if not stat.S_ISREG(status.st_mode):
        walk.skipped.add(filename, f"{_kind(status.st_mode)}, not a file")
    # Asking the system for each of 100,000 files would double the cost of a walk; the mode answers for most.
    elif status.st_mode & 0o444 != 0o444 and not _may_read(status, entry.path):
        walk.unread_files.add(filename)
        walk.skipped.add(filename, "cannot be read: Permission denied")
    else:
        walk.files[filename] = file_status(status)


def _link_problem(entry: os.DirEntry[str], is_video: bool, real_root: str) -> str | None:
    try:
        target = real_path(entry.path)
    except OSError:
        return "a link that leads through too many others"
    if not is_inside(target, real_root) and target != real_root:
        return "a link that leaves the video folder"
    if os.path.isdir(target):
        return "a link to a folder; its files are found where they are"
    if is_video and not os.path.exists(target):
        return "a link to nothing"
    return None


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a FIFO"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"


def _may_read(status: os.stat_result, path: str) -> bool:
    # Asked anew each time: a server that root starts may give up root's rights after this module was imported.
    uid = os.geteuid()
    own_and_readable = status.st_uid == uid and status.st_mode & stat.S_IRUSR
    return bool(uid == 0 or own_and_readable) or os.access(path, os.R_OK)
