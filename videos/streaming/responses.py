"""An open file and a request -> the HTTP response with its bytes."""

import os
from typing import Any

from django.http import FileResponse, HttpRequest, HttpResponse, HttpResponseBase
from django.utils.cache import get_conditional_response
from django.utils.http import content_disposition_header, http_date, parse_http_date_safe

from videos.streaming.ranges import ByteRange, RangeNotSatisfiable, requested_range

CONTENT_TYPES = {
    "3g2": "video/3gpp2", "3gp": "video/3gpp", "asf": "video/x-ms-asf", "avi": "video/x-msvideo", "flv": "video/x-flv",
    "f4v": "video/mp4", "m2ts": "video/mp2t", "m2v": "video/mpeg", "m4v": "video/mp4", "mkv": "video/x-matroska",
    "mov": "video/quicktime", "mp4": "video/mp4", "mpe": "video/mpeg", "mpeg": "video/mpeg", "mpg": "video/mpeg",
    "mts": "video/mp2t", "mxf": "application/mxf", "ogg": "video/ogg", "ogm": "video/ogg", "ogv": "video/ogg",
    "qt": "video/quicktime", "ts": "video/mp2t", "vob": "video/mpeg", "webm": "video/webm", "wmv": "video/x-ms-wmv",
}  # fmt: skip


class FileSlice:
    """Some bytes of an open file, to be read once, in order.

    The descriptor stands at the first of them, unbuffered, so that a server with sendfile takes it from there; others
    call read().
    """

    def __init__(self, descriptor: int, byte_range: ByteRange) -> None:
        self._descriptor = descriptor
        self._left = byte_range.length
        os.lseek(descriptor, byte_range.start, os.SEEK_SET)

    def fileno(self) -> int:
        return self._descriptor

    def read(self, size: int = -1) -> bytes:
        chunk = os.read(self._descriptor, self._left if size < 0 else min(size, self._left))
        self._left -= len(chunk)
        return chunk

    def seek(self, position: int) -> None:
        """Stand at this byte of the file. socket.sendfile asks for it when the client is gone before the first byte."""
        os.lseek(self._descriptor, position, os.SEEK_SET)

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


class FileSliceResponse(FileResponse):
    """Streams a FileSlice; its headers are set by file_response."""

    block_size = 256 * 1024

    def set_headers(self, filelike: Any) -> None:
        """Leave the headers as they are: Django would measure the file from where it stands to its end."""


def file_response(request: HttpRequest, descriptor: int, name: str, *, download: bool = False) -> HttpResponseBase:
    """Return the whole file or the range asked for: 200, 206, 304, 412 or 416. Takes over the descriptor.

    Size, date and identity are those of the open file. RFC 9110 §13 and §14.
    """
    status = os.fstat(descriptor)
    # Django lets a newline at the very end through, and then refuses its own header.
    saved_as = name.rstrip("\n")
    headers = {
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Content-Disposition": content_disposition_header(download, saved_as) or "inline",
        "Content-Type": CONTENT_TYPES.get(name[name.rfind(".") + 1 :].lower(), "application/octet-stream"),
        "ETag": f'"{status.st_size:x}-{status.st_mtime_ns:x}-{status.st_ino:x}"',
        "Last-Modified": http_date(int(status.st_mtime)),
    }
    response = _respond(request, descriptor, status.st_size, headers)
    if not isinstance(response, FileSliceResponse):
        os.close(descriptor)
    for header, value in headers.items():
        response[header] = value
    return response


def _respond(request: HttpRequest, descriptor: int, size_bytes: int, headers: dict[str, str]) -> HttpResponseBase:
    unchanged = get_conditional_response(
        request, headers["ETag"], parse_http_date_safe(headers["Last-Modified"]), HttpResponse()
    )
    if unchanged is not None and unchanged.status_code != 200:
        return unchanged
    try:
        byte_range = _range_of(request, size_bytes, headers)
    except RangeNotSatisfiable:
        return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size_bytes}"})
    sent = byte_range or ByteRange(0, size_bytes)
    length = {"Content-Length": str(sent.length)}
    if byte_range:
        length["Content-Range"] = byte_range.content_range(size_bytes)
    if request.method == "HEAD":
        return HttpResponse(status=206 if byte_range else 200, headers=length)
    return FileSliceResponse(FileSlice(descriptor, sent), status=206 if byte_range else 200, headers=length)


def _range_of(request: HttpRequest, size_bytes: int, headers: dict[str, str]) -> ByteRange | None:
    condition = request.headers.get("If-Range", "").strip()
    # A validator that does not match exactly means the client's part is of another file: it gets all of this one.
    if condition and condition not in (headers["ETag"], headers["Last-Modified"]):
        return None
    return requested_range(request.headers.get("Range"), size_bytes)
