"""The shelves above the unfiltered grid: videos to continue, and new ones."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page

from videos.listing.query import LIBRARY, GalleryQuery
from videos.models import Video, View

SHELF_VIDEOS = 12


@dataclass(frozen=True)
class Shelves:
    """Views to continue, the latest first, and the videos added last, the newest first. Either may be empty."""

    begun: list[View]
    new: list[Video]
    list_suffix: str = GalleryQuery().suffix()


def new_count(query: GalleryQuery, page: Page) -> int:
    """Return how many new videos the shelf shows: 0 for a short list, which shows them all anyway."""
    is_short = page.paginator.count <= SHELF_VIDEOS
    return SHELF_VIDEOS if _is_unfiltered_start(query, page) and not is_short else 0


def shelves(viewer: Any, query: GalleryQuery, page: Page, videos: Iterable[Video]) -> Shelves | None:
    """Return the shelves, or None for a filtered list and for further pages. One query at most.

    `videos` must include the newest `new_count` ones.
    """
    if not _is_unfiltered_start(query, page):
        return None
    present = (video for video in videos if video.missing_since is None)
    newest = sorted(present, key=lambda video: (video.added_date, video.pk), reverse=True)
    return Shelves(list(View.objects.in_progress(viewer)[:SHELF_VIDEOS]), newest[: new_count(query, page)])


def _is_unfiltered_start(query: GalleryQuery, page: Page) -> bool:
    return query.page == LIBRARY and not query.is_filtered() and page.number == 1
