"""The error pages."""

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from videos.db import health
from videos.db.health import RETRY_AFTER_SECONDS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # The message of a form is for the person; what Django finds suspicious is only for the log.
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    if isinstance(exception, DisallowedHost):
        reason = gettext("This address is not in LVS_ALLOWED_HOSTS. Add it and restart the server.")
    if isinstance(exception, TooManyFieldsSent):
        reason = gettext("This is more than a form can hold. Select fewer videos, or all that match.")
    status = 400
    if isinstance(exception, RequestDataTooBig):
        status = 413
        reason = gettext("The request is too large: no files are accepted, and at most %(kilobytes)s KB.") % {
            "kilobytes": settings.DATA_UPLOAD_MAX_MEMORY_SIZE // 1024
        }
    if reason and request.headers.get("HX-Request"):
        # The page's script shows it beside the control.
        return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "400.html", {"exception": reason}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", {"layout": layout(request)}, status=404)


def layout(request: HttpRequest) -> str:
    # With the navigation, if the account that it depends on can be read.
    is_usable = health.problem() is None and hasattr(request, "user")
    return "base.html" if is_usable else "videos/fallback_base.html"


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def unavailable(request: HttpRequest, problem: str) -> HttpResponse:
    """Return 503: nothing was changed, and the request may be repeated."""
    response: HttpResponse
    if problem and "HX-Request" in request.headers:
        # The page's script shows it beside the control.
        response = HttpResponse(problem, status=503, content_type="text/plain; charset=utf-8")
    else:
        response = render(request, "503.html", {"problem": problem}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
