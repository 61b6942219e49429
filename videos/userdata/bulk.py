"""Bulk actions: many videos changed in small transactions, each of which also writes what undoes it.

One transaction for a hundred thousand videos would hold up every click on a star for as long as it takes. So an action
is cut into parts of about BLOCKED_SECONDS, between which others write. Each part writes its changes and its entry in
the journal together: an action that was interrupted has done what it says it did, and all of that can be undone.
"""

import time
from collections.abc import Iterable, Sequence

from django.utils import timezone
from django.utils.translation import gettext

from videos.core.tag_names import tag_name_problem
from videos.db.transactions import write_transaction
from videos.db.triggers.full_text import deferred_indexing
from videos.models import MAX_STARS, MIN_STARS, BulkAction, Tag
from videos.userdata import journal
from videos.userdata.favorites import FavoritesAdded, FavoritesRemoved
from videos.userdata.journal import UndoableChange
from videos.userdata.ratings import StarsGiven
from videos.userdata.saving import Viewer
from videos.userdata.tags import TagsAdded, TagsRemoved, drop_new_tags
from videos.userdata.views import MarkedUnwatched, MarkedWatched

# How long a part may hold others up, and how long they then have to begin: another process, which waits by trying again
# and again, needs a moment to find the database free.
BLOCKED_SECONDS, PAUSE_SECONDS = 0.020, 0.008
_FIRST_PART, _SMALLEST_PART, _LARGEST_PART = 100, 20, 2_000


def add_tags(viewer: Viewer, video_ids: Iterable[int], names: Iterable[str]) -> BulkAction:
    """Add these tags, making those that are new. Raises ValueError for a name that cannot be one."""
    wanted = _checked(names)
    with write_transaction():
        known = set(Tag.objects.with_names(wanted).values_list("pk", flat=True))
        tags = Tag.objects.get_or_create_many(wanted)
        details = {"tags": _as_details(tags), "new_tags": [tag.pk for tag in tags if tag.pk not in known]}
        action = journal.begin(viewer, BulkAction.Kind.ADD_TAGS, details)
    return _carry_out(TagsAdded(action), video_ids)


def remove_tags(viewer: Viewer, video_ids: Iterable[int], names: Iterable[str]) -> BulkAction:
    """Take these tags away; names of no tag are passed over. Raises ValueError like add_tags."""
    wanted = _checked(names)
    with write_transaction():
        tags = Tag.objects.with_names(wanted)
        action = journal.begin(viewer, BulkAction.Kind.REMOVE_TAGS, {"tags": _as_details(tags)})
    return _carry_out(TagsRemoved(action), video_ids)


def give_stars(viewer: Viewer, video_ids: Iterable[int], stars: int | None) -> BulkAction:
    """Give 1 to 5 stars, or take them away with None. Raises ValueError for any other number."""
    if stars is not None and (isinstance(stars, bool) or stars not in range(MIN_STARS, MAX_STARS + 1)):
        raise ValueError(f"stars are {MIN_STARS} to {MAX_STARS}")
    return _carry_out(StarsGiven(journal.begin(viewer, BulkAction.Kind.STARS, {"stars": stars})), video_ids)


def set_favorite(viewer: Viewer, video_ids: Iterable[int], favorite: bool) -> BulkAction:
    """Make the videos favorites, or no favorites."""
    if favorite:
        return _carry_out(FavoritesAdded(journal.begin(viewer, BulkAction.Kind.FAVORITE, {})), video_ids)
    return _carry_out(FavoritesRemoved(journal.begin(viewer, BulkAction.Kind.UNFAVORITE, {})), video_ids)


def mark_watched(viewer: Viewer, video_ids: Iterable[int]) -> BulkAction:
    """Mark as watched, with one view at least, and forget where the viewer stopped."""
    return _carry_out(MarkedWatched(journal.begin(viewer, BulkAction.Kind.WATCHED, {})), video_ids)


def mark_unwatched(viewer: Viewer, video_ids: Iterable[int]) -> BulkAction:
    """Take the mark of being watched away, and forget where the viewer stopped. Counts and dates of views stay."""
    return _carry_out(MarkedUnwatched(journal.begin(viewer, BulkAction.Kind.UNWATCHED, {})), video_ids)


def _carry_out(change: UndoableChange, video_ids: Iterable[int]) -> BulkAction:
    # By their ids the rows lie side by side.
    ids, start, size = sorted(set(video_ids)), 0, _FIRST_PART
    action = change.action
    while start < len(ids):
        held_seconds = _do_part(change, ids[start : start + size])
        if held_seconds is None:
            break
        start += size
        size = _next_size(size, held_seconds)
        time.sleep(PAUSE_SECONDS)
    with write_transaction():
        if not action.video_count:
            drop_new_tags(action)
        journal.save_progress(action, timezone.now())
    return action


def _do_part(change: UndoableChange, video_ids: Sequence[int]) -> float | None:
    """Change a part of the videos, and return for how long others had to wait; None where it has been undone."""
    with write_transaction(), deferred_indexing():
        began = time.perf_counter()
        if journal.is_undone(change.action):
            return None
        entries = change.make(video_ids)
        journal.record(change.action, entries, change.videos(entries))
        journal.save_progress(change.action)
    return time.perf_counter() - began


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
        raise ValueError(gettext("Enter a tag."))
    return wanted


def _as_details(tags: Iterable[Tag]) -> list[tuple[int, str]]:
    return [(tag.pk, tag.name) for tag in tags]
