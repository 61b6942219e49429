"""The saved lists of all viewers."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext, gettext_lazy

from videos.admin.options import PlainViewers
from videos.models import SmartList


@admin.register(SmartList)
class SmartListAdmin(PlainViewers, admin.ModelAdmin):
    list_display = ["name", "query", "viewer", "opens"]
    list_filter = ["viewer"]
    list_select_related = ["viewer"]
    search_fields = ["name", "query"]
    ordering = ["viewer", "position", "id"]

    @admin.display(description=gettext_lazy("videos"))
    def opens(self, saved: SmartList) -> str:
        return format_html('<a href="{}">{}</a>', saved.get_absolute_url(), gettext("Show"))
