"""The files that are due to be analysed, as their rows know them, and what earlier rules made of them."""

from dataclasses import dataclass
from typing import Any

from videos.media.thumbnails import MadeFor
from videos.models import STILL_BEING_WRITTEN, Video

KEPT_FIELDS = ("fingerprint", "facts_version", "cover_version", "duration", "width", "height")


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


def due_file(
    video_id: int, filename: str, size_bytes: int, modified_ns: int, unconfirmed: str, problem: str, *before: Any
) -> Due:
    """Return a row as it was read: `before` has KEPT_FIELDS."""
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
