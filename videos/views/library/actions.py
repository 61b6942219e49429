"""What a person decides on the library page, or does there by a button."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest, PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from videos.accounts.permissions import may_change_library
from videos.accounts.requests import ViewerRequest
from videos.core.filenames import printable
from videos.db.locks import Busy
from videos.db.transactions import write_transaction
from videos.importers.flask_import import import_old_app, time_stamp
from videos.importers.flask_sources import NoSource, sources_at
from videos.importers.private_copy import SourceUnreadable
from videos.jobs import tasks
from videos.jobs.worker import worker_standing
from videos.library.mass_missing import confirm_disappearance
from videos.library.paths import nfc
from videos.maintenance.relink import CannotRelink, relink
from videos.models import BulkAction, Disappearance, Video
from videos.presentation.formatting import files as counted_files
from videos.presentation.formatting import videos as counted_videos
from videos.presentation.formatting import whole
from videos.views.forms import FileForm, PairsForm, RetryForm, first_error
from videos.views.gallery.bulk import sentence
from videos.views.library.library import forget_lists
from videos.views.site.responses import in_sentence, tell


def for_administrators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def checked(request: ViewerRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_change_library(request):
            raise PermissionDenied(gettext("You need permission to change videos. Ask the library's administrator."))
        return view(request, *args, **kwargs)

    return checked


@require_POST
@for_administrators
def scan_now(request: ViewerRequest) -> HttpResponse:
    tasks.ask_for(tasks.scan_folder, full=False)
    if _nobody_works():
        return _back(request, gettext("The video folder will be scanned when a worker is running."))
    return _back(request, gettext("The video folder is being scanned."))


@require_POST
@for_administrators
def import_old(request: ViewerRequest) -> HttpResponse:
    """Bring over what the old app left in the data folder, and say what came."""
    try:
        sources = sources_at(settings.DATA_DIR)
        if not sources:
            raise NoSource(gettext("There are no files of the old app in the data folder any more."))
        name = f"flask-{time_stamp()}"
        done = {str(path.relative_to(settings.DATA_DIR)): path for path in sources.databases}
        outcome = import_old_app(sources, request.viewer, name=name, done=done)
    except (Busy, NoSource, SourceUnreadable) as error:
        return tell(request, str(error), reverse("gallery"), messages.WARNING)
    except OSError as error:
        said = gettext("Nothing was imported: the data folder is not writable (%(reason)s).")
        return tell(request, said % {"reason": error.strerror}, reverse("gallery"), messages.WARNING)
    # What waits for its file gets it from a scan.
    tasks.ask_for(tasks.scan_folder, full=False)
    said = " ".join(f"{sentence.removesuffix('.')}." for sentence in outcome.sentences)
    return _back(request, said.replace(f"{settings.DATA_DIR}/", ""), to=reverse("gallery"))


@require_POST
@for_administrators
def retry(request: ViewerRequest) -> HttpResponse:
    """Have the file that the form names, or all of them, looked into once more."""
    form = RetryForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    video_id = form.cleaned_data["video"]
    videos = Video.objects.with_problem()
    with write_transaction():
        files = (videos.filter(pk=video_id) if video_id else videos).look_again(timezone.now())
    tasks.ask_for_looks()
    said = _tried_again(files) if files else gettext("There is nothing to retry.")
    back = reverse("watch", args=[video_id]) if form.cleaned_data["from_watch"] and video_id else ""
    return _back(request, said, to=back)


@require_POST
@for_administrators
def confirm(request: ViewerRequest, disappearance_id: int) -> HttpResponse:
    """Count the files that went missing together as missing like any other, and say how many they are."""
    disappearance = get_object_or_404(Disappearance, pk=disappearance_id)
    files = confirm_disappearance(disappearance)
    said = ngettext(
        "%(files)s in %(folder)s is now treated as deleted. Its stars, tags and views are kept.",
        "%(files)s in %(folder)s are now treated as deleted. Their stars, tags and views are kept.",
        files,
    )
    return _back(request, said % {"files": counted_files(files), "folder": printable(str(disappearance.place))})


@require_POST
@for_administrators
def relink_found(request: ViewerRequest) -> HttpResponse:
    """Make each pair that the form names one video; what cannot be is said and left as it is."""
    form = PairsForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    pairs = form.cleaned_data["pair"]
    relinked: list[BulkAction] = []
    refused: list[str] = []
    for missing_id, present_id in pairs:
        try:
            relinked.append(relink(request.viewer, missing_id, present_id, settings.GENERATED_DIR))
        except CannotRelink as reason:
            refused.append(str(reason))
    said = [sentence(action) for action in relinked] if len(relinked) == 1 else []
    if len(relinked) > 1:
        found_again = gettext("%(videos)s relinked, with stars, tags and views.")
        said.append(found_again % {"videos": counted_videos(len(relinked))})
    if refused:
        not_relinked = gettext("%(number)s could not be relinked: %(reason)s")
        several = not_relinked % {"number": whole(len(refused)), "reason": refused[0]}
        said.append(refused[0] if len(refused) == 1 else several)
    back = reverse("watch", args=[pairs[0][0]]) if form.cleaned_data["from_watch"] and relinked else ""
    level, undo = messages.WARNING if refused else messages.INFO, relinked[0].pk if len(relinked) == 1 else None
    return _back(request, " ".join(said), to=back, level=level, undo=undo)


@require_POST
@for_administrators
def relink_to_file(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Make a missing video and the file that the form names one."""
    video = get_object_or_404(Video, pk=video_id)
    form = FileForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    name = form.cleaned_data["file"]
    there = Video.objects.present().filter(filename__in={name, nfc(name)}).first()
    if there is None:
        said = gettext("The library has no file “%(file)s”. Enter the path as shown on the video's page.")
        return tell(request, said % {"file": in_sentence(name)}, video.get_absolute_url(), messages.WARNING)
    try:
        action = relink(request.viewer, video.pk, there.pk, settings.GENERATED_DIR)
    except CannotRelink as reason:
        return tell(request, str(reason), video.get_absolute_url(), messages.WARNING)
    return _back(request, sentence(action), to=video.get_absolute_url(), undo=action.pk)


def _nobody_works() -> bool:
    return worker_standing() == "none"


def _tried_again(files: int) -> str:
    if _nobody_works():
        said = ngettext(
            "%(files)s will be retried when a worker is running.",
            "%(files)s will be retried when a worker is running.",
            files,
        )
    else:
        said = ngettext("%(files)s is being retried.", "%(files)s are being retried.", files)
    return said % {"files": counted_files(files)}


def _back(
    request: ViewerRequest, said: str, *, to: str = "", level: int = messages.INFO, undo: int | None = None
) -> HttpResponse:
    forget_lists()
    return tell(request, said, to or reverse("library"), level, undo)
