"""The responses to too many wrong passwords, and to too many logins at once."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils.translation import gettext

from videos.accounts.login_throttle import WAIT_SECONDS, TooManyWrongPasswords
from videos.accounts.password_hashing import RETRY_AFTER_SECONDS, TooManyPasswords


class LoginThrottleMiddleware:
    """Answers 429 or 503 at both logins, of the pages and of the admin."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if isinstance(exception, TooManyWrongPasswords):
            return _refused(request, 429, WAIT_SECONDS, has_to_wait=True)
        if isinstance(exception, TooManyPasswords):
            if request.user.is_authenticated:
                return _refused_change(request)
            return _refused(request, 503, RETRY_AFTER_SECONDS, is_busy=True)
        return None


def _refused(request: HttpRequest, status: int, retry_after_seconds: int, **context: bool) -> HttpResponse:
    context_of_form = {"next": request.POST.get("next", ""), "name": request.POST.get("username", "")}
    response = render(request, "registration/login.html", {**context_of_form, **context}, status=status)
    response["Retry-After"] = str(retry_after_seconds)
    return response


def _refused_change(request: HttpRequest) -> HttpResponse:
    """Return 503 for another form with a password, such as for a new account. Nothing was saved."""
    problem = gettext("Too many passwords are being checked at the moment.")
    response = render(request, "503.html", {"problem": problem}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response
