"""A look into the files that are due: facts, a fingerprint and pictures, the newest files first.

Which files are due stands in their rows, so that nothing is lost when the worker ends, however it ends: a row is due
until what was found is committed. Several workers may look at the same time; each file is claimed by one of them.
"""

import itertools
import logging
import os
import queue
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from django.utils import timezone

from videos.analysis.artwork_store import cover_path, remove_pictures, save_pictures
from videos.core.problems import Problem, stored_problem
from videos.core.progress import ANALYZED, Phase, Progress
from videos.db.locks import Claims
from videos.db.transactions import REFUSALS, write_transaction
from videos.library.file_status import file_status
from videos.library.paths import OutsideLibrary, open_video
from videos.library.walker import FolderUnusable, check_root
from videos.media.decoder_client import CRASHED, Decoder, Look
from videos.media.demuxer import UnreadableMedia
from videos.media.file_signatures import is_like_half_a_copy
from videos.media.fingerprint import fingerprint
from videos.media.thumbnails import MadeFor
from videos.models import (
    LOOKS_INCOMPLETE,
    MAX_PROBLEM_LENGTH,
    NO_FACTS,
    STILL_BEING_WRITTEN,
    Details,
    Video,
)

logger = logging.getLogger(__name__)

# Rows a transaction, and how long what was found may wait for it.
BATCH_ROWS, BATCH_SECONDS = 32, 1.0
_PAGE_ROWS = 64
# When a file is tried again by itself: one that changes under the eye, and one that the disk does not give.
SOON, LATER = timedelta(seconds=10), timedelta(minutes=10)
# A file like half a copy is tried again, ever less often, until it has not changed for so long.
GIVEN_UP_AFTER, SELDOM = timedelta(days=1), timedelta(hours=1)

_KEPT_FIELDS = ("fingerprint", "facts_version", "cover_version", "duration", "width", "height")
_NOTHING_KNOWN = {"duration": None, "width": None, "height": None, "frame_rate": None, "bit_rate": None, **NO_FACTS}


@dataclass(frozen=True, slots=True)
class Due:
    """A file to look into, as the row knows it."""

    video_id: int
    filename: str
    size_bytes: int
    modified_ns: int
    unconfirmed: str
    problem: str
    facts_version: int | None
    cover_version: int | None
    width: int | None
    kept: "Kept | None" = None

    @property
    def may_stay(self) -> bool:
        """Return whether facts and pictures are whole, and right if the file holds what it held before."""
        is_whole = self.width is not None and self.cover_version is not None
        is_current = self.facts_version == Video.FACTS_VERSION
        return bool(self.unconfirmed) and is_whole and is_current and self.problem in ("", STILL_BEING_WRITTEN)


@dataclass(frozen=True, slots=True)
class Kept:
    """What earlier rules made of a file: good for it still where its content is the same."""

    content: str
    made_for: MadeFor


@dataclass(frozen=True, slots=True)
class Found:
    """What a look brought: facts and pictures, or the problem; `again`, after how long it is to be tried again.

    With `stays`, the content is what it was, and nothing else was looked for.
    """

    due: Due
    content: str = ""
    look: Look | None = None
    problem: str = ""
    again: timedelta | None = None
    stays: bool = False


class Lookers:
    """Some decoders, each a child process, and the threads that feed them. One object a process."""

    def __init__(self, root: Path, generated: Path, decoders: int) -> None:
        self._root, self._generated = root, generated
        self._count = decoders
        self._decoders: queue.SimpleQueue[Decoder] = queue.SimpleQueue()
        for _ in range(decoders):
            self._decoders.put(Decoder())
        self._threads = ThreadPoolExecutor(decoders, thread_name_prefix="look")
        self._claims = Claims("looks")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        while not self._decoders.empty():
            self._decoders.get().close()
        self._claims.close()

    def look(
        self,
        seconds: float,
        on_saved: Callable[[int], None] = lambda files: None,
        is_wanted_elsewhere: Callable[[], bool] = lambda: False,
    ) -> int:
        """Look into files that are due, and return how many it were.

        Ends when none is due, after about so many seconds, or when `is_wanted_elsewhere`, asked each second, says so.
        `on_saved` hears how many were saved each time. Raises PicturesNotSaved where the disk takes no pictures, and
        FolderUnusable where the video folder is missing or empty: the files that it concerns stay due.
        """
        end, looked = time.monotonic() + seconds, 0
        running: set[Future[Found]] = set()
        found: list[Found] = []
        next_save = time.monotonic() + BATCH_SECONDS
        tried: set[int] = set()
        try:
            while True:
                if time.monotonic() < end:
                    running |= {self._threads.submit(self._look_into, due) for due in self._claim(len(running), tried)}
                if not running:
                    break
                done, running = wait(running, timeout=BATCH_SECONDS, return_when=FIRST_COMPLETED)
                found += [future.result() for future in done]
                if len(found) >= BATCH_ROWS or time.monotonic() >= next_save:
                    looked += self._save(found, on_saved)
                    found, next_save = [], time.monotonic() + BATCH_SECONDS
                    end = 0.0 if is_wanted_elsewhere() else end
        finally:
            # Also where one of them met a full disk: what the others found is kept.
            wait(running)
            found += [future.result() for future in running if not future.exception()]
            try:
                looked += self._save(found, on_saved)
            finally:
                for video_id in tried:
                    self._claims.release(video_id)
        return looked

    def _claim(self, running: int, tried: set[int]) -> list[Due]:
        """Return the next files, claimed for this process: as many as keep each decoder busy and one waiting."""
        wanted = 2 * self._count - running
        if wanted <= 0:
            return []
        fields = ("pk", "filename", "file_size", "modified_ns", "unconfirmed_fingerprint", "problem", *_KEPT_FIELDS)
        claimed: list[Due] = []
        due = Video.objects.due(timezone.now())
        # The first ones may be in hand already, here or elsewhere; once they are saved, they are no longer due.
        for start in itertools.count(0, _PAGE_ROWS):
            rows = list(due.values_list(*fields)[start : start + _PAGE_ROWS])
            for row in rows:
                if row[0] not in tried and self._claims.take(row[0]):
                    tried.add(row[0])
                    claimed.append(_due(*row))
                    if len(claimed) == wanted:
                        return claimed
            if len(rows) < _PAGE_ROWS:
                break
        return claimed

    def _look_into(self, due: Due) -> Found:
        try:
            descriptor = open_video(self._root, due.filename)
        except OutsideLibrary as error:
            return Found(due, problem=str(error), again=LATER)
        except FileNotFoundError:
            _refuse_an_empty_folder(self._root)
            # Renamed or removed since the scan, as the next one tells.
            return Found(due, again=SOON)
        except OSError as error:
            return Found(due, problem=f"{Problem.UNREADABLE.sentence}: {error.strerror}", again=LATER)
        try:
            return self._look_at(descriptor, due)
        except OSError as error:
            return Found(due, problem=f"{Problem.UNREADABLE.sentence}: {error.strerror or error}", again=LATER)
        finally:
            os.close(descriptor)

    def _look_at(self, descriptor: int, due: Due) -> Found:
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
            look = _look_twice(decoder, descriptor, self._made_for(due, content))
        except UnreadableMedia as error:
            found = Found(due, content, problem=str(error))
        else:
            found = Found(due, content, look, look.problem)
        finally:
            self._decoders.put(decoder)
        if is_like_half_a_copy(descriptor, found.problem) and (again := _again_while_copied(descriptor)):
            # Without a fingerprint: half copies of one length would pass for one film.
            found = Found(due, "", found.look, LOOKS_INCOMPLETE, again)
        if not _is_what_the_row_says(descriptor, due):
            return Found(due, problem=STILL_BEING_WRITTEN, again=SOON)
        if found.look and found.look.pictures:
            save_pictures(self._generated, due.video_id, found.look.pictures)
        return found

    def _made_for(self, due: Due, content: str) -> MadeFor | None:
        """Return what the pictures that there are were made for, where they are those of this content."""
        if due.kept is None or due.kept.content != content:
            return None
        return due.kept.made_for if cover_path(self._generated, due.video_id).exists() else None

    def _save(self, found: list[Found], on_saved: Callable[[int], None]) -> int:
        if not found:
            return 0
        remove_pictures(self._generated, _save_all(found))
        on_saved(len(found))
        return len(found)


def _refuse_an_empty_folder(root: Path) -> None:
    """Raise FolderUnusable where the whole disk is gone: that says nothing of any file."""
    with os.scandir(check_root(root)) as entries:
        if not any(entries):
            raise FolderUnusable(f"The video folder {root} is empty. Is its disk connected?")


def _due(
    video_id: int, filename: str, size_bytes: int, modified_ns: int, unconfirmed: str, problem: str, *before: Any
) -> Due:
    """Return a row as it was read: `before` has _KEPT_FIELDS."""
    fingerprint, version, cover, duration, width, height = before
    kept = _kept(fingerprint or unconfirmed, version, cover, duration, width, height)
    return Due(video_id, filename, size_bytes, modified_ns, unconfirmed, problem, version, cover, width, kept)


def _kept(
    content: str, version: int | None, cover: int | None, duration: float | None, width: int | None, height: int | None
) -> Kept | None:
    """Return what the fields of a row say of its pictures, None where there are none, or they are by today's rules."""
    is_settled = version in (Video.FACTS_VERSION, Video.PICTURES_TO_BE_REMADE)
    if not content or is_settled or cover is None or not width or not height:
        return None
    return Kept(content, MadeFor(duration, width, height))


def _look_twice(decoder: Decoder, descriptor: int, made_for: MadeFor | None) -> Look:
    """Look again, with a fresh process, where the first one died: it may have been killed for another reason."""
    try:
        look = decoder.look(descriptor, made_for)
    except UnreadableMedia as error:
        if str(error) != CRASHED:
            raise
    else:
        if look.problem != CRASHED:
            return look
    return decoder.look(descriptor, made_for)


def _is_what_the_row_says(descriptor: int, due: Due) -> bool:
    return file_status(os.fstat(descriptor))[:2] == (due.size_bytes, due.modified_ns)


def _again_while_copied(descriptor: int) -> timedelta | None:
    """Return after how long to try again a file that may still be being copied, None where it is left as it is.

    By when anything of it last changed: a copy may keep its size, and end with the date of the original.
    """
    quiet = timedelta(seconds=time.time() - os.fstat(descriptor).st_ctime)
    # A disk whose clock is ahead says nothing.
    return min(max(quiet, SOON), SELDOM) if -SELDOM < quiet < GIVEN_UP_AFTER else None


def _has_pictures(found: Found) -> bool:
    return bool(found.look and (found.look.pictures or found.look.is_kept))


def _save_all(found: list[Found]) -> list[int]:
    """Write what was found, in one transaction, and return the ids of the videos that have no pictures now.

    A row that the database refuses says so, and the others go in.
    """
    try:
        with write_transaction():
            return [one.due.video_id for one in found if _save_one(one) and not _has_pictures(one)]
    except REFUSALS as error:
        if len(found) > 1:
            return [video_id for one in found for video_id in _save_all([one])]
        problem = stored_problem(f"{Problem.DATABASE_REFUSED.sentence}: {error}", MAX_PROBLEM_LENGTH)
        with write_transaction():
            Video.objects.filter(pk=found[0].due.video_id).update(problem=problem, look_due=None)
        logger.warning("What was found in %r could not be saved: %s", found[0].due.filename, error)
        return []


def _save_one(found: Found) -> bool:
    """Write what was found into the row, unless the scan has seen another file there meanwhile.

    Return whether facts and pictures are others now.
    """
    due = found.due
    # A scan that saw the file change in the meantime has made the row due again, for another size or date.
    row = Video.objects.filter(pk=due.video_id, file_size=due.size_bytes, modified_ns=due.modified_ns)
    problem = stored_problem(found.problem, MAX_PROBLEM_LENGTH)
    look_due = timezone.now() + found.again if found.again is not None else None
    if look_due and problem != LOOKS_INCOMPLETE:
        # Under another name it is tried at once.
        row.filter(filename=due.filename).update(problem=problem, look_due=look_due)
        return False
    if found.stays:
        row.update(fingerprint=found.content, unconfirmed_fingerprint="", problem="", look_due=None)
        return False
    values = {**_NOTHING_KNOWN, "fingerprint": found.content, "problem": problem, "look_due": look_due}
    details: dict[str, object] = {"audio": [], "subtitles": [], "chapters": [], "sprite": None}
    values |= {"cover_version": None, "facts_version": Video.FACTS_VERSION}
    if found.look:
        values |= _columns(found.look)
        details |= _lists(found.look)
        if found.look.is_kept:
            del values["color"], values["cover_version"], details["sprite"]
    if not row.update(**values):
        return False
    Details.objects.update_or_create(video_id=due.video_id, defaults=details)
    return True


def _columns(look: Look) -> dict[str, object]:
    facts, pictures = look.facts, look.pictures
    return {
        "duration": facts.duration_seconds,
        "width": facts.width,
        "height": facts.height,
        "frame_rate": facts.frame_rate,
        "rotation": facts.rotation,
        "bit_rate": facts.bit_rate,
        "container": facts.container,
        "video_codec": facts.video_codec,
        "audio_codec": facts.audio_codec,
        "color": pictures.color if pictures else "",
        # In the picture's address, so that browsers keep it until there is another one.
        "cover_version": time.time_ns() // 1_000_000 if pictures else None,
    }


def _lists(look: Look) -> dict[str, object]:
    sprite = asdict(look.pictures.sprite) if look.pictures and look.pictures.sprite else None
    if sprite:
        del sprite["image"]
    return {
        "audio": [asdict(track) for track in look.facts.audio],
        "subtitles": [asdict(track) for track in look.facts.subtitles],
        "chapters": [asdict(chapter) for chapter in look.facts.chapters],
        "sprite": sprite,
    }


class LookCounter:
    """Tells a progress function of the files looked into, on from where an earlier look paused."""

    def __init__(self, progress: Progress, done: int = 0) -> None:
        self._progress, self.done = progress, done
        self._total = done + self.left()

    def left(self) -> int:
        return Video.objects.due(timezone.now()).count()

    def __call__(self, saved: int) -> None:
        self.done += saved
        self._progress(Phase.PICTURES, self.done, max(self._total, self.done))

    @property
    def counts(self) -> dict[str, int]:
        return {ANALYZED: self.done}

    @property
    def summary(self) -> str:
        """Return what a command prints."""
        return f"{self.done:,} file{'' if self.done == 1 else 's'} looked into"
