"""Which videos stand before and after one: in the list that somebody came from, or else in its folder."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from videos.catalog.lists import ListingAround
from videos.gallery_query import GalleryQuery
from videos.models import Video
from videos.querysets import VideoQuerySet, any_of

FOLLOWING = 12
# No more names around one are sorted as people count: of a larger folder those that the disk has near.
MOST_NAMES = 800


@dataclass(frozen=True)
class Neighbours:
    """The video itself, where it was found beside them, the one before, and those that follow, the nearest first."""

    video: Video | None = None
    previous: Video | None = None
    following: Sequence[Video] = ()

    @property
    def next(self) -> Video | None:
        return self.following[0] if self.following else None


def neighbours(
    query: GalleryQuery, viewer: Any, video_id: int, limit: int = FOLLOWING, videos: VideoQuerySet | None = None
) -> Neighbours:
    """Return what stands beside a video in a list, whether it is still in it or not: of `videos`, in one query."""
    listing = ListingAround(query, viewer, video_id)
    place = listing.place(video_id)
    if place is None:
        return Neighbours()
    beside = (Video.objects.all() if videos is None else videos).by_ids(listing[max(place - 1, 0) : place + 1 + limit])
    ids = [each.pk for each in beside]
    if video_id not in ids:
        return Neighbours(None, None, beside[1:])
    here = ids.index(video_id)
    return Neighbours(beside[here], beside[here - 1] if here else None, beside[here + 1 :])


# --- without a list: the folder that the file lies in ---------------------------------------------------------------


def neighbours_in_folder(video: Video, limit: int = FOLLOWING, videos: VideoQuerySet | None = None) -> Neighbours:
    """Return the videos beside one in its folder, where episode 2 comes before episode 10."""
    folder = folder_of(video.filename)
    sides = Video.objects.present().around(folder, video.filename, MOST_NAMES // 2)
    names = Video.objects.filter(any_of(sides)).values_list("filename", flat=True)
    here = _natural(video.filename)
    # A file that is missing has its place, too.
    keys = sorted((_natural(name), name) for name in names if folder_of(name) == folder and name != video.filename)
    before = [name for key, name in keys if key < here][-1:]
    after = [name for key, name in keys if key > here][:limit]
    near = (Video.objects.all() if videos is None else videos).present().named(before + after)
    found = {each.filename: each for each in near}
    following = [found[name] for name in after if name in found]
    return Neighbours(video, next((found[name] for name in before if name in found), None), following)


def folder_of(filename: str) -> str:
    """Return "trips/" for "trips/sea.mp4" and "" for a file in the video folder itself."""
    return filename[: filename.rfind("/") + 1]


def _natural(filename: str) -> list[tuple[int, str]]:
    """Return a key by which numbers in names compare as numbers, and letters without regard to case."""
    parts = re.split(r"([0-9]+)", filename.casefold())
    # A number by its length, then its digits: one of five thousand digits is still a name.
    numbers = [(len(digits), digits) for digits in (part.lstrip("0") for part in parts[1::2])]
    texts = [(0, part) for part in parts[::2]]
    pairs = zip(texts, [*numbers, (0, "")], strict=True)
    return [*(each for pair in pairs for each in pair), (0, filename)]
