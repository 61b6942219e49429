"""The watch page."""

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.core import timecode
from videos.listing.related import related_to
from videos.maintenance.duplicates import duplicates_of
from videos.maintenance.relink_candidates import where_it_may_be
from videos.models import Video
from videos.userdata.cached_reads import marks_of
from videos.views.watch.came_from import up_next
from videos.views.watch.markers import just_removed, markers_of
from videos.views.watch.userdata import STARS, tag_just_removed

SPEEDS = ("0.25", "0.5", "0.75", "1", "1.25", "1.5", "1.75", "2", "2.5", "3", "4")


@require_safe
def watch(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Return the page that plays one video."""
    beside = up_next(request, video_id)
    video = beside["video"]
    asked_seconds = timecode.seconds_of(request.GET.get("t", ""))
    resumed_seconds = video.position_seconds if asked_seconds is None else None
    context = {
        "marks": marks_of(request.viewer, video.pk),
        "star_range": STARS,
        # A video that was not analyzed yet has none.
        "details": getattr(video, "details", None),
        "subtitles": list(video.subtitles.all()) if video.missing_since is None else [],
        "markers": markers_of(request, video),
        "removed": just_removed(request),
        "removed_tag": tag_just_removed(request),
        "duplicates": duplicates_of(video) if video.missing_since is None else None,
        "found": where_it_may_be(video) if video.missing_since else None,
        "gone_with_it": video.missing_batch.videos.count() - 1 if video.missing_batch else 0,
        "speeds": SPEEDS,
        "now": timezone.now(),
        "resumed_seconds": resumed_seconds,
        "start_seconds": asked_seconds or resumed_seconds,
        **beside,
    }
    return render(request, "videos/watch.html", context)


@require_safe
def related(request: ViewerRequest, video_id: int) -> HttpResponse:
    """Return the related videos: a part of the watch page, or without scripts a page of its own."""
    beside = up_next(request, video_id)
    shown = {each.pk for each in beside["neighbors"].following}
    videos = Video.objects.with_positions(request.viewer)
    found = related_to(beside["video"], without=shown, videos=videos)
    template = "videos/_related.html" if request.htmx else "videos/related.html"
    return render(request, template, {"related": found, **beside})
