"""The page for a new password."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.forms import AdminPasswordChangeForm
from django.contrib.auth.views import PasswordChangeView
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse_lazy
from django.utils.translation import gettext

from videos.accounts.login_throttle import WAIT_SECONDS, TooManyWrongPasswords, counted_attempt


class _PasswordChangeForm(AdminPasswordChangeForm):
    """Counts wrong old passwords together with those at the logins."""

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
    """The admin's own page for a new password, with the login throttle."""

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
