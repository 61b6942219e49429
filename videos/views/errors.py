"""The pages for what went wrong."""

from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import BadRequest, DisallowedHost, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseNotAllowed
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.translation import gettext

from videos import database
from videos.database import RETRY_AFTER_SECONDS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # What a form says of its fields is for the person; what Django found suspicious is for the log.
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
        # The page says it beside the control.
        return HttpResponse(reason, status=status, content_type="text/plain; charset=utf-8")
    return render(request, "400.html", {"exception": reason}, status=status)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return render(request, "404.html", {"layout": _layout(request)}, status=404)


class MethodNotAllowedMiddleware:
    """Gives each 405 a page: whoever opens the address of a button would see an empty one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Put into the response that is there, which says what is allowed, and that it is in the log.
        if isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string("405.html", {"layout": _layout(request)}, request)
        return response


def _layout(request: HttpRequest) -> str:
    # With the way around the library where the account that it depends on can be asked for.
    is_usable = database.problem() is None and hasattr(request, "user")
    return "base.html" if is_usable else "videos/fallback_base.html"


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def unavailable(request: HttpRequest, problem: str) -> HttpResponse:
    """Return 503: nothing was changed, and it is worth trying again."""
    response: HttpResponse
    if problem and "HX-Request" in request.headers:
        # The page says it where the person clicked.
        response = HttpResponse(problem, status=503, content_type="text/plain; charset=utf-8")
    else:
        response = render(request, "503.html", {"problem": problem}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
