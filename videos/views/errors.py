"""The pages for what went wrong."""

from django.core.exceptions import BadRequest, DisallowedHost, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from videos import database
from videos.database import RETRY_AFTER_SECONDS


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    # What a form says of its fields is for the person; what Django found suspicious is for the log.
    reason = str(exception) if isinstance(exception, BadRequest) else ""
    if isinstance(exception, DisallowedHost):
        reason = gettext(
            "The server does not know itself by this address. Add it to LVS_ALLOWED_HOSTS, and start again."
        )
    if isinstance(exception, TooManyFieldsSent):
        reason = gettext("That is more at once than a form can hold. Take fewer, or all that match.")
    if reason and getattr(request, "htmx", False):
        # The page says it beside the control.
        return HttpResponse(reason, status=400, content_type="text/plain; charset=utf-8")
    return render(request, "400.html", {"exception": reason}, status=400)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    # With the way around the library where the account that it depends on can be asked for.
    is_usable = database.problem() is None and hasattr(request, "user")
    layout = "base.html" if is_usable else "videos/fallback_base.html"
    return render(request, "404.html", {"layout": layout}, status=404)


def server_error(request: HttpRequest) -> HttpResponse:
    return render(request, "500.html", status=500)


def unavailable(request: HttpRequest, problem: str) -> HttpResponse:
    """Return 503: nothing was changed, and it is worth trying again."""
    response = render(request, "503.html", {"problem": problem}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
