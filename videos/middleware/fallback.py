"""The responses while the database, or its disk, cannot be used."""

import sys
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.signals import got_request_exception
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponseBase
from django.urls import Resolver404, resolve

from videos.db import health
from videos.db.conditions import Condition
from videos.db.health import DatabaseUnavailable
from videos.presentation.error_pages import not_found, unavailable


class DatabaseFallbackMiddleware:
    """Serves the emergency pages while the database cannot be read, and notices when it fails and recovers.

    A write that the disk refuses gets a 503 with one sentence. Everything else continues.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response
        # Django turns an exception of a later middleware, as in saving a session, into a response before it gets here.
        got_request_exception.connect(_keep_error, dispatch_uid="videos.views.site.emergency")

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if health.problem() is not None:
            return emergency_page(request)
        response = self.get_response(request)
        error = getattr(request, "database_error", None)
        return (_refused(request, error) if error is not None else None) or response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:
        is_of_database = isinstance(exception, DatabaseUnavailable | DatabaseError)
        return _refused(request, exception) if is_of_database else None


def _keep_error(request: HttpRequest | None = None, **_: Any) -> None:
    error = sys.exc_info()[1]
    if request is not None and isinstance(error, DatabaseError):
        vars(request)["database_error"] = error


def _refused(request: HttpRequest, error: Exception) -> HttpResponseBase | None:
    """Return the response to a database error, or None for an error of the program itself."""
    condition = health.noticed(error)
    if health.problem() is not None:
        return emergency_page(request)
    if condition is None or condition is Condition.UNREADABLE:
        return None
    # Without a login nobody should see a path, if a login is required.
    return unavailable(request, health.refusal(condition, for_strangers=settings.REQUIRE_LOGIN))


def emergency_page(request: HttpRequest) -> HttpResponseBase:
    """Return the response of EMERGENCY_URLCONF, whose views do not use the database."""
    # CommonMiddleware, which checks the Host header, runs later. Without this, DNS rebinding could read the answer.
    request.get_host()
    try:
        resolve(request.path_info)
        match = resolve(request.path_info, settings.EMERGENCY_URLCONF)
        return match.func(request, *match.args, **match.kwargs)
    except (Resolver404, Http404) as error:
        return not_found(request, error)
