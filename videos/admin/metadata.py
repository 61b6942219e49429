"""The admin's list of videos: editing the metadata of one, or of many at a time."""

from collections import Counter
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.template.defaultfilters import filesizeformat
from django.urls import URLPattern
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html, format_html_join
from django.utils.translation import gettext, gettext_lazy, ngettext, pgettext

from videos.accounts.requests import viewer_of
from videos.admin.autocomplete import AutocompleteByIds
from videos.admin.library import FoundAgainPage, short_date, small_cover
from videos.admin.mark_writing import save_inline_marks
from videos.admin.options import CappedPaginator, PlainViewers
from videos.admin.video_filters import ContentFilter, FavoriteFilter, MissingFilter, StarsFilter, TagFilter
from videos.core.batching import batched
from videos.core.tag_names import clean_tag_name, fold_tag_name
from videos.db.transactions import write_transaction
from videos.jobs.tasks import enqueue_analysis
from videos.listing.search import matching
from videos.maintenance.duplicates import duplicates_of
from videos.models import BulkAction, Favorite, Rating, Video, VideoQuerySet, View
from videos.presentation.formatting import and_more, bit_rate, clock, frame_rate
from videos.presentation.formatting import files as counted_files
from videos.presentation.formatting import videos as counted_videos
from videos.search.query_parser import parse
from videos.userdata import bulk, titles
from videos.userdata import tags as tag_writer
from videos.views.forms.userdata import TagsForm
from videos.views.forms.validation import first_error
from videos.views.gallery.bulk import offer_undo


class MarkInline(PlainViewers, admin.TabularInline):
    """One kind of mark on the page of a video. Accounts are few, so viewers are a plain select box."""

    extra = 0

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        return super().get_queryset(request).select_related("viewer")


class RatingInline(MarkInline):
    model = Rating


class ViewInline(MarkInline):
    model = View


class FavoriteInline(MarkInline):
    model = Favorite


class VideoActionForm(ActionForm):
    tag = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Tags:"), widget=forms.TextInput(attrs={"size": 14})
    )


@admin.register(Video)
class VideoAdmin(AutocompleteByIds, admin.ModelAdmin):
    list_display = [
        "cover", "title_column", "stars", "favorite", "tag_names", "views_column", "length", "size", "added",
    ]  # fmt: skip
    list_display_links = ["title_column"]
    list_filter = [MissingFilter, ContentFilter, StarsFilter, FavoriteFilter, TagFilter]
    list_per_page = 50
    search_fields = ["title", "filename"]
    search_help_text = gettext_lazy(
        "As in the gallery: words of the title, the file name or the tags, tag:sea, rating:>=4"
    )
    # By the primary key: any other order would sort a million rows for each page.
    ordering = ["-id"]
    sortable_by = []
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    paginator = CappedPaginator
    autocomplete_fields = ["tags"]
    inlines = [RatingInline, FavoriteInline, ViewInline]
    action_form = VideoActionForm
    actions = ["add_tag", "remove_tag", "make_favorite", "take_from_favorites", "look_again"]
    facts = [
        "filename", "size", "file_date", "length", "picture", "frames", "container", "video_codec", "audio_codec",
        "bits", "problem", "same_content", "missing",
    ]  # fmt: skip
    readonly_fields = [*facts, "cover"]
    fieldsets = [
        (None, {"fields": ["cover", "title", "tags", "added_date"]}),
        (gettext_lazy("The file"), {"fields": [*facts]}),
    ]

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Videos are added by scans, not by forms."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Video | None = None) -> bool:
        """cleanup_orphans deletes videos without a file, after a snapshot. Others would return without their marks."""
        return False

    def get_urls(self) -> list[URLPattern]:
        return [*FoundAgainPage(self.admin_site).urls(), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> VideoQuerySet:
        return cast(VideoQuerySet, super().get_queryset(request)).for_viewer(viewer_of(request))

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        return matching(cast(VideoQuerySet, queryset), parse(search_term), viewer_of(request)), False

    def save_model(self, request: HttpRequest, obj: Video, form: Any, change: bool) -> None:
        """Save what was changed and nothing else: a scan may be writing to the same row."""
        if "title" in form.changed_data:
            obj.title = titles.set_title(obj.pk, obj.title)
        if "added_date" in form.changed_data:
            obj.save(update_fields=["added_date"])

    def save_related(self, request: HttpRequest, form: Any, formsets: Any, change: bool) -> None:
        if "tags" in form.changed_data:
            tag_writer.set_tags(form.instance.pk, [tag.name for tag in form.cleaned_data["tags"]])
        for formset in formsets:
            save_inline_marks(formset)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions = super().get_actions(request)
        return actions if self.has_change_permission(request) else {}

    # --- columns

    @admin.display(description=gettext_lazy("cover"))
    def cover(self, video: Video) -> str:
        return small_cover(video)

    @admin.display(description=gettext_lazy("added"))
    def added(self, video: Video) -> str:
        return short_date(video.added_date)

    @admin.display(description=gettext_lazy("length"))
    def length(self, video: Video) -> str:
        return "–" if video.duration is None else clock(video.duration)

    @admin.display(description=gettext_lazy("video"))
    def title_column(self, video: Video) -> str:
        if video.missing_since is None:
            return video.display_title
        return gettext("%(title)s (missing)") % {"title": video.display_title}

    @admin.display(description=gettext_lazy("stars"))
    def stars(self, video: Any) -> str:
        return str(video.viewer_ratings[0]) if video.viewer_ratings else "–"

    @admin.display(description=gettext_lazy("favorite"))
    def favorite(self, video: Any) -> str:
        return "♥" if video.viewer_favorites else "–"

    @admin.display(description=gettext_lazy("tags"))
    def tag_names(self, video: Video) -> str:
        return ", ".join(tag.name for tag in video.tags.all()) or "–"

    @admin.display(description=gettext_lazy("views"))
    def views_column(self, video: Any) -> int:
        return video.viewer_views[0].view_count if video.viewer_views else 0

    @admin.display(description=gettext_lazy("size"))
    def size(self, video: Video) -> str:
        return "–" if video.file_size is None else filesizeformat(video.file_size)

    # --- read-only facts

    @admin.display(description=gettext_lazy("date modified"))
    def file_date(self, video: Video) -> str:
        return _exact_date(video.modified)

    @admin.display(description=gettext_lazy("missing since"))
    def missing(self, video: Video) -> str:
        return _exact_date(video.missing_since)

    @admin.display(description=gettext_lazy("picture"))
    def picture(self, video: Video) -> str:
        return f"{video.width} × {video.height}" if video.width and video.height else "–"

    @admin.display(description=gettext_lazy("frame rate"))
    def frames(self, video: Video) -> str:
        return "–" if video.frame_rate is None else frame_rate(video.frame_rate)

    @admin.display(description=gettext_lazy("bit rate"))
    def bits(self, video: Video) -> str:
        return "–" if video.bit_rate is None else bit_rate(video.bit_rate)

    @admin.display(description=gettext_lazy("possible duplicate of"), empty_value="–")
    def same_content(self, video: Video) -> str:
        """Return links to the videos with the same content, as far as size and fingerprint say."""
        duplicates = duplicates_of(video)
        links = format_html_join(
            ", ", '<a href="{}">{}</a>', ((v.get_absolute_url(), v.filename) for v in duplicates.videos)
        )
        return format_html("{} {}", links, and_more(duplicates.further)) if duplicates.further else links

    # --- actions

    @admin.action(description=gettext_lazy("Analyze the files again"))
    def look_again(self, request: HttpRequest, videos: VideoQuerySet) -> None:
        ids = _ids(videos.present())
        with write_transaction():
            for part in batched(ids, 500):
                Video.objects.filter(pk__in=part).analyze_again(timezone.now())
        enqueue_analysis()
        messages.success(
            request, gettext("The worker will analyze %(files)s again.") % {"files": counted_files(len(ids))}
        )

    @admin.action(description=gettext_lazy("Add the tags"))
    def add_tag(self, request: HttpRequest, videos: VideoQuerySet) -> HttpResponse | None:
        names = self._tag_names(request)
        if not names:
            return None
        ids = _ids(videos)
        tags = _tags_of(bulk.add_tags(viewer_of(request), ids, names))
        said = ngettext("%(videos)s now have the tag %(tags)s.", "%(videos)s now have the tags %(tags)s.", len(tags))
        return _say(request, said % {"videos": counted_videos(len(ids)), "tags": ", ".join(tags.values())})

    @admin.action(description=gettext_lazy("Remove the tags"))
    def remove_tag(self, request: HttpRequest, videos: VideoQuerySet) -> HttpResponse | None:
        names = self._tag_names(request)
        if not names:
            return None
        action = bulk.remove_tags(viewer_of(request), _ids(videos), names)
        tags = {fold_tag_name(name): tag_id for tag_id, name in _tags_of(action).items()}
        removed = Counter(tag_id for part in action.changes.all() for (_video, tag_id), _, _ in part.entries)
        said = gettext("The tag %(name)s was removed from %(videos)s.")
        counts = {clean_tag_name(name): removed[tags.get(fold_tag_name(name))] for name in names}
        return _say(request, *(said % {"name": name, "videos": counted_videos(n)} for name, n in counts.items()))

    @admin.action(description=gettext_lazy("Add to favorites"))
    def make_favorite(self, request: HttpRequest, videos: VideoQuerySet) -> HttpResponse:
        ids = _ids(videos)
        bulk.set_favorite(viewer_of(request), ids, True)
        said = gettext("%(videos)s added to favorites.")
        return _say(request, said % {"videos": counted_videos(len(ids))})

    @admin.action(description=gettext_lazy("Remove from favorites"))
    def take_from_favorites(self, request: HttpRequest, videos: VideoQuerySet) -> HttpResponse:
        removed = bulk.set_favorite(viewer_of(request), _ids(videos), False).video_count
        said = gettext("%(videos)s removed from favorites.")
        return _say(request, said % {"videos": counted_videos(removed)})

    def _tag_names(self, request: HttpRequest) -> list[str]:
        """Return the tags typed beside the action, or none after saying what is wrong with them."""
        form = TagsForm({"add": request.POST.get("tag", "")})
        if not form.is_valid():
            said = gettext("Enter the tags beside the action. %(problem)s Nothing was changed.")
            messages.error(request, said % {"problem": first_error(form)})
            return []
        return form.cleaned_data["add"]


def _exact_date(moment: datetime | None) -> str:
    return (
        "–"
        if moment is None
        else date_format(timezone.localtime(moment), pgettext("date format of a moment, exact", "j F Y, H:i:s"))
    )


def _ids(videos: VideoQuerySet) -> list[int]:
    return list(videos.prefetch_related(None).order_by().values_list("pk", flat=True))


def _tags_of(action: BulkAction) -> dict[int, str]:
    """Return {id: name} of the tags that an action gave or took."""
    return dict(action.details["tags"])


def _say(request: HttpRequest, *said: str) -> HttpResponse:
    """Show the list again with what was done, which the gallery then offers to undo."""
    for sentence in said:
        messages.success(request, sentence)
    response = HttpResponseRedirect(request.get_full_path())
    offer_undo(response)
    return response
