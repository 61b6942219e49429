"""Files that are due for analysis, as read from their rows, and the pictures that they may keep."""

from dataclasses import dataclass
from typing import Any

from videos.media.thumbnails import MadeFor
from videos.models import STILL_BEING_WRITTEN, Video

KEPT_FIELDS = ("fingerprint", "facts_version", "cover_version", "duration", "width", "height")


@dataclass(frozen=True, slots=True)
class Due:
    """A file to analyze, with what its row says."""

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
        """Return whether facts and pictures are complete and current, so that they stay if the content is unchanged."""
        is_whole = self.width is not None and self.cover_version is not None
        is_current = self.facts_version == Video.FACTS_VERSION
        return bool(self.unconfirmed) and is_whole and is_current and self.problem in ("", STILL_BEING_WRITTEN)


@dataclass(frozen=True, slots=True)
class Kept:
    """Pictures made by earlier rules, which may be kept if the content is the same."""

    content: str
    made_for: MadeFor


def due_file(
    video_id: int, filename: str, size_bytes: int, modified_ns: int, unconfirmed: str, problem: str, *before: Any
) -> Due:
    """Return a row as a Due; `before` has KEPT_FIELDS."""
    fingerprint, version, cover, duration, width, height = before
    kept = _kept(fingerprint or unconfirmed, version, cover, duration, width, height)
    return Due(video_id, filename, size_bytes, modified_ns, unconfirmed, problem, version, cover, width, kept)


def _kept(
    content: str, version: int | None, cover: int | None, duration: float | None, width: int | None, height: int | None
) -> Kept | None:
    """Return the pictures that a row may keep; None if it has none, or current ones."""
    is_settled = version in (Video.FACTS_VERSION, Video.PICTURES_TO_BE_REMADE)
    if not content or is_settled or cover is None or not width or not height:
        return None
    return Kept(content, MadeFor(duration, width, height))
