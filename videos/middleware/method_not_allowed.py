"""The page for a 405 response."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string

from videos.presentation.error_pages import layout


class MethodNotAllowedMiddleware:
    """Adds a page to each 405: opening the address of a button would show an empty one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # The existing response is kept: it has the Allow header and is already logged.
        if isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string("405.html", {"layout": layout(request)}, request)
        return response
