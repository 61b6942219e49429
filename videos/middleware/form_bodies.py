"""Validates the body of a request before any view: a form of limited size in UTF-8, and never a file."""

import logging
import re
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.exceptions import BadRequest, RequestDataTooBig, SuspiciousOperation
from django.core.files.uploadhandler import FileUploadHandler
from django.db import DataError
from django.http import HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.http.multipartparser import MultiPartParserError
from django.utils.translation import gettext

from videos.presentation.error_pages import bad_request

logger = logging.getLogger(__name__)
_NAME = r"[!#$%&'+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = rf'({_NAME})=("[ !#-\[\]-~]*"|[!#-:<-~]*)'
_CONTENT_TYPE = re.compile(rf"{_NAME}/{_NAME}[ \t]*(?:;[ \t]*(?:{_PARAMETER}[ \t]*)?)*", re.ASCII)
_PARAMETERS = re.compile(rf";[ \t]*{_PARAMETER}", re.ASCII)
# The charset of the pages' own forms. US-ASCII is a subset of it.
_CHARSETS = ("utf-8", "utf8", "us-ascii")


def is_readable(content_type: str) -> bool:
    """Return whether Django can parse a body with this Content-Type, or without one.

    Python also has the codecs hex, base64 and zip, and a parameter may name its own (`name*=hex''…`). They are no
    charsets, and Django's parser fails on them.
    """
    if not content_type:
        return True
    if not _CONTENT_TYPE.fullmatch(content_type):
        return False
    parameters = [(found[1].lower(), found[2].strip('" ').lower()) for found in _PARAMETERS.finditer(content_type)]
    return all(name != "charset" or text in _CHARSETS for name, text in parameters)


def without_charset(content_type: str) -> str:
    """Return a readable Content-Type without its charset, which is always UTF-8."""
    return _PARAMETERS.sub(lambda found: "" if found[1].lower() == "charset" else found[0], content_type)


class FileRefuser(FileUploadHandler):
    """Refuses every uploaded file before a byte of it is stored: no page of this site takes one."""

    def handle_raw_input(self, input_data: Any, META: Any, content_length: int, *others: Any, **options: Any) -> None:  # noqa: N803
        if content_length > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            raise RequestDataTooBig("The form is longer than DATA_UPLOAD_MAX_MEMORY_SIZE.")

    def new_file(self, *arguments: Any, **options: Any) -> None:
        raise RequestDataTooBig("No page takes files.")

    def receive_data_chunk(self, raw_data: bytes, start: int) -> None:
        return None

    def file_complete(self, file_size: int) -> None:
        return None


class FormBodyMiddleware:
    """Parses the query string and the form. What cannot be parsed is answered 400, what is too large 413.

    Later code, including error pages, then uses the parsed values and cannot fail.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not is_readable(request.META.get("CONTENT_TYPE", "")):
            request.encoding = "utf-8"
            request.POST = QueryDict()
            raise BadRequest(gettext("The form is not encoded as UTF-8 and cannot be read."))
        if _content_length(request) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            request.POST = QueryDict()
            raise RequestDataTooBig("The request is longer than DATA_UPLOAD_MAX_MEMORY_SIZE.")
        _read(request, "GET")
        _read(request, "POST")
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 400 to a number that is too large for the database: it came with the request.

        Our own forms and URLs refuse such numbers themselves; the admin does not.
        """
        if not isinstance(exception, OverflowError | DataError):
            return None
        logger.warning("%s %s holds a number that is too large", request.method, request.path, exc_info=exception)
        return bad_request(request, BadRequest(gettext("A number in the address or the form is too large.")))


def _content_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _read(request: HttpRequest, name: str) -> None:
    """Let Django parse `request.GET` or `request.POST`. Raises BadRequest, or what Django itself answers with 400."""
    try:
        getattr(request, name)
    except (BadRequest, MultiPartParserError, SuspiciousOperation):
        setattr(request, name, QueryDict())
        raise
    except Exception as error:  # whatever Django's parser fails on, the client sent it
        setattr(request, name, QueryDict())
        raise BadRequest(gettext("The address or the form cannot be read.")) from error
