"""What a page says after a form was sent."""

import unicodedata

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils.http import url_has_allowed_host_and_scheme

from videos.presentation.formatting import UNDO_TAG

_LEFT_TO_RIGHT, _END = "\N{FIRST STRONG ISOLATE}", "\N{POP DIRECTIONAL ISOLATE}"
_TURNS = ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI")


def tell(request: HttpRequest, said: str, to: str, level: int = messages.INFO, undo: int | None = None) -> HttpResponse:
    """Show an address, with a sentence above it, and a button that undoes the action of this id."""
    messages.add_message(request, level, said, extra_tags="" if undo is None else f"{UNDO_TAG}{undo}")
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(to, status=303)


def page_before(request: HttpRequest) -> str | None:
    """Return the page that a form says it was sent from, as `next`, if it is one of this site."""
    page = request.POST.get("next", "")
    return page if page and url_has_allowed_host_and_scheme(page, allowed_hosts={request.get_host()}) else None


def in_sentence(name: str) -> str:
    """Return a name fit to stand in a sentence: what would turn the words around it, or ends the line, as an escape.

    A name that itself runs from right to left is kept apart from them by marks that nobody sees.
    """
    shown = "".join(_escaped(letter) if _disturbs(letter) else letter for letter in name)
    runs_left = any(unicodedata.bidirectional(letter) in ("R", "AL") for letter in shown)
    return f"{_LEFT_TO_RIGHT}{shown}{_END}" if runs_left else shown


def _disturbs(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cs", "Zl", "Zp") or unicodedata.bidirectional(letter) in _TURNS


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()
