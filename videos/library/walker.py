"""The video folder as it is on disk: every video file, and everything that was passed over, with the reason.

Files come in the order of their names' bytes, folder after folder, so that a scan can hold them against rows in the
same order without keeping either.
"""

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings

from videos.core.errors import LibraryError
from videos.library.exclusions import is_hidden, why_entry_passed_over, why_passed_over
from videos.library.extensions import OTHER_EXTENSIONS, extension_of, has_video_extension
from videos.library.file_status import FileStatus, file_status
from videos.library.folder_listing import Entry, SortedOnDisk, is_subtitle, kind_of, may_read, name_of, subtitle_folders
from videos.library.paths import DEAD_LINK, is_utf8, link_problem, real_path
from videos.library.skipped_files import Skipped
from videos.media.subtitles.names import home_of

# From this size on a file may be a video, whatever its extension says.
LARGE_BYTES = 50 * 1000 * 1000
UNKNOWN_EXTENSION = "not a known video extension"
# A folder with more entries than this is sorted on disk.
MAX_ENTRIES_IN_MEMORY = 10_000
# Subs/ beside a film, and in it a folder for each film or language.
_SUBTITLE_FOLDERS_DEEP = 2

# A video file by its name, with None where nothing can be known of it now.
Seen = tuple[str, FileStatus | None]


class FolderUnusable(LibraryError):
    """The video folder is missing, not a folder, unreadable, or empty. Its state says nothing about the videos."""


@dataclass(frozen=True)
class Scope:
    """A part of the library: some files by name, some folders (each with / at its end) with all that is in them."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()

    def parts(self) -> list[str]:
        """Return the files and folders in the order of their bytes, without what lies in another of the folders."""
        if "" in self.folders:
            return [""]
        inside = (part for part in self.files | self.folders if not _lies_in(part, self.folders))
        return sorted(inside)


def _lies_in(part: str, folders: frozenset[str]) -> bool:
    end = part.find("/")
    while 0 <= end < len(part) - 1:
        if part[: end + 1] in folders:
            return True
        end = part.find("/", end + 1)
    return False


@dataclass
class Walk:
    """What was seen on the way: how many files, what was skipped, and the folders below which nothing is known.

    `files` by filename are kept by walk_library alone. `subtitles` are the subtitle files of the folders that were
    listed (`listed`, where only a part was asked for).
    """

    root: Path
    scope: Scope | None = None
    files: dict[str, FileStatus] = field(default_factory=dict)
    found: int = 0
    skipped: Skipped = field(default_factory=Skipped)
    unread_folders: set[str] = field(default_factory=set)
    unread_files: set[str] = field(default_factory=set)
    listed: list[str] = field(default_factory=list)
    subtitles: list[str] = field(default_factory=list)

    def knows(self, filename: str) -> bool:
        """Return whether the walk could have seen this file: it lies in no folder that could not be read."""
        if not (self.unread_folders or self.unread_files):
            return True
        if filename in self.unread_files or "" in self.unread_folders:
            return False
        end = filename.find("/")
        while end >= 0:
            if filename[: end + 1] in self.unread_folders:
                return False
            end = filename.find("/", end + 1)
        return True


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
    """Walk `root` recursively, or that part of it, and return what is there, with all files. Raises FolderUnusable."""
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
    """Yield the videos in the order of their names' bytes, some at a time, and note in `walk` what else is seen.

    `leave_out` is a folder never entered (the generated pictures); `on_folder` hears the number of files so far.
    Raises FolderUnusable, also at the end, where the root changed meanwhile: what was yielded then says nothing.
    """
    real_root, before = check_root(walk.root), root_identity(walk.root)
    reader = _Reader(walk, real_root, os.path.realpath(leave_out) if leave_out else None, on_folder)
    pending: list[Iterator[Entry]] = [reader.beginning()]
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
        raise FolderUnusable(f"The video folder {walk.root} changed while it was being read. Was its disk unplugged?")


class _Reader:
    """Lists folders, each in order."""

    def __init__(self, walk: Walk, real_root: str, left_out: str | None, on_folder: Callable[[int], None]) -> None:
        self._walk, self._real_root, self._left_out, self._on_folder = walk, real_root, left_out, on_folder
        self._excludes_files = bool(settings.EXCLUDE)

    def beginning(self) -> Iterator[Entry]:
        """Yield the video folder itself, or the files and folders of the part that is asked for."""
        scope = self._walk.scope
        if scope is None:
            return iter([("", None)])
        by_folder: dict[str, set[str]] = defaultdict(set)
        entries: list[Entry] = []
        for part in scope.parts():
            if part in scope.folders:
                if self._plain_folder(part) is not None:
                    entries.append((part, None))
            else:
                folder, _, name = part.rpartition("/")
                by_folder[f"{folder}/" if folder else ""].add(name)
        for prefix, names in by_folder.items():
            if path := self._plain_folder(prefix):
                entries += self._list_some(path, prefix, names)
        return iter(sorted(entries, key=lambda entry: entry[0]))

    def list_folder(self, prefix: str) -> Iterable[Entry]:
        """Return what is in a folder, in order: videos, and the folders in it."""
        path = os.path.join(self._real_root, prefix[:-1]) if prefix else self._real_root
        if path == self._left_out:
            return []
        entries = self._sorted(prefix, path)
        self._on_folder(self._walk.found)
        return entries

    def _sorted(self, prefix: str, path: str) -> Iterable[Entry]:
        entries: list[Entry] = []
        overflow: SortedOnDisk | None = None
        try:
            with os.scandir(path) as found:
                for entry in found:
                    if seen := self._look_at(entry, prefix):
                        entries.append(seen)
                        if len(entries) == MAX_ENTRIES_IN_MEMORY:
                            overflow = overflow or SortedOnDisk()
                            overflow.add(entries)
                            entries = []
            self._note_listed(prefix)
        except OSError as error:
            self._note_unread(prefix, error)
        if overflow is not None:
            overflow.add(entries)
            return overflow.entries()
        entries.sort(key=name_of)
        return entries

    def _list_some(self, path: str, prefix: str, names: Collection[str]) -> list[Entry]:
        """Look at some files of a folder, and at the subtitles in it."""
        entries = []
        try:
            with os.scandir(path) as found:
                for entry in found:
                    if entry.name in names or is_subtitle(entry.name):
                        seen = self._look_at(entry, prefix)
                        if seen and seen[0][-1] != "/":
                            entries.append(seen)
            self._note_listed(prefix)
        except OSError as error:
            self._note_unread(prefix, error)
        return entries

    def list_homes(self, scope: Scope) -> None:
        """List what decides over the subtitles seen: their videos' folders, and those for subtitles in these.

        A film that came has its subtitles in a folder that did not change, and a file in such a folder belongs to a
        film beside it.
        """
        listed = set(self._walk.listed)
        whole = tuple(scope.folders)
        homes = listed | {
            home_of(name) for name in (*scope.files, *(f"{folder}_" for folder in listed | scope.folders))
        }
        folders = [(home, 0) for home in homes]
        while folders:
            prefix, depth = folders.pop()
            if path := self._plain_folder(prefix):
                if prefix not in listed:
                    listed.add(prefix)
                    self._list_some(path, prefix, ())
                if depth < _SUBTITLE_FOLDERS_DEEP and not prefix.startswith(whole):
                    folders += [(f"{prefix}{name}/", depth + 1) for name in subtitle_folders(path, depth)]

    def _plain_folder(self, prefix: str) -> str | None:
        """Return the path of a folder that is there, not passed over, and reached without links; or None."""
        if not prefix:
            return self._real_root
        if not {"", ".", ".."}.isdisjoint(prefix[:-1].split("/")) or "\0" in prefix or not is_utf8(prefix):
            return None
        if prefix[-1] != "/" or why_passed_over(prefix[:-1], is_folder=True):
            return None
        path = os.path.join(self._real_root, prefix[:-1])
        try:
            is_folder = stat.S_ISDIR(os.lstat(path).st_mode) and real_path(path, strict=True) == path
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            self._note_unread(prefix, error)
            return None
        return path if is_folder else None

    def _note_listed(self, prefix: str) -> None:
        if self._walk.scope is not None:
            self._walk.listed.append(prefix)

    def _note_unread(self, prefix: str, error: OSError) -> None:
        self._walk.unread_folders.add(prefix)
        self._walk.skipped.add(prefix or str(self._walk.root), f"the folder cannot be read: {error.strerror}")

    # --- one entry --------------------------------------------------------------------------------------------------

    def _look_at(self, entry: os.DirEntry[str], prefix: str) -> Entry | None:
        """Return a video or a folder; note what else is of use, and what is passed over."""
        name = entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        is_video = has_video_extension(name)
        if not (is_folder or is_video or entry.is_symlink()):
            self._look_at_other(entry, prefix)
            return None
        filename = prefix + name
        if not (name.isascii() or is_utf8(name)):
            self._walk.skipped.add(filename, "the name is not UTF-8")
            return None
        may_be_passed_over = is_folder or name[0] == "." or self._excludes_files
        if may_be_passed_over and (reason := why_entry_passed_over(filename, is_folder=is_folder)):
            self._walk.skipped.add(filename, reason)
            return None
        if is_folder:
            if is_video:
                self._walk.skipped.add(filename, "a folder, not a video; the files in it are looked at")
            return f"{filename}/", None
        return self._look_at_file(entry, filename, is_video)

    def _look_at_other(self, entry: os.DirEntry[str], prefix: str) -> None:
        """Note a subtitle file, and a file as large as a video: nothing vanishes without a word."""
        name, filename = entry.name, prefix + entry.name
        if is_subtitle(name):
            if not is_hidden(name) and is_utf8(name):
                self._walk.subtitles.append(filename)
        elif extension_of(name) not in OTHER_EXTENSIONS:
            try:
                status = entry.stat()
            except OSError:
                return
            if status.st_size >= LARGE_BYTES and stat.S_ISREG(status.st_mode) and not why_entry_passed_over(filename):
                self._walk.skipped.add(filename, UNKNOWN_EXTENSION)

    def _look_at_file(self, entry: os.DirEntry[str], filename: str, is_video: bool) -> Entry | None:
        try:
            if entry.is_symlink() and (reason := link_problem(entry.path, self._real_root)):
                if is_video or reason != DEAD_LINK:
                    self._walk.skipped.add(filename, reason)
                return None
            if not is_video:
                return None
            status = entry.stat()
        except OSError as error:
            self._walk.skipped.add(filename, f"cannot be read: {error.strerror}")
            return filename, None
        if not stat.S_ISREG(status.st_mode):
            self._walk.skipped.add(filename, f"{kind_of(status.st_mode)}, not a file")
            return None
        # Asking the system for each of 100,000 files would double the cost of a walk; the mode answers for most.
        if status.st_mode & 0o444 != 0o444 and not may_read(status, entry.path):
            self._walk.skipped.add(filename, "cannot be read: Permission denied")
            return filename, None
        self._walk.found += 1
        return filename, file_status(status)
