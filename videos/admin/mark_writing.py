"""How the admin saves and removes marks: through videos/userdata/, for the viewer of the row, not the administrator."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from videos.core.batching import VALUES_AT_ONCE, batched
from videos.models import Favorite, Rating, View
from videos.userdata import favorites, ratings, views
from videos.userdata.saving import require, saving
from videos.userdata.views import ViewRecord

Mark = Rating | View | Favorite


def _write_rating(rating: Rating) -> None:
    ratings.set_stars(rating.viewer_id, {rating.video_id: rating.stars})


def _write_view(view: View) -> None:
    record = ViewRecord(view.view_count, view.last_viewed, view.position_seconds, view.is_watched)
    views.set_records(view.viewer_id, {view.video_id: record})


def _write_favorite(favorite: Favorite) -> None:
    favorites.set_dates(favorite.viewer_id, {favorite.video_id: favorite.added_date})


_WRITE: dict[type[Mark], Callable[[Any], None]] = {
    Rating: _write_rating,
    View: _write_view,
    Favorite: _write_favorite,
}
_REMOVE: dict[type[Mark], Callable[[int, Collection[int]], None]] = {
    Rating: lambda viewer_id, video_ids: ratings.set_stars(viewer_id, dict.fromkeys(video_ids, None)),
    View: views.remove,
    Favorite: favorites.remove,
}


def save_mark(mark: Mark) -> None:
    """Write what a form holds, and set `pk` to the id of its row. Raises Video.DoesNotExist.

    A mark that was moved to another video or viewer is a new row there, and the old one is removed.
    """
    model: Any = type(mark)
    with saving():
        require(mark.video_id)
        before = model.objects.filter(pk=mark.pk).first()
        if before is not None and _place(before) != _place(mark):
            remove_marks(model, [before])
        _WRITE[model](mark)
        mark.pk = model.objects.values_list("pk", flat=True).get(viewer=mark.viewer_id, video=mark.video_id)


def remove_marks(model: type[Mark], marks: Iterable[Any]) -> None:
    by_viewer = defaultdict(list)
    for mark in marks:
        by_viewer[mark.viewer_id].append(mark.video_id)
    with saving():
        for viewer_id, video_ids in by_viewer.items():
            for part in batched(video_ids, VALUES_AT_ONCE):
                _REMOVE[model](viewer_id, part)


def _place(mark: Mark) -> tuple[int, int]:
    return mark.viewer_id, mark.video_id


class WritesMarks:
    """For the admin of one kind of mark."""

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        save_mark(obj)

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        remove_marks(type(obj), [obj])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        remove_marks(queryset.model, queryset)

    def response_change(self, request: HttpRequest, obj: Any) -> HttpResponse:
        # Django's answer links to the form's address, and a mark that was moved has another one by now.
        request.path = reverse(f"admin:{obj._meta.app_label}_{obj._meta.model_name}_change", args=[obj.pk])
        return super().response_change(request, obj)  # type: ignore[misc]


def save_inline_marks(formset: Any) -> None:
    """Save the marks in a table on the page of a video. Django's log reads what was done from the formset."""
    saved = formset.save(commit=False)
    with saving():
        remove_marks(formset.model, formset.deleted_objects)
        for mark in saved:
            save_mark(mark)
