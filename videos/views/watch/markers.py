"""Markers: moments of a video that a viewer gave a name."""

from typing import Any

from django.core import signing
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from videos.accounts.requests import ViewerRequest
from videos.accounts.signed_values import loads_recent
from videos.core import timecode
from videos.db.transactions import write_transaction
from videos.models import Marker, Video
from videos.views.forms.markers import MarkerForm, MarkerNameForm
from videos.views.forms.validation import checked
from videos.views.watch.came_from import list_suffix
from videos.views.watch.userdata import back_to

# Nobody writes so many by hand, and each is a row of the page.
MOST_MARKERS = 500
_UNDO_SALT = "videos.views.watch.markers.removed"
_SECONDS_TO_UNDO = 3600


@require_POST
def add(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Add a marker; one that is there already stays the only one."""
    form = checked(MarkerForm(request.POST))
    video = get_object_or_404(Video, pk=video_id)
    own = Marker.objects.of(request.viewer, video)
    seconds = round(form["at"], 3)
    with write_transaction():
        if own.count() >= MOST_MARKERS:
            said = gettext("There are %(most)d markers on this video already: remove one first.")
            raise BadRequest(said % {"most": MOST_MARKERS})
        own.get_or_create(
            seconds=seconds,
            name=form["name"] or timecode.clock(seconds),
            defaults={"viewer_id": request.viewer.pk, "video": video},
        )
    return _answer(request, video)


@require_POST
def rename(request: ViewerRequest, marker_id: int) -> HttpResponse:
    """Give a marker another name, or that of its moment. Where one of that name is at that moment, nothing changes."""
    form = checked(MarkerNameForm(request.POST))
    marker = _own(request, marker_id)
    name = form["name"] or timecode.clock(marker.seconds)
    with write_transaction():
        same = Marker.objects.of(request.viewer, marker.video).filter(seconds=marker.seconds, name=name)
        if not same.exists():
            Marker.objects.filter(pk=marker.pk).update(name=name)
    return _answer(request, marker.video)


@require_POST
def remove(request: ViewerRequest, marker_id: int) -> HttpResponse:
    """Remove a marker. The answer offers to undo that."""
    marker = _own(request, marker_id)
    with write_transaction():
        marker.delete()
    return _answer(request, marker.video, removed=marker)


def markers_of(request: ViewerRequest, video: Video) -> list[Marker]:
    return list(Marker.objects.of(request.viewer, video)[:MOST_MARKERS])


def just_removed(request: ViewerRequest) -> dict[str, Any] | None:
    """Return the marker that the last form removed, as its signed form in the address says, or None."""
    try:
        seconds, name = loads_recent(request.GET.get("removed", ""), _UNDO_SALT, _SECONDS_TO_UNDO)
    except (signing.BadSignature, ValueError, TypeError):
        return None
    return {"seconds": seconds, "name": name}


def _own(request: ViewerRequest, marker_id: int) -> Marker:
    return get_object_or_404(Marker.objects.select_related("video"), pk=marker_id, viewer=request.viewer)


def _answer(request: ViewerRequest, video: Video, removed: Marker | None = None) -> HttpResponse:
    if request.htmx:
        context = {"video": video, "markers": markers_of(request, video), "removed": removed}
        return render(request, "videos/_markers.html", {**context, "list_suffix": list_suffix(request)})
    undo = ""
    if removed is not None:
        signed = signing.dumps([removed.seconds, removed.name], salt=_UNDO_SALT)
        undo = f"{'&' if list_suffix(request) else '?'}removed={signed}"
    return back_to(request, video, f"{undo}#markers")
