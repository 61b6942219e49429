"""Single ratings, views and favorites, for looking up and correcting one."""

from typing import Any

from django.contrib import admin
from django.utils.translation import gettext_lazy

from videos.admin.autocomplete import AutocompleteByIds
from videos.admin.library import short_date, small_cover
from videos.admin.mark_writing import WritesMarks
from videos.admin.options import CappedPaginator, PlainViewers
from videos.models import Favorite, Rating, View


class MarkAdmin(WritesMarks, AutocompleteByIds, PlainViewers, admin.ModelAdmin):
    """The rows of one kind of mark."""

    autocomplete_fields = ["video"]
    sortable_by = []
    list_select_related = ["video", "viewer"]
    search_fields = ["video__title", "video__filename"]
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    list_filter = ["viewer"]
    list_display_links = ["video"]

    @admin.display(description=gettext_lazy("cover"))
    def cover(self, mark: Any) -> str:
        return small_cover(mark.video)


@admin.register(Rating)
class RatingAdmin(MarkAdmin):
    list_display = ["cover", "video", "stars", "viewer"]
    list_filter = ["stars", "viewer"]


@admin.register(View)
class ViewAdmin(MarkAdmin):
    list_display = ["cover", "video", "view_count", "last", "viewer"]

    @admin.display(description=gettext_lazy("last viewed"))
    def last(self, view: View) -> str:
        return short_date(view.last_viewed)


@admin.register(Favorite)
class FavoriteAdmin(MarkAdmin):
    list_display = ["cover", "video", "added", "viewer"]

    @admin.display(description=gettext_lazy("added"))
    def added(self, favorite: Favorite) -> str:
        return short_date(favorite.added_date)
