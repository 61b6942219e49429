"""The gallery: the library as a grid, filtered and sorted as the URL says."""

from typing import Any, cast

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from videos.cache import VideoCache
from videos.gallery_query import SORT_LABELS, GalleryQuery
from videos.library.relink import duplicate_ids
from videos.querysets import Chained, VideoQuerySet
from videos.search.matching import MOST_COUNTED
from videos.snapshots.emergency import shell_command
from videos.snapshots.json_files import printable
from videos.views.facets import filters_of
from videos.views.library import what_is_gone
from videos.views.work import Awaited, Beginning, all_work

PAGE_ROWS = 60
DENSITIES = (("grid", "Grid"), ("compact", "Compact"), ("list", "List"))
# What htmx replaces, by its id, and the part of the page that it gets.
FRAGMENTS = {"results": "videos/_results.html", "next-page": "videos/_cards.html"}


def _here(query: GalleryQuery) -> str:
    """Return which entry of the navigation this list is, if any."""
    entries = {
        GalleryQuery(): "home",
        GalleryQuery(favorites=True): "favorites",
        GalleryQuery(rating=4, sort="rating"): "best",
        GalleryQuery(sort="viewed"): "viewed",
    }
    return entries.get(query, "")


def _answer(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """Return the page, or the part of it that htmx asks for."""
    wanted = request.htmx.target or "" if request.htmx else ""  # type: ignore[attr-defined]
    response = render(request, FRAGMENTS.get(wanted, "videos/gallery.html"), context)
    # Going back must not show a part that was kept under the address of the page.
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def _title(query: GalleryQuery) -> str:
    subject = "Favorites" if query.favorites else query.q
    return f"{subject} · Local Video Server" if subject else "Local Video Server"


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
    length, gone = cache.get_kept(unordered, lambda: (query.count(viewer), what_is_gone()))
    is_counted_out = bool(query.question) and length > MOST_COUNTED
    page = GalleryPaginator(videos, min(length, MOST_COUNTED) if is_counted_out else length).get_page(
        request.GET.get("page")
    )
    rows = list(page.object_list)
    marks = cache.get_marks([video.pk for video in rows])
    work = all_work()
    is_empty = not length and not gone.missing and not query.is_filtered()
    page_url = query.url() + ("&" if query.url() != "?" else "")
    context = {
        **filters_of(query),
        "page": page,
        "page_title": _title(query),
        "densities": DENSITIES,
        "is_counted_out": is_counted_out,
        "problems": query.question.problems,
        "cards": [(video, marks.get(video.pk)) for video in rows],
        "here": _here(query),
        "duplicates": duplicate_ids(rows),
        "gone": gone,
        "beginning": Beginning.now(work["scan"]) if is_empty else None,
        "awaited": Awaited.of(work, rows),
        "serve_command": shell_command("serve", "FOLDER"),
        "demo_command": shell_command("make_demo"),
        "video_dir": printable(str(settings.VIDEO_DIR)),
        "sorts": query.sorts(),
        "sort_label": SORT_LABELS[query.sort],
        "reversed_url": query.url(order="asc" if query.order == "desc" else "desc"),
        "list_suffix": query.suffix(),
        "page_url": page_url,
        # In a random order the address alone would show another page.
        "own_url": f"{page_url}page={page.number}",
    }
    return _answer(request, context)
