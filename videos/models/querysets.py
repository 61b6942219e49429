"""Sets of videos and tags: what a page, the admin and a command all ask for, chainable."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

from django.contrib.auth.models import User
from django.db import connection, models
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    FilteredRelation,
    Func,
    Max,
    OuterRef,
    Prefetch,
    Q,
    Value,
    When,
    Window,
)
from django.db.models.functions import Coalesce, Collate, Concat
from django.utils import timezone

from videos.core.folding import letters_of
from videos.core.sort_keys import title_key
from videos.core.tag_names import fold_tag_name
from videos.db.transactions import insert_rows

if TYPE_CHECKING:
    from videos.models import SmartList, Tag, Video

SORTS = ("added", "title", "rating", "views", "viewed", "duration", "size", "random")
# A text with fewer letters is looked for as it is written: "c++".
_FEWEST_LETTERS = 2
# A prime near 2**31, and a multiplier that makes a slope of each seed; products of both stay below 2**63.
SHUFFLE_PRIME, SHUFFLE_MULTIPLIER = 2_147_483_647, 1_103_515_245


class _GroupCount(Func):
    """How many groups there are, as a window function: Django counts rows within groups only."""

    template, window_compatible, output_field = "COUNT(*)", True, models.BigIntegerField()


# Where a video's file lies on which disk; one that was never seen lies where no other does.
_DISK, _PLACE = Coalesce(F("device"), Value(0)), Coalesce(F("inode"), -F("pk"))


def below(rows: Any, *folders: str) -> Any:
    """Return those of a queryset of files whose `filename` lies in a folder ("trips/"; "": all), or below it."""
    if "" in folders:
        return rows
    # A range of the index. By bytes, as "/" and "0" follow each other; PostgreSQL would sort as a language does.
    name = F("filename") if connection.vendor == "sqlite" else Collate("filename", "C")
    ranges = (Q(name_in_bytes__gte=folder, name_in_bytes__lt=f"{folder[:-1]}0") for folder in folders)
    return rows.alias(name_in_bytes=name).filter(reduce(or_, ranges, Q(pk__in=[])))


class NameKey(Func):
    """The key that a name sorts by (videos/core/sort_keys.py). PostgreSQL has its own order of letters."""

    function, output_field = "LOWER", models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="videos_name_key", **context)


class _Letters(Func):
    """A name's letters and digits alone. With PostgreSQL accents and signs count."""

    function, output_field = "LOWER", models.CharField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, function="videos_letters", **context)


class MarkQuerySet(models.QuerySet[Any]):
    def get_by_natural_key(self, username: str, filename: str) -> Any:
        return self.get(viewer__username=username, video__filename=filename)


class MarkerQuerySet(MarkQuerySet):
    def get_by_natural_key(self, username: str, filename: str, seconds: float, name: str) -> Any:  # type: ignore[override]
        return self.get(viewer__username=username, video__filename=filename, seconds=seconds, name=name)

    def of(self, viewer: Any, video: "Video") -> "MarkerQuerySet":
        """Return the markers that a viewer set in a video, from its start to its end."""
        return self.filter(viewer=viewer, video=video)


class ViewQuerySet(MarkQuerySet):
    def watched_by(self, viewer: Any) -> models.QuerySet[Any]:
        """Return (view's id, video's id) of what a viewer watched, the latest first: the index alone holds both."""
        views = self.filter(viewer=viewer, last_viewed__isnull=False)
        return views.order_by("-last_viewed", "-video").values_list("pk", "video")

    def with_videos(self, ids: Iterable[int]) -> list[Any]:
        """Return these views in this order, each with its video. One query."""
        found = self.select_related("video").in_bulk(wanted := list(ids))
        return [found[view_id] for view_id in wanted if view_id in found]

    def in_progress(self, viewer: Any) -> "ViewQuerySet":
        """Return the views of videos that a viewer left within, with these, the latest first."""
        # As the condition of the index has it, and as the gallery's filter does.
        left = {"position_seconds__isnull": False, "position_seconds__gt": 0}
        started = self.filter(viewer=viewer, video__missing_since=None, **left)
        return started.select_related("video").order_by(F("last_viewed").desc(nulls_last=True), "-video")


def any_of(parts: Iterable[models.QuerySet[Any]]) -> Q:
    """Return the condition to be in one of several cut-off querysets, which a database cannot unite by itself."""
    return reduce(or_, (Q(pk__in=part.values("pk")) for part in parts))


def counts_of(**querysets: models.QuerySet[Any]) -> dict[str, int]:
    """Return {name: how many rows} of querysets of one model, by one query: a count of an index each."""
    first, *others = (
        rows.order_by().values(counted=Value(name)).annotate(rows=Count("pk")) for name, rows in querysets.items()
    )
    found = dict(first.union(*others, all=True).values_list("counted", "rows"))
    return {name: found.get(name, 0) for name in querysets}


class VideoQuerySet(models.QuerySet["Video"]):
    def get_by_natural_key(self, filename: str) -> "Video":
        return self.get(filename=filename)

    def update(self, **values: Any) -> int:
        """Update as any queryset does; a new title or name takes its key along."""
        if "title" in values and "title_key" not in values:
            if not (isinstance(values["title"], str) and values["title"]):
                raise TypeError("a video's key is made from its title: give the title as a text, or save each video")
            values["title_key"] = title_key(values["title"], "")
        elif "filename" in values and "title_key" not in values:
            # One without a title sorts by its name.
            key = Value(title_key("", values["filename"]))
            values["title_key"] = Case(
                When(title="", then=key), default=F("title_key"), output_field=models.CharField()
            )
        return super().update(**values)

    def with_positions(self, viewer: Any) -> "VideoQuerySet":
        """Return these videos, each with `position_seconds`: where the viewer stopped within it, or None.

        Never kept: a position moves on every few seconds, and moves no number (videos/db/triggers/change_log.py).
        """
        own_view = FilteredRelation("views", condition=Q(views__viewer=viewer))
        return self.alias(own_view=own_view).annotate(position_seconds=F("own_view__position_seconds"))

    def by_ids(self, ids: Iterable[int]) -> list["Video"]:
        """Return the videos with these ids in this order, but for those that are gone."""
        found = self.in_bulk(wanted := list(ids))
        return [found[video_id] for video_id in wanted if video_id in found]

    def with_twins(self) -> "VideoQuerySet":
        """Return these videos, each with `has_twin`: whether another file that is there has the same content."""
        same = self.model._default_manager.with_content().filter(
            fingerprint=OuterRef("fingerprint"), file_size=OuterRef("file_size")
        )
        other = same.exclude(pk=OuterRef("pk")).alias(disk=_DISK, place=_PLACE)
        # Two names of one file, by a link or a second mount, are no duplicates: whoever removes one loses both.
        own_disk, own_place = Coalesce(OuterRef("device"), Value(0)), Coalesce(OuterRef("inode"), -OuterRef("pk"))
        return self.annotate(has_twin=Exists(other.exclude(disk=own_disk, place=own_place)))

    def with_newest(self, ids: Iterable[int], newest: int) -> dict[int, "Video"]:
        """Return {id: video} of the videos with these ids, and of so many of those added last. One query."""
        wanted = Q(pk__in=list(ids))
        if newest:
            wanted |= Q(pk__in=self.present().order_by("-added_date", "-id").values("pk")[:newest])
        return {video.pk: video for video in self.filter(wanted)}

    def present(self) -> "VideoQuerySet":
        return self.filter(missing_since=None)

    def missing(self) -> "VideoQuerySet":
        return self.exclude(missing_since=None)

    def below(self, folder: str) -> "VideoQuerySet":
        """Return the videos in a folder ("trips/") and in those below it. A range of the index of names."""
        return below(self, folder)

    def named(self, filenames: Iterable[str]) -> "VideoQuerySet":
        return self.filter(filename__in=list(filenames))

    def around(self, folder: str, filename: str, limit: int) -> tuple["VideoQuerySet", "VideoQuerySet"]:
        """Return the videos before a name in a folder or below it, and those after it: `limit` each, the nearest first.

        In the order of the disk. Ranges of the index of names.
        """
        near = self.below(folder)
        before = near.filter(filename__lt=filename).order_by("-filename")
        after = near.filter(filename__gt=filename).order_by("filename")
        return before[:limit], after[:limit]

    def look_again(self, now: datetime) -> int:
        """Make the files that are there due to be looked into, and return how many. A `problem` stays until then.

        They get new pictures, also where those of earlier rules would do.
        """
        return self.present().update(look_due=now, facts_version=self.model.PICTURES_TO_BE_REMADE)

    def to_be_looked_into(self) -> "VideoQuerySet":
        """Return the videos whose file a scan has seen and that is to be looked into, now or later."""
        return self.present().filter(look_due__isnull=False, file_size__isnull=False, modified_ns__isnull=False)

    def due(self, now: datetime) -> "VideoQuerySet":
        """Return the videos whose file is to be looked into by now, the newest first."""
        return self.to_be_looked_into().filter(look_due__lte=now).order_by("-look_due", "-id")

    def with_content(self) -> "VideoQuerySet":
        """Return the videos whose file is there and has been looked into: those with a fingerprint, by its index."""
        return self.present().exclude(fingerprint="")

    def contents_of_several(self) -> models.QuerySet[Any, Any]:
        """Return each fingerprint and file_size that several files have in common, and how many `groups` there are.

        One file under several names is one.
        """
        contents = self.with_content().values("fingerprint", "file_size")
        # By the index alone; then those of the few that are one file on the disk under several names are left out.
        repeated = contents.annotate(alike=Count("pk")).filter(alike__gt=1).values("fingerprint")
        on_disk = Count(Concat(_DISK, Value("-"), _PLACE, output_field=models.TextField()), distinct=True)
        several = contents.filter(fingerprint__in=repeated).annotate(alike=on_disk).filter(alike__gt=1)
        return several.annotate(groups=Window(_GroupCount()))

    def with_problem(self) -> "VideoQuerySet":
        """Return the videos whose file is there and could not be looked into."""
        return self.present().exclude(problem="")

    def without_marks(self, ids: Iterable[int]) -> set[int]:
        """Return those of a few videos that nobody rated, watched, tagged, marked or made a favorite."""
        videos = self.filter(pk__in=list(ids), ratings=None, views=None, favorites=None, tags=None, markers=None)
        return set(videos.values_list("pk", flat=True))

    def tagged(self, *names: str) -> "VideoQuerySet":
        """Return the videos that carry all these tags, in any case."""
        videos = self
        for name in names:
            videos = videos.filter(tags__folded_name=fold_tag_name(name))
        return videos

    def favorites_of(self, viewer: User) -> "VideoQuerySet":
        return self.filter(favorites__viewer=viewer)

    def for_viewer(self, viewer: User) -> "VideoQuerySet":
        """Fetch tags and this viewer's stars, views and heart beside the videos, by four queries more in all."""
        marks = [
            Prefetch(name, getattr(self.model, name).rel.related_model.objects.filter(viewer=viewer), f"viewer_{name}")
            for name in ("ratings", "views", "favorites")
        ]
        return self.prefetch_related("tags", *marks)


class TagQuerySet(models.QuerySet["Tag"]):
    def get_by_natural_key(self, name: str) -> "Tag":
        return self.get(folded_name=fold_tag_name(name))

    def update(self, **values: Any) -> int:
        """Update as any queryset does; a new name takes its key along."""
        if "name" in values:
            if not isinstance(values["name"], str):
                raise TypeError("a tag's key is made from its name: give the name as a text, or save each tag")
            values["folded_name"] = fold_tag_name(values["name"])
        return super().update(**values)

    def unused(self) -> "TagQuerySet":
        return self.filter(videos=None)

    def used(self) -> "TagQuerySet":
        """Return the tags of videos whose file is there."""
        return self.filter(total__videos__gt=0)

    def with_totals(self) -> "TagQuerySet":
        """Fetch what the videos of each tag come to, by the same query."""
        return self.select_related("total")

    def containing(self, text: str) -> "TagQuerySet":
        """Return the tags whose name holds a text, in any case, its signs and accents in any spelling."""
        if not text:
            return self
        as_written, letters = Q(folded_name__contains=fold_tag_name(text) or text), letters_of(text)
        if len(letters) < _FEWEST_LETTERS or connection.vendor != "sqlite":
            return self.filter(as_written)
        return self.alias(letters=_Letters("name")).filter(as_written | Q(letters__contains=letters))

    def in_order(self, sort: str, *, descending: bool) -> "TagQuerySet":
        """Return the tags sorted by "name", or by what their videos come to: "videos", "hours" or "size"."""
        column = {"videos": "total__videos", "hours": "total__milliseconds", "size": "total__size_bytes"}.get(sort)
        sign = "-" if descending else ""
        if column:
            return self.order_by(f"{sign}{column}", NameKey("name"), "folded_name")
        by_name = NameKey("name")
        return self.order_by(by_name.desc() if descending else by_name.asc(), f"{sign}folded_name")

    def with_names(self, names: Iterable[str]) -> "TagQuerySet":
        """Return those of these tags, in any case, that there are."""
        return self.filter(folded_name__in=[fold_tag_name(name) for name in names])

    def suggested(self, text: str) -> "TagQuerySet":
        """Return the tags that hold a text in any spelling, those that begin with it first."""
        begins = Case(When(folded_name__startswith=fold_tag_name(text) or text, then=0), default=1)
        return self.containing(text).order_by(begins, NameKey("name"), "folded_name")

    def named(self, names: Iterable[str]) -> list["Tag"]:
        """Return the tags with these names in any case, in the order given, each once; missing ones are made."""
        wanted: dict[str, str] = {}
        for name in names:
            wanted.setdefault(fold_tag_name(name), name)
        self.bulk_create(
            [self.model(name=wanted[key]) for key in wanted.keys() - set(self._by_key(wanted))], ignore_conflicts=True
        )
        found = self._by_key(wanted)
        return [found[key] for key in wanted]

    def _by_key(self, keys: Iterable[str]) -> dict[str, "Tag"]:
        return {tag.folded_name: tag for tag in self.filter(folded_name__in=list(keys))}


class DisappearanceQuerySet(models.QuerySet[Any]):
    def with_files(self) -> "DisappearanceQuerySet":
        """Return those of which files are still gone, each with how many `files`."""
        return self.filter(videos__isnull=False).annotate(files=Count("videos"))


class OldAppImportQuerySet(models.QuerySet[Any]):
    def sources_done(self) -> set[str]:
        return set(self.values_list("source", flat=True))


class MonthlyViewsQuerySet(models.QuerySet[Any]):
    def latest_months(self, viewer: Any, months: int) -> dict[date, int]:
        """Return {first day of the month: views} of the last so many months in which a viewer watched.

        A month to come was noted while the clock was wrong: the chart would show years without a view before it.
        """
        until_now = self.filter(viewer=viewer, month__lte=timezone.localdate())
        views = until_now.order_by("-month").values_list("month", "views")
        return dict(views[:months])

    def add(self, viewer: Any, views: Mapping[date, int]) -> None:
        """Add views to the months that they were in: {any day of the month: number}. In a transaction."""
        months = Counter[date]()
        for day, number in views.items():
            months[day.replace(day=1)] += number
        table, most, stored = self.model._meta.db_table, 2**63 - 1, connection.ops.adapt_datefield_value
        insert_rows(
            self.model,
            ["viewer_id", "month", "views"],
            [(viewer.pk, stored(month), min(number, most)) for month, number in months.items() if number],
            # At the largest number it stays there: SQLite would go on with a floating-point one.
            f"(viewer_id, month) DO UPDATE SET views = CASE WHEN {table}.views > {most} - excluded.views"
            f" THEN {most} ELSE {table}.views + excluded.views END",
        )


class SmartListQuerySet(models.QuerySet["SmartList"]):
    def of(self, viewer: Any) -> "SmartListQuerySet":
        """Return the lists that a viewer saved, in the viewer's order."""
        return self.filter(viewer=viewer)

    def named(self, viewer: Any, name: str) -> "SmartList | None":
        return self.of(viewer).filter(name=name).first()

    def keep(self, viewer: Any, name: str, query: str) -> "SmartList":
        """Save a list under a name, in place of the one that has it or after all others. In a transaction."""
        known = self.named(viewer, name)
        if known is None:
            last = self.of(viewer).aggregate(last=Max("position"))["last"]
            return self.create(viewer_id=viewer.pk, name=name, query=query, position=0 if last is None else last + 1)
        known.query = query
        known.save(update_fields=["query"])
        return known

    def move(self, viewer: Any, list_id: int, step: int) -> None:
        """Let a list of the viewer's change places with the next (1) or the one before (-1). In a transaction."""
        ids = list(self.of(viewer).values_list("pk", flat=True))
        here = ids.index(list_id) if list_id in ids else -1
        if here >= 0 and 0 <= here + step < len(ids):
            ids[here], ids[here + step] = ids[here + step], ids[here]
            self.put_in_order(viewer, ids)

    def put_in_order(self, viewer: Any, ids: Iterable[int]) -> None:
        """Let these of the viewer's lists come first, in this order, and the others after them. In a transaction."""
        wanted = {list_id: place for place, list_id in enumerate(dict.fromkeys(ids))}
        lists = sorted(self.of(viewer), key=lambda one: wanted.get(one.pk, len(wanted)))
        for position, one in enumerate(lists):
            one.position = position
        self.model._default_manager.bulk_update(lists, ["position"])


# An undoing that was interrupted can be gone on with for a day (userdata/bulk.py): nothing can be undone for longer.
LONGEST_UNDOABLE = timedelta(days=1, minutes=1)


class BulkActionQuerySet(models.QuerySet[Any]):
    def undoable(self, viewer: Any, now: datetime) -> "BulkActionQuerySet":
        """Return what a viewer can undo, the latest first, what an interrupted undoing left among it."""
        changes = self.model.changes.rel.related_model._default_manager.filter(action=OuterRef("pk"))
        can_be = self.filter(viewer=viewer, undoable_until__range=(now, now + LONGEST_UNDOABLE))
        return can_be.filter(Q(undone_at=None) | Q(Exists(changes)))

    def later_with_tags(self, action: Any) -> "BulkActionQuerySet":
        """Return the actions after one that gave or took tags and can be undone."""
        kind = self.model.Kind
        kinds = kind.ADD_TAGS, kind.REMOVE_TAGS, kind.MERGE_TAGS, kind.DELETE_TAG
        with_parts = Exists(self.model.changes.rel.related_model._default_manager.filter(action=OuterRef("pk")))
        return self.filter(with_parts, pk__gt=action.pk, kind__in=kinds).order_by("pk")

    def over(self, now: datetime) -> "BulkActionQuerySet":
        """Return what nobody can undo any more; what could be for longer was made while the clock was wrong."""
        return self.exclude(undoable_until__range=(now, now + LONGEST_UNDOABLE))


class BulkChangeQuerySet(models.QuerySet[Any]):
    def later_than(self, part: Any, kinds: Sequence[str], viewer_id: Any | None) -> "BulkChangeQuerySet":
        """Return what other actions of these kinds did after a part to videos like its, in that order; None: anybody's.

        Like its: of ids between the lowest and the highest. All that an action names is changed in the order of ids.
        """
        same_videos = self.filter(first_video__lte=part.last_video, last_video__gte=part.first_video)
        later = same_videos.filter(pk__gt=part.pk, action__kind__in=kinds).exclude(action=part.action_id).order_by("pk")
        return later if viewer_id is None else later.filter(action__viewer=viewer_id)
