"""Requires a login if LVS_REQUIRE_LOGIN is on, and returns to the page that was open."""

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
    """Every page requires a login if LVS_REQUIRE_LOGIN is on, and none if it is off.

    A session may end while a page is open. After the login, a form or a script leads back to that page, since its own
    address shows nothing.
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
        # A browser names text/html only when it loads a page; fetch() sends */*.
        if not htmx and "text/html" in request.headers.get("Accept", "text/html"):
            return login
        # A script would follow a redirect and take the login page for its answer, such as "saved".
        refusal = HttpResponse(status=401, headers={"WWW-Authenticate": 'Cookie realm="Local Video Server"'})
        if htmx:
            refusal["HX-Redirect"] = login["Location"]
        return refusal


def _page_asked_from(request: HttpRequest) -> str:
    """Return the path and query of the page that sent the request, from its headers, or "/"."""
    url = request.headers.get("HX-Current-URL") or request.headers.get("Referer", "")
    if not url_has_allowed_host_and_scheme(url, allowed_hosts={request.get_host()}):
        return "/"
    return escape_leading_slashes(urlsplit(url)._replace(scheme="", netloc="").geturl()) or "/"
