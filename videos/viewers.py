"""Who is watching: the household account, the login where one is required, and request.viewer."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.middleware import LoginRequiredMiddleware
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

HOUSEHOLD = "household"
# The permission to do what the library page and the admin offer beside the marks of a video.
CHANGE_LIBRARY = "videos.change_video"


def household(using: str = "default") -> User:
    """Return the account that everybody is without login. It has no password until somebody gives it one."""
    return User.objects.using(using).get_or_create(username=HOUSEHOLD, defaults={"password": make_password(None)})[0]


def viewer_named(username: str) -> User:
    """Return the account with this name. Raises User.DoesNotExist."""
    return User.objects.get(username=username)


def may_change_library(request: HttpRequest) -> bool:
    """Return whether whoever asks may scan, relink and decide: the household may, an account with the permission."""
    return not settings.REQUIRE_LOGIN or request.user.has_perm(CHANGE_LIBRARY)


def administration(request: HttpRequest) -> dict[str, Any]:
    """Tell the templates who has a use for a link to the admin, and for the library's buttons. A context processor."""
    return {
        "shows_admin": SimpleLazyObject(lambda: not settings.REQUIRE_LOGIN or request.user.is_staff),
        "may_change_library": SimpleLazyObject(lambda: may_change_library(request)),
    }


class LoginMiddleware(LoginRequiredMiddleware):
    """Every page asks for a login where LVS_REQUIRE_LOGIN is on, and none where it is off."""

    def process_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return super().process_view(request, *args, **kwargs) if settings.REQUIRE_LOGIN else None


class ViewerMiddleware:
    """Sets request.viewer, looked up when first used.

    Without login it is the household even for somebody logged in to the admin: stars must not seem to vanish because
    the same browser also holds an administrator's session.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.viewer = SimpleLazyObject(lambda: request.user if settings.REQUIRE_LOGIN else household())  # type: ignore[attr-defined]
        return self.get_response(request)
