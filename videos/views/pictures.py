"""The pictures of a video: its cover, the sheet of small frames, and which of them shows when."""

import os
import posixpath
from pathlib import Path
from typing import TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from videos.library.pictures import cover_path, sprite_path
from videos.media.pictures import sprite_index
from videos.models import Details, Video
from videos.streaming.responses import file_response

_A_YEAR = 365 * 24 * 60 * 60


@require_safe
def cover(request: HttpRequest, video_id: int) -> HttpResponseBase:
    return _picture(request, cover_path(settings.GENERATED_DIR, video_id))


@require_safe
def sprite(request: HttpRequest, video_id: int) -> HttpResponseBase:
    return _picture(request, sprite_path(settings.GENERATED_DIR, video_id))


@require_safe
def sprite_vtt(request: HttpRequest, video_id: int) -> HttpResponse:
    """Return the WebVTT index of the sheet: for each moment the part of the picture that shows it."""
    details = Details.objects.select_related("video").filter(video__pk=video_id).first()
    if details is None or not details.sprite:
        raise Http404("There are no pictures of this video.")
    index = sprite_index(
        details.sprite["columns"],
        details.sprite["tile_width"],
        details.sprite["tile_height"],
        details.sprite["times"],
        details.video.duration,
        address("sprite", details.video),
    )
    return _let_keep(request, HttpResponse(index, content_type="text/vtt; charset=utf-8"))


def address(name: str, video: Video) -> str:
    """Return the address of the cover, the sprite or its index, another one as soon as there are new pictures."""
    return f"{reverse(name, args=[video.pk])}?v={video.cover_version or 0}"


def _picture(request: HttpRequest, path: Path) -> HttpResponseBase:
    # Found by the number alone: sixty covers are asked for at a time, and none of them costs a query.
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise Http404("There is no such picture.") from error
    response = file_response(request, descriptor, posixpath.basename(path))
    response["Content-Type"] = "image/webp"
    return _let_keep(request, response)


_AnyResponse = TypeVar("_AnyResponse", bound=HttpResponseBase)


def _let_keep(request: HttpRequest, response: _AnyResponse) -> _AnyResponse:
    """Let the browser keep what is asked for by its version: new pictures have another address."""
    if "v" in request.GET:
        response["Cache-Control"] = f"private, max-age={_A_YEAR}, immutable"
    else:
        response["Cache-Control"] = "private, no-cache"
    return response
