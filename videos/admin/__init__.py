"""The admin: the metadata of any video, and what the library could not decide by itself."""

from django.contrib import admin

from videos.admin import library, lists, metadata

__all__ = ["library", "lists", "metadata"]

admin.site.site_header = admin.site.site_title = "Local Video Server"
admin.site.index_title = "The library's metadata"
