"""The worker's phases, and the counts of what it did, in the language of the page."""

from contextlib import suppress

from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from videos.core.progress import ANALYZED, Phase, counts_in
from videos.presentation.formatting import whole

_PHASES = {
    Phase.READING_FOLDER: pgettext_lazy("phase", "Scanning"),
    Phase.DETECTING_MOVES: pgettext_lazy("phase", "Matching"),
    Phase.SAVING: pgettext_lazy("phase", "Saving"),
    Phase.THUMBNAILS: pgettext_lazy("phase", "Creating"),
}
_COUNTED = {
    "added": gettext_lazy("%(number)s added"),
    "changed": gettext_lazy("%(number)s changed"),
    "moved": gettext_lazy("%(number)s moved"),
    "missing": gettext_lazy("%(number)s missing"),
    "back": gettext_lazy("%(number)s back"),
    "unchanged": gettext_lazy("%(number)s unchanged"),
    "skipped": gettext_lazy("%(number)s skipped"),
}


def translate_status(status: str) -> str:
    """Return a stored phase, or the stored counts of what the worker did, in the page's language.

    What is neither is returned as it is, such as a sentence that an earlier version stored.
    """
    with suppress(ValueError):
        return str(_PHASES[Phase(status)])
    counts = counts_in(status)
    if counts is None:
        return status
    return ", ".join(_counted(kind, number) for kind, number in counts.items()) or gettext("nothing new")


def _counted(kind: str, number: int) -> str:
    if kind == ANALYZED:
        sentence = gettext("%(number)s file analyzed") if number == 1 else gettext("%(number)s files analyzed")
    else:
        sentence = str(_COUNTED[kind]) if kind in _COUNTED else f"%(number)s {kind}"
    return sentence % {"number": whole(number)}
