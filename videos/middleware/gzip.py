"""Pages leave compressed; films, pictures and what comes in pieces leave as they are."""

from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.middleware.gzip import GZipMiddleware

_COMPRESSED = ("text/", "application/json", "application/manifest+json")


class CompressionMiddleware(GZipMiddleware):
    """Django's, which pads a page by a random length, so that its size tells nothing of its token; for text alone."""

    def process_response(self, request: HttpRequest, response: Any) -> HttpResponseBase:
        is_text = response.headers.get("Content-Type", "").startswith(_COMPRESSED)
        if response.streaming or not is_text or response.status_code == 206:
            return response
        return super().process_response(request, response)
