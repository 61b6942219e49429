"""Streaming a video."""

import logging
import posixpath

from django.conf import settings
from django.db import close_old_connections
from django.http import Http404, HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from videos.library.paths import OutsideLibrary, open_video, real_filename
from videos.streaming.headers import Label
from videos.streaming.responses import file_response, nginx_response
from videos.userdata.cached_reads import filename_of
from videos.views.watch.stream_admission import counted

NGINX_PREFIX = "/_videos/"

logger = logging.getLogger(__name__)


# Without csrf_exempt a POST would be answered 403 for its missing token, and not 405.
@csrf_exempt
@require_safe
def stream(request: HttpRequest, video_id: int) -> HttpResponseBase:
    """Return the file, or the requested range of it."""
    filename = filename_of(video_id)
    if filename is None:
        raise Http404("There is no such video.")
    return stream_file(request, filename)


@counted
def stream_file(request: HttpRequest, filename: str) -> HttpResponseBase:
    """Return the bytes of a file of the library. Raises Http404 if it is missing or may not be read."""
    # A stream that runs for an hour must not hold a database connection.
    close_old_connections()
    label = Label(posixpath.basename(filename), download="download" in request.GET)
    try:
        if settings.SENDFILE == "nginx":
            return nginx_response(NGINX_PREFIX, real_filename(settings.VIDEO_DIR, filename), label)
        descriptor = open_video(settings.VIDEO_DIR, filename)
    except (OSError, OutsideLibrary) as error:
        logger.warning("%r cannot be played: %s", filename, error)
        raise Http404("The file is not there.") from error
    return file_response(request, descriptor, label)
