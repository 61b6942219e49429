"""The same for many videos at once, chosen one by one or as all that a list holds, and taking it back."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.views.decorators.http import require_POST

from videos.bulk import actions
from videos.catalog.lists import Listing
from videos.forms import BulkForm, ListForm, checked
from videos.gallery_query import GalleryQuery
from videos.models import BulkAction

_ACTIONS: dict[str, Callable[[Any, list[int], dict[str, Any]], BulkAction]] = {
    "add_tags": lambda viewer, ids, form: actions.add_tags(viewer, ids, form["tags"]),
    "remove_tags": lambda viewer, ids, form: actions.remove_tags(viewer, ids, form["tags"]),
    "stars": lambda viewer, ids, form: actions.give_stars(viewer, ids, form["stars"]),
    "favorite": lambda viewer, ids, form: actions.set_favorite(viewer, ids, True),
    "unfavorite": lambda viewer, ids, form: actions.set_favorite(viewer, ids, False),
    "watched": lambda viewer, ids, form: actions.mark_watched(viewer, ids),
}


@require_POST
def change(request: HttpRequest) -> HttpResponse:
    """Change the chosen videos, say how many were changed, and show the list again."""
    viewer = request.viewer  # type: ignore[attr-defined]
    form = checked(BulkForm(request.POST))
    query = GalleryQuery.of(QueryDict(form["list"]))
    ids = Listing(query, viewer)[:] if form["all"] else form["video"]
    try:
        action = _ACTIONS[form["action"]](viewer, ids, form)
    except ValueError as error:
        raise BadRequest(str(error)) from error
    messages.info(request, f"{sentence(action)}.")
    return _back_to(query)


@require_POST
def undo(request: HttpRequest, action_id: int) -> HttpResponse:
    """Take an action of this viewer back, and show the list again; where it is too late, say so."""
    query = GalleryQuery.of(QueryDict(checked(ListForm(request.POST))["list"]))
    try:
        action = actions.undo(request.viewer, action_id)  # type: ignore[attr-defined]
    except actions.CannotUndo as error:
        messages.warning(request, str(error))
    else:
        messages.info(request, f"Undone: {sentence(action)}.")
    return _back_to(query)


def sentence(action: BulkAction) -> str:
    """Return what an action did, like "12 videos tagged sea", without a full stop."""
    videos = f"{action.video_count:,} video{pluralize(action.video_count)}"
    tags = ", ".join(name for _id, name in action.details.get("tags", ()))
    stars = action.details.get("stars")
    did = {
        BulkAction.Kind.ADD_TAGS: f"tagged {tags}",
        BulkAction.Kind.REMOVE_TAGS: f"no longer tagged {tags}",
        BulkAction.Kind.STARS: f"given {stars} star{pluralize(stars)}" if stars else "left without stars",
        BulkAction.Kind.FAVORITE: "made favorites",
        BulkAction.Kind.UNFAVORITE: "taken from the favorites",
        BulkAction.Kind.WATCHED: "marked as watched",
    }
    return f"{videos} {did[BulkAction.Kind(action.kind)]}"


def _back_to(query: GalleryQuery) -> HttpResponse:
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(f"{reverse('gallery')}{query.url()}", status=303)
