"""Respond to a request with an open file's bytes, or tell nginx to send them."""

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
        """Keep the headers: Django would compute the length from the file's position to its end."""


def file_response(request: HttpRequest, descriptor: int, label: Label) -> HttpResponseBase:
    """Return the whole file or the requested ranges: 200, 206, 304, 412 or 416. Takes over the descriptor.

    Validators and size are those of the open file. RFC 9110 §13 and §14.
    """
    with contextlib.ExitStack() as on_return:
        file = OpenFile(descriptor)
        on_return.callback(file.close)
        response = _respond(request, file, label)
        if isinstance(response, FileSliceResponse | _PartsResponse):
            # FileSlice.close() closes the descriptor once the bytes are sent.
            on_return.pop_all()
    return response


def nginx_response(prefix: str, path: str, label: Label) -> HttpResponse:
    """Return a response that makes nginx send the file at `path` below its internal location `prefix`.

    nginx handles ranges and conditions, with its own entity tag: only the sender knows which state of the file it
    sends. nginx keeps the label's headers.
    """
    # In bytes: the real name behind a link may not be UTF-8.
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
    # A date in the future must be sent as today's (§8.8.2.1), and one before 1970 cannot be written.
    return Validators(etag, max(0, min(file.status.st_mtime_ns // 10**9, int(now_seconds))))


def _content(file: OpenFile, ranges: tuple[ByteRange, ...], headers: dict[str, str]) -> StreamingHttpResponse:
    """Return the parts of the file, or the whole file if the parts with their headers would be longer."""
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
    """Return 304 with the headers that it may have (§15.4.5).

    A streaming response, so that Django does not add Content-Length: 0, which would be the file's length (§8.6).
    """
    kept = {name: headers[name] for name in ("Cache-Control", "ETag", "Last-Modified")}
    response = StreamingHttpResponse(status=HTTPStatus.NOT_MODIFIED, headers=kept)
    del response["Content-Type"]
    return response


def _refusal(status: HTTPStatus, headers: dict[str, str] | None = None) -> HttpResponse:
    response = HttpResponse(status=status, headers={"Cache-Control": ASK_AGAIN, **(headers or {})})
    del response["Content-Type"]
    return response
