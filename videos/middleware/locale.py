"""The language of a page."""

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation
from django.utils.cache import patch_vary_headers

# Content types with translated text. Videos and images are the same in every language, and are cached so.
_TRANSLATED = ("text/html", "application/manifest+json")


class LanguageMiddleware:
    """Selects the language of the cookie, else the first available one of Accept-Language.

    Unlike Django's LocaleMiddleware it adds Vary only to pages, and restores the language of the thread: messages
    between two requests, such as a warning in the log, are in English.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        language = translation.get_language_from_request(request)
        with translation.override(language):
            response = self.get_response(request)
        if response.headers.get("Content-Type", "").startswith(_TRANSLATED):
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            response.headers.setdefault("Content-Language", language)
        return response
