"""Why the worker could not go on, in the page's language. A code is stored (core/work_errors.py)."""

from django.utils.translation import gettext, gettext_noop

from videos.core.work_errors import Failure, failure_in
from videos.presentation.formatting import whole

# The sentences of core/work_errors.py, where makemessages finds them.
TRANSLATED = {
    Failure.FOLDER_MISSING: gettext_noop("The video folder %(folder)s does not exist. Is its disk connected?"),
    Failure.NOT_A_FOLDER: gettext_noop("%(folder)s is not a folder."),
    Failure.FOLDER_UNREADABLE: gettext_noop("The video folder %(folder)s cannot be read: %(reason)s."),
    Failure.FOLDER_EMPTY: gettext_noop("The video folder %(folder)s is empty. Is its disk connected?"),
    Failure.FOLDER_CHANGED: gettext_noop(
        "The video folder %(folder)s changed while it was being read. Was its disk unplugged?"
    ),
    Failure.NO_VIDEO_SEEN: gettext_noop(
        "No video can be seen in %(folder)s, but the library knows %(known)s. Is its disk connected? Nothing was"
        " changed."
    ),
    Failure.PICTURES_NOT_SAVED: gettext_noop(
        "Pictures cannot be written to %(folder)s: %(reason)s. The videos are not touched; the worker goes on by itself"
        " when there is room."
    ),
    Failure.NO_SCRATCH_ROOM: gettext_noop(
        "A scan needs room for a temporary file (%(reason)s). Make room in the folder for temporary files, or set"
        " SQLITE_TMPDIR to another one; the next scan does what this one has not done."
    ),
}


def translate_error(stored: str) -> str:
    """Return a stored error as a sentence. One without a code, such as an earlier version's, is returned as it is."""
    found = failure_in(stored)
    if found is None:
        return stored
    failure, values = found
    shown = {name: whole(value) if isinstance(value, int) else value for name, value in values.items()}
    try:
        return gettext(TRANSLATED[failure]) % shown
    except KeyError:
        return stored  # a value is missing: another version stored it
