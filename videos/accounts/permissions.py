"""Who may change the library, besides their own ratings and tags."""

from django.conf import settings

from videos.accounts.requests import ViewerRequest

# Needed for what the library page and the admin offer: scan, relink, confirm, tag many videos.
CHANGE_LIBRARY = "videos.change_video"


def may_change_library(request: ViewerRequest) -> bool:
    """Return whether the client may change the library: everybody without login, else accounts with the permission."""
    return not settings.REQUIRE_LOGIN or request.user.has_perm(CHANGE_LIBRARY)
