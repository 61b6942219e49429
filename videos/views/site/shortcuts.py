"""Short addresses that redirect to lists and videos."""

import secrets

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import Video

# The first readable one of this many drawn videos is taken.
_DRAWS = 8


@require_safe
def search(request: ViewerRequest) -> HttpResponseRedirect:
    """Redirect to the gallery, which searches."""
    return HttpResponseRedirect(f"{reverse('gallery')}?{request.GET.urlencode()}")


@never_cache
@require_safe
def random(request: ViewerRequest) -> HttpResponseRedirect:
    """Redirect to a random video of the list in the URL, or to the list if it is empty."""
    query = GalleryQuery.of(request.GET)
    listing = Listing(query, request.viewer)
    places = [secrets.randbelow(len(listing)) for _ in range(_DRAWS)] if listing else []
    drawn = [video_id for place in places for video_id in listing[place : place + 1]]
    if not drawn:
        return HttpResponseRedirect(reverse("gallery") + query.url())
    playable = (video.pk for video in Video.objects.by_ids(drawn) if not video.is_unreadable)
    return HttpResponseRedirect(reverse("watch", args=[next(playable, drawn[0])]))
