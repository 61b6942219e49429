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
from videos.listing.listings import Listing
from videos.listing.query import LIBRARY, MAX_TAGS, SORT_LABELS, GalleryQuery, ListPage
from videos.models import Video
from videos.userdata.cached_reads import marks_by_video
from videos.views.gallery.bulk import undoable
from videos.views.gallery.facets import filters_of
from videos.views.gallery.shelves import how_many_new
from videos.views.gallery.shelves import rows as rows_on_top
from videos.views.library.library import what_is_gone
from videos.views.library.work_status import Awaited, Beginning, all_work
from videos.views.lists.saved_lists import saved_as

PAGE_ROWS = 60
DENSITIES = (("grid", gettext_lazy("Grid")), ("compact", gettext_lazy("Compact")), ("list", gettext_lazy("List")))
# To put the question together takes a millisecond each time.
_WITH_TWINS = Video.objects.with_twins()
# What htmx replaces, by its id, and the part of the page that it gets.
FRAGMENTS = {"results": "videos/_results.html", "next-page": "videos/_cards.html"}


def _here(query: GalleryQuery) -> str:
    """Return which entry of the navigation this list is, if any."""
    if query.page.here:
        return query.page.here
    entries = {
        GalleryQuery(): "home",
        GalleryQuery(favorites=True): "favorites",
        GalleryQuery(rating=4, sort="rating"): "best",
    }
    return entries.get(query, "")


def _left_out(query: GalleryQuery, parameters: QueryDict) -> list[str]:
    """Return what to say of filters that cannot be read, as of a list that was saved by another release."""
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
    # Going back must not show a part that was kept under the address of the page.
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
    """Return where the list's pages and its other orders are."""
    page_url = query.page_url() + ("&" if query.page_url() != "?" else "")
    return {
        "sorts": query.sorts(),
        "sort_label": str(SORT_LABELS[query.sort]),
        "reversed_url": query.page_url(order="asc" if query.order == "desc" else "desc"),
        "list_suffix": query.suffix(),
        "page_url": page_url,
        # In a random order the address alone would show another page.
        "own_url": f"{page_url}page={page.number}",
        "back_url": f"{page_url}page={page.number}" if page.number > 1 else query.page_url(),
    }


@require_safe
def gallery(request: ViewerRequest) -> HttpResponse:
    """Return one page of the grid."""
    return show_list(request, LIBRARY)


def show_list(request: ViewerRequest, list_page: ListPage) -> HttpResponse:
    """Return one page of the grid as a page shows it; the gallery shows what that page cannot."""
    query, viewer = GalleryQuery.of(request.GET, list_page), request.viewer
    if not query.is_on_its_page():
        return HttpResponseRedirect(reverse("gallery") + query.url())
    listing = Listing(query, viewer)
    gone = what_is_gone(listing.missing)
    page = Paginator(listing, PAGE_ROWS).get_page(request.GET.get("page"))
    found = _WITH_TWINS.with_newest(page.object_list, how_many_new(query, page))
    rows = [found[video_id] for video_id in page.object_list if video_id in found]
    marks = marks_by_video(viewer, [video.pk for video in rows])
    work = all_work()
    is_empty = not listing and not gone.missing and not query.is_filtered() and not list_page.only_viewed
    saved = saved_as(request, query)
    is_saved_list = saved is not None and query.page == LIBRARY
    context = {
        **filters_of(query),
        **_addresses(query, page),
        "page": page,
        # Whoever goes to the page before goes on upwards: to its last card.
        "before_id": next(iter(listing[page.start_index() - 2 : page.start_index() - 1]), None),
        "page_title": _title(query),
        "densities": DENSITIES,
        "problems": [*query.question.problems, *_left_out(query, request.GET)],
        "rows": rows_on_top(viewer, query, page, found.values()),
        "cards": [(video, marks.get(video.pk)) for video in rows],
        "here": "list" if is_saved_list else _here(query),
        "saved_list": saved,
        "gone": gone,
        "beginning": Beginning.now(work["scan"]) if is_empty else None,
        "awaited": Awaited.of(work, rows),
        "serve_command": shell_command("serve", "FOLDER"),
        "demo_command": shell_command("make_demo"),
        "video_dir": printable(str(settings.VIDEO_DIR)),
        # Asked for where nothing is found.
        "none_matches": partial(none_matches, query),
        # Asked for by the whole page alone.
        "undoable": partial(undoable, request),
    }
    return _answer(request, context)
