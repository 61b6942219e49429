"""The template variables of every page."""

from typing import Any

from django.conf import settings
from django.utils.functional import SimpleLazyObject

from videos.accounts.login_marks import COOKIE, login_mark
from videos.accounts.permissions import may_change_library
from videos.accounts.requests import ViewerRequest
from videos.maintenance.integrity import known_damage


def site_context(request: ViewerRequest) -> dict[str, Any]:
    """Return who sees the admin link and the library's buttons, the damage of the database, and the login's mark.

    A context processor.
    """
    return {
        "shows_admin": SimpleLazyObject(lambda: not settings.REQUIRE_LOGIN or request.user.is_staff),
        "may_change_library": SimpleLazyObject(lambda: may_change_library(request)),
        "database_damage": SimpleLazyObject(known_damage),
        "login_mark": login_mark(request) if hasattr(request, "knows_user") else "",
        "login_mark_cookie": COOKIE,
    }
