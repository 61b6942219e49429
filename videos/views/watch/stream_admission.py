"""Limits the number of streams, so that pages always find a free thread and no device takes all of them."""

import functools
import weakref
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from videos.accounts.client_address import address_of, counted_address, is_of_this_computer
from videos.streaming.admission import Admission, TooManyStreams

# A stream ends with its file, or within half a minute after the client has gone.
RETRY_AFTER_SECONDS = 10

running_streams = Admission()

_Parameters = ParamSpec("_Parameters")
_View = Callable[Concatenate[HttpRequest, _Parameters], HttpResponseBase]


def counted(view: "_View[_Parameters]") -> "_View[_Parameters]":
    """Count the streams of a view while they run. One too many is answered 429 or 503."""

    @functools.wraps(view)
    def counted_view(
        request: HttpRequest, /, *args: _Parameters.args, **kwargs: _Parameters.kwargs
    ) -> HttpResponseBase:
        response = view(request, *args, **kwargs)
        if not response.streaming or response.status_code not in (200, 206):
            return response
        try:
            leave = running_streams.enter(_counted_address(request), settings.MAX_STREAMS, settings.STREAMS_PER_ADDRESS)
        except TooManyStreams as refusal:
            response.close()
            return _refused(refusal)
        response._resource_closers.append(leave)  # type: ignore[attr-defined]
        # A response that failed before it was sent is never closed: it leaves when it is freed.
        weakref.finalize(response, leave)
        return response

    return counted_view


def _counted_address(request: HttpRequest) -> str | None:
    """Return the client's address; None for this computer, and for a proxy that does not forward one."""
    address = address_of(request)
    return None if address is None or is_of_this_computer(address) else counted_address(address)


def _refused(refusal: TooManyStreams) -> HttpResponse:
    response = HttpResponse(
        f"{refusal} Try again in a moment.\n",
        status=429 if refusal.is_own_fault else 503,
        content_type="text/plain; charset=utf-8",
    )
    response["Retry-After"] = str(RETRY_AFTER_SECONDS)
    response["Cache-Control"] = "no-store"
    return response
