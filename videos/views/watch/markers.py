"""Markers: moments of a video that a viewer gave a name."""

from django.core.exceptions import BadRequest
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from videos.accounts.requests import ViewerRequest
from videos.models import BulkAction, Marker, Video
from videos.userdata import markers
from videos.userdata.journal import CannotUndo
from videos.views.forms.markers import MarkerForm, MarkerNameForm, UndoForm
from videos.views.forms.validation import checked
from videos.views.site.undoing import undo_for
from videos.views.watch.came_from import list_suffix
from videos.views.watch.userdata import back_to


@require_POST
def add(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Add a marker; one that is there already stays the only one."""
    form = checked(MarkerForm(request.POST))
    try:
        markers.add(request.viewer, video_id, form["at"], form["name"])
    except markers.TooManyMarkers as error:
        raise BadRequest(str(error)) from error
    except Video.DoesNotExist as error:
        raise Http404("There is no such video.") from error
    return _answer(request, video_id)


@require_POST
def rename(request: ViewerRequest, marker_id: int) -> HttpResponse:
    """Give a marker another name, or that of its moment. Where one of that name is at that moment, nothing changes."""
    form = checked(MarkerNameForm(request.POST))
    marker = _own(request, marker_id)
    markers.rename(marker, form["name"])
    return _answer(request, marker.video_id)


@require_POST
def remove(request: ViewerRequest, marker_id: int) -> HttpResponse:
    """Remove a marker. The answer offers to undo that."""
    marker = _own(request, marker_id)
    return _answer(request, marker.video_id, markers.remove(request.viewer, marker))


@require_POST
def undo_removal(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Bring a marker back that this viewer removed within the last hour."""
    form = checked(UndoForm(request.POST))
    try:
        undo_for(request, form["action"])
    except CannotUndo as error:
        raise BadRequest(str(error)) from error
    return _answer(request, video_id)


def markers_of(request: ViewerRequest, video: Video) -> list[Marker]:
    return list(Marker.objects.of(request.viewer, video)[: markers.MAX_MARKERS])


def just_removed(request: ViewerRequest) -> BulkAction | None:
    """Return the removal that the address names, while this viewer can undo it, or None."""
    named = UndoForm({"action": request.GET.get("removed", "")})
    if not named.is_valid():
        return None
    actions = BulkAction.objects.undoable(request.viewer, timezone.now())
    return actions.filter(kind=BulkAction.Kind.REMOVE_MARKER, pk=named.cleaned_data["action"]).first()


def _own(request: ViewerRequest, marker_id: int) -> Marker:
    return get_object_or_404(Marker, pk=marker_id, viewer=request.viewer)


def _answer(request: ViewerRequest, video_id: int, removed: BulkAction | None = None) -> HttpResponse:
    video = get_object_or_404(Video, pk=video_id)
    if request.htmx:
        context = {"video": video, "markers": markers_of(request, video), "removed": removed}
        return render(request, "videos/_markers.html", {**context, "list_suffix": list_suffix(request)})
    undo_part = f"{'&' if list_suffix(request) else '?'}removed={removed.pk}" if removed else ""
    return back_to(request, video, f"{undo_part}#markers")
