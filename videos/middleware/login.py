"""Asks for a login where LVS_REQUIRE_LOGIN is on, and leads back to the page that somebody came from."""

from typing import Any, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.utils.http import escape_leading_slashes, url_has_allowed_host_and_scheme

from videos.accounts.login_marks import keep_mark
from videos.accounts.requests import ViewerRequest


class LoginMiddleware(LoginRequiredMiddleware):
    """Every page asks for a login where LVS_REQUIRE_LOGIN is on, and none where it is off.

    A session may end while a page is open. What its forms and scripts send then leads back to that page: their own
    addresses show nothing.
    """

    def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not settings.REQUIRE_LOGIN:
            return None
        refusal = super().process_view(request, *args, **kwargs)
        cast(ViewerRequest, request).knows_user = True
        return refusal

    def process_response(self, request: HttpRequest, response: Any) -> Any:
        if hasattr(request, "knows_user"):
            keep_mark(request, response)
        return response

    def handle_no_permission(self, request: HttpRequest, view_func: Any) -> HttpResponse:  # type: ignore[override]
        htmx = cast(ViewerRequest, request).htmx
        if request.method in ("GET", "HEAD") and not htmx:
            return super().handle_no_permission(request, view_func)
        page = _page_asked_from(request)
        login = redirect_to_login(page, self.get_login_url(view_func), self.get_redirect_field_name(view_func))
        # Only to show a page does a browser ask for HTML by name.
        if not htmx and "text/html" in request.headers.get("Accept", "text/html"):
            return login
        # A script would follow a redirect, and take the login page for its answer: for "saved", or for the results.
        refusal = HttpResponse(status=401, headers={"WWW-Authenticate": 'Cookie realm="Local Video Server"'})
        if htmx:
            refusal["HX-Redirect"] = login["Location"]
        return refusal


def _page_asked_from(request: HttpRequest) -> str:
    """Return the path and query of the page that sends a request, as its headers say, or "/"."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return "/"
    return escape_leading_slashes(urlsplit(url)._replace(scheme="", netloc="").geturl()) or "/"
