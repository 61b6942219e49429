"""Responses to forms."""

import unicodedata

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from videos.presentation.formatting import UNDO_TAG

_LEFT_TO_RIGHT, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def redirect_with_message(
    request: HttpRequest, said: str, to: str, level: int = messages.INFO, undo: int | None = None
) -> HttpResponse:
    """Show an address, with a sentence above it, and a button that undoes the action of this id."""
    messages.add_message(request, level, said, extra_tags="" if undo is None else f"{UNDO_TAG}{undo}")
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(to, status=303)


def page_before(request: HttpRequest) -> str | None:
    """Return the page that the form was sent from, its field `next`, if it is on this site, else None."""
    page = request.POST.get("next", "")
    return page if page and url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}) else None


def in_sentence(name: str) -> str:
    """Return a name for use in a sentence: line breaks and characters that change the direction of text are escaped.

    A name in a right-to-left script is isolated from the sentence by invisible marks.
    """
    shown = "".join(_escaped(letter) if _disturbs(letter) else letter for letter in name)
    runs_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in shown)
    return f"{_LEFT_TO_RIGHT}{shown}{_END}" if runs_left else shown


def _disturbs(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(letter) in _TURNS


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
