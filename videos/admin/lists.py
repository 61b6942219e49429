"""The lists that viewers saved."""

from django.contrib import admin
from django.utils.html import format_html

from videos.admin.metadata import PlainViewers
from videos.models import SmartList


@admin.register(SmartList)
class SmartListAdmin(PlainViewers, admin.ModelAdmin):
    list_display = ["name", "query", "viewer", "opens"]
    list_filter = ["viewer"]
    list_select_related = ["viewer"]
    search_fields = ["name", "query"]
    ordering = ["viewer", "position", "id"]

    @admin.display(description="videos")
    def opens(self, saved: SmartList) -> str:
        return format_html('<a href="{}">Show</a>', saved.get_absolute_url())
