"""The WSGI application, for `serve` and for any other WSGI server."""

from collections.abc import Callable
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponseBase

from videos.middleware.form_bodies import is_readable, without_charset

# Not a media type, so Django finds no charset and no parameters in it.
_UNREADABLE = "?"


class Application(WSGIHandler):
    """Django's, without a Content-Type on which it would fail before any middleware runs."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        content_type = environ.get("CONTENT_TYPE", "")
        # With a charset Django parses the query string at once, before FormBodyMiddleware can answer an error.
        environ["CONTENT_TYPE"] = without_charset(content_type) if is_readable(content_type) else _UNREADABLE
        return super().__call__(environ, start_response)


def get_application() -> Application:
    """Return the application, with Django set up."""
    django.setup(set_prefix=False)
    return Application()
