"""The list that one came from to a video: its address travels along as `?list=`, and tells what is next."""

from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from videos.accounts.requests import ViewerRequest
from videos.core.filenames import folder_of
from videos.listing.neighbors import neighbours, neighbours_in_folder
from videos.listing.query import BY, GalleryQuery
from videos.models import Video
from videos.views.lists.saved_lists import saved_as

# As long as the address of a page may be.
_LONGEST = 8000


def list_of(request: ViewerRequest) -> GalleryQuery | None:
    """Return the gallery's list that the address names, or None: then it is the video's folder."""
    named = request.GET.get("list")
    if named is None or len(named) > _LONGEST:
        return None
    try:
        return GalleryQuery.of(QueryDict(named.encode(errors="replace")))
    except TooManyFieldsSent:
        return None


def list_suffix(request: ViewerRequest) -> str:
    """Return "?list=…" for the addresses of other videos in the same list; "" for a folder."""
    query = list_of(request)
    return query.suffix() if query else ""


def up_next(request: ViewerRequest, video_id: int) -> dict[str, Any]:
    """Return the video of a page, what the page shows of the list: the neighbours, and what it is and where.

    Each video has its `position_seconds`. Raises Http404 where there is no such video.
    """
    videos = Video.objects.with_positions(request.viewer).select_related("details", "missing_batch")
    query = list_of(request)
    if query is None:
        found = neighbours_in_folder(video_id, videos=videos)
        video = found.video or get_object_or_404(videos, pk=video_id)
        return {
            "video": video, "neighbours": found, "list_name": folder_of(video.filename).rstrip("/"), "list_suffix": ""
        }  # fmt: skip
    found = neighbours(query, request.viewer, video_id, videos=videos)
    saved = saved_as(request, query)
    name = " ".join(label for label, _without in query.chips()) or gettext("All videos")
    return {
        "video": found.video or get_object_or_404(videos, pk=video_id),
        "neighbours": found,
        "list_name": saved.name if saved else f"{name}, {BY[query.sort]}",
        "list_url": query.url(),
        "list_suffix": query.suffix(),
    }
