"""What every page's template can ask for."""

from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from videos.accounts.login_marks import COOKIE, login_mark
from videos.accounts.permissions import may_change_library
from videos.accounts.requests import ViewerRequest
from videos.maintenance.integrity import known_damage


def site_context(request: ViewerRequest) -> dict[str, Any]:
    """Tell the templates who has a use for the admin and the library's buttons, what is damaged, and which login it is.

    A context processor.
    """
    return {
        "shows_admin": SimpleLazyObject(lambda: not settings.REQUIRE_LOGIN or request.user.is_staff),
        "may_change_library": SimpleLazyObject(lambda: may_change_library(request)),
        "database_damage": SimpleLazyObject(known_damage),
        "login_mark": login_mark(request) if hasattr(request, "knows_user") else "",
        "login_mark_cookie": COOKIE,
    }
