"""Which videos stand before and after one: in the list that somebody came from, or else in its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from videos.listing.folders import beside
from videos.listing.listings import ListingAround
from videos.listing.query import GalleryQuery
from videos.models import Video, VideoQuerySet

FOLLOWING = 12


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
    return _read(video_id, listing[max(place - 1, 0) : place + 1 + limit], videos)


def neighbours_in_folder(video_id: int, limit: int = FOLLOWING, videos: VideoQuerySet | None = None) -> Neighbours:
    """Return what stands beside a video in its folder, not below it, as the folder's page has it: in one query."""
    return _read(video_id, beside(video_id, limit), videos)


def _read(video_id: int, ids: Sequence[int], videos: VideoQuerySet | None) -> Neighbours:
    """Return the video and those around it, where these are its id, the one before it and those that follow."""
    beside = (Video.objects.all() if videos is None else videos).by_ids(ids)
    found = [each.pk for each in beside]
    if video_id not in found:
        return Neighbours(None, None, beside[1:])
    here = found.index(video_id)
    return Neighbours(beside[here], beside[here - 1] if here else None, beside[here + 1 :])
