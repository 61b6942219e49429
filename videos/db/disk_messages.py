"""What people read when the disk is the problem: what is wrong, what is safe, and what to do."""

from pathlib import Path

from django.utils.translation import gettext, gettext_noop

from videos.db.conditions import Condition

_SENTENCES = {
    Condition.FULL: gettext_noop(
        "The disk is full: make room on the disk of the data folder%(where)s. Everything saved before is safe, and"
        " changes work again as soon as there is room."
    ),
    Condition.READ_ONLY: gettext_noop(
        "The disk is read-only: make the data folder%(where)s writable again. Everything saved before is safe, and"
        " changes work again as soon as it is writable."
    ),
    Condition.NO_PERMISSION: gettext_noop(
        "There is no permission to write: let the account that runs the server read and write the data"
        " folder%(where)s. Everything saved before is safe, and changes work again after that."
    ),
    Condition.IO_ERROR: gettext_noop(
        "The disk reports an error, and nothing can be saved: check the disk of the data folder%(where)s and its"
        " connection, and copy the folder to another disk before anything else."
    ),
}


def sentence(condition: Condition, folder: Path | None) -> str:
    """Return what is wrong with the disk, what is safe and what to do. With None it names no path, for strangers."""
    where = f" ({folder})" if folder else ""
    return gettext(_SENTENCES[condition]) % {"where": where}
