"""VideoCache: the cached read side and the write side of the metadata.

A value is kept in Django's cache together with the revision numbers of what it was made from (videos/db/triggers/).
A write moves them in its own transaction, so the next read, in any thread or process, no longer takes the kept value:
five minutes bound the memory, never how old an answer can be. The numbers stand in the entry and not in its key, so
that a library-sized value has one entry and not one a write. Within an open transaction the cache is left alone, since
what is seen there may still be rolled back.

Without a usable database the same reads come from the JSON files, and every write raises DatabaseUnavailable.
"""

import hashlib
import math
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeVar

from django.conf import settings
from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import DatabaseError, DataError, IntegrityError, connection
from django.db.models import Case, F, FilteredRelation, PositiveBigIntegerField, Q, When
from django.utils import timezone

from videos.accounts.household import household
from videos.backup.emergency import newest_snapshot, signature
from videos.backup.json_reader import Snapshot
from videos.core.sort_keys import name_key, title_of
from videos.core.tag_names import fold_tag_name, tag_name_problem
from videos.db import health
from videos.db.conditions import Condition
from videos.db.health import DatabaseUnavailable
from videos.db.sqlite_file import files_state
from videos.db.transactions import write_transaction
from videos.db.triggers.change_log import read_revisions
from videos.db.triggers.full_text import deferred_indexing
from videos.models import (
    MAX_COUNT,
    MAX_STARS,
    MIN_STARS,
    Favorite,
    MonthlyViews,
    NameKey,
    Rating,
    Tag,
    Video,
    View,
)
from videos.userdata.watch_progress import NOT_STARTED, progress_at

T = TypeVar("T")

# A value that many threads miss at once is computed by one of them; the number bounds the locks, not the values.
_COMPUTING = [threading.Lock() for _ in range(64)]

# At the largest count it stays there: SQLite would go on with a floating-point number.
_ONE_MORE = Case(
    When(view_count__lt=MAX_COUNT, then=F("view_count") + 1),
    default=F("view_count"),
    output_field=PositiveBigIntegerField(),
)


@dataclass(frozen=True, slots=True)
class Marks:
    """What a page shows of one video beside its row: this viewer's stars, views and heart, and the tags.

    The position is as old as the entry of the cache where nothing else changed: good for a bar, not to resume at.
    """

    stars: int | None = None
    view_count: int = 0
    last_viewed: datetime | None = None
    is_favorite: bool = False
    tags: tuple[str, ...] = ()
    position_seconds: float | None = None
    is_watched: bool = False


def _cached(key: str, revision: object, compute: Callable[[], T]) -> T:
    """Return the value kept under `key` for this revision; else one thread computes it while the others wait."""
    kept = cache.get(key)
    if kept is None or kept[0] != revision:
        with _COMPUTING[hash(key) % len(_COMPUTING)]:
            kept = cache.get(key)
            if kept is None or kept[0] != revision:
                kept = (revision, compute())
                cache.set(key, kept)
    return kept[1]


def json_snapshot() -> Snapshot:
    """Return what the JSON files hold: the data folder's, else the newest sound backup's. Kept until they change."""
    folder = settings.DATA_DIR
    return _cached("json_snapshot", signature(folder), lambda: newest_snapshot(folder)[0])


def filename_of(video_id: int) -> str | None:
    """Return the name of the video's file, or None where there is no such video.

    Kept until the database's files change, and asked of the database where they have just done so: each seek in a film
    asks for it, and opening a connection costs twice as much as all else that a seek costs here.
    """
    state = None if connection.in_atomic_block else files_state()
    key = f"filename:{video_id}"
    kept = cache.get(key) if state else None
    if kept is not None and kept[0] == state:
        return kept[1]
    filename = Video.objects.filter(pk=video_id).values_list("filename", flat=True).first()
    if state and filename is not None:
        cache.set(key, (state, filename))
    return filename


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
        page = hashlib.blake2b(",".join(map(str, video_ids)).encode(), digest_size=12).hexdigest()
        return self._from_database(
            f"marks:{page}", ("ratings", "views", "tags", "favorites"), lambda: self._marks(video_ids)
        )

    def get_kept(
        self,
        name: str,
        compute: Callable[[], T],
        kinds: Iterable[str] = ("ratings", "views", "tags", "favorites"),
    ) -> T:
        """Return what `compute` makes of the metadata, such as a length, kept as `name` until something changes.

        `kinds` is what it is made of beside the videos.
        """
        digest = hashlib.blake2b(name.encode(errors="surrogatepass"), digest_size=12).hexdigest()
        return self._from_database(f"kept:{digest}", kinds, compute)

    # --- writing -----------------------------------------------------------------------------------------------

    def update_rating(self, filename: str, stars: int | None) -> None:
        """Give the video 1 to 5 stars, or take them away with None."""
        if stars is not None and (isinstance(stars, bool) or not isinstance(stars, int)):
            raise ValueError("stars are a whole number")
        if stars is not None and not MIN_STARS <= stars <= MAX_STARS:
            raise ValueError(f"stars are {MIN_STARS} to {MAX_STARS}")
        with self._writing():
            video = Video.objects.get(filename=filename)
            if stars is None:
                Rating.objects.filter(viewer=self.viewer, video=video).delete()
            else:
                Rating.objects.bulk_create(
                    [Rating(viewer_id=self.viewer.pk, video=video, stars=stars)],
                    update_conflicts=True,
                    unique_fields=["viewer", "video"],
                    update_fields=["stars"],
                )

    def update_view(self, filename: str) -> int:
        """Count one more view, now, and return the new count."""
        with self._writing():
            video = Video.objects.get(filename=filename)
            views = View.objects.filter(viewer=self.viewer, video=video)
            once_more = {"view_count": _ONE_MORE, "last_viewed": timezone.now()}
            if not views.update(**once_more):
                View.objects.bulk_create([View(viewer_id=self.viewer.pk, video=video)], ignore_conflicts=True)
                views.update(**once_more)
            MonthlyViews.objects.add(self.viewer, {timezone.localdate(): 1})
            return views.values_list("view_count", flat=True).get()

    def save_position(self, filename: str, seconds: float, duration_seconds: float | None = None) -> float | None:
        """Keep where this viewer stopped, and return where to resume, or None for the start.

        From where it counts as finished (videos/userdata/watch_progress.py), the video is marked as watched.
        `duration_seconds` is what a player says, for a video of which the library does not know it.
        """
        if not (math.isfinite(seconds) and seconds >= 0):
            raise ValueError("a position is a number of seconds from the start")
        with self._writing():
            video_id, known_seconds, chapters = Video.objects.values_list("pk", "duration", "details__chapters").get(
                filename=filename
            )
            progress = progress_at(seconds, known_seconds or duration_seconds, chapters or ())
            if progress == NOT_STARTED:
                View.objects.filter(viewer=self.viewer, video=video_id).update(position_seconds=None)
            else:
                # Finishing sets "watched"; starting again never takes it away.
                View.objects.bulk_create(
                    [
                        View(
                            viewer_id=self.viewer.pk,
                            video_id=video_id,
                            position_seconds=progress.resume_seconds,
                            is_watched=progress.is_finished,
                        )
                    ],
                    update_conflicts=True,
                    unique_fields=["viewer", "video"],
                    update_fields=["position_seconds", *(["is_watched"] if progress.is_finished else [])],
                )
        return progress.resume_seconds

    def set_watched(self, filename: str, watched: bool) -> None:
        """Mark the video as watched by this viewer, with one view at least, or as unwatched; forget where they stopped.

        How often and when it was viewed stays.
        """
        with self._writing():
            video = Video.objects.get(filename=filename)
            views = View.objects.filter(viewer=self.viewer, video=video)
            if watched:
                View.objects.bulk_create([View(viewer_id=self.viewer.pk, video=video)], ignore_conflicts=True)
                views.filter(view_count=0).update(view_count=1)
            views.update(is_watched=watched, position_seconds=None)

    def update_title(self, filename: str, title: str) -> str:
        """Give the video a title, or with "" the one that its file's name makes, and return it."""
        with self._writing():
            title = title or title_of(filename)
            if not Video.objects.filter(filename=filename).update(title=title):
                raise Video.DoesNotExist(filename)
        return title

    def update_tags(self, filename: str, tags: Iterable[str]) -> list[str]:
        """Make these the video's tags and return their names as kept."""
        names = _checked_tags(tags)
        with self._writing(), deferred_indexing():
            video = Video.objects.get(filename=filename)
            video.tags.set(Tag.objects.get_or_create_many(names))
            return list(video.tags.values_list("name", flat=True))

    def add_tags(self, filename: str, tags: Iterable[str]) -> None:
        """Add these tags to those that the video has."""
        names = _checked_tags(tags)
        with self._writing(), deferred_indexing():
            video = Video.objects.get(filename=filename)
            video.tags.add(*Tag.objects.get_or_create_many(names))

    def remove_tags(self, filename: str, tags: Iterable[str]) -> None:
        """Take these tags, in any case, from the video."""
        names = _checked_tags(tags)
        with self._writing(), deferred_indexing():
            video = Video.objects.get(filename=filename)
            video.tags.remove(*Tag.objects.with_names(names))

    def update_favorites(self, filenames: Iterable[str]) -> list[str]:
        """Make these the viewer's favorites, and only these; those that stay keep their date. Return them."""
        wanted = list(dict.fromkeys(filenames))
        with self._writing():
            ids = dict(Video.objects.filter(filename__in=wanted).values_list("filename", "pk"))
            unknown = [name for name in wanted if name not in ids]
            if unknown:
                raise Video.DoesNotExist(f"not in the library: {', '.join(unknown[:5])}")
            favorites = Favorite.objects.filter(viewer=self.viewer)
            favorites.exclude(video__in=ids.values()).delete()
            now = timezone.now()
            Favorite.objects.bulk_create(
                [Favorite(viewer_id=self.viewer.pk, video_id=ids[name], added_date=now) for name in wanted],
                ignore_conflicts=True,
            )
        return wanted

    def set_favorite(self, filename: str, favorite: bool) -> None:
        """Add the video to the viewer's favorites, or take it out."""
        with self._writing():
            video = Video.objects.get(filename=filename)
            if favorite:
                Favorite.objects.bulk_create([Favorite(viewer_id=self.viewer.pk, video=video)], ignore_conflicts=True)
            else:
                Favorite.objects.filter(viewer=self.viewer, video=video).delete()

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

    def _marks(self, video_ids: Sequence[int]) -> dict[int, Marks]:
        of_viewer = {
            relation: FilteredRelation(relation, condition=Q(**{f"{relation}__viewer": self.viewer}))
            for relation in ("ratings", "views", "favorites")
        }
        rows = Video.objects.filter(pk__in=video_ids).annotate(
            own_rating=of_viewer["ratings"], own_view=of_viewer["views"], own_favorite=of_viewer["favorites"]
        )
        # One row a tag: a second query costs more than saying the rest as often.
        tagged = rows.order_by("pk").values_list(
            "pk",
            "own_rating__stars",
            "own_view__view_count",
            "own_view__last_viewed",
            "own_view__position_seconds",
            "own_view__is_watched",
            "own_favorite__pk",
            "tags__name",
        )
        marks = {}
        for pk, with_tags in groupby(tagged, key=itemgetter(0)):
            several = list(with_tags)
            _, stars, view_count, last_viewed, position, is_watched, favorite, _ = several[0]
            tags = tuple(sorted((name for *_, name in several if name is not None), key=_as_people_sort))
            marks[pk] = Marks(
                stars, view_count or 0, last_viewed, favorite is not None, tags, position, bool(is_watched)
            )
        return marks

    # --- which side answers ------------------------------------------------------------------------------------

    def _read(self, kind: str, from_database: Callable[[], T], from_json: Callable[[Snapshot], T]) -> T:
        if self.use_database:
            try:
                return self._from_database(kind, (kind,), from_database)
            except DatabaseError as error:
                if health.noticed(error) is not Condition.DAMAGED and not health.problem():
                    raise
        return from_json(json_snapshot())

    def _from_database(self, name: str, kinds: Iterable[str], compute: Callable[[], T]) -> T:
        if connection.in_atomic_block:
            return compute()
        revisions = read_revisions()
        seen = tuple(revisions.get(kind) for kind in (*kinds, "videos"))
        if None in seen:
            return compute()
        return _cached(f"{name}:{self.viewer.pk}", seen, compute)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        if not self.use_database:
            raise DatabaseUnavailable(health.problem() or "This VideoCache was made without the database.")
        try:
            with write_transaction():
                yield
        except (IntegrityError, DataError):
            raise
        except DatabaseError as error:
            condition = health.noticed(error)
            if problem := health.problem():
                raise DatabaseUnavailable(problem) from error
            if condition is Condition.DAMAGED or (condition and condition.is_of_disk):
                raise DatabaseUnavailable(health.refusal(condition)) from error
            raise


def _tags_as_kept(snapshot: Snapshot) -> dict[str, list[str]]:
    """Return the tags of the JSON files as the database would give them: each once, sorted, no empty lists."""
    kept = {}
    for filename, names in snapshot.tags.items():
        by_key = {fold_tag_name(name): name for name in reversed(names)}
        if by_key:
            kept[filename] = sorted(by_key.values(), key=_as_people_sort)
    return kept


def _as_people_sort(tag: str) -> tuple[str, str]:
    return name_key(tag), fold_tag_name(tag)


def _newest_first(snapshot: Snapshot) -> list[str]:
    """Return the favorites of the JSON files; those without a date stand last, in the order of the file."""
    dates = snapshot.favorites
    return sorted(dates, key=lambda name: date.timestamp() if (date := dates[name]) else -math.inf, reverse=True)


def _checked_tags(tags: Iterable[str]) -> list[str]:
    names = [tags] if isinstance(tags, str) else list(tags)
    for name in names:
        problem = tag_name_problem(name)
        if problem:
            raise ValueError(problem)
    return names
