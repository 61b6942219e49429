"""The pages' URLs."""

from django.urls import path, register_converter
from django.urls.converters import PathConverter

from videos.views import (
    bulk,
    decisions,
    external,
    facets,
    folders,
    gallery,
    health,
    history,
    library,
    markers,
    marks,
    old_urls,
    pictures,
    shortcuts,
    stats,
    stream,
    subtitles,
    tags,
    watch,
)


class FilenameConverter(PathConverter):
    """A path under the video folder. A file's name may hold even a line break, which the path converter refuses."""

    regex = "(?s:.+)"


register_converter(FilenameConverter, "filename")

urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("facets/", facets.facets, name="facets"),
    path("videos/<int:video_id>/", watch.watch, name="watch"),
    path("videos/<int:video_id>/stream", stream.stream, name="stream"),
    path("videos/<int:video_id>/playlist.m3u", external.playlist, name="playlist"),
    path("videos/<int:video_id>/stars", marks.rate, name="rate"),
    path("videos/<int:video_id>/favorite", marks.favor, name="favor"),
    path("videos/<int:video_id>/title", marks.retitle, name="retitle"),
    path("videos/<int:video_id>/tags", marks.tag, name="tag"),
    path("videos/<int:video_id>/tags/suggestions", marks.suggest_tags, name="suggest_tags"),
    path("videos/<int:video_id>/views", marks.count_view, name="count_view"),
    path("videos/<int:video_id>/position", marks.save_position, name="save_position"),
    path("videos/<int:video_id>/markers", markers.add, name="add_marker"),
    path("videos/<int:video_id>/related", watch.related, name="related"),
    path("markers/<int:marker_id>/name", markers.rename, name="rename_marker"),
    path("markers/<int:marker_id>/remove", markers.remove, name="remove_marker"),
    path("play/<str:key>", external.stream_by_key, name="stream_by_key"),
    path("videos/<int:video_id>/cover.webp", pictures.cover, name="cover"),
    path("videos/<int:video_id>/sprite.webp", pictures.sprite, name="sprite"),
    path("videos/<int:video_id>/sprite.vtt", pictures.sprite_vtt, name="sprite_vtt"),
    path("videos/<int:video_id>/chapters.vtt", subtitles.chapters, name="chapters"),
    path("videos/<int:video_id>/subtitles/<int:subtitle_id>.vtt", subtitles.subtitles, name="subtitles"),
    path("bulk/", bulk.change, name="bulk"),
    path("bulk/dismiss", bulk.dismiss, name="dismiss_bulk"),
    path("bulk/tags", marks.suggest_tags, name="suggest_bulk_tags"),
    path("bulk/<int:action_id>/undo", bulk.undo, name="undo_bulk"),
    path("favorites/", shortcuts.favorites, name="favorites"),
    path("popular/", shortcuts.popular, name="popular"),
    path("best-of/", shortcuts.best_of, name="best_of"),
    path("history/", history.history, name="history"),
    path("search/", shortcuts.search, name="search"),
    path("random/", shortcuts.random, name="random"),
    path("tags/", tags.tags, name="tags"),
    path("tags/<str:slug>/edit/", tags.edit, name="edit_tag"),
    path("tags/<str:slug>/rename", tags.rename, name="rename_tag"),
    path("tags/<str:slug>/merge", tags.merge, name="merge_tag"),
    path("tags/<str:slug>/delete", tags.delete, name="delete_tag"),
    path("folders/", folders.folders, name="folders"),
    path("folders/<filename:folder>/", folders.folders, name="folder"),
    path("stats/", stats.stats, name="stats"),
    path("tags/<str:slug>/", shortcuts.tag, name="tag_page"),
    path("library/", library.library, name="library"),
    path("library/progress", library.progress, name="library_progress"),
    path("library/scan", decisions.scan_now, name="scan_now"),
    path("library/retry", decisions.retry, name="retry"),
    path("library/relink", decisions.relink_found, name="relink"),
    path("library/gone/<int:disappearance_id>", decisions.confirm, name="confirm_gone"),
    path("watch/<filename:filename>", old_urls.watch, name="old_watch"),
    path("video/<filename:filename>", old_urls.stream, name="old_stream"),
    path("tag/<path:name>", old_urls.tag, name="old_tag"),
    path("healthz", health.healthz, name="healthz"),
]
