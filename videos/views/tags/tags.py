"""The tags: a cloud, a table, and a page for each where it gets another name, goes into another tag, or is deleted."""

import math
from typing import Any
from urllib.parse import urlencode

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from videos.accounts.requests import ViewerRequest
from videos.core.sort_keys import name_key
from videos.core.tag_names import clean_tag_name
from videos.models import Tag
from videos.userdata import tags as tag_writer
from videos.views.forms.tags import TagNameForm
from videos.views.forms.validation import first_error
from videos.views.gallery.bulk import sentence
from videos.views.library.actions import for_administrators
from videos.views.site.responses import in_sentence, redirect_with_message

PAGE_ROWS = 100
CLOUD_TAGS = 100
CLOUD_SIZES = 5
ORDERS = {
    "name": gettext_lazy("Name"),
    "videos": gettext_lazy("Videos"),
    "hours": gettext_lazy("Duration"),
    "size": gettext_lazy("Size"),
}


def tag_of(slug: str) -> Tag:
    """Return the tag that a slug ends with the id of. Raises Http404."""
    digits = slug.rpartition("-")[2]
    if not (digits.isascii() and digits.isdigit() and len(digits) < 19):
        raise Http404("There is no such tag.")
    return get_object_or_404(Tag.objects.select_related("total"), pk=int(digits))


@require_safe
def tags(request: HttpRequest) -> HttpResponse:
    """Return one page of the table; on the first, where nothing is looked for, the cloud above it."""
    wanted = clean_tag_name(request.GET.get("q", "").replace("\0", "")[:200])
    sort = request.GET.get("sort", "")
    sort = sort if sort in ORDERS else "name"
    is_descending = request.GET.get("order", "desc" if sort != "name" else "asc") == "desc"
    found = Tag.objects.with_totals().containing(wanted).in_order(sort, descending=is_descending)
    page = Paginator(found, PAGE_ROWS).get_page(request.GET.get("page"))
    order = "desc" if is_descending else "asc"
    asked = {"q": wanted} if wanted else {}
    context = {
        "here": "tags",
        "page": page,
        "wanted": wanted,
        "columns": [_column(name, sort, is_descending, asked) for name in ORDERS],
        "cloud": _cloud() if page.number == 1 and not wanted else [],
        "arrangement": {"sort": sort, "order": order},
        "page_url": f"?{urlencode({**asked, 'sort': sort, 'order': order})}&",
    }
    return render(request, "videos/tags.html", context)


def _column(name: str, sort: str, is_descending: bool, asked: dict[str, str]) -> dict[str, str]:
    """Return the head of a column, and the address of the table in its order; of the one it is in, turned round."""
    order = "asc" if name == "name" else "desc"
    if name == sort:
        order = "asc" if is_descending else "desc"
    sorted_now = "descending" if is_descending else "ascending"
    return {
        "name": name,
        "label": str(ORDERS[name]),
        "url": f"?{urlencode({**asked, 'sort': name, 'order': order})}",
        "sorted": sorted_now if name == sort else "",
    }


def _cloud() -> list[tuple[Tag, int]]:
    """Return (tag, size from 1 to 5) of those used most, by name. Sizes grow with the logarithm of the videos."""
    most = list(Tag.objects.with_totals().used().in_order("videos", descending=True)[:CLOUD_TAGS])
    if not most:
        return []
    low, high = (math.log(each.total.videos) for each in (most[-1], most[0]))
    # One video more than another is no reason to shout.
    share = (CLOUD_SIZES - 1) / max(high - low, math.log(16))
    return [
        (each, 1 + round((math.log(each.total.videos) - low) * share))
        for each in sorted(most, key=lambda each: (name_key(each.name), each.folded_name))
    ]


# --- one tag ----------------------------------------------------------------------------------------------------------


@require_safe
@for_administrators
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    found = tag_of(slug)
    return redirect("edit_tag", found.slug) if slug != found.slug else _edit_page(request, found)


def _edit_page(request: HttpRequest, found: Tag, status: int = 200, **said: Any) -> HttpResponse:
    context = {"here": "tags", "tag": found, "videos": found.videos.count(), "new_name": found.name, **said}
    return render(request, "videos/edit_tag.html", context, status=status)


@require_POST
@for_administrators
def rename(request: ViewerRequest, slug: str) -> HttpResponse:
    """Give the tag another name; where another tag has it, offer to merge the two."""
    found, form = tag_of(slug), TagNameForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, found, 400, new_name=request.POST.get("name", ""), name_error=first_error(form))
    try:
        action = tag_writer.rename(request.viewer, found, form.cleaned_data["name"])
    except tag_writer.NameTaken as taken:
        return _edit_page(request, tag_of(slug), 409, new_name=form.cleaned_data["name"], other=taken.other)
    return redirect_with_message(request, sentence(action), found.get_absolute_url(), undo=action.pk)


@require_POST
@for_administrators
def merge(request: ViewerRequest, slug: str) -> HttpResponse:
    """Give the tag's videos another tag instead, and remove it; with `ask`, say first what that does."""
    found, form = tag_of(slug), TagNameForm(request.POST)
    if not form.is_valid():
        return _edit_page(request, found, 400, into=request.POST.get("name", ""), merge_error=first_error(form))
    name = form.cleaned_data["name"]
    target = Tag.objects.select_related("total").with_names([name]).first()
    if target is None:
        return _edit_page(request, found, 400, into=name, merge_error=_no_tag(name))
    if target == found:
        return _edit_page(request, found, 400, into=name, merge_error=gettext("Choose a different tag."))
    if request.POST.get("ask"):
        return _edit_page(request, found, into=target.name, target=target)
    action = tag_writer.merge(request.viewer, [found], target)
    return redirect_with_message(request, sentence(action), target.get_absolute_url(), undo=action.pk)


@require_POST
@for_administrators
def delete(request: ViewerRequest, slug: str) -> HttpResponse:
    """Delete the tag and take it from its videos, and say from how many."""
    found = tag_of(slug)
    action = tag_writer.delete(request.viewer, found)
    return redirect_with_message(request, sentence(action), reverse("tags"), undo=action.pk)


def _no_tag(name: str) -> str:
    return gettext("The tag “%(name)s” does not exist.") % {"name": in_sentence(name)}
