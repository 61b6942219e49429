"""The rows above the grid where it shows everything: what was begun, and what is new."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.core.paginator import Page

from videos.listing.query import LIBRARY, GalleryQuery
from videos.models import Video, View

ROW_VIDEOS = 12


@dataclass(frozen=True)
class Rows:
    """Views to go on with, the latest first, and the videos added last, the newest first; either may be empty."""

    begun: list[View]
    new: list[Video]
    list_suffix: str = GalleryQuery().suffix()


def how_many_new(query: GalleryQuery, page: Page) -> int:
    """Return how many of the videos added last a row shows, 0 where there is none: in a short list all are seen."""
    is_short = page.paginator.count <= ROW_VIDEOS
    return ROW_VIDEOS if _is_beginning(query, page) and not is_short else 0


def rows(viewer: Any, query: GalleryQuery, page: Page, videos: Iterable[Video]) -> Rows | None:
    """Return the rows, or None where the list is filtered or not at its beginning. One query at most.

    `videos` are some among which are the newest, as many as a row shows.
    """
    if not _is_beginning(query, page):
        return None
    present = (video for video in videos if video.missing_since is None)
    newest = sorted(present, key=lambda video: (video.added_date, video.pk), reverse=True)
    return Rows(list(View.objects.in_progress(viewer)[:ROW_VIDEOS]), newest[: how_many_new(query, page)])


def _is_beginning(query: GalleryQuery, page: Page) -> bool:
    return query.page == LIBRARY and not query.is_filtered() and page.number == 1
