"""The WSGI application, for `serve` and for any other WSGI server."""

from collections.abc import Callable
from typing import Any

import django
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpResponseBase

from videos.middleware.form_bodies import is_readable, without_charset

# No media type, and nothing that Django makes charsets and parameters of.
_UNREADABLE = "?"


class Application(WSGIHandler):
    """Django's, to which no Content-Type comes that it stumbles over before any middleware could answer."""

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> HttpResponseBase:
        content_type = environ.get("CONTENT_TYPE", "")
        # Told a charset, Django reads the address at once, where nothing yet answers what is wrong with it.
        environ["CONTENT_TYPE"] = without_charset(content_type) if is_readable(content_type) else _UNREADABLE
        return super().__call__(environ, start_response)


def get_application() -> Application:
    """Return the application, with Django set up."""
    django.setup(set_prefix=False)
    return Application()
