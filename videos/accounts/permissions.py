"""Who may change the library, besides their own ratings and tags."""

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext

from videos.accounts.requests import ViewerRequest

# Needed for what the library page and the admin offer: scan, relink, confirm, tag many videos.
CHANGE_LIBRARY = "videos.change_video"


def may_change_library(request: ViewerRequest) -> bool:
    """Return whether the client may change the library: everybody without login, else accounts with the permission."""
    return not settings.REQUIRE_LOGIN or request.user.has_perm(CHANGE_LIBRARY)


def require_may_change_library(request: ViewerRequest) -> None:
    """Raise PermissionDenied, with a sentence for the page, unless the client may change the library."""
    if not may_change_library(request):
        raise PermissionDenied(gettext("You need permission to change videos. Ask the library's administrator."))
