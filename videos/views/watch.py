"""The watch page, and what can be said of a video there."""

import re
from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from videos.cache import Marks, VideoCache
from videos.forms import FavoriteForm, StarsForm, TagsForm, first_error
from videos.library.relink import duplicates_of, where_it_may_be
from videos.models import MAX_STARS, MIN_STARS, Video

_SECONDS = re.compile(r"[0-9]{1,7}(\.[0-9]{1,3})?")


@require_safe
def watch(request: HttpRequest, video_id: int) -> HttpResponse:
    """Return the page that plays one video."""
    video = get_object_or_404(Video.objects.select_related("details", "disappearance"), pk=video_id)
    marks = VideoCache(request.viewer).get_marks([video.pk]).get(video.pk, Marks())  # type: ignore[attr-defined]
    context = {
        "video": video,
        "marks": marks,
        "star_range": range(MIN_STARS, MAX_STARS + 1),
        # What nobody has looked into has none.
        "details": getattr(video, "details", None),
        "subtitles": list(video.subtitles.all()),
        "duplicates": duplicates_of(video) if video.missing_since is None else None,
        "found": where_it_may_be(video) if video.missing_since else None,
        "gone_with_it": video.disappearance.videos.count() - 1 if video.disappearance else 0,
        "now": timezone.now(),
        "start_seconds": _start_seconds(request.GET.get("t", "")),
    }
    return render(request, "videos/watch.html", context)


def _start_seconds(text: str) -> str:
    """Return where to begin, as the address says it: a chapter's link without JavaScript. "" for the start."""
    return text if _SECONDS.fullmatch(text) else ""


@require_POST
def rate(request: HttpRequest, video_id: int) -> HttpResponse:
    form = _checked(StarsForm(request.POST))
    return _change(request, video_id, lambda cache, name: cache.update_rating(name, form["stars"]))


@require_POST
def favor(request: HttpRequest, video_id: int) -> HttpResponse:
    form = _checked(FavoriteForm(request.POST))
    return _change(request, video_id, lambda cache, name: cache.set_favorite(name, form["favorite"]))


@require_POST
def tag(request: HttpRequest, video_id: int) -> HttpResponse:
    form = _checked(TagsForm(request.POST))
    if form["remove"]:
        return _change(request, video_id, lambda cache, name: cache.remove_tags(name, [form["remove"]]))
    return _change(request, video_id, lambda cache, name: cache.add_tags(name, form["add"]))


@require_POST
def count_view(request: HttpRequest, video_id: int) -> HttpResponse:
    """Count one play. The page's script asks for it once somebody has really watched."""
    _change(request, video_id, lambda cache, name: cache.update_view(name))
    return HttpResponse(status=204)


def _checked(form: forms.Form) -> dict[str, Any]:
    if not form.is_valid():
        raise BadRequest(first_error(form))
    return form.cleaned_data


def _change(request: HttpRequest, video_id: int, change: Callable[[VideoCache, str], object]) -> HttpResponse:
    video = get_object_or_404(Video, pk=video_id)
    try:
        change(VideoCache(request.viewer), video.filename)  # type: ignore[attr-defined]
    except Video.DoesNotExist as error:
        raise Http404("The video has just been removed.") from error
    # 303: reloading the page that follows must not send the form again.
    return HttpResponseRedirect(video.get_absolute_url(), status=303)
