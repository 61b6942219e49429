"""VideoCache: the metadata of one viewer by the names of files, as the old application had it.

Reads come from Django's cache (userdata/cached_reads.py), writes go through the one writer of each mark (userdata/).
Without a usable database the same reads come from the JSON files, and every write raises DatabaseUnavailable.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.db import DatabaseError, connection

from videos.accounts.household import household
from videos.backup.emergency import newest_snapshot, signature
from videos.backup.snapshot import Snapshot
from videos.core.tag_names import fold_tag_name
from videos.db import health
from videos.db.conditions import Condition
from videos.db.health import DatabaseUnavailable
from videos.models import Favorite, NameKey, Rating, Video, View
from videos.userdata import favorites, ratings, tags, titles, views
from videos.userdata.cached_reads import Marks, as_people_sort, cached, kept_until_changed, marks_by_video
from videos.userdata.saving import saving

T = TypeVar("T")


def json_snapshot() -> Snapshot:
    """Return what the JSON files hold: the data folder's, else the newest sound backup's. Kept until they change."""
    folder = settings.DATA_DIR
    return cached("json_snapshot", signature(folder), lambda: newest_snapshot(folder)[0])


class VideoCache:
    """The metadata of one viewer, the household's by default.

    Reads return plain dictionaries by filename. Writes take a filename and raise Video.DoesNotExist for one that is
    not in the library, ValueError for a value that cannot be, and DatabaseUnavailable without a database.
    """

    def __init__(self, viewer: User | None = None, use_database: bool = True) -> None:
        self._viewer = viewer
        self._wants_database = use_database

    @property
    def use_database(self) -> bool:
        """Whether reads and writes go to the database now; False in the emergency fallback."""
        return self._wants_database and health.problem() is None

    @property
    def db(self) -> Any:
        """This thread's database connection, or None in the emergency fallback."""
        return connection if self.use_database else None

    @property
    def viewer(self) -> User:
        if self._viewer is None:
            self._viewer = household()
        return self._viewer

    # --- reading: the whole library, by filename ---------------------------------------------------------------

    def get_ratings(self) -> dict[str, int]:
        """Return {filename: stars} of what this viewer rated."""
        return self._read("ratings", self._ratings, lambda snapshot: snapshot.ratings)

    def get_views(self) -> dict[str, int]:
        """Return {filename: view count} of what this viewer viewed."""
        return self._read(
            "views",
            self._view_counts,
            lambda snapshot: {name: view.view_count for name, view in snapshot.views.items() if view.view_count},
        )

    def get_tags(self) -> dict[str, list[str]]:
        """Return {filename: tag names} of what carries tags; each list sorted without regard to case."""
        return self._read("tags", self._tags, _tags_as_kept)

    def get_favorites(self) -> list[str]:
        """Return the filenames of this viewer's favorites, the newest first."""
        return self._read("favorites", self._favorites, _newest_first)

    # --- reading: the rows of a page ---------------------------------------------------------------------------

    def get_marks(self, video_ids: Sequence[int]) -> dict[int, Marks]:
        """Return {video id: its marks} for the videos of a page, in one entry of the cache."""
        return marks_by_video(self.viewer, video_ids)

    # --- writing -----------------------------------------------------------------------------------------------

    def update_rating(self, filename: str, stars: int | None) -> None:
        """Give the video 1 to 5 stars, or take them away with None."""
        ratings.check_stars(stars)
        with self._video(filename) as video_id:
            ratings.rate(self.viewer, video_id, stars)

    def update_view(self, filename: str) -> int:
        """Count one more view, now, and return the new count."""
        with self._video(filename) as video_id:
            return views.count_play(self.viewer, video_id)

    def save_position(self, filename: str, seconds: float, duration_seconds: float | None = None) -> float | None:
        """Keep where this viewer stopped, and return where to resume, or None for the start (userdata/views.py)."""
        with self._video(filename) as video_id:
            return views.save_position(self.viewer, video_id, seconds, duration_seconds)

    def set_watched(self, filename: str, watched: bool) -> None:
        """Mark the video as watched by this viewer, with one view at least, or as unwatched."""
        with self._video(filename) as video_id:
            views.set_watched(self.viewer, video_id, watched)

    def update_title(self, filename: str, title: str) -> str:
        """Give the video a title, or with "" the one that its file's name makes, and return it."""
        with self._video(filename) as video_id:
            return titles.set_title(video_id, title)

    def update_tags(self, filename: str, names: Iterable[str]) -> list[str]:
        """Make these the video's tags and return their names as kept."""
        wanted = tags.checked_names(names)
        with self._video(filename) as video_id:
            return tags.set_tags(video_id, wanted)

    def add_tags(self, filename: str, names: Iterable[str]) -> None:
        """Add these tags to those that the video has."""
        wanted = tags.checked_names(names)
        with self._video(filename) as video_id:
            tags.add_tags(video_id, wanted)

    def remove_tags(self, filename: str, names: Iterable[str]) -> None:
        """Take these tags, in any case, from the video."""
        wanted = tags.checked_names(names)
        with self._video(filename) as video_id:
            tags.remove_tags(video_id, wanted)

    def update_favorites(self, filenames: Iterable[str]) -> list[str]:
        """Make these the viewer's favorites, and only these; those that stay keep their date. Return them."""
        wanted = list(dict.fromkeys(filenames))
        with self._writing():
            ids = dict(Video.objects.filter(filename__in=wanted).values_list("filename", "pk"))
            unknown = [name for name in wanted if name not in ids]
            if unknown:
                raise Video.DoesNotExist(f"not in the library: {', '.join(unknown[:5])}")
            favorites.replace(self.viewer, list(ids.values()))
        return wanted

    def set_favorite(self, filename: str, favorite: bool) -> None:
        """Add the video to the viewer's favorites, or take it out."""
        with self._video(filename) as video_id:
            favorites.set_favorite(self.viewer, video_id, favorite)

    # --- from the database -------------------------------------------------------------------------------------

    def _ratings(self) -> dict[str, int]:
        return dict(Rating.objects.filter(viewer=self.viewer).values_list("video__filename", "stars"))

    def _view_counts(self) -> dict[str, int]:
        viewed = View.objects.filter(viewer=self.viewer, view_count__gt=0)
        return dict(viewed.values_list("video__filename", "view_count"))

    def _tags(self) -> dict[str, list[str]]:
        tags: dict[str, list[str]] = {}
        tagged = Video.tags.through.objects.order_by(NameKey("tag__name"), "tag__folded_name")
        for filename, name in tagged.values_list("video__filename", "tag__name"):
            tags.setdefault(filename, []).append(name)
        return tags

    def _favorites(self) -> list[str]:
        favorites = Favorite.objects.filter(viewer=self.viewer).order_by("-added_date", "-video")
        return list(favorites.values_list("video__filename", flat=True))

    # --- which side answers ------------------------------------------------------------------------------------

    def _read(self, kind: str, from_database: Callable[[], T], from_json: Callable[[Snapshot], T]) -> T:
        if self.use_database:
            try:
                return kept_until_changed(self.viewer, kind, (kind,), from_database)
            except DatabaseError as error:
                if health.noticed(error) is not Condition.DAMAGED and not health.problem():
                    raise
        return from_json(json_snapshot())

    @contextmanager
    def _video(self, filename: str) -> Iterator[int]:
        """Write for the video of this name: name and mark in one transaction, so that no scan renames it in between."""
        with self._writing():
            yield Video.objects.values_list("pk", flat=True).get(filename=filename)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.use_database:
            raise DatabaseUnavailable(health.problem() or "This VideoCache was made without the database.")
        with saving():
            yield


def _tags_as_kept(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the tags of the JSON files as the database would give them: each once, sorted, no empty lists."""
    kept = {}
    for filename, names in snapshot.tags.items():
        by_key = {fold_tag_name(name): name for name in reversed(names)}
        if by_key:
            kept[filename] = sorted(by_key.values(), key=as_people_sort)
    return kept


def _newest_first(snapshot: Snapshot) -> list[str]:
    """Return the favorites of the JSON files; those without a date stand last, in the order of the file."""
    dates = snapshot.favorites
    return sorted(dates, key=lambda name: date.timestamp() if (date := dates[name]) else -math.inf, reverse=True)
