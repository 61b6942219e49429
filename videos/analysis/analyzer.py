"""Analyze one file: check it against its row, take facts and pictures, and decide when to try again."""

import os
import queue
import time
from datetime import timedelta
from pathlib import Path

from videos.analysis.artwork_store import cover_path, save_pictures
from videos.analysis.due_files import Due
from videos.analysis.results import Found
from videos.core.problems import Problem
from videos.core.work_errors import Failure
from videos.library.file_status import file_status
from videos.library.paths import OutsideLibrary, open_video
from videos.library.walker import FolderUnusable, check_root
from videos.media.decoder_client import CRASHED, Analysis, Decoder
from videos.media.demuxer import UnreadableMedia
from videos.media.file_signatures import is_like_half_a_copy
from videos.media.fingerprint import fingerprint
from videos.media.thumbnails import MadeFor
from videos.models import LOOKS_INCOMPLETE, STILL_BEING_WRITTEN

# When to retry a file that is changing, and one that the disk cannot read.
SOON, LATER = timedelta(seconds=10), timedelta(minutes=10)
# A file that looks like an incomplete copy is retried less and less often, until it has not changed for a day.
GIVEN_UP_AFTER, SELDOM = timedelta(days=1), timedelta(hours=1)


class Analyzer:
    """Analyzes one file at a time in each thread that calls it, with one of several decoder processes."""

    def __init__(self, root: Path, generated: Path, decoders: int) -> None:
        self._root, self._generated = root, generated
        self._decoders: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        for _ in range(decoders):
            self._decoders.put(Decoder())

    def close(self) -> None:
        while not self._decoders.empty():
            self._decoders.get().close()

    def analyze(self, due: Due) -> Found:
        try:
            descriptor = open_video(self._root, due.filename)
        except OutsideLibrary as error:
            return Found(due, problem=str(error), again=LATER)
        except FileNotFoundError:
            _refuse_an_empty_folder(self._root)
            # Renamed or removed since the last scan; the next one will see that.
            return Found(due, again=SOON)
        except OSError as error:
            return Found(due, problem=f"{Problem.UNREADABLE.sentence}: {error.strerror}", again=LATER)
        try:
            return self._analyze_open(descriptor, due)
        except OSError as error:
            return Found(due, problem=f"{Problem.UNREADABLE.sentence}: {error.strerror or error}", again=LATER)
        finally:
            os.close(descriptor)

    def _analyze_open(self, descriptor: int, due: Due) -> Found:
        if not _is_what_the_row_says(descriptor, due):
            return Found(due, problem=STILL_BEING_WRITTEN, again=SOON)
        if due.size_bytes == 0:
            return Found(due, problem=Problem.EMPTY.sentence)
        content = fingerprint(descriptor, due.size_bytes)
        if content == due.unconfirmed and due.may_stay and cover_path(self._generated, due.video_id).exists():
            if not _is_what_the_row_says(descriptor, due):
                return Found(due, problem=STILL_BEING_WRITTEN, again=SOON)
            return Found(due, content, stays=True)
        decoder = self._decoders.get()
        try:
            analysis = _analyze_twice(decoder, descriptor, self._made_for(due, content))
        except UnreadableMedia as error:
            found = Found(due, content, problem=str(error))
        else:
            found = Found(due, content, analysis, analysis.problem)
        finally:
            self._decoders.put(decoder)
        if is_like_half_a_copy(descriptor, found.problem) and (again := again_while_copied(descriptor)):
            # No fingerprint: incomplete copies of the same length would pass for one film.
            found = Found(due, "", found.analysis, LOOKS_INCOMPLETE, again)
        if not _is_what_the_row_says(descriptor, due):
            return Found(due, problem=STILL_BEING_WRITTEN, again=SOON)
        if found.analysis and found.analysis.pictures:
            save_pictures(self._generated, due.video_id, found.analysis.pictures)
        return found

    def _made_for(self, due: Due, content: str) -> MadeFor | None:
        """Return what the existing pictures were made for, or None if they show other content."""
        if due.kept is None or due.kept.content != content:
            return None
        return due.kept.made_for if cover_path(self._generated, due.video_id).exists() else None


def _refuse_an_empty_folder(root: Path) -> None:
    """Raise FolderUnusable if the whole disk is gone, which says nothing about single files."""
    with os.scandir(check_root(root)) as entries:
        if not any(entries):
            raise FolderUnusable.because(Failure.FOLDER_EMPTY, folder=str(root))


def _analyze_twice(decoder: Decoder, descriptor: int, made_for: MadeFor | None) -> Analysis:
    """Retry once with a new process if the first one died: it may have been killed for another reason."""
    try:
        analysis = decoder.analyze(descriptor, made_for)
    except UnreadableMedia as error:
        if str(error) != CRASHED:
            raise
    else:
        if analysis.problem != CRASHED:
            return analysis
    return decoder.analyze(descriptor, made_for)


def _is_what_the_row_says(descriptor: int, due: Due) -> bool:
    return file_status(os.fstat(descriptor))[:2] == (due.size_bytes, due.modified_ns)


def again_while_copied(descriptor: int) -> timedelta | None:
    """Return after how long to retry a file that may still be being copied, or None to leave it.

    Judged by the time of its last status change: a copy may have its final size early, and end with the date of the
    original.
    """
    quiet = timedelta(seconds=time.time() - os.fstat(descriptor).st_ctime)
    # The disk's clock may be ahead.
    return min(max(quiet, SOON), SELDOM) if -SELDOM < quiet < GIVEN_UP_AFTER else None
