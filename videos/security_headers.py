"""What a page may load: nothing but this site's own files, and no script or style that stands in the page itself.

A name of a file, a tag or a title that slipped through the escaping would still not run.
"""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase

_BASE = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "media-src": "'self'",
    "connect-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
}


def _policy(**loosened: str) -> str:
    directives = _BASE | {name.replace("_", "-"): value for name, value in loosened.items()}
    return "; ".join(f"{name} {value}" for name, value in directives.items())


STRICT = _policy()
# media-chrome's elements carry their styles in themselves, as <style> in their shadow trees.
PLAYER = _policy(style_src="'self' 'unsafe-inline'")
# Django's own admin writes some style attributes.
ADMIN = _policy(style_src="'self' 'unsafe-inline'", img_src="'self' data:")


def policy_for(request: HttpRequest) -> str:
    """Return the policy of the page that was asked for."""
    match = request.resolver_match
    if match is None:
        return STRICT
    if match.app_name == "admin":
        return ADMIN
    return PLAYER if match.url_name == "watch" else STRICT


class ContentSecurityPolicyMiddleware:
    """Sets Content-Security-Policy on each response that has none of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request))
        return response
