"""The pages of the emergency: without a usable database, read-only from the JSON files and the folder.

The library can be looked through and played by name; every write answers 503 and changes nothing. Nothing here, and no
middleware behind this one, asks the database.
"""

import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.db import OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve
from django.utils.translation import gettext

from videos import database
from videos.cache import json_snapshot
from videos.database import DatabaseUnavailable
from videos.library.walk import FolderUnusable, walk_library
from videos.snapshots.emergency import advice
from videos.snapshots.json_files import Snapshot, ViewRecord
from videos.title_keys import title_of
from videos.views import errors
from videos.views.health import unhealthy
from videos.views.manifest import manifest
from videos.views.stream import stream_file

PAGE_ROWS = 60
_SECONDS_BETWEEN_WALKS = 30


class DatabaseFallbackMiddleware:
    """Answers from here while the database cannot be used, and finds out when it has broken, or is back."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if database.problem() is not None:
            return answer(request)
        response = self.get_response(request)
        if response.status_code == 500 and database.recheck() is not None:
            return answer(request)
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, DatabaseUnavailable):
            return errors.unavailable(request, str(exception))
        if isinstance(exception, OperationalError) and "locked" in str(exception):
            return errors.unavailable(request, gettext("Something else has been writing to the database for too long."))
        return None


def answer(request: HttpRequest) -> HttpResponseBase:
    """Return what can be said without a database: a page, the bytes of a video, or 503."""
    # The middleware that refuses other sites' host names stands behind this one: without it, any site could read along.
    request.get_host()
    try:
        match = resolve(request.path_info)
    except Resolver404 as error:
        return errors.not_found(request, error)
    if match.url_name == "healthz":
        return unhealthy()
    if match.url_name == "manifest":
        return manifest(request)
    view = _VIEWS.get(match.url_name or "")
    # Where a login is needed, nobody can be let in without the accounts.
    if view is None or settings.REQUIRE_LOGIN or request.method not in ("GET", "HEAD"):
        # The reason names a path, which is not for everybody where a login is needed.
        return errors.unavailable(request, "" if settings.REQUIRE_LOGIN else database.problem() or "")
    try:
        return view(request, **match.kwargs)
    except Http404 as error:
        return errors.not_found(request, error)


def gallery(request: HttpRequest) -> HttpResponse:
    snapshot = json_snapshot()
    words = request.GET.get("q", "")[:200].casefold().split()
    names = [name for name in _names(snapshot) if all(word in name.casefold() for word in words)]
    page = Paginator(names, PAGE_ROWS).get_page(request.GET.get("page"))
    cards = [_card(name, snapshot) for name in page.object_list]
    query = {"q": " ".join(words)}
    context = {"page": page, "cards": cards, "page_url": f"?{urlencode(query)}&", **query}
    return _render(request, "videos/fallback_gallery.html", context)


def watch(request: HttpRequest, filename: str) -> HttpResponse:
    snapshot = json_snapshot()
    if filename not in _names(snapshot):
        raise Http404("There is no such video.")
    return _render(request, "videos/fallback_watch.html", {"card": _card(filename, snapshot)})


def stream(request: HttpRequest, filename: str) -> HttpResponseBase:
    if filename not in _names(json_snapshot()):
        raise Http404("There is no such video.")
    return stream_file(request, filename)


_VIEWS: dict[str, Callable[..., HttpResponseBase]] = {"gallery": gallery, "old_watch": watch, "old_stream": stream}


def _names(snapshot: Snapshot) -> list[str]:
    """Return the names of the files in the folder, or, where that cannot be read, those that the snapshot knows."""

    def look() -> list[str]:
        try:
            return sorted(walk_library(settings.VIDEO_DIR, leave_out=settings.GENERATED_DIR).files)
        except FolderUnusable:
            return sorted(snapshot.names())

    # The time is kept with it: the cache goes by a clock that may be set back by years.
    kept: tuple[float, list[str]] | None = cache.get("fallback_names")
    if kept is None or not 0 <= time.monotonic() - kept[0] < _SECONDS_BETWEEN_WALKS:
        kept = time.monotonic(), look()
        cache.set("fallback_names", kept, _SECONDS_BETWEEN_WALKS)
    return kept[1]


def _card(name: str, snapshot: Snapshot) -> dict[str, Any]:
    return {
        "filename": name,
        "title": title_of(name),
        "stars": snapshot.ratings.get(name),
        "view_count": snapshot.views.get(name, ViewRecord()).view_count,
        "is_favorite": name in snapshot.favorites,
        "tags": snapshot.tags.get(name, []),
    }


def _render(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    emergency = {"problem": database.problem(), "advice": advice(settings.DATA_DIR)}
    response = render(request, template, {**context, **emergency})
    # The ordinary page is back at this address as soon as the database is.
    response["Cache-Control"] = "no-store"
    return response
