"""What is answered to whoever guesses passwords."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render

from videos.passwords import WAIT_SECONDS, TooManyWrongPasswords


class PasswordBrakeMiddleware:
    """Answers 429 at the login of the pages and at that of the admin alike."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if not isinstance(exception, TooManyWrongPasswords):
            return None
        context = {"has_to_wait": True, "next": request.POST.get("next", "")}
        response = render(request, "registration/login.html", context, status=429)
        response["Retry-After"] = str(WAIT_SECONDS)
        return response
