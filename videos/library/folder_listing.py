"""The entries of one folder, sorted however many they are."""

import os
import stat
from collections.abc import Iterable, Iterator

from videos.core.problems import Problem
from videos.library.file_status import FileStatus
from videos.library.scratch import Scratch
from videos.media.subtitles.cues import EXTENSIONS as SUBTITLE_EXTENSIONS
from videos.media.subtitles.names import language_of_folder

# A video with its status (None if unknown), or a folder, whose name ends in "/".
Entry = tuple[str, FileStatus | None]


class SortedOnDisk:
    """The entries of a folder too large to be sorted in memory."""

    def __init__(self) -> None:
        columns = "size_bytes, modified_ns, arrived_ns, device, inode"
        self._scratch = Scratch(f"CREATE TABLE entry (name TEXT PRIMARY KEY, {columns}) WITHOUT ROWID")

    def add(self, entries: Iterable[Entry]) -> None:
        rows = ((name, *(status or (None,) * 5)) for name, status in entries)
        self._scratch.run("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?)", rows)

    def entries(self) -> Iterator[Entry]:
        for name, *status in self._scratch.rows("SELECT * FROM entry ORDER BY name"):
            yield name, None if status[0] is None else (status[0], status[1], status[2], status[3], status[4])
        self._scratch.close()


def name_of(entry: Entry) -> str:
    return entry[0]


def subtitle_folders(path: str, depth: int) -> list[str]:
    try:
        with os.scandir(path) as entries:
            return [
                entry.name
                for entry in entries
                if (depth or language_of_folder(entry.name) is not None) and entry.is_dir(follow_symlinks=False)
            ]
    except OSError:
        # Its listing reported the error already.
        return []


def is_subtitle(name: str) -> bool:
    """Return whether it is a subtitle file, or the .idx of a .sub file that holds pictures."""
    extension = name.rpartition(".")[2].lower()
    return extension in SUBTITLE_EXTENSIONS or extension == "idx"


def problem_of_kind(mode: int) -> Problem:
    if stat.S_ISFIFO(mode):
        return Problem.FIFO
    if stat.S_ISSOCK(mode):
        return Problem.SOCKET
    return Problem.DEVICE


def may_read(status: os.stat_result, path: str) -> bool:
    # Not cached: a server started by root may drop root's rights after the import of this module.
    uid = os.geteuid()
    own_and_readable = status.st_uid == uid and status.st_mode & stat.S_IRUSR
    return bool(uid == 0 or own_and_readable) or os.access(path, os.R_OK)
