"""The lists with a page of their own: favorites, most viewed, best of, and each tag."""

from collections.abc import Callable

from django.http import HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from videos.accounts.requests import ViewerRequest
from videos.listing.query import ListPage
from videos.models import Tag
from videos.views.gallery.gallery import show_list
from videos.views.tags.tags import tag_of

Show = Callable[[ViewerRequest, ListPage], HttpResponse]

FAVORITES = ListPage(gettext_lazy("Favorites"), "favorites", (("favorites", True),))
POPULAR = ListPage(
    gettext_lazy("Most viewed"), "popular", (("sort", "views"), ("order", "desc")), "views", only_viewed=True
)
BEST_OF = ListPage(gettext_lazy("Best of"), "best", (("rating", 4),), "rating")


def page_of_tag(tag: Tag) -> ListPage:
    return ListPage(tag.name, "tags", (("tags", (tag.name,)),))


def shown(page: ListPage, show: Show = show_list) -> Callable[[ViewerRequest], HttpResponse]:
    """Return the view of a list page, or of its filter panel."""

    @require_safe
    def view(request: ViewerRequest) -> HttpResponse:
        return show(request, page)

    return view


def shown_by_tag(show: Show = show_list) -> Callable[[ViewerRequest, str], HttpResponse]:
    """Return the view of a tag's page, or of its filter panel.

    In the slug "north-sea-12" the number is the tag's id; the words are for people.
    """

    @require_safe
    def view(request: ViewerRequest, slug: str) -> HttpResponse:
        tag = tag_of(slug)
        if slug != tag.slug:
            # The tag was renamed.
            name = "tag_page" if show is show_list else "tag_facets"
            return HttpResponseRedirect(reverse(name, args=[tag.slug], query=request.GET))
        return show(request, page_of_tag(tag))

    return view
