"""Short addresses for lists that people ask for often. They lead to the gallery, whose address says what is listed."""

import secrets
from collections.abc import Callable

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from videos.catalog.lists import Listing
from videos.gallery_query import GalleryQuery
from videos.models import Tag


def to_list(query: GalleryQuery) -> Callable[[HttpRequest], HttpResponse]:
    """Return the view that leads to a list; what its address says beside stays asked for."""

    @require_safe
    def lead(request: HttpRequest) -> HttpResponseRedirect:
        asked = request.GET.copy()
        for name, value in query.parameters():
            asked.setdefault(name, value)
        return HttpResponseRedirect(f"{reverse('gallery')}?{asked.urlencode()}")

    return lead


favorites = to_list(GalleryQuery(favorites=True))
popular = to_list(GalleryQuery(sort="views"))
best_of = to_list(GalleryQuery(rating=4, sort="rating"))
search = to_list(GalleryQuery())


@require_safe
def tag(request: HttpRequest, slug: str) -> HttpResponseRedirect:
    """Lead to the videos of a tag. The number at the end of "north-sea-12" names it, the words are for people."""
    number = slug.rpartition("-")[2]
    if not (number.isascii() and number.isdigit() and len(number) < 19):
        raise Http404("There is no such tag.")
    found = get_object_or_404(Tag, pk=int(number))
    return HttpResponseRedirect(reverse("gallery") + GalleryQuery(tags=(found.name,)).url())


@never_cache
@require_safe
def random(request: HttpRequest) -> HttpResponseRedirect:
    """Lead to some video of those that the address asks for; where there is none, to the list that says so."""
    query = GalleryQuery.of(request.GET)
    listing = Listing(query, request.viewer)  # type: ignore[attr-defined]
    if not listing:
        return HttpResponseRedirect(reverse("gallery") + query.url())
    return HttpResponseRedirect(reverse("watch", args=[listing[secrets.randbelow(len(listing))]]))
