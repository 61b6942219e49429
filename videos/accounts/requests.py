"""The request type of views, with the attributes that the middleware adds."""

from typing import TYPE_CHECKING, cast

from django.contrib.auth.models import User
from django.http import HttpRequest

if TYPE_CHECKING:
    from django_htmx.middleware import HtmxDetails

    from videos.models import SmartList


class ViewerRequest(HttpRequest):
    """A request after the middleware. Only for type checking: at run time it is Django's own class.

    `viewer` is the account whose ratings and views the page shows: the household account without login.
    """

    user: User
    viewer: User
    htmx: "HtmxDetails"
    # Set by middleware/login.py once the session's account is loaded.
    knows_user: bool
    # Set by views/lists/saved_lists.py on pages that show lists.
    smart_lists: "list[SmartList]"


def viewer_of(request: HttpRequest) -> User:
    """Return request.viewer where Django fixes the parameter's type, as in the admin and in middleware."""
    return cast(ViewerRequest, request).viewer
