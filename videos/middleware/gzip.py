"""Compresses pages. Videos, images and streamed responses are sent as they are."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_COMPRESSED = ("text/", "application/json", "application/manifest+json")


class CompressionMiddleware(GZipMiddleware):
    """Django's, which pads pages by a random length against attacks on their tokens (BREACH), for text only."""

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        is_text = response.headers.get("Content-Type", "").startswith(_COMPRESSED)
        if response.streaming or not is_text or response.status_code == 206:
            return response
        return super().process_response(request, response)
