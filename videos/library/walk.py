"""What a walk through the video folder covers, and what it has found."""

from dataclasses import dataclass, field
from pathlib import Path

from videos.library.file_status import FileStatus
from videos.library.skipped_files import Skipped

# A video file with its status, None if nothing is known about it now.
Seen = tuple[str, FileStatus | None]


@dataclass(frozen=True)
class Scope:
    """A part of the library: single files, and folders (each with / at its end) with everything in them."""

    files: frozenset[str] = frozenset()
    folders: frozenset[str] = frozenset()

    def parts(self) -> list[str]:
        """Return the files and folders sorted by bytes, without those inside another of the folders."""
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
    """The result of a walk: the number of files, what was skipped, and what could not be read.

    Only walk_library fills `files`. `subtitles` are the subtitle files of the listed folders (`listed`, if only a part
    was walked).
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
        """Return whether the walk would have seen this file: no folder above it was unreadable."""
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
