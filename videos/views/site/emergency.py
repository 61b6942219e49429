"""The pages of the emergency: without a usable database, read-only from the JSON files and the folder.

The library can be looked through and played by name; every write answers 503 and changes nothing. Nothing here, and no
middleware behind this one, asks the database.
"""

import sys
import time
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.core.cache import cache
from django.core.paginator import Paginator
from django.core.signals import got_request_exception
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import Resolver404, resolve

from videos.backup.emergency import advice
from videos.backup.json_reader import Snapshot, ViewRecord
from videos.cache import json_snapshot
from videos.core.sort_keys import name_key, title_key, title_of
from videos.db import health
from videos.db.conditions import Condition
from videos.db.health import DatabaseUnavailable
from videos.library.walker import FolderUnusable, walk_library
from videos.search.query_parser import Words, parse
from videos.search.tokens import lines_of, stands_in
from videos.views.site import errors
from videos.views.site.health import unhealthy
from videos.views.site.manifest import manifest
from videos.views.watch.stream import stream_file

PAGE_ROWS = 60
_SECONDS_BETWEEN_WALKS = 30


class DatabaseFallbackMiddleware:
    """Answers from here while the database cannot be read, and finds out when it has broken, or is back.

    What the disk does not let be written is refused with one sentence, while everything else goes on.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # An error in a middleware behind this one, as in saving a session, is an answer already when it gets here.
        got_request_exception.connect(_keep_error, dispatch_uid="videos.views.site.emergency")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if health.problem() is not None:
            return answer(request)
        response = self.get_response(request)
        error = getattr(request, "database_error", None)
        return (_refused(request, error) if error is not None else None) or response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        is_of_database = isinstance(exception, DatabaseUnavailable | DatabaseError)
        return _refused(request, exception) if is_of_database else None


def _keep_error(request: HttpRequest | None = None, **_: Any) -> None:
    error = sys.exc_info()[1]
    if request is not None and isinstance(error, DatabaseError):
        request.database_error = error  # type: ignore[attr-defined]


def _refused(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    """Return what is answered after an error of the database, or None where the program itself is at fault."""
    condition = health.noticed(error)
    if health.problem() is not None:
        return answer(request)
    if condition is None or condition is Condition.UNREADABLE:
        return None
    # A path is not for everybody where a login is needed.
    return errors.unavailable(request, health.refusal(condition, for_strangers=settings.REQUIRE_LOGIN))


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
        reason = health.problem_for_strangers() if settings.REQUIRE_LOGIN else health.problem()
        return errors.unavailable(request, reason or "")
    try:
        return view(request, **match.kwargs)
    except Http404 as error:
        return errors.not_found(request, error)


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
    """Return whether the name of a file is what the words ask for. Nothing else is looked for here."""
    lines = lines_of(name, "", ())
    return all(
        any(stands_in(line, word.text) if word.text else word.literal in name for line in lines) != word.negated
        for word in words
    )


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
            return sorted(walk_library(settings.VIDEO_DIR, leave_out=settings.GENERATED_DIR).files, key=_as_people_sort)
        except FolderUnusable:
            return sorted(snapshot.names(), key=_as_people_sort)

    # The time is kept with it: the cache goes by a clock that may be set back by years.
    kept: tuple[float, list[str]] | None = cache.get("fallback_names")
    if kept is None or not 0 <= time.monotonic() - kept[0] < _SECONDS_BETWEEN_WALKS:
        kept = time.monotonic(), look()
        cache.set("fallback_names", kept, _SECONDS_BETWEEN_WALKS)
    return kept[1]


def _as_people_sort(name: str) -> tuple[list[str], str, str]:
    """Return the key of a name: what a folder holds is together, in the order of titles."""
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
    # The ordinary page is back at this address as soon as the database is.
    response["Cache-Control"] = "no-store"
    return response
