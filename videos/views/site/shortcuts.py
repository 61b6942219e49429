"""Short addresses that lead to lists and videos."""

import secrets

from django.http import HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import Video

# Of so many, the first that can be read is the one.
_DRAWS = 8


@require_safe
def search(request: ViewerRequest) -> HttpResponseRedirect:
    """Lead to the gallery, which searches."""
    return HttpResponseRedirect(f"{reverse('gallery')}?{request.GET.urlencode()}")


@never_cache
@require_safe
def random(request: ViewerRequest) -> HttpResponseRedirect:
    """Lead to some video of those that the address asks for; where there is none, to the list that says so."""
    query = GalleryQuery.of(request.GET)
    listing = Listing(query, request.viewer)
    places = [secrets.randbelow(len(listing)) for _ in range(_DRAWS)] if listing else []
    drawn = [video_id for place in places for video_id in listing[place : place + 1]]
    if not drawn:
        return HttpResponseRedirect(reverse("gallery") + query.url())
    playable = (video.pk for video in Video.objects.by_ids(drawn) if not video.is_unreadable)
    return HttpResponseRedirect(reverse("watch", args=[next(playable, drawn[0])]))
