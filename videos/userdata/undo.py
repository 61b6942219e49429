"""Undo: taking back what the journal says an action changed."""

import time
from collections.abc import Collection

from django.utils import timezone
from django.utils.translation import gettext

from videos.db.transactions import write_transaction
from videos.db.triggers.full_text import deferred_indexing
from videos.models import BulkAction
from videos.userdata.bulk import PAUSE_SECONDS
from videos.userdata.favorites import FavoritesAdded, FavoritesRemoved
from videos.userdata.journal import RESUMABLE_FOR, UNDOABLE_FOR, CannotUndo, Kind, UndoableChange
from videos.userdata.markers import MarkerRemoved
from videos.userdata.ratings import StarsGiven
from videos.userdata.saving import Viewer
from videos.userdata.tags import TagRenamed, TagsAdded, TagsGone, TagsRemoved
from videos.userdata.united import VideosUnited
from videos.userdata.views import MarkedUnwatched, MarkedWatched

CHANGES: dict[str, type[UndoableChange]] = {
    Kind.ADD_TAGS: TagsAdded,
    Kind.REMOVE_TAGS: TagsRemoved,
    Kind.STARS: StarsGiven,
    Kind.FAVORITE: FavoritesAdded,
    Kind.UNFAVORITE: FavoritesRemoved,
    Kind.WATCHED: MarkedWatched,
    Kind.UNWATCHED: MarkedUnwatched,
    Kind.RENAME_TAG: TagRenamed,
    Kind.MERGE_TAGS: TagsGone,
    Kind.DELETE_TAG: TagsGone,
    Kind.REMOVE_MARKER: MarkerRemoved,
    Kind.RELINK: VideosUnited,
}
# They change the whole library and not only marks: whoever undoes them needs the permission that they needed.
OF_LIBRARY = (Kind.RENAME_TAG, Kind.MERGE_TAGS, Kind.DELETE_TAG, Kind.RELINK)


def latest_undoable(viewer: Viewer, *, but: Collection[str] = ()) -> BulkAction | None:
    """Return the last action that the viewer can undo, as a gallery says after a reload; `but` leaves out kinds.

    A marker is brought back on the page of its video.
    """
    actions = BulkAction.objects.undoable(viewer, timezone.now()).exclude(kind__in=[Kind.REMOVE_MARKER, *but])
    return actions.filter(video_count__gt=0).first()


def changes_library(viewer: Viewer, action_id: int) -> bool:
    """Return whether undoing this action of the viewer needs the permission to change the library."""
    return BulkAction.objects.filter(viewer=viewer.pk, pk=action_id, kind__in=OF_LIBRARY).exists()


def undo(viewer: Viewer, action_id: int) -> BulkAction:
    """Take back what the action changed, but for what was changed again since then, and return the action.

    An action that still runs is stopped. Raises CannotUndo for one that is over, undone, or another viewer's.
    """
    with write_transaction():
        action = BulkAction.objects.undoable(viewer, timezone.now()).filter(pk=action_id).first()
        if action is None:
            minutes = UNDOABLE_FOR.seconds // 60
            raise CannotUndo(
                gettext(
                    "This can no longer be undone: it was already undone, or more than %(minutes)s minutes have passed."
                )
                % {"minutes": minutes}
            )
        change = CHANGES[action.kind](action)
        # Whoever resumes an interrupted undo has begun it already.
        if action.undone_at is None:
            change.begin_revert()
        # From here on nothing is added to it.
        action.undone_at = timezone.now()
        action.undoable_until = action.undone_at + RESUMABLE_FOR
        action.save(update_fields=["undone_at", "undoable_until"])
    while _revert_part(action, change):
        time.sleep(PAUSE_SECONDS)
    return action


def _revert_part(action: BulkAction, change: UndoableChange) -> bool:
    """Undo one part, and return whether there was one: a part that is gone was undone."""
    with write_transaction(), deferred_indexing():
        # The last one first: a pair that was relinked may hold the video of another one.
        part = action.changes.last()
        if part is None:
            change.end_revert()
            return False
        change.revert(part)
        part.delete()
        return True
