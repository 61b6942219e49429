"""A missing video and the one that has its file become one row. Their marks are united, and that can be undone."""

import json
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from django.core import serializers
from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.utils import timezone
from django.utils.translation import gettext

from videos.core.sort_keys import title_of
from videos.models import (
    MAX_COUNT,
    BulkAction,
    BulkChange,
    Details,
    Favorite,
    Marker,
    Rating,
    Subtitle,
    Tag,
    Video,
    View,
)
from videos.userdata import favorites, journal, markers, ratings, tags, views
from videos.userdata.journal import CannotUndo, Entry, Kind, UndoableChange
from videos.userdata.views import ViewRecord

# What a scan knows of a file, and what an analysis found in it.
_FILE = ("filename", "file_size", "modified_ns", "device", "inode")
_FACTS = (
    "duration", "width", "height", "frame_rate", "rotation", "bit_rate", "container", "video_codec", "audio_codec",
    "fingerprint", "problem",
)  # fmt: skip
# All rows that belong to a video. Those of tags stand in the video's own.
_OWNED: tuple[type[Model], ...] = (Details, Subtitle, Rating, Favorite, View, Marker)
# {"videos.rating 12": its columns}
_Rows = dict[str, dict[str, Any]]


def unite(action: BulkAction, missing: Video, present: Video) -> None:
    """Give `missing` the file and the marks of `present`, remove `present`, and note it as a part of the action.

    To be called in a transaction. Counts of views add up, tags and favorites are united; of two ratings the one given
    to the file that is there counts, as it came later.
    """
    pair = missing.pk, present.pk
    before = _rows_of(pair)
    # A title that was made from the old name follows the file: the sentence about it names the one that was known.
    names = {"title": missing.display_title, "file": present.filename}
    _unite_marks(missing, present)
    _take_over(missing, present)
    journal.record(action, [Entry(pair, before, _rows_of([missing.pk]))], [missing.pk])
    # The sentence about several pairs names none of them.
    action.details = names if action.video_count == 1 else {}
    action.save(update_fields=["details"])
    journal.save_progress(action)


def _unite_marks(missing: Video, present: Video) -> None:
    tags.link((missing.pk, tag_id) for tag_id in present.tags.order_by().values_list("pk", flat=True))
    for rating in Rating.objects.filter(video=present):
        ratings.set_stars(rating.viewer_id, {missing.pk: rating.stars})
    for favorite in Favorite.objects.filter(video=present):
        favorites.add(favorite.viewer_id, [missing.pk], favorite.added_date)
    for view in View.objects.filter(video=present):
        known = View.objects.filter(viewer_id=view.viewer_id, video=missing).first()
        views.set_records(view.viewer_id, {missing.pk: _added_up(view, known)})
    markers.move(present.pk, missing.pk)


def _added_up(view: View, known: View | None) -> ViewRecord:
    """Return both views as one. Where somebody stopped belongs to the later viewing."""
    if known is None:
        return ViewRecord(view.view_count, view.last_viewed, view.position_seconds, view.is_watched)
    latest = max((view, known), key=lambda one: (one.last_viewed is not None, one.last_viewed))
    return ViewRecord(
        min(known.view_count + view.view_count, MAX_COUNT),
        latest.last_viewed,
        latest.position_seconds,
        known.is_watched or view.is_watched,
    )


def _take_over(missing: Video, present: Video) -> None:
    """Give the missing video the file of the other, which then goes."""
    Subtitle.objects.filter(video=missing).delete()
    Subtitle.objects.filter(video=present).update(video=missing)
    is_same = _content(missing) == _content(present)
    if not is_same:
        _take_facts(missing, present)
    elif not Details.objects.filter(video=missing).exists():
        Details.objects.filter(video=present).update(video=missing)
    has_own_title = missing.title != title_of(missing.filename)
    for column in _FILE:
        setattr(missing, column, getattr(present, column))
    if not has_own_title:
        missing.title = present.title
    missing.missing_since = missing.missing_batch = None
    is_current = missing.cover_version is not None and missing.facts_version == Video.FACTS_VERSION
    is_complete = is_same and is_current and not present.analysis_due_at
    missing.analysis_due_at = None if is_complete else timezone.now()
    present.delete()
    missing.save()


def _take_facts(missing: Video, present: Video) -> None:
    """Take what is known of another content. The old pictures stay until new ones are made: they show the same film."""
    for column in _FACTS:
        setattr(missing, column, getattr(present, column))
    # Its pictures were made of another file: they are not kept for this one.
    missing.facts_version, missing.unconfirmed_fingerprint = Video.PICTURES_TO_BE_REMADE, ""
    old = Details.objects.filter(video=missing).first()
    new = Details.objects.filter(video=present).first()
    if old and new:
        old.audio, old.subtitles, old.chapters = new.audio, new.subtitles, new.chapters
        old.save(update_fields=["audio", "subtitles", "chapters"])
    elif new:
        Details.objects.filter(pk=new.pk).update(video=missing, sprite=None)


def _content(video: Video) -> tuple[str, int | None]:
    return video.fingerprint, video.file_size


class _ExactDates(DjangoJSONEncoder):
    """Django writes dates to the millisecond; the database has microseconds."""

    def default(self, o: Any) -> Any:
        return o.isoformat() if isinstance(o, datetime) else super().default(o)


def _rows_of(video_ids: Collection[int]) -> _Rows:
    """Return the rows of these videos and all that belongs to them, as JSON has them."""
    rows: list[Model] = list(Video.objects.filter(pk__in=video_ids))
    for model in _OWNED:
        rows += model._default_manager.filter(video__in=video_ids)
    found = json.loads(serializers.serialize("json", rows, cls=_ExactDates))
    return {f"{row['model']} {row['pk']}": row for row in found}


class VideosUnited(UndoableChange):
    """Undoing parts each pair again: both get their marks of before, and what was changed since stays as it is.

    A mark is a pair (missing video, present video), and its values are rows. A pair that cannot be parted stays one
    video, and the reason goes into the action's details as `kept`.
    """

    kinds = (Kind.RELINK,)
    of_viewer = False

    def begin_revert(self) -> None:
        """Raise CannotUndo where no pair can be parted."""
        details = self.action.details
        if "before" in details:  # an action of an earlier version: one pair, without parts
            _part(Entry((details["missing"], details["present"]), details["before"], details["after"]))
            return
        reasons = []
        for part in self.action.changes.all():
            reasons += [_why_not(pair) for pair in journal.entries_of(part)]
            if not reasons[-1]:
                return
        if reasons:
            raise CannotUndo(reasons[0])

    def revert(self, part: BulkChange) -> None:
        for pair in journal.entries_of(part):
            try:
                _part(pair)
            except CannotUndo as reason:
                self.action.video_count -= 1
                self.action.details.setdefault("kept", []).append(str(reason))
                self.action.save(update_fields=["video_count", "details"])

    def values(self, marks: Collection[Any]) -> dict[Any, Any]:
        return {}

    def restore(self, entries: Sequence[Entry]) -> None:
        return None


def _part(pair: Entry) -> None:
    """Make two videos of the one again. Raises CannotUndo, before anything is changed."""
    (missing_id, present_id), before, after = pair
    if reason := _why_not(pair):
        raise CannotUndo(reason)
    now = _rows_of([missing_id])
    missing_key, present_key = f"videos.video {missing_id}", f"videos.video {present_id}"
    _remove_what_came(before, after, now)
    parted = {missing_key: _merged(before, after, now, missing_key)}
    parted[present_key] = _with_file(before[present_key], now[missing_key])
    parted |= {key: row for key, row in before.items() if key not in parted and _may_return(key, after, now)}
    _write(parted)


def _why_not(pair: Entry) -> str:
    """Return why the pair cannot be parted, or ""."""
    missing_id, _present_id = pair.mark
    if not Video.objects.filter(pk=missing_id).exists():
        return gettext("The video is no longer in the library.")
    old_name = pair.before[f"videos.video {missing_id}"]["fields"]["filename"]
    if Video.objects.filter(filename=old_name).exclude(pk=missing_id).exists():
        return gettext("A file with the old name exists again.")
    return ""


def _remove_what_came(before: _Rows, after: _Rows, now: _Rows) -> None:
    """Delete the rows that uniting made, unless somebody has changed them since."""
    for model in _OWNED:
        made = [
            row["pk"]
            for key, row in now.items()
            if row["model"] == model._meta.label_lower and key not in before and after.get(key) == row
        ]
        model._default_manager.filter(pk__in=made).delete()


def _may_return(key: str, after: _Rows, now: _Rows) -> bool:
    """Return whether a row gets its earlier state: it is as uniting left it, or uniting took it away."""
    return now.get(key) == after.get(key)


def _merged(before: _Rows, after: _Rows, now: _Rows, key: str) -> dict[str, Any]:
    """Return the missing video as it was, but for what somebody changed since: its title, and single tags."""
    fields = {**before[key]["fields"]}
    mine, united, was = now[key]["fields"], after[key]["fields"], before[key]["fields"]
    if mine["title"] != united["title"]:
        fields["title"] = mine["title"]
    given, taken = set(mine["tags"]) - set(united["tags"]), set(united["tags"]) - set(mine["tags"])
    fields["tags"] = sorted((set(was["tags"]) | given) - taken)
    return {**before[key], "fields": fields}


def _with_file(present: dict[str, Any], united: dict[str, Any]) -> dict[str, Any]:
    """Return the other video with the file as it is now: a scan may have seen it move. Its pictures are made anew."""
    file = {column: united["fields"][column] for column in (*_FILE, *_FACTS, "missing_since", "missing_batch")}
    due = {
        "cover_version": None,
        "facts_version": Video.PICTURES_TO_BE_REMADE,
        "analysis_due_at": timezone.now().isoformat(),
    }
    return {**present, "fields": {**present["fields"], **file, **due}}


def _write(rows: _Rows) -> None:
    """Write rows with their ids. Videos come first, the missing one before the other: it gives the file's name free."""
    there = set(Tag.objects.order_by().values_list("pk", flat=True))
    for row in rows.values():
        if "tags" in row["fields"]:
            row["fields"]["tags"] = [tag_id for tag_id in row["fields"]["tags"] if tag_id in there]
    for found in serializers.deserialize("python", list(rows.values())):
        found.save()
