"""The old app's addresses: bookmarks of ten years go on working."""

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponsePermanentRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from videos.models import Video
from videos.tag_names import clean_tag_name

# Permanent for a search engine; a browser asks again, since a rebuilt library gives its videos other numbers.
_permanent = cache_control(no_cache=True)


@_permanent
@require_safe
def watch(request: HttpRequest, filename: str) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(reverse("watch", args=[_video_id(filename)], query=request.GET or None))


@_permanent
@require_safe
def stream(request: HttpRequest, filename: str) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(reverse("stream", args=[_video_id(filename)]))


@_permanent
@require_safe
def tag(request: HttpRequest, name: str) -> HttpResponsePermanentRedirect:
    return HttpResponsePermanentRedirect(f"{reverse('gallery')}?{urlencode({'tag': clean_tag_name(name)})}")


def _video_id(filename: str) -> int:
    if "\0" in filename:
        raise Http404("There is no such video.")
    return get_object_or_404(Video.objects.only("pk"), filename=filename).pk
