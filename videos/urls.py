"""The pages' URLs."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter, PathConverter

from videos.forms import MAX_ID
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
    list_pages,
    markers,
    marks,
    old_urls,
    pictures,
    shortcuts,
    smart_lists,
    stats,
    stream,
    subtitles,
    tags,
    watch,
)


class FilenameConverter(PathConverter):
    """A path under the video folder. A file's name may hold even a line break, which the path converter refuses."""

    regex = "(?s:.+)"


class IdConverter(IntConverter):
    """The id of a row. What no row can have leads nowhere: databases and arrays fail on it, each in its own way."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        if int(value) > MAX_ID:
            raise ValueError(f"{value} is no id")
        return int(value)


register_converter(FilenameConverter, "filename")
register_converter(IdConverter, "id")

urlpatterns = [
    path("", gallery.gallery, name="gallery"),
    path("facets/", facets.facets, name="facets"),
    path("videos/<id:video_id>/", watch.watch, name="watch"),
    path("videos/<id:video_id>/stream", stream.stream, name="stream"),
    path("videos/<id:video_id>/playlist.m3u", external.playlist, name="playlist"),
    path("videos/<id:video_id>/stars", marks.rate, name="rate"),
    path("videos/<id:video_id>/favorite", marks.favor, name="favor"),
    path("videos/<id:video_id>/watched", marks.set_watched, name="set_watched"),
    path("videos/<id:video_id>/title", marks.retitle, name="retitle"),
    path("videos/<id:video_id>/tags", marks.tag, name="tag"),
    path("videos/<id:video_id>/tags/suggestions", marks.suggest_tags, name="suggest_tags"),
    path("videos/<id:video_id>/views", marks.count_view, name="count_view"),
    path("videos/<id:video_id>/position", marks.save_position, name="save_position"),
    path("videos/<id:video_id>/markers", markers.add, name="add_marker"),
    path("videos/<id:video_id>/related", watch.related, name="related"),
    path("markers/<id:marker_id>/name", markers.rename, name="rename_marker"),
    path("markers/<id:marker_id>/remove", markers.remove, name="remove_marker"),
    path("play/<str:key>", external.stream_by_key, name="stream_by_key"),
    path("videos/<id:video_id>/cover.webp", pictures.cover, name="cover"),
    path("videos/<id:video_id>/sprite.webp", pictures.sprite, name="sprite"),
    path("videos/<id:video_id>/sprite.vtt", pictures.sprite_vtt, name="sprite_vtt"),
    path("videos/<id:video_id>/chapters.vtt", subtitles.chapters, name="chapters"),
    path("videos/<id:video_id>/subtitles/<id:subtitle_id>.vtt", subtitles.subtitles, name="subtitles"),
    path("bulk/", bulk.change, name="bulk"),
    path("bulk/dismiss", bulk.dismiss, name="dismiss_bulk"),
    path("bulk/tags", marks.suggest_tags, name="suggest_bulk_tags"),
    path("bulk/<id:action_id>/undo", bulk.undo, name="undo_bulk"),
    path("favorites/", list_pages.shown(list_pages.FAVORITES), name="favorites"),
    path("favorites/facets/", list_pages.shown(list_pages.FAVORITES, facets.show_facets), name="favorites_facets"),
    path("popular/", list_pages.shown(list_pages.POPULAR), name="popular"),
    path("popular/facets/", list_pages.shown(list_pages.POPULAR, facets.show_facets), name="popular_facets"),
    path("best-of/", list_pages.shown(list_pages.BEST_OF), name="best_of"),
    path("best-of/facets/", list_pages.shown(list_pages.BEST_OF, facets.show_facets), name="best_of_facets"),
    path("history/", history.history, name="history"),
    path("search/", shortcuts.search, name="search"),
    path("random/", shortcuts.random, name="random"),
    path("tags/", tags.tags, name="tags"),
    path("tags/<str:slug>/edit/", tags.edit, name="edit_tag"),
    path("tags/<str:slug>/rename", tags.rename, name="rename_tag"),
    path("tags/<str:slug>/merge", tags.merge, name="merge_tag"),
    path("tags/<str:slug>/delete", tags.delete, name="delete_tag"),
    path("lists/", smart_lists.lists, name="lists"),
    path("lists/save", smart_lists.save, name="save_list"),
    path("lists/<id:list_id>/edit/", smart_lists.edit, name="edit_list"),
    path("lists/<id:list_id>/rename", smart_lists.rename, name="rename_list"),
    path("lists/<id:list_id>/update", smart_lists.update, name="update_list"),
    path("lists/<id:list_id>/move", smart_lists.move, name="move_list"),
    path("lists/<id:list_id>/delete", smart_lists.delete, name="delete_list"),
    path("folders/", folders.folders, name="folders"),
    path("folders/<filename:folder>/", folders.folders, name="folder"),
    path("stats/", stats.stats, name="stats"),
    path("tags/<str:slug>/", list_pages.shown_by_tag(), name="tag_page"),
    path("tags/<str:slug>/facets/", list_pages.shown_by_tag(facets.show_facets), name="tag_facets"),
    path("library/", library.library, name="library"),
    path("library/progress", library.progress, name="library_progress"),
    path("library/scan", decisions.scan_now, name="scan_now"),
    path("library/import", decisions.import_old, name="import_old_app"),
    path("library/retry", decisions.retry, name="retry"),
    path("library/relink", decisions.relink_found, name="relink"),
    path("videos/<id:video_id>/file", decisions.relink_to_file, name="relink_to_file"),
    path("library/gone/<id:disappearance_id>", decisions.confirm, name="confirm_gone"),
    path("watch/<filename:filename>", old_urls.watch, name="old_watch"),
    path("video/<filename:filename>", old_urls.stream, name="old_stream"),
    path("tag/<path:name>", old_urls.tag, name="old_tag"),
    path("healthz", health.healthz, name="healthz"),
]
