"""The journal of what can be undone: what an action changed, how that was before, and how it is taken back.

A change notes what it really changed, as JSON: [mark, value before, value after]. A mark is a video, or a video and a
tag; null means that there is none. A video that carried the tag already is not noted, and keeps it when the action is
undone. Undoing touches only what is still as the action left it: what somebody changed since then stays.

Where a later action changed the same mark once more, the entry of the later one gets the earlier value as its "before".
So the order in which two actions are undone makes no difference: once both are, all is as it was.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar, NamedTuple

from django.utils import timezone

from videos.core.errors import LibraryError
from videos.db.transactions import write_transaction
from videos.models import BulkAction, BulkChange
from videos.userdata.saving import Viewer

UNDOABLE_FOR = timedelta(minutes=10)
# An undo that was interrupted can be resumed for so long.
RESUMABLE_FOR = timedelta(days=1)

Kind = BulkAction.Kind


class CannotUndo(LibraryError):
    """The action cannot be undone; the message is a sentence for the person. Nothing was changed."""


class Entry(NamedTuple):
    """What was done to one mark. None is no mark."""

    mark: Any
    before: Any
    after: Any


class UndoableChange(ABC):
    """One kind of change to marks. Both ways run within a transaction of their own, for a part of the videos."""

    # All kinds of actions that change the same marks, and whether each viewer has marks of their own.
    kinds: ClassVar[tuple[str, ...]]
    of_viewer: ClassVar[bool] = True

    def __init__(self, action: BulkAction) -> None:
        self.action = action
        self.viewer_id: int = action.viewer_id

    def make(self, video_ids: Sequence[int]) -> list[Entry]:
        """Change the videos, and return what was changed. Only for kinds that bulk actions carry out."""
        raise TypeError(f"{type(self).__name__} is not carried out in parts")

    def videos(self, entries: Sequence[Entry]) -> set[int]:
        """Return the ids of the videos that were changed."""
        return {entry.mark for entry in entries}

    def begin_revert(self) -> None:  # noqa: B027  most kinds have nothing to do here
        """Prepare undoing, before the first part. Raises CannotUndo, which leaves everything as it is."""

    @abstractmethod
    def values(self, marks: Collection[Any]) -> dict[Any, Any]:
        """Return the present values of those marks that there are."""

    @abstractmethod
    def restore(self, entries: Sequence[Entry]) -> None:
        """Give the marks their values of before, wherever the video and the tag are still there."""

    def revert(self, part: BulkChange) -> None:
        """Undo a part of the action."""
        entries = self._last_changed(part)
        now = self.values([entry.mark for entry in entries])
        self.restore([entry for entry in entries if now.get(entry.mark) == entry.after])

    def end_revert(self) -> None:  # noqa: B027
        """Finish undoing, after the last part."""

    def _last_changed(self, part: BulkChange) -> list[Entry]:
        """Return the entries whose marks no later action changed; of the others the next action learns the "before".

        Where something else changed a mark in between, what the later action knows already is right.
        """
        entries = entries_of(part)
        waiting = {entry.mark: entry for entry in entries}
        for later in BulkChange.objects.later_than(part, self.kinds, self.viewer_id if self.of_viewer else None):
            known = entries_of(later)
            rebased = [_rebase(entry, waiting.pop(entry.mark, None)) for entry in known]
            if rebased != known:
                later.entries = rebased
                later.save(update_fields=["entries"])
            if not waiting:
                break
        return list(waiting.values())


def begin(viewer: Viewer, kind: str, details: dict[str, Any], undoable_for: timedelta = UNDOABLE_FOR) -> BulkAction:
    """Return a new entry of the journal, and drop those that nobody can undo any more."""
    now = timezone.now()
    with write_transaction():
        BulkAction.objects.over(now).delete()
        return BulkAction.objects.create(
            viewer_id=viewer.pk, kind=kind, details=details, began_at=now, undoable_until=now + undoable_for
        )


def is_undone(action: BulkAction) -> bool:
    """Return whether somebody has undone the action, which ends one that still runs."""
    return not BulkAction.objects.filter(pk=action.pk, undone_at=None).exists()


def record(action: BulkAction, entries: Sequence[Entry], videos: Collection[int]) -> None:
    """Note a part of what an action changed, in the transaction that changes it. Nothing changed is no part."""
    if entries:
        first, last = min(videos), max(videos)
        BulkChange.objects.create(action=action, entries=entries, first_video=first, last_video=last)
        action.video_count += len(videos)


def save_progress(action: BulkAction, ended_at: datetime | None = None, undoable_for: timedelta = UNDOABLE_FOR) -> None:
    """Write down how far the action is. It can be undone for ten minutes from its end; an undo has its own time."""
    action.ended_at = ended_at
    until = timezone.now() + undoable_for
    written = {"video_count": action.video_count, "ended_at": ended_at, "undoable_until": until}
    if BulkAction.objects.filter(pk=action.pk, undone_at=None).update(**written):
        action.undoable_until = until


def entries_of(part: BulkChange) -> list[Entry]:
    return [Entry(*map(_plain, entry)) for entry in part.entries]


def _rebase(later: Entry, earlier: Entry | None) -> Entry:
    return later._replace(before=earlier.before) if earlier and earlier.after == later.before else later


def _plain(value: Any) -> Any:
    """Return a value as it was before it became JSON, which has no tuples."""
    return tuple(value) if isinstance(value, list) else value
