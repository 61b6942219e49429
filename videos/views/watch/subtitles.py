"""The WebVTT tracks of a video: its subtitle files, and its chapters."""

import html
import logging
import os
import posixpath
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.cache import get_conditional_response, patch_vary_headers
from django.utils.translation import gettext
from django.views.decorators.http import require_safe

from videos.core.errors import LibraryError
from videos.library.paths import open_video
from videos.media.subtitles.cues import MAX_BYTES, UnreadableSubtitles
from videos.media.subtitles.webvtt import to_webvtt
from videos.models import Details, Subtitle

logger = logging.getLogger(__name__)


@require_safe
def subtitles(request: HttpRequest, video_id: int, subtitle_id: int) -> HttpResponse:
    """Return one subtitle file, converted to WebVTT in UTF-8."""
    found = (
        Subtitle.objects.filter(pk=subtitle_id, video__pk=video_id)
        .values_list("filename", "language", "video__frame_rate")
        .first()
    )
    if found is None:
        raise Http404("There are no such subtitles.")
    filename, language, frame_rate = found
    try:
        descriptor = open_video(settings.VIDEO_DIR, filename)
        try:
            return _converted(request, descriptor, filename, language, frame_rate)
        finally:
            os.close(descriptor)
    except (OSError, LibraryError) as error:
        logger.warning("The subtitles %r cannot be shown: %s", filename, error)
        raise Http404("The subtitles cannot be read.") from error


# Part of the ETag: it changes with the conversion, so that browsers do not keep the result of an older one.
_CONVERSION = 2


def _converted(
    request: HttpRequest, descriptor: int, filename: str, language: str, frame_rate: float | None
) -> HttpResponse:
    status = os.fstat(descriptor)
    if status.st_size > MAX_BYTES:
        raise UnreadableSubtitles(f"larger than {MAX_BYTES:,} bytes")
    etag = f'"{_CONVERSION}-{status.st_size:x}-{status.st_mtime_ns:x}-{language}-{frame_rate or 0:.3f}"'
    # An unchanged file is not converted again.
    unchanged = get_conditional_response(request, etag=etag)
    if isinstance(unchanged, HttpResponse):
        response = unchanged
    else:
        with open(descriptor, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES)
        extension = posixpath.splitext(filename)[1].lower().lstrip(".")
        response = _webvtt(to_webvtt(content, extension, language=language, frame_rate=frame_rate))
    response["ETag"] = etag
    response["Cache-Control"] = "private, no-cache"
    return response


@require_safe
def chapters(request: HttpRequest, video_id: int) -> HttpResponse:
    """Return the chapters as a WebVTT track."""
    found = Details.objects.filter(video__pk=video_id).values_list("chapters", flat=True).first()
    if not found:
        raise Http404("The video has no chapters.")
    cues = [_cue(number, chapter) for number, chapter in enumerate(found, 1)]
    response = _webvtt("\n".join(["WEBVTT\n", *cues]))
    response["Cache-Control"] = "private, no-cache"
    # A chapter without a title gets one in the language of the page.
    patch_vary_headers(response, ("Accept-Language", "Cookie"))
    return response


def _cue(number: int, chapter: dict[str, Any]) -> str:
    # Browsers drop a cue without a duration.
    end = max(chapter["end_seconds"], chapter["start_seconds"] + 0.001)
    # Escaped, since a title may contain WebVTT markup; line breaks become spaces.
    title = html.escape(" ".join(chapter["title"].split()), quote=False)
    title = title or gettext("Chapter %(number)s") % {"number": number}
    return f"{_moment(chapter['start_seconds'])} --> {_moment(end)}\n{title}\n"


def _moment(seconds: float) -> str:
    """Return "00:01:02.500"."""
    minutes, milliseconds = divmod(round(seconds * 1000), 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{milliseconds // 1000:02}.{milliseconds % 1000:03}"


def _webvtt(text: str) -> HttpResponse:
    return HttpResponse(text, content_type="text/vtt; charset=utf-8")
