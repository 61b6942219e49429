"""The admin: the metadata of any video, and decisions that the library leaves to a person."""

from django.contrib import admin

from videos.admin import library, metadata, ratings_and_views, saved_lists, tags

__all__ = ["library", "metadata", "ratings_and_views", "saved_lists", "tags"]

admin.site.site_header = admin.site.site_title = "Local Video Server"
admin.site.index_title = "The library's metadata"
