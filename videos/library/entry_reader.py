"""One entry of a folder: a video, a folder, a subtitle file, or something to skip, with the reason."""

import os
import stat

from django.conf import settings

from videos.core.problems import Problem
from videos.library.exclusions import is_hidden, why_entry_passed_over
from videos.library.extensions import OTHER_EXTENSIONS, extension_of, has_video_extension
from videos.library.file_status import file_status
from videos.library.folder_listing import Entry, is_subtitle, may_read, problem_of_kind
from videos.library.paths import DEAD_LINK, is_utf8, link_problem
from videos.library.walk import Walk

# Above this size a file of any extension may be a video, so skipping it is reported.
LARGE_BYTES = 50 * 1000 * 1000
UNKNOWN_EXTENSION = Problem.UNKNOWN_EXTENSION.sentence


class EntryReader:
    """Classifies entries, and notes skipped files and subtitle files in the walk."""

    def __init__(self, walk: Walk, real_root: str) -> None:
        self._walk, self._real_root = walk, real_root
        self._excludes_files = bool(settings.EXCLUDE)

    def read(self, entry: os.DirEntry[str], prefix: str) -> Entry | None:
        """Return a video or a folder, else None; note subtitles and what is skipped."""
        name = entry.name
        is_folder = entry.is_dir(follow_symlinks=False)
        is_video = has_video_extension(name)
        if not (is_folder or is_video or entry.is_symlink()):
            self._note_other(entry, prefix)
            return None
        filename = prefix + name
        if not (name.isascii() or is_utf8(name)):
            self._walk.skipped.add(filename, Problem.NAME_NOT_UTF8.sentence)
            return None
        may_be_passed_over = is_folder or name[0] == "." or self._excludes_files
        if may_be_passed_over and (reason := why_entry_passed_over(filename, is_folder=is_folder)):
            self._walk.skipped.add(filename, reason)
            return None
        if is_folder:
            if is_video:
                self._walk.skipped.add(filename, Problem.FOLDER_NAMED_AS_VIDEO.sentence)
            return f"{filename}/", None
        return self._read_file(entry, filename, is_video)

    def _note_other(self, entry: os.DirEntry[str], prefix: str) -> None:
        """Note a subtitle file, and a skipped file large enough to be a video."""
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

    def _read_file(self, entry: os.DirEntry[str], filename: str, is_video: bool) -> Entry | None:
        try:
            if entry.is_symlink() and (reason := link_problem(entry.path, self._real_root)):
                if is_video or reason != DEAD_LINK:
                    self._walk.skipped.add(filename, reason)
                return None
            if not is_video:
                return None
            status = entry.stat()
        except OSError as error:
            self._walk.skipped.add(filename, f"{Problem.UNREADABLE.sentence}: {error.strerror}")
            return filename, None
        if not stat.S_ISREG(status.st_mode):
            self._walk.skipped.add(filename, problem_of_kind(status.st_mode).sentence)
            return None
        # The mode answers for most files: asking the system for each of 100,000 would double the time of a walk.
        if status.st_mode & 0o444 != 0o444 and not may_read(status, entry.path):
            self._walk.skipped.add(filename, f"{Problem.UNREADABLE.sentence}: Permission denied")
            return filename, None
        self._walk.found += 1
        return filename, file_status(status)
