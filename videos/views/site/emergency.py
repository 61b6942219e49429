"""The emergency pages: without a usable database, the library is read from the JSON files and the folder.

It can be browsed and played by file name; every write is answered 503. Nothing here uses the database.
middleware/fallback.py serves this URLconf (EMERGENCY_URLCONF).
"""

import time
from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import path, re_path

from videos.backup.emergency import advice
from videos.backup.snapshot import Snapshot, ViewRecord
from videos.cache import json_snapshot
from videos.core.sort_keys import name_key, title_key, title_of
from videos.db import health
from videos.library.walker import FolderUnusable, walk_library
from videos.presentation.error_pages import unavailable
from videos.search.query_parser import Words, parse
from videos.search.tokens import lines_of, stands_in
from videos.views.site import url_converters  # noqa: F401  it registers "filename"
from videos.views.site.health import unhealthy
from videos.views.site.manifest import manifest
from videos.views.watch.stream import stream_file

PAGE_ROWS = 60
_SECONDS_BETWEEN_WALKS = 30


def readable(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Refuse writes, and everything if a login is required: without the accounts nobody can log in."""

    @wraps(view)
    def answer(request: HttpRequest, **asked: Any) -> HttpResponseBase:
        if settings.REQUIRE_LOGIN or request.method not in ("GET", "HEAD"):
            return refused(request)
        return view(request, **asked)

    return answer


def refused(request: HttpRequest, *_: Any) -> HttpResponse:
    """Return 503 with the reason. If a login is required, the reason contains no path."""
    reason = health.problem_for_strangers() if settings.REQUIRE_LOGIN else health.problem()
    return unavailable(request, reason or "")


@readable
def gallery(request: HttpRequest) -> HttpResponse:
    snapshot = json_snapshot()
    asked = " ".join(request.GET.get("q", "").replace("\0", "")[:200].split())
    words = parse(asked).words
    names = [name for name in _names(snapshot) if _holds(name, words)] if words else _names(snapshot)
    page = Paginator(names, PAGE_ROWS).get_page(request.GET.get("page"))
    cards = [_card(name, snapshot) for name in page.object_list]
    query = {"q": asked}
    context = {"page": page, "cards": cards, "page_url": f"?{urlencode(query)}&", **query}
    return _render(request, "videos/fallback_gallery.html", context)


def _holds(name: str, words: Sequence[Words]) -> bool:
    """Return whether a file name matches the words of a search. Nothing else is searched here."""
    lines = lines_of(name, "", ())
    return all(
        any(stands_in(line, word.text) if word.text else word.literal in name for line in lines) != word.negated
        for word in words
    )


@readable
def watch(request: HttpRequest, filename: str) -> HttpResponse:
    snapshot = json_snapshot()
    if filename not in _names(snapshot):
        raise Http404("There is no such video.")
    return _render(request, "videos/fallback_watch.html", {"card": _card(filename, snapshot)})


@readable
def stream(request: HttpRequest, filename: str) -> HttpResponseBase:
    if filename not in _names(json_snapshot()):
        raise Http404("There is no such video.")
    return stream_file(request, filename)


def _names(snapshot: Snapshot) -> list[str]:
    """Return the names of the files in the folder, or those in the snapshot if it cannot be read."""

    def walk() -> list[str]:
        try:
            return sorted(walk_library(settings.VIDEO_DIR, leave_out=settings.GENERATED_DIR).files, key=_as_people_sort)
        except FolderUnusable:
            return sorted(snapshot.names(), key=_as_people_sort)

    # With its own time: the cache uses the wall clock, which may be set back by years.
    kept: tuple[float, list[str]] | None = cache.get("fallback_names")
    if kept is None or not 0 <= time.monotonic() - kept[0] < _SECONDS_BETWEEN_WALKS:
        kept = time.monotonic(), walk()
        cache.set("fallback_names", kept, _SECONDS_BETWEEN_WALKS)
    return kept[1]


def _as_people_sort(name: str) -> tuple[list[str], str, str]:
    """Return the sort key of a name: by folder, and within it by title."""
    return [name_key(folder) for folder in name.split("/")[:-1]], title_key("", name), name


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
    emergency = {"problem": health.problem(), "advice": advice(settings.DATA_DIR) if health.is_damaged() else ""}
    response = render(request, template, {**context, **emergency})
    # The ordinary page replaces this one as soon as the database can be read.
    response["Cache-Control"] = "no-store"
    return response


urlpatterns = [
    path("", gallery),
    path("watch/<filename:filename>", watch),
    path("video/<filename:filename>", stream),
    path("healthz", unhealthy),
    path("manifest.webmanifest", manifest),
    re_path("", refused),
]
