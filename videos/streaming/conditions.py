"""Conditional requests: whether the client's copy of a file is current. RFC 9110 §13.

Django's get_conditional_response does not conform: it ignores a malformed If-Match, where §13.1.1 requires 412;
evaluates If-Modified-Since beside an unreadable If-None-Match; splits entity tags at commas inside them; and does not
support If-Range.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus

from django.utils.http import http_date, parse_http_date_safe

_ENTITY_TAG = r'(?:W/)?"[\x21\x23-\x7e\x80-\xff]*"'
_COMMAS = r"[ \t]*,[ \t,]*"
_ENTITY_TAGS = re.compile(rf"[ \t,]*{_ENTITY_TAG}(?:{_COMMAS}{_ENTITY_TAG})*[ \t,]*\Z")
_EACH_ENTITY_TAG = re.compile(_ENTITY_TAG)


@dataclass(frozen=True)
class Validators:
    """The validators of a file: a strong entity tag, and the second of its last change."""

    etag: str
    modified_seconds: int

    @property
    def last_modified(self) -> str:
        return http_date(self.modified_seconds)


def failed_condition(method: str, headers: Mapping[str, str], current: Validators) -> HTTPStatus | None:
    """Return 412 or 304 if a condition of the request fails, else None. RFC 9110 §13.2.2."""
    if "If-Match" in headers:
        if not _is_listed(headers["If-Match"], current.etag, weakly=False):
            return HTTPStatus.PRECONDITION_FAILED
    elif "If-Unmodified-Since" in headers:
        date_seconds = parse_http_date_safe(headers["If-Unmodified-Since"])
        if date_seconds is not None and current.modified_seconds > date_seconds:
            return HTTPStatus.PRECONDITION_FAILED
    if "If-None-Match" in headers:
        if _is_listed(headers["If-None-Match"], current.etag, weakly=True):
            return HTTPStatus.NOT_MODIFIED if method in ("GET", "HEAD") else HTTPStatus.PRECONDITION_FAILED
    elif "If-Modified-Since" in headers and method in ("GET", "HEAD"):
        date_seconds = parse_http_date_safe(headers["If-Modified-Since"])
        if date_seconds is not None and current.modified_seconds <= date_seconds:
            return HTTPStatus.NOT_MODIFIED
    return None


def is_same_file(if_range: str | None, current: Validators, now_seconds: float) -> bool:
    """Return whether If-Range allows a partial response. RFC 9110 §13.1.5.

    A date counts only if its second is over: within it the file may change again with the same date (§8.8.2.2).
    """
    if if_range is None:
        return True
    validator = if_range.strip(" \t")
    if '"' in validator[:3]:
        return validator == current.etag
    is_strong = now_seconds - current.modified_seconds >= 1
    return is_strong and parse_http_date_safe(validator) == current.modified_seconds


def _is_listed(field: str, etag: str, *, weakly: bool) -> bool:
    """Return whether If-Match or If-None-Match lists this tag. A malformed list contains none."""
    if field.strip(" \t") == "*":
        return True
    if not _ENTITY_TAGS.match(field):
        return False
    listed = _EACH_ENTITY_TAG.findall(field)
    return etag in ([each.removeprefix("W/") for each in listed] if weakly else listed)
