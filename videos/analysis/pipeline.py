"""Analyze the files that are due, the newest first: facts, a fingerprint and pictures.

The rows themselves say which files are due, so a killed worker loses nothing: a row stays due until its results are
committed. Several workers may run at the same time; each file is claimed by one of them.
"""

import itertools
import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from pathlib import Path

from django.utils import timezone

from videos.analysis.analyzer import Analyzer
from videos.analysis.artwork_store import remove_pictures
from videos.analysis.due_files import KEPT_FIELDS, Due, due_file
from videos.analysis.results import Found, save_all
from videos.core.progress import ANALYZED, Phase, Progress
from videos.db.locks import RecordLocks
from videos.models import Video

# Rows in a transaction, and how long a result may wait to be saved.
BATCH_ROWS, BATCH_SECONDS = 32, 1.0
_PAGE_ROWS = 64


class AnalyzerPool:
    """A pool of decoder processes and the threads that feed them. Use one object in a process."""

    def __init__(self, root: Path, generated: Path, decoders: int) -> None:
        self._generated = generated
        self._count = decoders
        self._analyzer = Analyzer(root, generated, decoders)
        self._threads = ThreadPoolExecutor(decoders, thread_name_prefix="analysis")
        self._claims = RecordLocks("analyses")

    def close(self) -> None:
        self._threads.shutdown(cancel_futures=True)
        self._analyzer.close()
        self._claims.close()

    def analyze_due(
        self,
        seconds: float,
        on_saved: Callable[[int], None] = lambda files: None,
        is_wanted_elsewhere: Callable[[], bool] = lambda: False,
    ) -> int:
        """Analyze files that are due, and return their number.

        Ends when no file is due, after about `seconds`, or when `is_wanted_elsewhere` returns True; it is called every
        second. `on_saved` is called with the number of files saved each time. Raises PicturesNotSaved if the disk takes
        no pictures, and FolderUnusable if the video folder is missing or empty: the files concerned stay due.
        """
        end, analyzed = time.monotonic() + seconds, 0
        running: set[Future[Found]] = set()
        found: list[Found] = []
        next_save = time.monotonic() + BATCH_SECONDS
        tried: set[int] = set()
        try:
            while True:
                if time.monotonic() < end:
                    running |= self._start_some(len(running), tried)
                if not running:
                    break
                done, running = wait(running, timeout=BATCH_SECONDS, return_when=FIRST_COMPLETED)
                found += [future.result() for future in done]
                if len(found) >= BATCH_ROWS or time.monotonic() >= next_save:
                    analyzed += self._save(found, on_saved)
                    found, next_save = [], time.monotonic() + BATCH_SECONDS
                    end = 0.0 if is_wanted_elsewhere() else end
        finally:
            # Save the results of the others even if one met a full disk.
            wait(running)
            found += [future.result() for future in running if not future.exception()]
            try:
                analyzed += self._save(found, on_saved)
            finally:
                for video_id in tried:
                    self._claims.release(video_id)
        return analyzed

    def _start_some(self, running: int, tried: set[int]) -> set[Future[Found]]:
        return {self._threads.submit(self._analyzer.analyze, due) for due in self._claim(running, tried)}

    def _claim(self, running: int, tried: set[int]) -> list[Due]:
        """Claim and return the next files: enough to keep each decoder busy with one file waiting."""
        wanted = 2 * self._count - running
        if wanted <= 0:
            return []
        fields = ("pk", "filename", "file_size", "modified_ns", "unconfirmed_fingerprint", "problem", *KEPT_FIELDS)
        claimed: list[Due] = []
        due = Video.objects.due(timezone.now())
        # The first rows may be claimed already, here or by another process, until they are saved.
        for start in itertools.count(0, _PAGE_ROWS):
            rows = list(due.values_list(*fields)[start : start + _PAGE_ROWS])
            for row in rows:
                if row[0] not in tried and self._claims.take(row[0]):
                    tried.add(row[0])
                    claimed.append(due_file(*row))
                    if len(claimed) == wanted:
                        return claimed
            if len(rows) < _PAGE_ROWS:
                break
        return claimed

    def _save(self, found: list[Found], on_saved: Callable[[int], None]) -> int:
        if not found:
            return 0
        remove_pictures(self._generated, save_all(found))
        on_saved(len(found))
        return len(found)


class AnalysisCounter:
    """Reports the number of analyzed files; continues from `done`, where an earlier run paused."""

    def __init__(self, progress: Progress, done: int = 0) -> None:
        self._progress, self.done = progress, done
        self._total = done + self.left()

    def left(self) -> int:
        return Video.objects.due(timezone.now()).count()

    def __call__(self, saved: int) -> None:
        self.done += saved
        self._progress(Phase.THUMBNAILS, self.done, max(self._total, self.done))

    @property
    def counts(self) -> dict[str, int]:
        return {ANALYZED: self.done}

    @property
    def summary(self) -> str:
        return f"{self.done:,} file{'' if self.done == 1 else 's'} looked into"
