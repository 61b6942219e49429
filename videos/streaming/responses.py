"""An open file and a request -> the HTTP response with its bytes, or the word to nginx to send them."""

import contextlib
import os
import time
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse

from videos.streaming.conditions import Validators, failed_condition, is_same_file
from videos.streaming.files import BLOCK_BYTES, FileSlice, OpenFile
from videos.streaming.headers import ASK_AGAIN, Label
from videos.streaming.multipart import ByteRanges
from videos.streaming.ranges import ByteRange, RangeNotSatisfiable, requested_ranges


class FileSliceResponse(FileResponse):
    """Streams a FileSlice; its headers are set by file_response."""

    block_size = BLOCK_BYTES

    def set_headers(self, filelike: Any) -> None:
        """Leave the headers as they are: Django would measure the file from where it stands to its end."""


def file_response(request: HttpRequest, descriptor: int, label: Label) -> HttpResponseBase:
    """Return the whole file or the ranges asked for: 200, 206, 304, 412 or 416. Takes over the descriptor.

    Size, date and identity are those of the open file. RFC 9110 §13 and §14.
    """
    with contextlib.ExitStack() as on_return:
        file = OpenFile(descriptor)
        on_return.callback(file.close)
        response = _respond(request, file, label)
        if isinstance(response, FileSliceResponse | _PartsResponse):
            # Its own close() does that, when the bytes are sent.
            on_return.pop_all()
    return response


def nginx_response(prefix: str, path: str, label: Label) -> HttpResponse:
    """Return the word to nginx to send the file at `path` below its internal location `prefix`.

    nginx sees to the ranges and conditions, with an entity tag of its own: only who sends the bytes can say which
    state of the file they are. The label's headers are among those that it keeps.
    """
    # As bytes: the real name of a file behind a link need not be UTF-8.
    return HttpResponse(headers={"X-Accel-Redirect": prefix + quote(os.fsencode(path)), **label.headers})


class _PartsResponse(StreamingHttpResponse):
    """Streams several ranges of a file."""


def _respond(request: HttpRequest, file: OpenFile, label: Label) -> HttpResponseBase:
    now_seconds = time.time()
    validators = _validators(file, now_seconds)
    headers = {
        **label.headers,
        "Accept-Ranges": "bytes",
        "ETag": validators.etag,
        "Last-Modified": validators.last_modified,
    }
    failed = failed_condition(request.method or "", request.headers, validators)
    if failed is HTTPStatus.NOT_MODIFIED:
        return _not_modified(headers)
    if failed:
        return _refusal(failed)
    counts = is_same_file(request.headers.get("If-Range"), validators, now_seconds)
    try:
        ranges = requested_ranges(request.headers.get("Range") if counts else None, file.size_bytes)
    except RangeNotSatisfiable:
        size = {"Accept-Ranges": "bytes", "Content-Range": f"bytes */{file.size_bytes}"}
        return _refusal(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, size)
    response = _content(file, ranges, headers)
    if request.method == "HEAD":
        return HttpResponse(status=response.status_code, headers=dict(response.items()))
    return response


def _validators(file: OpenFile, now_seconds: float) -> Validators:
    etag = f'"{file.size_bytes:x}-{file.status.st_mtime_ns:x}-{file.status.st_ino:x}"'
    # A date to come is to be given as today's (§8.8.2.1), and one before there were computers cannot be written.
    return Validators(etag, max(0, min(file.status.st_mtime_ns // 10**9, int(now_seconds))))


def _content(file: OpenFile, ranges: tuple[ByteRange, ...], headers: dict[str, str]) -> StreamingHttpResponse:
    """Return the parts of the file, or all of it where the parts with their heads would be longer."""
    if len(ranges) > 1:
        parts = ByteRanges(file, ranges, headers["Content-Type"])
        if parts.length <= file.size_bytes:
            headers |= {"Content-Length": str(parts.length), "Content-Type": parts.content_type}
            return _PartsResponse(parts, status=HTTPStatus.PARTIAL_CONTENT, headers=headers)
    if len(ranges) == 1:
        status, sent = HTTPStatus.PARTIAL_CONTENT, ranges[0]
        headers |= {"Content-Range": sent.content_range(file.size_bytes)}
    else:
        status, sent = HTTPStatus.OK, ByteRange(0, file.size_bytes)
    headers |= {"Content-Length": str(sent.length)}
    return FileSliceResponse(FileSlice(file, sent), status=status, headers=headers)


def _not_modified(headers: dict[str, str]) -> StreamingHttpResponse:
    """Return 304 with what it may say of the file (§15.4.5).

    Streamed, though nothing is: Django would give it the length 0, which could only be that of the file (§8.6).
    """
    kept = {name: headers[name] for name in ("Cache-Control", "ETag", "Last-Modified")}
    response = StreamingHttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=kept)
    del response["Content-Type"]
    return response


def _refusal(status: HTTPStatus, headers: dict[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(status=status, headers={"Cache-Control": ASK_AGAIN, **(headers or {})})
    del response["Content-Type"]
    return response
