"""Keeps pages behind a login out of shared caches, and from being shown again after a logout."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.cache import patch_cache_control, patch_vary_headers


class PrivateResponsesMiddleware:
    """Adds Cache-Control and Vary to responses if a login is required, or if the browser has a session.

    `no-cache` alone is not enough: "Back" shows a cached page without asking. With `Vary: Cookie` it has to ask, since
    a logout removes a cookie. That includes images with a version in their address, which are cached for a year.
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
    # "public" responses, such as the icon, are for everybody; "no-store" ones are not cached at all.
    if "public" in cache_control or "no-store" in cache_control:
        return
    if cache_control:
        patch_cache_control(response, private=True)
    else:
        patch_cache_control(response, private=True, no_cache=True)
    patch_vary_headers(response, ["Cookie"])
