"""What is answered to whoever guesses passwords, or comes when too many log in; the form for a new password."""

from collections.abc import Callable
from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.urls import reverse_lazy
from django.utils.translation import gettext

from videos.accounts.login_throttle import WAIT_SECONDS, TooManyWrongPasswords, counted_attempt
from videos.accounts.password_hashing import RETRY_AFTER_SECONDS, TooManyPasswords


class PasswordBrakeMiddleware:
    """Answers 429 or 503 at the login of the pages and at that of the admin alike."""

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
    """Return 503 for a form with a password, such as that of a new account. Nothing of it was saved."""
    problem = gettext("Too many passwords are being checked at the moment.")
    response = render(request, "503.html", {"problem": problem}, status=503)
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return response


class _PasswordChangeForm(AdminPasswordChangeForm):
    """Counts the guesses at the old password with those at the logins."""

    def __init__(self, *args: Any, request: HttpRequest, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._request = request

    def clean_old_password(self) -> str:
        try:
            with counted_attempt(self._request, self.user.get_username()) as attempt:
                old_password: str = super().clean_old_password()
                attempt.succeeded()
        except TooManyWrongPasswords as error:
            message = gettext("Too many wrong passwords. Try again in ten minutes.")
            raise ValidationError(message, code="has_to_wait") from error
        return old_password


class PasswordChange(PasswordChangeView):
    """The admin's own page for a new password, with the brake on it."""

    form_class = _PasswordChangeForm
    success_url = reverse_lazy("admin:password_change_done")

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "request": self.request}

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**admin.site.each_context(self.request), **super().get_context_data(**kwargs)}

    def form_invalid(self, form: Any) -> HttpResponse:
        response = super().form_invalid(form)
        if form.has_error("old_password", "has_to_wait"):
            response.status_code = 429
            response["Retry-After"] = str(WAIT_SECONDS)
        return response


password_change = admin.site.admin_view(PasswordChange.as_view(), cacheable=False)
