"""Undoing an action at the request of a person, who must be allowed to do what the action did."""

from videos.accounts.permissions import require_may_change_library
from videos.accounts.requests import ViewerRequest
from videos.models import BulkAction
from videos.userdata import undo


def undo_for(request: ViewerRequest, action_id: int) -> BulkAction:
    """Undo the action of this viewer, and return it. Raises CannotUndo, PermissionDenied.

    The permission is checked again: it may have been withdrawn since the action.
    """
    if undo.changes_library(request.viewer, action_id):
        require_may_change_library(request)
    return undo.undo(request.viewer, action_id)
