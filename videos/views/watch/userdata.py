"""What a viewer says of a video on its page: stars, heart, title, tags, and that it was watched, and how far.

Each form works by itself and then shows the page again. Where htmx sends it, the answer is the part that changed.
"""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

from django.core import signing
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_POST, require_safe

from videos.accounts.requests import ViewerRequest
from videos.core.tag_names import clean_tag_name, fold_tag_name, tag_name_problem
from videos.models import MAX_STARS, MIN_STARS, Tag, Video
from videos.userdata import favorites, ratings, tags, titles, views
from videos.userdata.cached_reads import marks_of
from videos.views.forms.userdata import FavoriteForm, PositionForm, StarsForm, TagsForm, TitleForm, WatchedForm
from videos.views.forms.validation import checked
from videos.views.site.responses import page_before
from videos.views.watch.came_from import list_suffix

SUGGESTIONS = 8
_UNDO_SALT, _SECONDS_TO_UNDO = "videos.removed-tag", 600
STARS = range(MIN_STARS, MAX_STARS + 1)


@require_POST
def rate(request: ViewerRequest, video_id: int) -> HttpResponse:
    form = checked(StarsForm(request.POST))
    return _changed(request, video_id, "_stars", lambda: ratings.rate(request.viewer, video_id, form["stars"]))


@require_POST
def favor(request: ViewerRequest, video_id: int) -> HttpResponse:
    form = checked(FavoriteForm(request.POST))
    # A card's heart is the button alone; that of the watch page a form.
    part = "_card_heart" if request.htmx.target == f"heart-{video_id}" else "_heart"
    return _changed(request, video_id, part, lambda: favorites.set_favorite(request.viewer, video_id, form["favorite"]))


@require_POST
def retitle(request: ViewerRequest, video_id: int) -> HttpResponse:
    form = checked(TitleForm(request.POST))
    return _changed(request, video_id, "_title", lambda: titles.set_title(video_id, form["title"]))


@require_POST
def tag(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Add tags, or remove one. The answer to a removal offers to undo it."""
    form = checked(TagsForm(request.POST))
    removed = clean_tag_name(form["remove"])
    if removed:
        signed = urlencode({"removed_tag": signing.dumps(removed, salt=_UNDO_SALT)})
        place = f"{'&' if list_suffix(request) else '?'}{signed}#tags"
        return _changed(
            request,
            video_id,
            "_tags",
            lambda: tags.remove_tags(video_id, [removed]),
            place,
            removed_tag=removed,
        )
    added = [form["restore"]] if form["restore"] else form["add"]
    return _changed(request, video_id, "_tags", lambda: tags.add_tags(video_id, added))


def tag_just_removed(request: ViewerRequest) -> str:
    """Return the tag that the last form removed, as its signed form in the address says, or "" for none."""
    try:
        return str(signing.loads(request.GET.get("removed_tag", ""), salt=_UNDO_SALT, max_age=_SECONDS_TO_UNDO))
    except signing.BadSignature:
        return ""


@require_POST
def set_watched(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Mark the video as watched, or as unwatched."""
    form = checked(WatchedForm(request.POST))
    return _changed(request, video_id, "_watched", lambda: views.set_watched(request.viewer, video_id, form["watched"]))


@require_POST
def count_view(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Count one play. The page's script asks for it once somebody has really watched."""
    _change(video_id, lambda: views.count_play(request.viewer, video_id))
    return HttpResponse(status=204)


@require_POST
def save_position(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Keep where the viewer stopped. The page's script sends it while the video plays, and when it ends."""
    form = checked(PositionForm(request.POST))
    _change(video_id, lambda: views.save_position(request.viewer, video_id, form["seconds"], form["duration"]))
    return HttpResponse(status=204)


@require_safe
def suggest_tags(request: ViewerRequest, video_id: int | None = None) -> HttpResponse:
    """Return the options that complete what is typed into a field for tags: the part behind the last comma.

    `add` is that of a video's page, without the tags that the video has; `tags` that for many videos.
    """
    typed = request.GET.get("tags" if video_id is None else "add", "")
    text = clean_tag_name(typed[:2000].replace("\0", "").rpartition(",")[2])
    found: list[str] = []
    if text:
        there = Video.tags.through.objects.filter(video=video_id).values("tag")
        names = Tag.objects.suggested(text).exclude(pk__in=there).values_list("name", flat=True)
        found = list(names[:SUGGESTIONS])
    is_new = bool(text) and not tag_name_problem(text) and not _is_known(text, found)
    return render(request, "videos/_tag_suggestions.html", {"names": found, "new_name": text if is_new else ""})


def _is_known(name: str, names: list[str]) -> bool:
    return fold_tag_name(name) in map(fold_tag_name, names) or Tag.objects.with_names([name]).exists()


def _changed(
    request: ViewerRequest,
    video_id: int,
    part: str,
    change: Callable[[], object],
    place: str = "",
    **said: Any,
) -> HttpResponse:
    """Make the change and return the part of the page that shows it, or without htmx the way back to that place."""
    _change(video_id, change)
    video = get_object_or_404(Video, pk=video_id)
    if not request.htmx:
        return back_to(request, video, place)
    context: dict[str, Any] = {
        "video": video,
        "marks": marks_of(request.viewer, video_id),
        "star_range": STARS,
        **said,
    }
    context["address"] = video.get_absolute_url()
    return render(request, f"videos/{part}.html", {**context, "list_suffix": list_suffix(request)})


def _change(video_id: int, change: Callable[[], object]) -> None:
    """Make the change. By the id: a scan may rename the file at any moment."""
    try:
        change()
    except Video.DoesNotExist as error:
        raise Http404("There is no such video.") from error


def back_to(request: ViewerRequest, video: Video, place: str = "") -> HttpResponse:
    """Return the way back to the page of a video, with the list that one came from, or to its card in a list."""
    # 303: reloading the page that follows must not send the form again.
    page = page_before(request)
    if page:
        return HttpResponseRedirect(f"{page}#video-{video.pk}", status=303)
    return HttpResponseRedirect(f"{video.get_absolute_url()}{list_suffix(request)}{place}", status=303)
