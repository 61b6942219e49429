"""The video folder as it is on disk: every video file, and everything that was passed over, with the reason."""

import os
import posixpath
import stat
from collections import defaultdict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from pathlib import Path

from videos.library.paths import has_video_extension, is_inside, is_utf8, real_path
from videos.media.subtitles import EXTENSIONS as SUBTITLE_EXTENSIONS
from videos.media.subtitles import home_of, language_of_folder

# Size in bytes, modified, arrived (put here), device, inode. Dates are in nanoseconds since 1970.
FileStatus = tuple[int, int, int, int, int]


class FolderUnusable(Exception):
    """The video folder is missing, not a folder, unreadable, or empty. Its state says nothing about the videos."""


@dataclass(frozen=True)
class Scope:
    """A part of the library: some files by name, some folders (each with / at its end) with all that is in them."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()


@dataclass
class Walk:
    """Files by filename; (name, reason) of all that was skipped; the names below which nothing is known.

    `subtitles` are the subtitle files of the folders that were listed (`listed`), and `beside` the videos in them that
    a walk of single files passed by.
    """

    root: Path
    scope: Scope | None = None
    files: dict[str, FileStatus] = field(default_factory=dict)
    skipped: list[tuple[str, str]] = field(default_factory=list)
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
    if scope is not None:
        _list_homes(walk, scope, real_root)
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
    if end or any(part[:1] in ("", ".") or "\0" in part for part in parts):
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


def _list_homes(walk: Walk, scope: Scope, real_root: str) -> None:
    """List what decides over the subtitles seen: their videos' folders, and those for subtitles in these.

    A film that came has its subtitles in a folder that did not change, and a file in such a folder belongs to a film
    beside it.
    """
    listed = set(walk.listed)
    whole = tuple(scope.folders)
    homes = listed | {home_of(name) for name in (*scope.files, *(f"{folder}_" for folder in listed | scope.folders))}
    folders = [(home, 0) for home in homes]
    while folders:
        prefix, depth = folders.pop()
        if path := _plain_folder(walk, real_root, prefix):
            if prefix not in listed:
                listed.add(prefix)
                _walk_some(walk, path, prefix, (), real_root)
            if depth < _SUBTITLE_FOLDERS_DEEP and not prefix.startswith(whole):
                folders += [(f"{prefix}{name}/", depth + 1) for name in _subtitle_folders(path, depth)]


# Subs/ beside a film, and in it a folder for each film or language.
_SUBTITLE_FOLDERS_DEEP = 2


def _subtitle_folders(path: str, depth: int) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [
                entry.name
                for entry in entries
                if (depth or language_of_folder(entry.name) is not None) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        # That it cannot be read was noted when it was listed.
        return []


def _note_unread(walk: Walk, prefix: str, error: OSError) -> None:
    walk.unread_folders.append(prefix)
    walk.skipped.append((prefix or str(walk.root), f"the folder cannot be read: {error.strerror}"))


def is_subtitle(name: str) -> bool:
    """Return whether it is a subtitle file, or the index that says that the .sub beside it holds pictures."""
    extension = name.rpartition(".")[2].lower()
    return extension in SUBTITLE_EXTENSIONS or extension == "idx"


def _look_at(entry: os.DirEntry[str], prefix: str, real_root: str, walk: Walk, folders: list[tuple[str, str]]) -> None:
    name = entry.name
    is_folder = entry.is_dir(follow_symlinks=False)
    is_video = has_video_extension(name)
    if not (is_folder or is_video or entry.is_symlink()):
        if is_subtitle(name) and name[0] != "." and is_utf8(name):
            walk.subtitles.append(prefix + name)
        return
    filename = prefix + name
    if not (name.isascii() or is_utf8(name)):
        walk.skipped.append((filename, "the name is not UTF-8"))
    elif name[0] == ".":
        walk.skipped.append((filename, "hidden"))
    elif is_folder:
        if is_video:
            walk.skipped.append((filename, "a folder, not a video; the files in it are looked at"))
        folders.append((entry.path, f"{filename}/"))
    else:
        _look_at_file(entry, filename, is_video, real_root, walk)


def _look_at_file(entry: os.DirEntry[str], filename: str, is_video: bool, real_root: str, walk: Walk) -> None:
    try:
        if entry.is_symlink() and (reason := _link_problem(entry, is_video, real_root)):
            walk.skipped.append((filename, reason))
            return
        if not is_video:
            return
        status = entry.stat()
    except OSError as error:
        walk.unread_files.add(filename)
        walk.skipped.append((filename, f"cannot be read: {error.strerror}"))
        return
    if not stat.S_ISREG(status.st_mode):
        walk.skipped.append((filename, f"{_kind(status.st_mode)}, not a file"))
    # Asking the system for each of 100,000 files would double the cost of a walk; the mode answers for most.
    elif status.st_mode & 0o444 != 0o444 and not _may_read(status, entry.path):
        walk.unread_files.add(filename)
        walk.skipped.append((filename, "cannot be read: Permission denied"))
    else:
        walk.files[filename] = (
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_dev,
            status.st_ino,
        )


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
