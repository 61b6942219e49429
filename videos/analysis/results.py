"""The result of an analysis, and how it is saved."""

import logging
import time
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.utils import timezone

from videos.analysis.due_files import Due
from videos.core.problems import Problem, stored_problem
from videos.db.transactions import REFUSALS, write_transaction
from videos.media.decoder_client import Analysis
from videos.models import LOOKS_INCOMPLETE, MAX_PROBLEM_LENGTH, NO_FACTS, Details, Video

logger = logging.getLogger(__name__)
_NOTHING_KNOWN = {"duration": None, "width": None, "height": None, "frame_rate": None, "bit_rate": None, **NO_FACTS}


@dataclass(frozen=True, slots=True)
class Found:
    """Facts and pictures, or the problem; `again` is after how long to retry.

    With `stays` the content was unchanged, so the file was not decoded.
    """

    due: Due
    content: str = ""
    analysis: Analysis | None = None
    problem: str = ""
    again: timedelta | None = None
    stays: bool = False


def save_all(found: list[Found]) -> list[int]:
    """Save results in one transaction, and return the ids of videos that now have no pictures.

    If the database refuses a row, that becomes its problem, and the others are saved.
    """
    try:
        with write_transaction():
            return [one.due.video_id for one in found if _save_one(one) and not _has_pictures(one)]
    except REFUSALS as error:
        if len(found) > 1:
            return [video_id for one in found for video_id in save_all([one])]
        problem = stored_problem(f"{Problem.DATABASE_REFUSED.sentence}: {error}", MAX_PROBLEM_LENGTH)
        with write_transaction():
            Video.objects.filter(pk=found[0].due.video_id).update(problem=problem, analysis_due_at=None)
        logger.warning("What was found in %r could not be saved: %s", found[0].due.filename, error)
        return []


def _has_pictures(found: Found) -> bool:
    return bool(found.analysis and (found.analysis.pictures or found.analysis.is_kept))


def _save_one(found: Found) -> bool:
    """Save a result, unless a scan has seen another file there meanwhile.

    Return whether facts and pictures were replaced.
    """
    due = found.due
    # If a scan saw the file change meanwhile, it wrote another size or date, and the row is due again.
    row = Video.objects.filter(pk=due.video_id, file_size=due.size_bytes, modified_ns=due.modified_ns)
    problem = stored_problem(found.problem, MAX_PROBLEM_LENGTH)
    analysis_due_at = timezone.now() + found.again if found.again is not None else None
    if analysis_due_at and problem != LOOKS_INCOMPLETE:
        # A renamed file is tried again at once.
        row.filter(filename=due.filename).update(problem=problem, analysis_due_at=analysis_due_at)
        return False
    if found.stays:
        row.update(fingerprint=found.content, unconfirmed_fingerprint="", problem="", analysis_due_at=None)
        return False
    values = {**_NOTHING_KNOWN, "fingerprint": found.content, "problem": problem, "analysis_due_at": analysis_due_at}
    details: dict[str, object] = {"audio": [], "subtitles": [], "chapters": [], "sprite": None}
    values |= {"cover_version": None, "facts_version": Video.FACTS_VERSION}
    if found.analysis:
        values |= _columns(found.analysis)
        details |= _lists(found.analysis)
        if found.analysis.is_kept:
            del values["color"], values["cover_version"], details["sprite"]
    if not row.update(**values):
        return False
    Details.objects.update_or_create(video_id=due.video_id, defaults=details)
    return True


def _columns(analysis: Analysis) -> dict[str, object]:
    facts, pictures = analysis.facts, analysis.pictures
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
        # Part of the picture's URL, so that browsers cache it until it changes.
        "cover_version": time.time_ns() // 1_000_000 if pictures else None,
    }


def _lists(analysis: Analysis) -> dict[str, object]:
    sprite = asdict(analysis.pictures.sprite) if analysis.pictures and analysis.pictures.sprite else None
    if sprite:
        del sprite["image"]
    return {
        "audio": [asdict(track) for track in analysis.facts.audio],
        "subtitles": [asdict(track) for track in analysis.facts.subtitles],
        "chapters": [asdict(chapter) for chapter in analysis.facts.chapters],
        "sprite": sprite,
    }
