"""The list that a video was opened from, which its address holds as `?list=`, and what is next in it."""

from typing import Any

from django.core.exceptions import TooManyFieldsSent
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext

from videos.accounts.requests import ViewerRequest
from videos.core.filenames import folder_of
from videos.listing.labels import SORTED_BY
from videos.listing.neighbors import neighbors, neighbors_in_folder
from videos.listing.query import GalleryQuery
from videos.models import Video
from videos.views.lists.saved_lists import saved_as

# The length of an address is limited to about this.
_MAX_LENGTH = 8000


def list_of(request: ViewerRequest) -> GalleryQuery | None:
    """Return the list in the address, or None: then the video's folder is used."""
    named = request.GET.get("list")
    if named is None or len(named) > _MAX_LENGTH:
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
    """Return the video of a page, its neighbors in the list, and the name and address of the list.

    Each video has its `position_seconds`. Raises Http404 if there is no such video.
    """
    videos = Video.objects.with_positions(request.viewer).select_related("details", "missing_batch")
    query = list_of(request)
    if query is None:
        found = neighbors_in_folder(video_id, videos=videos)
        video = found.video or get_object_or_404(videos, pk=video_id)
        return {
            "video": video, "neighbors": found, "list_name": folder_of(video.filename).rstrip("/"), "list_suffix": ""
        }  # fmt: skip
    found = neighbors(query, request.viewer, video_id, videos=videos)
    saved = saved_as(request, query)
    name = " ".join(label for label, _without in query.chips()) or gettext("All videos")
    return {
        "video": found.video or get_object_or_404(videos, pk=video_id),
        "neighbors": found,
        "list_name": saved.name if saved else f"{name}, {SORTED_BY[query.sort]}",
        "list_url": query.url(),
        "list_suffix": query.suffix(),
    }
