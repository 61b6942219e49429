"""In which language a page answers."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

# What is made of words. The bytes of a video or a picture are the same for everybody, and are kept as such.
_OF_WORDS = ("text/html", "application/manifest+json")


class LanguageMiddleware:
    """Answers in the language that the cookie names, else in the first that the browser takes and there is.

    Unlike Django's own it tells only pages apart by language, and leaves the thread as it was: what runs between two
    requests, like a warning in the log, is in English.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith(_OF_WORDS):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            response.headers.setdefault("Content-Language", language)
        return response
