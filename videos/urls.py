"""The pages' URLs."""

from django.urls import path, register_converter
from django.urls.converters import IntConverter, PathConverter

from videos.views.forms import MAX_ID
from videos.views.gallery import bulk, facets, gallery, list_pages
from videos.views.library import actions, folders, history, library, stats
from videos.views.lists import saved_lists
from videos.views.site import health, old_urls, shortcuts
from videos.views.tags import tags
from videos.views.watch import artwork, external, markers, stream, subtitles, userdata, watch


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
    path("videos/<id:video_id>/stars", userdata.rate, name="rate"),
    path("videos/<id:video_id>/favorite", userdata.favor, name="favor"),
    path("videos/<id:video_id>/watched", userdata.set_watched, name="set_watched"),
    path("videos/<id:video_id>/title", userdata.retitle, name="retitle"),
    path("videos/<id:video_id>/tags", userdata.tag, name="tag"),
    path("videos/<id:video_id>/tags/suggestions", userdata.suggest_tags, name="suggest_tags"),
    path("videos/<id:video_id>/views", userdata.count_view, name="count_view"),
    path("videos/<id:video_id>/position", userdata.save_position, name="save_position"),
    path("videos/<id:video_id>/markers", markers.add, name="add_marker"),
    path("videos/<id:video_id>/related", watch.related, name="related"),
    path("markers/<id:marker_id>/name", markers.rename, name="rename_marker"),
    path("markers/<id:marker_id>/remove", markers.remove, name="remove_marker"),
    path("play/<str:key>", external.stream_by_key, name="stream_by_key"),
    path("videos/<id:video_id>/cover.webp", artwork.cover, name="cover"),
    path("videos/<id:video_id>/sprite.webp", artwork.sprite, name="sprite"),
    path("videos/<id:video_id>/sprite.vtt", artwork.sprite_vtt, name="sprite_vtt"),
    path("videos/<id:video_id>/chapters.vtt", subtitles.chapters, name="chapters"),
    path("videos/<id:video_id>/subtitles/<id:subtitle_id>.vtt", subtitles.subtitles, name="subtitles"),
    path("bulk/", bulk.change, name="bulk"),
    path("bulk/dismiss", bulk.dismiss, name="dismiss_bulk"),
    path("bulk/tags", userdata.suggest_tags, name="suggest_bulk_tags"),
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
    path("lists/", saved_lists.lists, name="lists"),
    path("lists/save", saved_lists.save, name="save_list"),
    path("lists/<id:list_id>/edit/", saved_lists.edit, name="edit_list"),
    path("lists/<id:list_id>/rename", saved_lists.rename, name="rename_list"),
    path("lists/<id:list_id>/update", saved_lists.update, name="update_list"),
    path("lists/<id:list_id>/move", saved_lists.move, name="move_list"),
    path("lists/<id:list_id>/delete", saved_lists.delete, name="delete_list"),
    path("folders/", folders.folders, name="folders"),
    path("folders/<filename:folder>/", folders.folders, name="folder"),
    path("stats/", stats.stats, name="stats"),
    path("tags/<str:slug>/", list_pages.shown_by_tag(), name="tag_page"),
    path("tags/<str:slug>/facets/", list_pages.shown_by_tag(facets.show_facets), name="tag_facets"),
    path("library/", library.library, name="library"),
    path("library/progress", library.progress, name="library_progress"),
    path("library/scan", actions.scan_now, name="scan_now"),
    path("library/import", actions.import_old, name="import_old_app"),
    path("library/retry", actions.retry, name="retry"),
    path("library/relink", actions.relink_found, name="relink"),
    path("videos/<id:video_id>/file", actions.relink_to_file, name="relink_to_file"),
    path("library/gone/<id:disappearance_id>", actions.confirm, name="confirm_gone"),
    path("watch/<filename:filename>", old_urls.watch, name="old_watch"),
    path("video/<filename:filename>", old_urls.stream, name="old_stream"),
    path("tag/<path:name>", old_urls.tag, name="old_tag"),
    path("healthz", health.healthz, name="healthz"),
]
