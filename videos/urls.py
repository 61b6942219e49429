"""The pages' URLs."""

from django.urls import path

from videos.views import gallery, health, old_urls, stream, watch

urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("videos/<int:video_id>/", watch.watch, name="watch"),
    path("videos/<int:video_id>/stream", stream.stream, name="stream"),
    path("videos/<int:video_id>/stars", watch.rate, name="rate"),
    path("videos/<int:video_id>/favorite", watch.favor, name="favor"),
    path("videos/<int:video_id>/tags", watch.tag, name="tag"),
    path("videos/<int:video_id>/views", watch.count_view, name="count_view"),
    path("watch/<path:filename>", old_urls.watch, name="old_watch"),
    path("video/<path:filename>", old_urls.stream, name="old_stream"),
    path("tag/<path:name>", old_urls.tag, name="old_tag"),
    path("healthz", health.healthz, name="healthz"),
]
