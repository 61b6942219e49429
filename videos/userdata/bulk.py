"""Bulk actions: many videos changed in small transactions, each of which keeps what undoes it.

One transaction for a hundred thousand videos would hold up every click on a star for as long as it takes. So an action
is cut into parts of about BLOCKED_SECONDS, between which others write. Each part holds its changes and what undoes
them: an action that was interrupted has done what it says it did, and all of that can be undone.
"""

import time
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext

from videos.core.tag_names import tag_name_problem
from videos.db.transactions import write_transaction
from videos.db.triggers.full_text import deferred_indexing
from videos.models import MAX_STARS, MIN_STARS, BulkAction, BulkChange, Tag
from videos.userdata.bulk_changes import CHANGES, Change

UNDOABLE_FOR = timedelta(minutes=10)
# An undoing that was interrupted can be gone on with for so long.
HALF_UNDONE_FOR = timedelta(days=1)
# How long a part may hold others up, and how long they then have to begin: another process, which waits by trying again
# and again, needs a moment to find the database free.
BLOCKED_SECONDS, PAUSE_SECONDS = 0.020, 0.008
_FIRST_PART, _SMALLEST_PART, _LARGEST_PART = 100, 20, 2_000


class CannotUndo(Exception):
    """The action cannot be undone; the message is a sentence for who asked. Nothing was changed."""


def add_tags(viewer: Any, video_ids: Iterable[int], names: Iterable[str]) -> BulkAction:
    """Add these tags, making those that are new. Raises ValueError for a name that cannot be one."""
    wanted = _checked(names)
    with write_transaction():
        known = set(Tag.objects.with_names(wanted).values_list("pk", flat=True))
        tags = Tag.objects.get_or_create_many(wanted)
        details = {"tags": _as_details(tags), "new_tags": [tag.pk for tag in tags if tag.pk not in known]}
        action = _begin(viewer, BulkAction.Kind.ADD_TAGS, details)
    return _carry_out(action, video_ids)


def remove_tags(viewer: Any, video_ids: Iterable[int], names: Iterable[str]) -> BulkAction:
    """Take these tags away; those that there are not are passed over. Raises ValueError like add_tags."""
    wanted = _checked(names)
    with write_transaction():
        tags = Tag.objects.with_names(wanted)
        action = _begin(viewer, BulkAction.Kind.REMOVE_TAGS, {"tags": _as_details(tags)})
    return _carry_out(action, video_ids)


def give_stars(viewer: Any, video_ids: Iterable[int], stars: int | None) -> BulkAction:
    """Give 1 to 5 stars, or take them away with None. Raises ValueError for any other number."""
    if stars is not None and (isinstance(stars, bool) or stars not in range(MIN_STARS, MAX_STARS + 1)):
        raise ValueError(f"stars are {MIN_STARS} to {MAX_STARS}")
    return _carry_out(_begin(viewer, BulkAction.Kind.STARS, {"stars": stars}), video_ids)


def set_favorite(viewer: Any, video_ids: Iterable[int], favorite: bool) -> BulkAction:
    """Make the videos favorites, or no favorites."""
    kind = BulkAction.Kind.FAVORITE if favorite else BulkAction.Kind.UNFAVORITE
    return _carry_out(_begin(viewer, kind, {}), video_ids)


def mark_watched(viewer: Any, video_ids: Iterable[int]) -> BulkAction:
    """Mark as watched, with one view at least, and forget where somebody stopped."""
    return _carry_out(_begin(viewer, BulkAction.Kind.WATCHED, {}), video_ids)


def mark_unwatched(viewer: Any, video_ids: Iterable[int]) -> BulkAction:
    """Take the mark of being watched away, and forget where somebody stopped. Counts and dates of views stay."""
    return _carry_out(_begin(viewer, BulkAction.Kind.UNWATCHED, {}), video_ids)


def latest_undoable(viewer: Any) -> BulkAction | None:
    """Return the last action that the viewer can undo, as a page says after a reload."""
    return BulkAction.objects.undoable(viewer, timezone.now()).filter(video_count__gt=0).first()


def undo(viewer: Any, action_id: int) -> BulkAction:
    """Give back what the action changed, but for what was changed again since then, and return the action.

    An action that still runs is stopped. Raises CannotUndo for one that is over, undone, or another viewer's.
    """
    with write_transaction():
        action = BulkAction.objects.undoable(viewer, timezone.now()).filter(pk=action_id).first()
        if action is None:
            minutes = UNDOABLE_FOR.seconds // 60
            raise CannotUndo(
                gettext("This can no longer be undone: it was undone already, or is over %(minutes)s minutes ago.")
                % {"minutes": minutes}
            )
        # From here on nothing is added to it.
        action.undone_at = timezone.now()
        action.undoable_until = action.undone_at + HALF_UNDONE_FOR
        action.save(update_fields=["undone_at", "undoable_until"])
    change = CHANGES[action.kind](action)
    while _take_part_back(action, change):
        time.sleep(PAUSE_SECONDS)
    return action


def _take_part_back(action: BulkAction, change: Change) -> bool:
    """Undo one part, and return whether there was one: a part that is gone was undone."""
    with write_transaction(), deferred_indexing():
        part = action.changes.first()
        if part is None:
            _drop_new_tags(action)
            return False
        change.take_back(part)
        part.delete()
        return True


def _begin(viewer: Any, kind: str, details: dict[str, Any]) -> BulkAction:
    now = timezone.now()
    with write_transaction():
        BulkAction.objects.over(now).delete()
        return BulkAction.objects.create(
            viewer_id=viewer.pk, kind=kind, details=details, began_at=now, undoable_until=now + UNDOABLE_FOR
        )


def _carry_out(action: BulkAction, video_ids: Iterable[int]) -> BulkAction:
    # By their ids the rows lie side by side.
    ids = sorted(set(video_ids))
    change, start, size = CHANGES[action.kind](action), 0, _FIRST_PART
    while start < len(ids):
        held_seconds = _do_part(action, change, ids[start : start + size])
        if held_seconds is None:
            break
        start += size
        size = _next_size(size, held_seconds)
        time.sleep(PAUSE_SECONDS)
    with write_transaction():
        if not action.video_count:
            _drop_new_tags(action)
        action.ended_at = timezone.now()
        _save_progress(action)
    return action


def _drop_new_tags(action: BulkAction) -> None:
    """Remove the tags that were made for the action and that nobody uses.

    Those that a later action added too, or took away and may give back, are left to that one.
    """
    new_tags = set(action.details.get("new_tags", ()))
    for later in BulkAction.objects.later_with_tags(action) if new_tags else ():
        shared = new_tags & {tag_id for tag_id, _name in later.details["tags"]}
        if shared:
            later.details["new_tags"] = sorted(shared.union(later.details.get("new_tags", ())))
            later.save(update_fields=["details"])
            new_tags -= shared
    Tag.objects.filter(pk__in=new_tags).unused().delete()


def _do_part(action: BulkAction, change: Change, video_ids: Sequence[int]) -> float | None:
    """Change a part of the videos, and return for how long others had to wait; None where it has been undone."""
    with write_transaction(), deferred_indexing():
        began = time.perf_counter()
        if not BulkAction.objects.filter(pk=action.pk, undone_at=None).exists():
            return None
        entries = change.make(video_ids)
        if entries:
            changed = change.videos(entries)
            first, last = min(changed), max(changed)
            BulkChange.objects.create(action=action, entries=entries, first_video=first, last_video=last)
            action.video_count += len(changed)
        _save_progress(action)
    return time.perf_counter() - began


def _save_progress(action: BulkAction) -> None:
    """Write down how far it is. The ten minutes begin with its end; one that is being undone has its own time."""
    until = {"undoable_until": timezone.now() + UNDOABLE_FOR}
    written = {"video_count": action.video_count, "ended_at": action.ended_at}
    if BulkAction.objects.filter(pk=action.pk, undone_at=None).update(**written, **until):
        action.undoable_until = until["undoable_until"]


def _next_size(size: int, seconds: float) -> int:
    """Return how many videos the next part takes, so that it lasts as long as it may: at most twice or half as many."""
    fitting = int(size * max(0.5, min(2.0, BLOCKED_SECONDS / max(seconds, 0.0001))))
    return max(_SMALLEST_PART, min(_LARGEST_PART, fitting))


def _checked(names: Iterable[str]) -> list[str]:
    wanted = list(names)
    for name in wanted:
        problem = tag_name_problem(name)
        if problem:
            raise ValueError(gettext("“%(name)s”: %(problem)s.") % {"name": name, "problem": problem})
    if not wanted:
        raise ValueError(gettext("Name a tag."))
    return wanted


def _as_details(tags: Iterable[Tag]) -> list[tuple[int, str]]:
    return [(tag.pk, tag.name) for tag in tags]
