"""The filters beside the admin's list of videos."""

from typing import Any, cast

from django.contrib import admin
from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext, gettext_lazy

from videos.accounts.requests import viewer_of
from videos.models import MAX_STARS, MIN_STARS, Favorite, Rating, Tag, VideoQuerySet

TAGS_IN_FILTER = 50


def _videos(queryset: QuerySet) -> VideoQuerySet:
    """Django types the querysets of its filters in general."""
    return cast(VideoQuerySet, queryset)


class TagFilter(admin.SimpleListFilter):
    """By one of the first tags, or by the one in the address: the tag list links to it."""

    title, parameter_name = gettext_lazy("tag"), "tag"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        names = list(Tag.objects.values_list("name", flat=True)[:TAGS_IN_FILTER])
        chosen = request.GET.get(self.parameter_name)
        return [(name, name) for name in ([] if chosen in names or not chosen else [chosen]) + names]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        name = self.value()
        return _videos(queryset).tagged(name) if name else queryset


class StarsFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("stars"), "stars"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        stars = [(str(number), "★" * number) for number in range(MAX_STARS, MIN_STARS - 1, -1)]
        return [*stars, ("none", gettext("not rated"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        viewer, stars = viewer_of(request), self.value()
        if stars == "none":
            return queryset.filter(~Exists(Rating.objects.filter(viewer=viewer, video=OuterRef("pk"))))
        # A join uses the index of this viewer's ratings; a subquery would check every video.
        chosen = stars in dict(self.lookup_choices)
        return queryset.filter(ratings__viewer=viewer, ratings__stars=stars) if chosen else queryset


class FavoriteFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("favorite"), "favorite"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", gettext("favorite")), ("0", gettext("not a favorite"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        viewer = viewer_of(request)
        if self.value() == "1":
            return _videos(queryset).favorites_of(viewer)
        own = Favorite.objects.filter(viewer=viewer, video=OuterRef("pk"))
        return queryset.filter(~Exists(own)) if self.value() == "0" else queryset


class MissingFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("file"), "missing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("0", gettext("present")), ("1", gettext("missing"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "1":
            return _videos(queryset).missing()
        return _videos(queryset).present() if self.value() == "0" else queryset


class ContentFilter(admin.SimpleListFilter):
    title, parameter_name = gettext_lazy("content"), "content"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("problem", gettext("unreadable")), ("due", gettext("not analyzed yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        if self.value() == "problem":
            return _videos(queryset).with_problem()
        return _videos(queryset).present().exclude(analysis_due_at=None) if self.value() == "due" else queryset
