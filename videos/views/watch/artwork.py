"""The cover of a video, its sprite of small frames, and the sprite's index."""

import os
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.urls import reverse
from django.views.decorators.http import require_safe

from videos.analysis.artwork_store import cover_path, open_picture, pictures_folder, sprite_path
from videos.media.thumbnails import sprite_index
from videos.models import Details, Video
from videos.streaming.headers import ASK_AGAIN, Label
from videos.streaming.responses import file_response, nginx_response

NGINX_PREFIX = "/_pictures/"
_A_YEAR = 365 * 24 * 60 * 60


@require_safe
def cover(request: HttpRequest, video_id: int) -> HttpResponseBase:
    return _image(request, cover_path(settings.GENERATED_DIR, video_id))


@require_safe
def sprite(request: HttpRequest, video_id: int) -> HttpResponseBase:
    return _image(request, sprite_path(settings.GENERATED_DIR, video_id))


@require_safe
def sprite_vtt(request: HttpRequest, video_id: int) -> HttpResponse:
    """Return the WebVTT index of the sprite: the part of the image for each time."""
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
    return HttpResponse(
        index, content_type="text/vtt; charset=utf-8", headers={"Cache-Control": _cache_control(request)}
    )


def address(name: str, video: Video) -> str:
    """Return the address of the cover, the sprite or its index. It changes with each new version."""
    return f"{reverse(name, args=[video.pk])}?v={video.cover_version or 0}"


def _image(request: HttpRequest, path: Path) -> HttpResponseBase:
    # Found by the id alone: a page loads sixty covers, and none of them costs a query.
    try:
        descriptor = open_picture(path)
    except OSError as error:
        raise Http404("There is no such picture.") from error
    label = Label(path.name, content_type="image/webp", cache_control=_cache_control(request))
    if settings.SENDFILE == "nginx":
        os.close(descriptor)
        below = path.relative_to(pictures_folder(settings.GENERATED_DIR)).as_posix()
        return nginx_response(NGINX_PREFIX, below, label)
    return file_response(request, descriptor, label)


def _cache_control(request: HttpRequest) -> str:
    """Return the Cache-Control: a year for an address with a version, which changes with the image."""
    return f"private, max-age={_A_YEAR}, immutable" if "v" in request.GET else ASK_AGAIN
