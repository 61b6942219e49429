"""The request as views get it, with what our middleware adds."""

from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import User
from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from videos.models import SmartList


class ViewerRequest(HttpRequest):
    """A request after the middleware. Used for types only: at run time it is Django's own request.

    `viewer` is whose stars, views and favorites the page shows: the household without login, else the account.
    """

    user: User
    viewer: User
    htmx: "HtmxDetails"
    # Set by middleware/login.py once the session was asked who it belongs to.
    knows_user: bool
    # Set by views/lists/saved_lists.py where a page shows them.
    smart_lists: "list[SmartList]"


def viewer_of(request: HttpRequest) -> User:
    """Return request.viewer where Django fixes the type of the parameter: in the admin and in middleware."""
    return cast(ViewerRequest, request).viewer
