"""What is behind a login stays out of shared caches, and is shown again only to the login that it was sent to."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers


class PrivateAnswersMiddleware:
    """Adds Cache-Control and Vary to answers where a login is required, or where the browser holds a session.

    `no-cache` alone is not enough: at "Back" a browser shows what it has kept without asking. With `Vary: Cookie` it
    has to ask, since a logout takes a cookie away; that holds for pictures with a version in their address, too, which
    are kept for a year otherwise.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        if settings.REQUIRE_LOGIN or settings.SESSION_COOKIE_NAME in request.COOKIES:
            _make_private(response)
        return response


def _make_private(response: HttpResponseBase) -> None:
    cache_control = response.headers.get("Cache-Control", "")
    # What says so of itself is for everybody, such as the icon; what says no-store is not kept at all.
    if "public" in cache_control or "no-store" in cache_control:
        return
    if cache_control:
        patch_cache_control(response, private=True)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
