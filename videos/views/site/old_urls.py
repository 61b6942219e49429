"""The old app's addresses, so that old bookmarks still work."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponsePermanentRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from videos.core.tag_names import clean_tag_name
from videos.library.name_lookup import videos_named
from videos.views.site.responses import in_sentence

# Browsers must not cache the redirect for good: a rebuilt library gives its videos other ids.
_permanent = cache_control(no_cache=True)
_MAX_CHOICES = 50


@_permanent
@require_safe
def watch(request: HttpRequest, filename: str) -> HttpResponse:
    return _redirect_to_video("watch", request, filename)


@_permanent
@require_safe
def stream(request: HttpRequest, filename: str) -> HttpResponse:
    return _redirect_to_video("stream", request, filename)


def _redirect_to_video(page: str, request: HttpRequest, filename: str) -> HttpResponse:
    """Redirect to the video of this name. If several may be meant, show them all (300)."""
    videos = videos_named(filename)
    if not videos:
        raise Http404("There is no such video.")
    query = request.GET or None if page == "watch" else None
    if len(videos) > 1:
        choices = [(video, reverse(page, args=[video.pk], query=query)) for video in videos[:_MAX_CHOICES]]
        context = {"choices": choices, "written": in_sentence(filename), "further": len(videos) - len(choices)}
        return render(request, "videos/which_video.html", context, status=300)
    return HttpResponsePermanentRedirect(reverse(page, args=[videos[0].pk], query=query))


@_permanent
@require_safe
def tag(request: HttpRequest, name: str) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(f"{reverse('gallery')}?{urlencode({'tag': clean_tag_name(name)})}")
