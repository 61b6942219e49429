"""The same for many videos at once, chosen one by one or as all that a list holds, and taking it back."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext, gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from videos.accounts.permissions import may_change_library
from videos.accounts.requests import ViewerRequest
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import BulkAction
from videos.presentation.formatting import stars_counted, videos, whole
from videos.userdata import bulk, journal
from videos.userdata.journal import CannotUndo
from videos.userdata.undo import OF_LIBRARY, latest_undoable
from videos.views.forms.bulk import BulkForm, ListForm
from videos.views.forms.validation import checked
from videos.views.site.responses import in_sentence, page_before
from videos.views.site.undoing import undo_for

_ACTIONS: dict[str, Callable[[Any, list[int], dict[str, Any]], BulkAction]] = {
    "add_tags": lambda viewer, ids, form: bulk.add_tags(viewer, ids, form["tags"]),
    "remove_tags": lambda viewer, ids, form: bulk.remove_tags(viewer, ids, form["tags"]),
    "stars": lambda viewer, ids, form: bulk.give_stars(viewer, ids, form["stars"]),
    "favorite": lambda viewer, ids, form: bulk.set_favorite(viewer, ids, True),
    "unfavorite": lambda viewer, ids, form: bulk.set_favorite(viewer, ids, False),
    "watched": lambda viewer, ids, form: bulk.mark_watched(viewer, ids),
    "unwatched": lambda viewer, ids, form: bulk.mark_unwatched(viewer, ids),
}


# A browser that did something lately is asked for what it can undo; all others cost no query for it.
UNDO_COOKIE = "undoable"


# What an action did, to be said with `videos`, `tags`, `stars`, and the names in its details.
_DID = {
    BulkAction.Kind.ADD_TAGS: gettext_lazy("%(videos)s tagged %(tags)s."),
    BulkAction.Kind.REMOVE_TAGS: gettext_lazy("%(tags)s removed from %(videos)s."),
    BulkAction.Kind.STARS: gettext_lazy("%(videos)s rated %(stars)s."),
    BulkAction.Kind.FAVORITE: gettext_lazy("%(videos)s added to favorites."),
    BulkAction.Kind.UNFAVORITE: gettext_lazy("%(videos)s removed from favorites."),
    BulkAction.Kind.WATCHED: gettext_lazy("%(videos)s marked as watched."),
    BulkAction.Kind.UNWATCHED: gettext_lazy("%(videos)s marked as unwatched."),
    BulkAction.Kind.RENAME_TAG: gettext_lazy("“%(old)s” is now “%(new)s”."),
    BulkAction.Kind.MERGE_TAGS: gettext_lazy("%(videos)s moved from “%(name)s” to “%(other)s”."),
    BulkAction.Kind.DELETE_TAG: gettext_lazy("The tag “%(name)s” was deleted. It was on %(videos)s."),
    BulkAction.Kind.REMOVE_MARKER: gettext_lazy("“%(name)s” was removed."),
    BulkAction.Kind.RELINK: gettext_lazy("“%(title)s” was relinked to “%(file)s”, with stars, tags and views."),
}
_RELINKED_SEVERAL = gettext_lazy("%(videos)s relinked, with stars, tags and views.")
_DID_WITHOUT_STARS = gettext_lazy("Stars removed from %(videos)s.")


@require_POST
def change(request: ViewerRequest) -> HttpResponse:
    """Change the chosen videos, say how many were changed, and show the list again."""
    viewer = request.viewer
    form = checked(BulkForm(request.POST))
    ids = Listing(_list_of(form), viewer)[:] if form["all"] else form["video"]
    try:
        action = _ACTIONS[form["action"]](viewer, ids, form)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    if not action.video_count:
        return _answer(request, form, gettext("No changes were needed."))
    response = _answer(request, form, sentence(action), action)
    offer_undo(response)
    return response


@require_POST
def undo(request: ViewerRequest, action_id: int) -> HttpResponse:
    """Take an action of this viewer back, and show the list again; where it is too late, say so."""
    form = checked(ListForm(request.POST))
    try:
        action = undo_for(request, action_id)
    except CannotUndo as error:
        return _answer(request, form, str(error))
    return _answer(request, form, _undone(action))


@require_POST
def dismiss(request: ViewerRequest) -> HttpResponse:
    """Speak no more of what can be undone, in this browser."""
    form = checked(ListForm(request.POST))
    response = HttpResponse(status=204) if request.htmx else _back_to(request, form)
    response.delete_cookie(UNDO_COOKIE, samesite="Lax")
    return response


def offer_undo(response: HttpResponse) -> None:
    """Let the gallery, in this browser, offer to undo what was done."""
    response.set_cookie(UNDO_COOKIE, "1", max_age=journal.UNDOABLE_FOR, samesite="Lax")


def undoable(request: ViewerRequest) -> dict[str, Any] | None:
    """Return what was done last and can be undone, as videos/_undo.html shows it, or None.

    One query; one more where the last action needs a permission that this viewer no longer has.
    """
    if not request.COOKIES.get(UNDO_COOKIE):
        return None
    action = latest_undoable(request.viewer)
    if action is not None and action.kind in OF_LIBRARY and not may_change_library(request):
        action = latest_undoable(request.viewer, but=OF_LIBRARY)
    return {"action": action, "said": sentence(action)} if action else None


def sentence(action: BulkAction) -> str:
    """Return what an action did, like "12 videos tagged sea."."""
    kind, details, stars = BulkAction.Kind(action.kind), action.details, action.details.get("stars")
    did = _DID[kind]
    if kind == BulkAction.Kind.STARS and not stars:
        did = _DID_WITHOUT_STARS
    elif kind == BulkAction.Kind.RELINK and "title" not in details:
        did = _RELINKED_SEVERAL
    tags, removed = ([in_sentence(name) for _id, name in details.get(key, ())] for key in ("tags", "removed"))
    return did % {
        "videos": videos(action.video_count),
        "tags": ", ".join(tags),
        "stars": stars_counted(stars or 0),
        "old": in_sentence(details.get("old_name", "")),
        # The tag that is there afterwards stands last.
        "new": tags[-1] if tags else "",
        "other": tags[-1] if tags else "",
        "name": in_sentence(details.get("name", "")) or ", ".join(removed),
        **{name: in_sentence(details.get(name, "")) for name in ("title", "file")},
    }


def _undone(action: BulkAction) -> str:
    """Return what was undone, and how much could not be."""
    said = [gettext("Undone: %(what)s") % {"what": sentence(action)}] if action.video_count else []
    if kept := action.details.get("kept"):
        not_undone = ngettext(
            "%(number)s could not be undone: %(reason)s", "%(number)s could not be undone: %(reason)s", len(kept)
        )
        said.append(not_undone % {"number": whole(len(kept)), "reason": kept[0]})
    return " ".join(said)


def _answer(request: ViewerRequest, form: dict[str, Any], said: str, action: BulkAction | None = None) -> HttpResponse:
    """Return what happened, alone where a script asks; else the list, which says it: what can be undone by itself."""
    if request.htmx:
        context = {"said": said, "action": action, "list": form["list"], "is_toast": True}
        return render(request, "videos/_undo.html", context)
    if action is None:
        messages.info(request, said)
    return _back_to(request, form)


def _list_of(form: dict[str, Any]) -> GalleryQuery:
    return GalleryQuery.of(QueryDict(form["list"]))


def _back_to(request: ViewerRequest, form: dict[str, Any]) -> HttpResponse:
    asked = _list_of(form).parameters() + ([("page", str(form["page"]))] if (form["page"] or 1) > 1 else [])
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(page_before(request) or f"{reverse('gallery')}?{urlencode(asked)}", status=303)
