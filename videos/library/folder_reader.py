"""List the folders of a library, each in the order of its names' bytes."""

import os
import stat
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator

from videos.core.problems import Problem
from videos.library.entry_reader import EntryReader
from videos.library.exclusions import why_passed_over
from videos.library.folder_listing import Entry, SortedOnDisk, is_subtitle, name_of, subtitle_folders
from videos.library.paths import is_utf8, real_path
from videos.library.walk import Scope, Walk
from videos.media.subtitles.names import home_of

# A folder with more entries than this is sorted on disk.
MAX_ENTRIES_IN_MEMORY = 10_000
# Depth of subtitle folders: Subs/ beside a film, and in it a folder for each film or language.
_SUBTITLE_FOLDERS_DEEP = 2


class FolderReader:
    """Lists folders, each in order."""

    def __init__(self, walk: Walk, real_root: str, left_out: str | None, on_folder: Callable[[int], None]) -> None:
        self._walk, self._real_root, self._left_out, self._on_folder = walk, real_root, left_out, on_folder
        self._entries = EntryReader(walk, real_root)

    def first_entries(self) -> Iterator[Entry]:
        """Return an iterator over the video folder itself, or over the requested files and folders."""
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
        """Return the entries of a folder in order: videos and folders."""
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
                    if seen := self._entries.read(entry, prefix):
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
        """List some files of a folder, and its subtitles."""
        entries = []
        try:
            with os.scandir(path) as found:
                for entry in found:
                    if entry.name in names or is_subtitle(entry.name):
                        seen = self._entries.read(entry, prefix)
                        if seen and seen[0][-1] != "/":
                            entries.append(seen)
            self._note_listed(prefix)
        except OSError as error:
            self._note_unread(prefix, error)
        return entries

    def list_homes(self, scope: Scope) -> None:
        """List the folders that decide to which videos the seen subtitles belong.

        These are the folders of their videos, and the subtitle folders in these: a new film may have its subtitles in a
        folder that did not change, and a file in such a folder belongs to a film beside the folder.
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
        """Return the path of a folder that exists, is not skipped, and has no link in its path; else None."""
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
        reason = f"{Problem.FOLDER_UNREADABLE.sentence}: {error.strerror}"
        self._walk.skipped.add(prefix or str(self._walk.root), reason)
