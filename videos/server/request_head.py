"""The head of a request (RFC 9112 §2 to §6): validated strictly, and written again in one unambiguous form.

If two programs read a request differently, an attacker can hide a second request in the body of the first (request
smuggling). So whatever could be read in two ways is refused here. Everything after this, including gunicorn's parser,
gets the form that is written here and never the bytes as they came.
"""

import re
from dataclasses import dataclass
from email.utils import formatdate
from http import HTTPStatus

# The address of a video holds the list that it was opened from, with up to eight tags in any script.
MAX_HEAD_BYTES, MAX_LINE_BYTES, MAX_FIELDS = 64 * 1024, 8190, 100
# gunicorn's own limits, so that it refuses nothing that passed here: the rewritten lines, and one more of them.
GUNICORN_LIMITS = {
    "limit_request_line": MAX_LINE_BYTES,
    "limit_request_field_size": MAX_LINE_BYTES + 3,
    "limit_request_fields": MAX_FIELDS + 1,
}
_REQUEST_LINE = re.compile(rb"([A-Z][A-Z-]{2,19}) ([\x21-\x7e]+) HTTP/1\.([01])")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):([^\x00-\x08\x0a-\x1f\x7f]*)")
_ABSOLUTE_TARGET = re.compile(rb"https?://([^/?#@\\]+)([/?].*)?", re.IGNORECASE)
# The grammar allows leading zeros, but nobody sends them, and some programs read them as octal.
_LENGTH = re.compile(rb"0|[1-9][0-9]*")
# A longer number is larger than any form, and does not fit into 64 bits.
_MAX_LENGTH_DIGITS = 18
# The fields that say where the request ends are written again, and Expect is handled before gunicorn.
_OWN_FIELDS = frozenset((b"content-length", b"transfer-encoding", b"trailer", b"expect"))
_SINGLE_FIELDS = frozenset((b"host", b"content-length", b"transfer-encoding", b"content-type", b"expect"))


class RequestRefused(Exception):
    """This server does not answer such a request. The connection ends with this status and sentence."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(f"{status} {reason}")
        self.status, self.reason = status, reason

    def response(self) -> bytes:
        """Return the response: one sentence, and Connection: close."""
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
    """A head that can be read in one way only. `length` is the body's in bytes, or None for a chunked body."""

    lines: bytes
    length: int | None
    expects_continue: bool

    def whole_request(self, body: bytes) -> bytes:
        """Return the request with its body and a Content-Length."""
        return b"%bContent-Length: %d\r\n\r\n%b" % (self.lines, len(body), body)


def read_head(head: bytes, max_body_bytes: int) -> RequestHead:
    """Return the parsed head, which is given without the empty line at its end. Raises RequestRefused."""
    request_line, *lines = head.split(b"\r\n")
    method, target, minor_version = split_request_line(request_line)
    fields = read_fields(lines)
    single = _single_values(fields)
    if b"host" not in single and minor_version > 0:
        raise RequestRefused(400, "A request names the host that it is for, in one Host header.")
    target, host = _origin_form(target, single.get(b"host"))
    # WSGI turns hyphens into underscores, so X_Forwarded_For would pass as X-Forwarded-For.
    kept = [(name, text) for name, text in fields if b"_" not in name and name.lower() not in (*_OWN_FIELDS, b"host")]
    if host is not None:
        kept.insert(0, (b"Host", host))
    rewritten = [b"%b %b HTTP/1.%d" % (method, target, minor_version), *(b"%b: %b" % field for field in kept), b""]
    return RequestHead(
        b"\r\n".join(rewritten),
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
    """Return {name: text} of the headers that may appear only once. Raises RequestRefused for a repeated one."""
    single: dict[bytes, bytes] = {}
    for name, text in fields:
        lowered = name.lower()
        if lowered in _SINGLE_FIELDS:
            if lowered in single:
                raise RequestRefused(400, f"The request has more than one {name.decode()} header.")
            single[lowered] = text
    return single


def _origin_form(target: bytes, host: bytes | None) -> tuple[bytes, bytes | None]:
    """Return (path and query, host). The host of an absolute address overrides the Host header (§3.2.2)."""
    absolute = _ABSOLUTE_TARGET.fullmatch(target)
    if not absolute:
        return target, host
    path = absolute[2] or b"/"
    return (path if path.startswith(b"/") else b"/" + path), absolute[1]


def _body_length(single: dict[bytes, bytes], minor_version: int, max_body_bytes: int) -> int | None:
    """Return the length of the body in bytes, None for a chunked one. Raises RequestRefused."""
    length, coding = single.get(b"content-length"), single.get(b"transfer-encoding")
    if coding is not None:
        # With both, with another coding, or with chunks in HTTP/1.0, another program would find another end.
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
    """Return the refusal of a body that is larger than any form of this site."""
    return RequestRefused(
        413, f"That is more than a page of this site takes: no files, and {max_body_bytes // 1024} KB at most."
    )
