"""The head of a request (RFC 9112 §2 to §6): judged once, strictly, and written anew in its one unambiguous form.

Where two programs read one request differently, a stranger hides a second request in the body of the first. So whatever
could be read in two ways is refused here, and what follows in this process, gunicorn's parser among it, is given the
form that is written here and never the bytes as they came.
"""

import re
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

# The address of a video names the list that one came from, with up to eight tags in any script.
MAX_HEAD_BYTES, MAX_LINE_BYTES, MAX_FIELDS = 64 * 1024, 8190, 100
# What gunicorn is to allow, so that it refuses nothing that passed here: the lines written anew, and one more of them.
GUNICORN_LIMITS = {
    "limit_request_line": MAX_LINE_BYTES,
    "limit_request_field_size": MAX_LINE_BYTES + 3,
    "limit_request_fields": MAX_FIELDS + 1,
}
_REQUEST_LINE = re.compile(rb"([A-Z][A-Z-]{2,19}) ([\x21-\x7e]+) HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)")
_ABSOLUTE_TARGET = re.compile(rb"https?://([^/?#@\\]+)([/?].*)?", re.IGNORECASE)
# A leading zero is allowed by the grammar, sent by nobody, and read as octal by some.
_LENGTH = re.compile(rb"0|[1-9][0-9]*")
# More digits than this are more bytes than any form has, and more than a machine's numbers hold.
_MAX_LENGTH_DIGITS = 18
# What tells where the request ends is written anew, and an expectation is met before gunicorn sees the request.
_OWN_FIELDS = frozenset((b"content-length", b"transfer-encoding", b"trailer", b"expect"))
_SINGLE_FIELDS = frozenset((b"host", b"content-length", b"transfer-encoding", b"content-type", b"expect"))


class RequestRefused(Exception):
    """What has come is no request that this server answers. The connection ends with this status and sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason = status, reason

    def response(self) -> bytes:
        """Return the response: one sentence, and the end of the connection."""
        body = f"{self.reason}\n"
        lines = [
            f"HTTP/1.1 {self.status} {HTTPStatus(self.status).phrase}",
            f"Date: {formatdate(usegmt=True)}",
            "Connection: close",
            "Content-Type: text/plain; charset=utf-8",
            "X-Content-Type-Options: nosniff",
            f"Content-Length: {len(body)}",
            *(["Retry-After: 10"] if self.status == 503 else []),
        ]
        return "\r\n".join([*lines, "", body]).encode()


@dataclass(frozen=True)
class RequestHead:
    """A head that can be read in one way only. `length` is that of the body, or None where it comes in chunks."""

    lines: bytes
    length: int | None
    expects_continue: bool

    def whole_request(self, body: bytes) -> bytes:
        """Return the request with its body, of which the head gives the length."""
        return b"%bContent-Length: %d\r\n\r\n%b" % (self.lines, len(body), body)


def read_head(head: bytes, max_body_bytes: int) -> RequestHead:
    """Return what a head says, given without the empty line at its end. Raises RequestRefused."""
    request_line, *lines = head.split(b"\r\n")
    method, target, minor_version = split_request_line(request_line)
    fields = read_fields(lines)
    single = _single_values(fields)
    if b"host" not in single and minor_version > 0:
        raise RequestRefused(400, "A request names the host that it is for, in one Host header.")
    target, host = _origin_form(target, single.get(b"host"))
    # An underscore and a hyphen are the same letter in the names that WSGI makes of these.
    kept = [(name, text) for name, text in fields if b"_" not in name and name.lower() not in (*_OWN_FIELDS, b"host")]
    if host is not None:
        kept.insert(0, (b"Host", host))
    lines_anew = [b"%b %b HTTP/1.%d" % (method, target, minor_version), *(b"%b: %b" % field for field in kept), b""]
    return RequestHead(
        b"\r\n".join(lines_anew),
        _body_length(single, minor_version, max_body_bytes),
        _expects_continue(single.get(b"expect"), minor_version),
    )


def split_request_line(line: bytes) -> tuple[bytes, bytes, int]:
    """Return (method, target, 0 for HTTP/1.0 and 1 for HTTP/1.1). Raises RequestRefused."""
    if len(line) > MAX_LINE_BYTES:
        raise RequestRefused(414, "The address is too long.")
    found = _REQUEST_LINE.fullmatch(line)
    if not found:
        raise RequestRefused(400, "This is not a request of HTTP/1.1.")
    method, target = found[1], found[2]
    if not (target.startswith(b"/") or _ABSOLUTE_TARGET.fullmatch(target) or (method, target) == (b"OPTIONS", b"*")):
        raise RequestRefused(400, "A request asks for a path of this server.")
    return method, target, int(found[3])


def read_fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """Return (name, text) of each line of a head or of trailers. Raises RequestRefused."""
    if len(lines) > MAX_FIELDS:
        raise RequestRefused(431, "The request has too many headers.")
    fields = []
    for line in lines:
        if len(line) > MAX_LINE_BYTES:
            raise RequestRefused(431, "A header of the request is too long.")
        found = _FIELD.fullmatch(line)
        if not found:
            raise RequestRefused(400, "A header of the request is malformed.")
        fields.append((found[1], found[2].strip(b" \t")))
    return fields


def _single_values(fields: list[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """Return {name: text} of the headers that may stand there once. Raises RequestRefused where one does more often."""
    single: dict[bytes, bytes] = {}
    for name, text in fields:
        lowered = name.lower()
        if lowered in _SINGLE_FIELDS:
            if lowered in single:
                raise RequestRefused(400, f"The request has more than one {name.decode()} header.")
            single[lowered] = text
    return single


def _origin_form(target: bytes, host: bytes | None) -> tuple[bytes, bytes | None]:
    """Return (path and query, host). The host of an absolute address counts, whatever the header says: §3.2.2."""
    absolute = _ABSOLUTE_TARGET.fullmatch(target)
    if not absolute:
        return target, host
    path = absolute[2] or b"/"
    return (path if path.startswith(b"/") else b"/" + path), absolute[1]


def _body_length(single: dict[bytes, bytes], minor_version: int, max_body_bytes: int) -> int | None:
    """Return how long the body is, None where it comes in chunks. Raises RequestRefused."""
    length, coding = single.get(b"content-length"), single.get(b"transfer-encoding")
    if coding is not None:
        # Both at once, another coding than chunked, or chunks in HTTP/1.0: somebody else would find another end.
        if length is not None or minor_version == 0 or coding.lower() != b"chunked":
            raise RequestRefused(400, "The request does not say in one way how long it is.")
        return None
    if length is None:
        return 0
    if not _LENGTH.fullmatch(length):
        raise RequestRefused(400, "The request does not say how long it is.")
    if len(length) > _MAX_LENGTH_DIGITS or int(length) > max_body_bytes:
        raise too_large(max_body_bytes)
    return int(length)


def _expects_continue(expectation: bytes | None, minor_version: int) -> bool:
    if expectation is None:
        return False
    if expectation.lower() != b"100-continue":
        raise RequestRefused(417, "The server meets no such expectation.")
    return minor_version > 0


def too_large(max_body_bytes: int) -> RequestRefused:
    """Return the refusal of a body that is longer than any form of this site."""
    return RequestRefused(
        413, f"That is more than a page of this site takes: no files, and {max_body_bytes // 1024} KB at most."
    )
