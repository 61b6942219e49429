"""The admin's list of tags, and merging them."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.http import urlencode
from django.utils.translation import gettext, gettext_lazy

from videos.accounts.requests import viewer_of
from videos.admin.options import CappedPaginator
from videos.core.tag_names import tag_name_problem
from videos.db.transactions import write_transaction
from videos.models import Tag
from videos.userdata import tags as tag_writer
from videos.views.gallery.bulk import offer_undo


class MergeActionForm(ActionForm):
    into = forms.CharField(
        required=False, max_length=200, label=gettext_lazy("Merge into:"), widget=forms.TextInput(attrs={"size": 14})
    )


@admin.register(Tag)
class TagAdmin(admin.ModelAdmin):
    list_display = ["name", "videos_link"]
    search_fields = ["name", "folded_name"]
    list_per_page = 100
    show_full_result_count = False
    paginator = CappedPaginator
    action_form = MergeActionForm
    actions = ["merge"]

    @admin.display(description=gettext_lazy("videos"))
    def videos_link(self, tag: Tag) -> str:
        address = f"{reverse('admin:videos_video_changelist')}?{urlencode({'tag': tag.name})}"
        return format_html('<a href="{}">{}</a>', address, gettext("Show videos"))

    def save_model(self, request: HttpRequest, tag: Tag, form: forms.ModelForm, change: bool) -> None:
        """Make a tag, or rename one as its page does. The form has checked that no other tag has the name."""
        if not change:
            super().save_model(request, tag, form, change)
        elif form.has_changed():
            tag_writer.rename(viewer_of(request), Tag.objects.get(pk=tag.pk), tag.name)

    def delete_model(self, request: HttpRequest, tag: Tag) -> None:
        tag_writer.delete(viewer_of(request), tag)

    def delete_queryset(self, request: HttpRequest, tags: QuerySet[Tag]) -> None:
        for tag in tags:
            self.delete_model(request, tag)

    def response_change(self, request: HttpRequest, tag: Tag) -> HttpResponse:
        return _with_undo(super().response_change(request, tag))

    def response_delete(self, request: HttpRequest, name: str, tag_id: int) -> HttpResponse:
        return _with_undo(super().response_delete(request, name, tag_id))

    def response_action(
        self, request: HttpRequest, queryset: QuerySet[Tag], *args: Any, **options: Any
    ) -> HttpResponse | None:
        response = super().response_action(request, queryset, *args, **options)
        return _with_undo(response) if response else None

    @admin.action(description=gettext_lazy("Merge tags"), permissions=["change"])
    def merge(self, request: HttpRequest, tags: QuerySet[Tag]) -> None:
        """Replace the selected tags by the one named beside the action, which is created if needed."""
        into = request.POST.get("into", "")
        problem = tag_name_problem(into)
        if problem:
            said = gettext("Enter the tag to merge into beside the action: %(problem)s. Nothing was changed.")
            messages.error(request, said % {"problem": problem})
            return
        with write_transaction():
            (target,) = Tag.objects.get_or_create_many([into])
            others = [tag for tag in tags if tag.pk != target.pk]
            tag_writer.merge(viewer_of(request), others, target)
        names = format_html_join(", ", "{}", ((tag.name,) for tag in others))
        said = gettext("{tags} merged into {tag}.")
        messages.success(request, format_html(said, tags=names or gettext("Nothing"), tag=target.name))


def _with_undo(response: HttpResponse) -> HttpResponse:
    """Let the gallery offer to undo what the admin did to tags."""
    offer_undo(response)
    return response
