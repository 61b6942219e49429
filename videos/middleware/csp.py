"""Content-Security-Policy: a page may load only this site's own files, and no inline script or style.

If a file name, a tag or a title ever escaped the escaping, it still would not run.
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
# The elements of media-chrome have <style> elements in their shadow trees. These are the hashes of those that the watch
# page uses; no other inline style is allowed (tests/browser/test_player.py).
PLAYER_STYLES = (
    "sha256-+XYYAhYtiUsaw0+wUtfcBE3yMARPO4zdUhZGkDgDohM=",
    "sha256-ad5pLE4ykOnAn8/VmRayKdKPhP3pvqoX4MGy3EktnBg=",
    "sha256-CZ8hU2wFQkJQTP3Dj2nl5E530al0uN4149GNCvQZTDE=",
    "sha256-l0oXN8ELODFEFGnJztGBqT5qrnYVXGDHmO9UVWjtMXA=",
    "sha256-ybkwgORVaNpgfHWjB4yaZjEyg46ZMdeyLM32opbKlpo=",
    "sha256-VJnVbqNRyX0jCFZEJ4ltrffJx26lCuyVbNYdioxBwzQ=",
    "sha256-W9200sCekROkcax0iJ77FC7fL1XmtkKZFU4jWBgOGi0=",
    "sha256-1Jc+kPhfOh4UvXYTCgDHEAV3Caafvsf5jeNdPbSiQ8o=",
    "sha256-icRYLLVSVG1RE2ze2JPpc2di/XuMtAkqJdem5GFjU5M=",
    "sha256-m+frfzRQalnJwRN07WZLWSWd4eM4WsynbWp5qQi8Or0=",
    "sha256-C7t4uFhGErrgCiy7sp4fN8QAsq2Xafh4lWfnefi0l/E=",
    "sha256-3mr12lsHkByBAuT5HIjiVaMHjH42rxTHchQEttT3yhE=",
    "sha256-5LsYGeD4Fwu+AtlpdRPSk6g18GLvHddLqx5a2hMGkpw=",
    "sha256-LLrbL3VRTSpcR7f/VRuhdwB3hQdbFqJkzjoEZmHBXIw=",
)
PLAYER = _policy(style_src=" ".join(["'self'", *(f"'{digest}'" for digest in PLAYER_STYLES)]))
# Django's admin uses some style attributes.
ADMIN = _policy(style_src="'self' 'unsafe-inline'", img_src="'self' data:")


def policy_for(request: HttpRequest) -> str:
    """Return the policy for the requested page."""
    match = request.resolver_match
    if match is None:
        return STRICT
    if match.app_name == "admin":
        return ADMIN
    return PLAYER if match.url_name == "watch" else STRICT


class ContentSecurityPolicyMiddleware:
    """Sets Content-Security-Policy on each response that has none."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        response.headers.setdefault("Content-Security-Policy", policy_for(request))
        return response
