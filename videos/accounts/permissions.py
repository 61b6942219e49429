"""Who may do what beyond their own marks."""

from django.conf import settings

from videos.accounts.requests import ViewerRequest

# The permission for what the library page and the admin offer: scan, relink, decide, tag many.
CHANGE_LIBRARY = "videos.change_video"


def may_change_library(request: ViewerRequest) -> bool:
    """Return whether the client may scan, relink and decide: everybody without login, else accounts with permission."""
    return not settings.REQUIRE_LOGIN or request.user.has_perm(CHANGE_LIBRARY)
