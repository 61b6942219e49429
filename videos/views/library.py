"""The library page: what the worker does, and what waits for a person to decide."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.cache import cache
from django.core.exceptions import BadRequest, PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Sum, Value
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.template.defaultfilters import pluralize
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from videos import tasks
from videos.cache import VideoCache
from videos.forms import PairsForm, RetryForm, first_error
from videos.library.disappearances import confirm_disappearance
from videos.library.relink import CannotRelink, FoundAgain, duplicate_groups, found_again, relink
from videos.management.worker import a_worker_is_running
from videos.models import Activity, Disappearance, Video, place_of
from videos.snapshots.emergency import shell_command
from videos.snapshots.json_files import printable
from videos.transactions import write_transaction
from videos.viewers import administration

PAGE_ROWS = 50
# A person decides about a few at a time; what comes after them shows when they are done.
MOST_FOUND_AGAIN, MOST_DUPLICATES = 50, 50
MOST_BANNERS = 3
_LISTS_SECONDS = 30
_DUPLICATES, _DUPLICATES_SECONDS = "library_duplicates", 60
KINDS = {"scan": "Video folder", "look": "Facts and pictures"}


# --- what is gone ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gone:
    """How many videos are missing, and (folder, files) of those that went missing together, the most first."""

    missing: int
    together: tuple[tuple[str, int], ...]

    @property
    def banners(self) -> tuple[tuple[str, int], ...]:
        return self.together[:MOST_BANNERS]

    @property
    def further(self) -> int:
        return len(self.together[MOST_BANNERS:])


def what_is_gone() -> Gone:
    """Return it by one query: two counts of an index each, one after the other."""
    # No folder below the video folder is called "/", and "" is the video folder itself.
    missing = Video.objects.missing().values(folder=Value("/")).annotate(files=Count("pk")).order_by()
    disappeared = Disappearance.objects.filter(videos__isnull=False)
    by_folder = disappeared.values("folder").annotate(files=Count("videos")).order_by()
    rows = missing.union(by_folder, all=True).values_list("folder", "files")
    counts = dict(rows)
    all_missing = counts.pop("/", 0)
    together = sorted(
        ((place_of(folder), files) for folder, files in counts.items()), key=lambda row: (-row[1], row[0])
    )
    return Gone(all_missing, tuple(together))


# --- the page -------------------------------------------------------------------------------------------------------


@require_safe
def library(request: HttpRequest) -> HttpResponse:
    """Return the page about the library itself."""
    lists = _Lists.kept(request)
    unreadable = Paginator(Video.objects.with_problem().order_by("-pk"), PAGE_ROWS)
    context = {
        **_progress(request),
        "here": "library",
        "video_dir": printable(str(settings.VIDEO_DIR)),
        "disappearances": list(Disappearance.objects.annotate(files=Count("videos")).filter(files__gt=0)),
        "lists": lists,
        "page": unreadable.get_page(request.GET.get("page")),
        "page_url": "?",
        "now": timezone.now(),
    }
    return render(request, "videos/library.html", context)


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    """Return the part of the page that says what the worker does."""
    response = render(request, "videos/_progress.html", _progress(request))
    response["Cache-Control"] = "no-store"
    return response


@dataclass(frozen=True)
class _Lists:
    """What the page lists of the videos; of each list as much as a person decides about at a time."""

    found_again: list[FoundAgain]
    duplicate_groups: list[list[Video]]
    duplicates: int

    @classmethod
    def kept(cls, request: HttpRequest) -> "_Lists":
        """Return the lists, at most half a minute old; files that come and go are seen at once.

        To find what is there twice takes a second among a million.
        """
        half_minute = int(time.time() // _LISTS_SECONDS)
        lists = VideoCache(request.viewer).get_kept(f"library_lists:{half_minute}", cls.read)  # type: ignore[attr-defined]
        cache.set(_DUPLICATES, lists.duplicates, _DUPLICATES_SECONDS)
        return lists

    @classmethod
    def read(cls) -> "_Lists":
        return cls(found_again(MOST_FOUND_AGAIN), duplicate_groups(MOST_DUPLICATES), _count_duplicates())

    @property
    def sure(self) -> list[FoundAgain]:
        return [found for found in self.found_again if found.is_sure]


def _progress(request: HttpRequest) -> dict[str, Any]:
    rows = {row.kind: row for row in Activity.objects.all()}
    # Asked for every two seconds by whoever watches: not counted anew each time.
    duplicates = cache.get_or_set(_DUPLICATES, _count_duplicates, _DUPLICATES_SECONDS)
    return {
        "activities": [(kind, label, rows.get(kind)) for kind, label in KINDS.items()],
        "worker_is_running": a_worker_is_running(),
        "worker_command": shell_command("worker"),
        "counts": {**_counts(), "duplicates": duplicates},
    }


def _counts() -> dict[str, int]:
    return {
        "videos": Video.objects.present().count(),
        "missing": Video.objects.missing().count(),
        "waiting": Video.objects.to_be_looked_into().count(),
        "unreadable": Video.objects.with_problem().count(),
    }


def _count_duplicates() -> int:
    """Return how many videos there are whose content another one has, too."""
    contents = Video.objects.with_content().values("fingerprint", "file_size")
    several = contents.annotate(files=Count("pk")).filter(files__gt=1)
    return several.aggregate(videos=Sum("files"))["videos"] or 0


# --- what a person may do there -------------------------------------------------------------------------------------


def may_administer(request: HttpRequest) -> bool:
    return bool(administration(request)["shows_admin"])


def _for_administrators(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not may_administer(request):
            raise PermissionDenied("Only staff may do this. Ask who administers the library.")
        return view(request, *args, **kwargs)

    return checked


@require_POST
@_for_administrators
def scan_now(request: HttpRequest) -> HttpResponse:
    tasks.ask_for(tasks.scan_folder, full=False)
    return _back(request, _asked("The video folder is looked through"))


@require_POST
@_for_administrators
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
    back = reverse("watch", args=[video_id]) if form.cleaned_data["from_watch"] and video_id else reverse("library")
    return _back(request, said or "There is nothing left to try again.", to=back)


@require_POST
@_for_administrators
def confirm(request: HttpRequest, disappearance_id: int) -> HttpResponse:
    disappearance = get_object_or_404(Disappearance, pk=disappearance_id)
    files = confirm_disappearance(disappearance)
    said = f"{files:,} file{pluralize(files)} of {printable(disappearance.place)} now count as missing like any other."
    return _back(request, f"{said} Their stars, tags and views are kept.")


@require_POST
@_for_administrators
def relink_found(request: HttpRequest) -> HttpResponse:
    """Make each pair that the form names one video; what cannot be is said and left as it is."""
    form = PairsForm(request.POST)
    if not form.is_valid():
        raise BadRequest(first_error(form))
    relinked, refused = [], []
    for missing_id, present_id in form.cleaned_data["pair"]:
        try:
            relinked.append(relink(missing_id, present_id, settings.GENERATED_DIR))
        except CannotRelink as reason:
            refused.append(str(reason))
    said = []
    if relinked:
        name = printable(relinked[0].display_title) if len(relinked) == 1 else f"{len(relinked):,} videos"
        said.append(f"{name} found again: stars, tags and views are back with the file.")
    if refused:
        said.append(refused[0] if len(refused) == 1 else f"{len(refused):,} could not be relinked: {refused[0]}")
    return _back(request, " ".join(said), level=messages.WARNING if refused else messages.INFO)


def _asked(what: str) -> str:
    return f"{what} now." if a_worker_is_running() else f"{what} as soon as a worker runs."


def _back(request: HttpRequest, said: str, *, to: str = "", level: int = messages.INFO) -> HttpResponse:
    messages.add_message(request, level, said)
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(to or reverse("library"), status=303)
