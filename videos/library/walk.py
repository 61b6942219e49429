"""What a walk through the video folder covers, and what it has seen."""

from dataclasses import dataclass, field
from pathlib import Path

from videos.library.file_status import FileStatus
from videos.library.skipped_files import Skipped

# A video file by its name, with None where nothing can be known of it now.
Seen = tuple[str, FileStatus | None]


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
