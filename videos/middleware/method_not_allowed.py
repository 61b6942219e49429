"""Gives an answer 405 a page."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.template.loader import render_to_string

from videos.presentation.error_pages import layout


class MethodNotAllowedMiddleware:
    """Gives each 405 a page: whoever opens the address of a button would see an empty one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        response = self.get_response(request)
        # Put into the response that is there, which says what is allowed, and that it is in the log.
        if isinstance(response, HttpResponseNotAllowed):
            response.content = render_to_string("405.html", {"layout": layout(request)}, request)
        return response
