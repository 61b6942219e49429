"""The admin: the metadata of any video, and decisions that the library leaves to a person."""

from django.contrib import admin

from videos.admin import library, lists, metadata, ratings_and_views, tags

__all__ = ["library", "lists", "metadata", "ratings_and_views", "tags"]

admin.site.site_header = admin.site.site_title = "Local Video Server"
admin.site.index_title = "The library's metadata"
