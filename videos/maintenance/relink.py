"""Making a missing video and the video of the file that replaces it one, when a person says so."""

from collections.abc import Iterable
from pathlib import Path

from django.utils import timezone
from django.utils.translation import gettext

from videos.analysis.artwork_store import remove_pictures
from videos.core.errors import LibraryError
from videos.db.transactions import write_transaction
from videos.models import BulkAction, Video
from videos.userdata import journal
from videos.userdata.saving import Viewer
from videos.userdata.united import unite


class CannotRelink(LibraryError):
    """The two are not, or no longer, a missing video and one whose file is present. Nothing was changed."""


def relink(viewer: Viewer, missing_id: int, present_id: int, generated: Path) -> BulkAction:
    """Make the two videos one, with the id and the history of the missing one, and return the action that undoes it.

    The marks of both are kept (userdata/united.py). Whether the files show the same is not checked: the person who asks
    says so. Raises CannotRelink.
    """
    action, refused = relink_several(viewer, [(missing_id, present_id)], generated)
    if action is None:
        raise refused[0]
    return action


def relink_several(
    viewer: Viewer, pairs: Iterable[tuple[int, int]], generated: Path
) -> tuple[BulkAction | None, list[CannotRelink]]:
    """Relink these (missing video, present video), and return the action that undoes all of it, and what was refused.

    Each pair has a transaction of its own, so that others can write in between. None: all were refused.
    """
    action = journal.begin(viewer, BulkAction.Kind.RELINK, {})
    refused = []
    for missing_id, present_id in pairs:
        try:
            _relink(action, missing_id, present_id)
        except CannotRelink as reason:
            refused.append(reason)
        else:
            remove_pictures(generated, [present_id])
    if not action.video_count:
        action.delete()
        return None, refused
    journal.save_progress(action, timezone.now())
    return action, refused


def _relink(action: BulkAction, missing_id: int, present_id: int) -> None:
    with write_transaction():
        if journal.is_undone(action):
            raise CannotRelink(gettext("The relinking was undone before it had finished."))
        missing = Video.objects.missing().select_for_update().filter(pk=missing_id).first()
        present = Video.objects.present().select_for_update().filter(pk=present_id).first()
        if missing is None or present is None:
            raise CannotRelink(gettext("One of the two has changed since the page was loaded. Nothing was changed."))
        unite(action, missing, present)
