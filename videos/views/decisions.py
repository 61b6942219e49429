"""What a person decides on the library page, or does there by a button."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from videos import tasks
from videos.forms import PairsForm, RetryForm, first_error
from videos.library.disappearances import confirm_disappearance
from videos.library.relink import CannotRelink, relink
from videos.management.worker import worker_standing
from videos.models import Disappearance, Video
from videos.snapshots.json_files import printable
from videos.transactions import write_transaction
from videos.viewers import may_change_library
from videos.views.library import forget_lists


def for_administrators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_change_library(request):
            raise PermissionDenied("Only who may change videos may do this. Ask who administers the library.")
        return view(request, *args, **kwargs)

    return checked


@require_POST
@for_administrators
def scan_now(request: HttpRequest) -> HttpResponse:
    tasks.ask_for(tasks.scan_folder, full=False)
    return _back(request, _asked("The video folder is looked through"))


@require_POST
@for_administrators
def retry(request: HttpRequest) -> HttpResponse:
    """Have the file that the form names, or all of them, looked into once more."""
    form = RetryForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    video_id = form.cleaned_data["video"]
    videos = Video.objects.with_problem()
    with write_transaction():
        # The reason stays until the file was really read.
        files = (videos.filter(pk=video_id) if video_id else videos).update(look_due=timezone.now())
    tasks.ask_for_looks()
    said = _asked(f"{files:,} file{pluralize(files)} {pluralize(files, 'is,are')} tried again") if files else ""
    back = reverse("watch", args=[video_id]) if form.cleaned_data["from_watch"] and video_id else ""
    return _back(request, said or "There is nothing left to try again.", to=back)


@require_POST
@for_administrators
def confirm(request: HttpRequest, disappearance_id: int) -> HttpResponse:
    disappearance = get_object_or_404(Disappearance, pk=disappearance_id)
    files = confirm_disappearance(disappearance)
    said = f"{files:,} file{pluralize(files)} of {printable(disappearance.place)} now count as missing like any other."
    return _back(request, f"{said} Their stars, tags and views are kept.")


@require_POST
@for_administrators
def relink_found(request: HttpRequest) -> HttpResponse:
    """Make each pair that the form names one video; what cannot be is said and left as it is."""
    form = PairsForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    pairs, relinked, refused = form.cleaned_data["pair"], [], []
    for missing_id, present_id in pairs:
        try:
            relinked.append(relink_and_say(missing_id, present_id))
        except CannotRelink as reason:
            refused.append(str(reason))
    said = relinked if len(relinked) == 1 else []
    if len(relinked) > 1:
        said.append(f"{len(relinked):,} videos found again: stars, tags and views are back with the files.")
    if refused:
        said.append(refused[0] if len(refused) == 1 else f"{len(refused):,} could not be relinked: {refused[0]}")
    back = reverse("watch", args=[pairs[0][0]]) if form.cleaned_data["from_watch"] and relinked else ""
    return _back(request, " ".join(said), to=back, level=messages.WARNING if refused else messages.INFO)


def relink_and_say(missing_id: int, present_id: int) -> str:
    """Make the two one video, and return the sentence that says so, by the names of both. Raises CannotRelink."""
    missing = Video.objects.missing().filter(pk=missing_id).first()
    video = relink(missing_id, present_id, settings.GENERATED_DIR)
    # A title that was made from the old name has followed the file.
    title = (missing or video).display_title
    is_now = f"“{printable(title)}” is found again as “{printable(video.filename)}”"
    return f"{is_now}: stars, tags and views are back with the file."


def _asked(what: str) -> str:
    return f"{what} as soon as a worker runs." if worker_standing() == "none" else f"{what} now."


def _back(request: HttpRequest, said: str, *, to: str = "", level: int = messages.INFO) -> HttpResponse:
    forget_lists()
    messages.add_message(request, level, said)
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(to or reverse("library"), status=303)
