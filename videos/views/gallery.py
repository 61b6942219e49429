"""The gallery: the library as a grid, filtered and sorted as the URL says."""

from typing import cast

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from videos.cache import VideoCache
from videos.gallery_query import SORT_LABELS, GalleryQuery
from videos.library.relink import duplicate_ids
from videos.querysets import Chained, VideoQuerySet
from videos.snapshots.emergency import shell_command
from videos.snapshots.json_files import printable
from videos.views.library import what_is_gone

PAGE_ROWS = 60


def _here(query: GalleryQuery) -> str:
    """Return which entry of the navigation this list is, if any."""
    entries = {
        GalleryQuery(): "home",
        GalleryQuery(favorites=True): "favorites",
        GalleryQuery(rating=4, sort="rating"): "best",
        GalleryQuery(sort="viewed"): "viewed",
    }
    return entries.get(query, "")


class GalleryPaginator(Paginator):
    """Knows the length of the list beforehand: it is kept until something changes."""

    def __init__(self, videos: "VideoQuerySet | Chained", length: int) -> None:
        super().__init__(cast(VideoQuerySet, videos), PAGE_ROWS)
        self.length = length

    @property
    def count(self) -> int:
        return self.length


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Return one page of the grid."""
    query, viewer = GalleryQuery.of(request.GET), request.viewer  # type: ignore[attr-defined]
    cache = VideoCache(viewer)
    videos = query.videos(viewer)
    # In any order a list is as long.
    unordered = query.url(sort="added", order="desc", seed=0)
    length, gone = cache.get_kept(unordered, lambda: (videos.count(), what_is_gone()))
    page = GalleryPaginator(videos, length).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    marks = cache.get_marks([video.pk for video in rows])
    context = {
        "query": query,
        "page": page,
        "cards": [(video, marks.get(video.pk)) for video in rows],
        "here": _here(query),
        "duplicates": duplicate_ids(rows),
        "gone": gone,
        "library_is_empty": not length and not gone.missing and not query.is_filtered(),
        "serve_command": shell_command("serve", "FOLDER"),
        "demo_command": shell_command("make_demo"),
        "video_dir": printable(str(settings.VIDEO_DIR)),
        "sorts": query.sorts(),
        "sort_label": SORT_LABELS[query.sort],
        "reversed_url": query.url(order="asc" if query.order == "desc" else "desc"),
        "page_url": query.url() + ("&" if query.url() != "?" else ""),
    }
    return render(request, "videos/gallery.html", context)
