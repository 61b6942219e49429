"""The videos before and after one, in the list that it was opened from, or else in its folder."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from videos.listing.folders import beside
from videos.listing.query import GalleryQuery
from videos.listing.results import ListingAround
from videos.models import Video, VideoQuerySet

FOLLOWING = 12


@dataclass(frozen=True)
class Neighbors:
    """The video itself, if it was still found, the one before it, and the following ones, the nearest first."""

    video: Video | None = None
    previous: Video | None = None
    following: Sequence[Video] = ()

    @property
    def next(self) -> Video | None:
        return self.following[0] if self.following else None


def neighbors(
    query: GalleryQuery, viewer: Any, video_id: int, limit: int = FOLLOWING, videos: VideoQuerySet | None = None
) -> Neighbors:
    """Return the neighbors of a video in a list, even if the list no longer holds it. One query, of `videos`."""
    listing = ListingAround(query, viewer, video_id)
    place = listing.place(video_id)
    if place is None:
        return Neighbors()
    return _read(video_id, listing[max(place - 1, 0) : place + 1 + limit], videos)


def neighbors_in_folder(video_id: int, limit: int = FOLLOWING, videos: VideoQuerySet | None = None) -> Neighbors:
    """Return the neighbors of a video in its own folder, in the order of the folder's page. One query."""
    return _read(video_id, beside(video_id, limit), videos)


def _read(video_id: int, ids: Sequence[int], videos: VideoQuerySet | None) -> Neighbors:
    """Return the neighbors from the ids of the video before, the video itself and the following ones."""
    beside = (Video.objects.all() if videos is None else videos).by_ids(ids)
    found = [each.pk for each in beside]
    if video_id not in found:
        return Neighbors(None, None, beside[1:])
    here = found.index(video_id)
    return Neighbors(beside[here], beside[here - 1] if here else None, beside[here + 1 :])
