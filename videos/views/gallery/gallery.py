"""The gallery: the library as a grid, filtered and sorted as the URL says."""

from functools import partial
from typing import Any

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.backup.emergency import shell_command
from videos.core.filenames import printable
from videos.listing.labels import SORT_LABELS
from videos.listing.query import LIBRARY, GalleryQuery, ListPage
from videos.listing.query_urls import MAX_TAGS
from videos.listing.results import Listing
from videos.models import Video
from videos.userdata.cached_reads import marks_by_video
from videos.views.gallery.bulk import undoable
from videos.views.gallery.facets import filters_of
from videos.views.gallery.shelves import new_count, shelves
from videos.views.library.library import what_is_gone
from videos.views.library.work_status import EmptyLibraryState, PendingContent, all_work
from videos.views.lists.saved_lists import saved_as

PAGE_ROWS = 60
DENSITIES = (("grid", gettext_lazy("Grid")), ("compact", gettext_lazy("Compact")), ("list", gettext_lazy("List")))
# Building this queryset takes a millisecond.
_WITH_TWINS = Video.objects.with_twins()
# {id of the element that htmx replaces: template of that part}.
FRAGMENTS = {"results": "videos/_results.html", "next-page": "videos/_cards.html"}


def _here(query: GalleryQuery) -> str:
    """Return which entry of the navigation this list is, or ""."""
    if query.page.here:
        return query.page.here
    entries = {
        GalleryQuery(): "home",
        GalleryQuery(favorites=True): "favorites",
        GalleryQuery(rating=4, sort="rating"): "best",
    }
    return entries.get(query, "")


def _left_out(query: GalleryQuery, parameters: QueryDict) -> list[str]:
    """Return sentences about filters that were ignored, as in a list saved by another release."""
    said = [
        gettext("“%(filter)s” is not a known filter and is ignored.") % {"filter": each[:100]}
        for each in query.unread(parameters)[:3]
    ]
    if query.wants_too_many_tags(parameters):
        said.append(gettext("Only the first %(most)s tags are used.") % {"most": MAX_TAGS})
    return said


def _answer(request: ViewerRequest, context: dict[str, Any]) -> HttpResponse:
    """Return the page, or the part of it that htmx asks for."""
    wanted = request.htmx.target or "" if request.htmx else ""
    response = render(request, FRAGMENTS.get(wanted, "videos/gallery.html"), context)
    # Part and page have the same address: "Back" must not show a cached part as the page.
    patch_vary_headers(response, ("HX-Request", "HX-Target"))
    return response


def none_matches(query: GalleryQuery) -> str:
    """Return "No video matches “tide” and #sea.", as HTML."""
    labels = [format_html('<strong dir="auto">{}</strong>', label) for label, _without in query.chips()]
    several = format_html_join(gettext(" and "), "{}", ((label,) for label in labels))
    return format_html(gettext("No video matches {filters}."), filters=several)


def _title(query: GalleryQuery) -> str:
    subject = query.page.name or (gettext("Favorites") if query.favorites else query.q)
    return f"{subject} · Local Video Server" if subject else "Local Video Server"


def _addresses(query: GalleryQuery, page: Page) -> dict[str, Any]:
    """Return the addresses of the list's pages and of its other orders."""
    page_url = query.page_url() + ("&" if query.page_url() != "?" else "")
    return {
        "sorts": query.sorts(),
        "sort_label": str(SORT_LABELS[query.sort]),
        "reversed_url": query.page_url(order="asc" if query.order == "desc" else "desc"),
        "list_suffix": query.suffix(),
        "page_url": page_url,
        # The seed of a random order belongs to the address: without it, a reload would show another order.
        "own_url": f"{page_url}page={page.number}",
        "back_url": f"{page_url}page={page.number}" if page.number > 1 else query.page_url(),
    }


def _library_state(query: GalleryQuery, listing: Listing, shown: list[Video]) -> dict[str, Any]:
    """Return what is missing, what is still to come, and what to do with an empty library."""
    gone, work = what_is_gone(listing.missing), all_work()
    is_empty = not listing and not gone.missing and not query.is_filtered() and not query.page.only_viewed
    return {
        "gone": gone,
        "empty_library": EmptyLibraryState.now(work["scan"]) if is_empty else None,
        "pending": PendingContent.of(work, shown),
        "serve_command": shell_command("serve", "FOLDER"),
        "demo_command": shell_command("make_demo"),
        "video_dir": printable(str(settings.VIDEO_DIR)),
    }


@require_safe
def gallery(request: ViewerRequest) -> HttpResponse:
    """Return one page of the grid."""
    return show_list(request, LIBRARY)


def show_list(request: ViewerRequest, list_page: ListPage) -> HttpResponse:
    """Return one page of the grid on this list page, or a redirect to the gallery for a list it cannot show."""
    query, viewer = GalleryQuery.of(request.GET, list_page), request.viewer
    if not query.is_on_its_page():
        return HttpResponseRedirect(reverse("gallery") + query.url())
    listing = Listing(query, viewer)
    page = Paginator(listing, PAGE_ROWS).get_page(request.GET.get("page"))
    found = _WITH_TWINS.with_newest(page.object_list, new_count(query, page))
    rows = [found[video_id] for video_id in page.object_list if video_id in found]
    marks = marks_by_video(viewer, [video.pk for video in rows])
    saved = saved_as(request, query)
    is_saved_list = saved is not None and query.page == LIBRARY
    context = {
        **filters_of(query),
        **_addresses(query, page),
        "page": page,
        # Going to the previous page continues upwards, from its last card.
        "before_id": next(iter(listing[page.start_index() - 2 : page.start_index() - 1]), None),
        "page_title": _title(query),
        "densities": DENSITIES,
        "problems": [*query.question.problems, *_left_out(query, request.GET)],
        "shelves": shelves(viewer, query, page, found.values()),
        "cards": [(video, marks.get(video.pk)) for video in rows],
        "here": "list" if is_saved_list else _here(query),
        "saved_list": saved,
        **_library_state(query, listing, rows),
        # Called only if no video is found.
        "none_matches": partial(none_matches, query),
        # Called only for the whole page.
        "undoable": partial(undoable, request),
    }
    return _answer(request, context)
