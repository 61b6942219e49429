"""Saved lists: a gallery's filters under a name. Every page shows them in its navigation."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from django.db import IntegrityError
from django.http import Http404, HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import SimpleLazyObject
from django.utils.translation import gettext
from django.views.decorators.http import require_POST, require_safe

from videos.accounts.household import saved_lists
from videos.accounts.requests import ViewerRequest
from videos.db.transactions import write_transaction
from videos.listing.labels import SORTED_BY
from videos.listing.query import GalleryQuery
from videos.models import SmartList
from videos.views.forms.saved_lists import ListNameForm, ListQueryForm, MoveForm, SmartListForm
from videos.views.forms.validation import checked, first_error
from videos.views.site.responses import in_sentence, redirect_with_message

# They are in the navigation of every page.
MAX_LISTS = 100


@dataclass(frozen=True)
class Described:
    """A saved list, with its filters in words, and those that cannot be read."""

    saved: SmartList
    filters: list[str]
    order: str
    unread: list[str]

    @classmethod
    def of(cls, saved: SmartList) -> "Described":
        parameters = QueryDict(saved.query.encode(errors="replace"))
        query = GalleryQuery.of(parameters)
        filters = [label for label, _without in query.chips()]
        return cls(saved, filters, str(SORTED_BY[query.sort]), query.unread(parameters))


def in_rail(request: ViewerRequest) -> dict[str, Any]:
    """Return the viewer's lists for the templates, read only if a page shows them. A context processor."""
    return {"smart_lists": SimpleLazyObject(lambda: lists_of(request))}


def lists_of(request: ViewerRequest) -> list[SmartList]:
    """Return this viewer's lists, read once per request."""
    if not hasattr(request, "smart_lists"):
        request.smart_lists = saved_lists(request.viewer)
    return request.smart_lists


def saved_as(request: ViewerRequest, query: GalleryQuery) -> SmartList | None:
    """Return the first of the viewer's lists with the same filters, or None."""
    asked = sorted(parse_qsl(query.saved()))
    return next((one for one in lists_of(request) if sorted(parse_qsl(one.query)) == asked), None) if asked else None


@require_safe
def lists(request: ViewerRequest) -> HttpResponse:
    context = {
        "here": "lists",
        "all": [Described.of(one) for one in lists_of(request)],
        "moved": request.GET.get("moved"),
        "way": request.GET.get("way"),
    }
    return render(request, "videos/lists.html", context)


@require_POST
def save(request: ViewerRequest) -> HttpResponse:
    """Save a list under a name. An existing list of that name is replaced only after a question."""
    viewer, form = request.viewer, SmartListForm(request.POST)
    if not form.is_valid():
        return _ask(request, 400, error=first_error(form))
    name, query = form.cleaned_data["name"], form.cleaned_data["query"]
    with write_transaction():
        known = SmartList.objects.named(viewer, name)
        is_free = known is None or form.cleaned_data["replace"] or known.query == query
        is_full = known is None and SmartList.objects.of(viewer).count() >= MAX_LISTS
        saved = SmartList.objects.keep(viewer, name, query) if is_free and not is_full else None
    if is_full:
        return _ask(request, 400, error=_full())
    if saved is None:
        return _ask(request, 409, known=Described.of(known) if known else None, name=name)
    return redirect_with_message(
        request, gettext("Saved as “%(name)s”.") % {"name": in_sentence(name)}, saved.get_absolute_url()
    )


def _full() -> str:
    return gettext("There are already %(number)s lists. Delete one first.") % {"number": MAX_LISTS}


def _ask(request: ViewerRequest, status: int, **said: Any) -> HttpResponse:
    """Return the page that asks for another name, or whether to replace the list of that name."""
    asked = request.POST.get("query", "")
    wanted = Described.of(SmartList(query=GalleryQuery.of(QueryDict(asked.encode(errors="replace"))).saved()))
    context = {"here": "lists", "wanted": wanted, "name": request.POST.get("name", ""), **said}
    return render(request, "videos/save_list.html", context, status=status)


# --- one list -----------------------------------------------------------------------------------------------------


@require_safe
def edit(request: ViewerRequest, list_id: int) -> HttpResponse:
    return _edit_page(request, _own(request, list_id))


def _own(request: ViewerRequest, list_id: int) -> SmartList:
    """Return a list of this viewer. Raises Http404."""
    found = SmartList.objects.of(request.viewer).filter(pk=list_id).first()
    if found is None:
        raise Http404("There is no such list.")
    return found


def _edit_page(request: ViewerRequest, found: SmartList, status: int = 200, **said: Any) -> HttpResponse:
    address = request.build_absolute_uri(found.get_absolute_url())
    context = {"here": "lists", "described": Described.of(found), "new_name": found.name, "address": address, **said}
    return render(request, "videos/edit_list.html", context, status=status)


@require_POST
def rename(request: ViewerRequest, list_id: int) -> HttpResponse:
    found, form = _own(request, list_id), ListNameForm(request.POST)
    old_name, typed = found.name, request.POST.get("name", "")
    if not form.is_valid():
        return _edit_page(request, found, 400, new_name=typed, name_error=first_error(form))
    found.name = form.cleaned_data["name"]
    try:
        with write_transaction():
            found.save(update_fields=["name"])
    except IntegrityError:
        error = gettext("The list “%(name)s” already exists.") % {"name": in_sentence(found.name)}
        return _edit_page(request, _own(request, list_id), 409, new_name=found.name, name_error=error)
    said = gettext("“%(old)s” is now “%(new)s”.") % {"old": in_sentence(old_name), "new": in_sentence(found.name)}
    return redirect_with_message(request, said, reverse("lists"))


@require_POST
def update(request: ViewerRequest, list_id: int) -> HttpResponse:
    """Give a list other filters."""
    found, form = _own(request, list_id), ListQueryForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, found, 400, address=request.POST.get("query", ""), query_error=first_error(form))
    found.query = form.cleaned_data["query"]
    with write_transaction():
        found.save(update_fields=["query"])
    return redirect_with_message(
        request,
        gettext("The filters of “%(name)s” were updated.") % {"name": in_sentence(found.name)},
        reverse("lists"),
    )


@require_POST
def move(request: ViewerRequest, list_id: int) -> HttpResponse:
    """Swap a list with the one above or below it."""
    found, step = _own(request, list_id), checked(MoveForm(request.POST))["way"]
    with write_transaction():
        SmartList.objects.move(request.viewer, found.pk, step)
    # The page that follows restores the focus.
    asked = {"moved": str(found.pk), "way": request.POST["way"]}
    return HttpResponseRedirect(reverse("lists", query=asked), status=303)


@require_POST
def delete(request: ViewerRequest, list_id: int) -> HttpResponse:
    found = _own(request, list_id)
    with write_transaction():
        found.delete()
    said = gettext("The list “%(name)s” was deleted, but not its videos.") % {"name": in_sentence(found.name)}
    return redirect_with_message(request, said, reverse("lists"))
