"""The actions of the library page: decisions, and its buttons."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.views.decorators.http import require_POST

from videos.accounts.permissions import require_may_change_library
from videos.accounts.requests import ViewerRequest
from videos.core.errors import LibraryError
from videos.core.filenames import printable
from videos.db.transactions import write_transaction
from videos.importers.flask_import import import_old_app, time_stamp
from videos.importers.flask_sources import NoSource, sources_at
from videos.jobs import tasks
from videos.jobs.enqueue import enqueue_once
from videos.jobs.worker_status import worker_state
from videos.library.mass_missing import confirm_missing
from videos.library.paths import nfc
from videos.maintenance.relink import CannotRelink, relink, relink_several
from videos.models import MissingBatch, Video
from videos.presentation.formatting import files as counted_files
from videos.presentation.formatting import whole
from videos.views.forms.library import FileForm, PairsForm, RetryForm
from videos.views.forms.validation import first_error
from videos.views.gallery.bulk import sentence
from videos.views.library.library import forget_lists
from videos.views.site.responses import in_sentence, redirect_with_message


def for_administrators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def checked(request: ViewerRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        require_may_change_library(request)
        return view(request, *args, **kwargs)

    return checked


@require_POST
@for_administrators
def scan_now(request: ViewerRequest) -> HttpResponse:
    enqueue_once(tasks.scan_folder, full=False)
    if _no_worker_runs():
        return _back(request, gettext("The video folder will be scanned when a worker is running."))
    return _back(request, gettext("The video folder is being scanned."))


@require_POST
@for_administrators
def import_old(request: ViewerRequest) -> HttpResponse:
    """Import what the old app left in the data folder, and show a summary."""
    try:
        sources = sources_at(settings.DATA_DIR)
        if not sources:
            raise NoSource(gettext("There are no files of the old app in the data folder any more."))
        name = f"flask-{time_stamp()}"
        done = {str(path.relative_to(settings.DATA_DIR)): path for path in sources.databases}
        outcome = import_old_app(sources, request.viewer, name=name, done=done)
    except LibraryError as error:
        return redirect_with_message(request, str(error), reverse("gallery"), messages.WARNING)
    except OSError as error:
        said = gettext("Nothing was imported: the data folder is not writable (%(reason)s).")
        return redirect_with_message(request, said % {"reason": error.strerror}, reverse("gallery"), messages.WARNING)
    # A scan finds the files of imported videos.
    enqueue_once(tasks.scan_folder, full=False)
    said = " ".join(f"{sentence.removesuffix('.')}." for sentence in outcome.sentences)
    return _back(request, said.replace(f"{settings.DATA_DIR}/", ""), to=reverse("gallery"))


@require_POST
@for_administrators
def retry(request: ViewerRequest) -> HttpResponse:
    """Analyze the unreadable file in the form, or all of them, again."""
    form = RetryForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    video_id = form.cleaned_data["video"]
    videos = Video.objects.with_problem()
    with write_transaction():
        files = (videos.filter(pk=video_id) if video_id else videos).analyze_again(timezone.now())
    tasks.enqueue_analysis()
    said = _tried_again(files) if files else gettext("There is nothing to retry.")
    back = reverse("watch", args=[video_id]) if form.cleaned_data["from_watch"] and video_id else ""
    return _back(request, said, to=back)


@require_POST
@for_administrators
def confirm(request: ViewerRequest, missing_batch_id: int) -> HttpResponse:
    """Treat the files that went missing together like any other missing files."""
    missing_batch = get_object_or_404(MissingBatch, pk=missing_batch_id)
    files = confirm_missing(missing_batch)
    said = ngettext(
        "%(files)s in %(folder)s is now treated as deleted. Its stars, tags and views are kept.",
        "%(files)s in %(folder)s are now treated as deleted. Their stars, tags and views are kept.",
        files,
    )
    return _back(request, said % {"files": counted_files(files), "folder": printable(str(missing_batch.place))})


@require_POST
@for_administrators
def relink_found(request: ViewerRequest) -> HttpResponse:
    """Relink each pair in the form; report and skip those that cannot be relinked."""
    form = PairsForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    pairs = form.cleaned_data["pair"]
    action, refused = relink_several(request.viewer, pairs, settings.GENERATED_DIR)
    said = [sentence(action)] if action else []
    if refused:
        not_relinked = gettext("%(number)s could not be relinked: %(reason)s")
        several = not_relinked % {"number": whole(len(refused)), "reason": refused[0]}
        said.append(str(refused[0]) if len(refused) == 1 else several)
    back = reverse("watch", args=[pairs[0][0]]) if form.cleaned_data["from_watch"] and action else ""
    level = messages.WARNING if refused else messages.INFO
    return _back(request, " ".join(said), to=back, level=level, undo=action.pk if action else None)


@require_POST
@for_administrators
def relink_to_file(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Relink a missing video and the file in the form."""
    video = get_object_or_404(Video, pk=video_id)
    form = FileForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    name = form.cleaned_data["file"]
    there = Video.objects.present().filter(filename__in={name, nfc(name)}).first()
    if there is None:
        said = gettext("The library has no file “%(file)s”. Enter the path as shown on the video's page.")
        return redirect_with_message(
            request, said % {"file": in_sentence(name)}, video.get_absolute_url(), messages.WARNING
        )
    try:
        action = relink(request.viewer, video.pk, there.pk, settings.GENERATED_DIR)
    except CannotRelink as reason:
        return redirect_with_message(request, str(reason), video.get_absolute_url(), messages.WARNING)
    return _back(request, sentence(action), to=video.get_absolute_url(), undo=action.pk)


def _no_worker_runs() -> bool:
    return worker_state() == "none"


def _tried_again(files: int) -> str:
    if _no_worker_runs():
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
    return redirect_with_message(request, said, to or reverse("library"), level, undo)
