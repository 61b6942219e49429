"""Making a missing video and the video of the file that replaces it one, when a person says so."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext

from videos.analysis.artwork_store import remove_pictures
from videos.core.errors import LibraryError
from videos.db.transactions import write_transaction
from videos.models import BulkAction, Video
from videos.userdata.united import unite


class CannotRelink(LibraryError):
    """The two are not, or no longer, a missing video and one whose file is present. Nothing was changed."""


def relink(viewer: Any, missing_id: int, present_id: int, generated: Path) -> BulkAction:
    """Make the two videos one, with the id and the history of the missing one, and return the action that undoes it.

    The marks of both are kept (userdata/united.py). Whether the files show the same is not checked: the person who asks
    says so. Raises CannotRelink.
    """
    with write_transaction():
        missing = Video.objects.missing().select_for_update().filter(pk=missing_id).first()
        present = Video.objects.present().select_for_update().filter(pk=present_id).first()
        if missing is None or present is None:
            raise CannotRelink(gettext("One of the two has changed since the page was loaded. Nothing was changed."))
        action = unite(viewer, missing, present)
    remove_pictures(generated, [present_id])
    return action
