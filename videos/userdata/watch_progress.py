"""When a video counts as started, and when as finished. This is the one place that decides it.

Started: from 5 % of the video or 60 seconds, whichever comes first, but not before 10 seconds.
Finished: from 90 % of the video, or where its credits begin if a chapter of that name says so.
"""

import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

MIN_STARTED_SECONDS, MAX_STARTED_SECONDS, STARTED_SHARE = 10.0, 60.0, 0.05
FINISHED_SHARE = 0.9
# A chapter called "Credits" in the first half is the opening credits.
_EARLIEST_CREDITS_SHARE = 0.5
_CREDITS = re.compile(
    r"\b(credits|end[ -]?titles|abspann|g[ée]n[ée]rique|cr[ée]ditos|titoli di coda"
    r"|aftiteling|eftertexter|rulletekster|napisy końcowe)\b|^(ending|ed|outro)$",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Progress:
    """What a position in a video comes to: where to resume (None: from the start), and whether it is finished."""

    resume_seconds: float | None
    is_finished: bool


NOT_STARTED = Progress(None, is_finished=False)


def progress_at(seconds: float, duration_seconds: float | None, chapters: Iterable[dict[str, Any]] = ()) -> Progress:
    """Return what it means that somebody stopped at `seconds`. Without a duration nothing counts as finished.

    `chapters` have `start_seconds` and `title`, as in models.Details.
    """
    if duration_seconds and seconds >= finished_from(duration_seconds, chapters):
        return Progress(None, is_finished=True)
    resume_seconds = round(seconds, 3) if seconds >= started_from(duration_seconds) else None
    return Progress(resume_seconds, is_finished=False)


def started_from(duration_seconds: float | None) -> float:
    """Return the second from which a video counts as started."""
    share = STARTED_SHARE * duration_seconds if duration_seconds else math.inf
    return max(MIN_STARTED_SECONDS, min(MAX_STARTED_SECONDS, share))


def finished_from(duration_seconds: float, chapters: Iterable[dict[str, Any]] = ()) -> float:
    """Return the second from which a video counts as finished."""
    earliest = _EARLIEST_CREDITS_SHARE * duration_seconds
    credits_starts = (
        chapter["start_seconds"]
        for chapter in chapters
        if _CREDITS.search(str(chapter.get("title") or "").strip()) and chapter["start_seconds"] >= earliest
    )
    return min([FINISHED_SHARE * duration_seconds, *credits_starts])
