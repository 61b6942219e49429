"""Sets request.viewer: whose stars, views and favorites a page shows."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from videos.accounts.household import household_with_lists


class ViewerMiddleware:
    """Sets request.viewer, looked up when it is first used.

    Without login it is the household even if the browser has an administrator's session: otherwise all stars would seem
    to vanish after a visit to the admin.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        viewer = SimpleLazyObject(lambda: request.user if settings.REQUIRE_LOGIN else household_with_lists())
        vars(request)["viewer"] = viewer
        return self.get_response(request)
