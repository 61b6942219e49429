"""The worker's phases and summaries, which it stores in English, in the language of the page."""

import re

from django.utils.translation import gettext_lazy, pgettext_lazy

from videos.presentation.formatting import whole

# The texts that the worker stores in English: its phases, and the summaries of what it did.
_STATUS_TEXTS = {
    "Looking": pgettext_lazy("phase", "Scanning"),
    "Recognising": pgettext_lazy("phase", "Matching"),
    "Opening": pgettext_lazy("phase", "Analyzing"),
    "Saving": pgettext_lazy("phase", "Saving"),
    "Pictures": pgettext_lazy("phase", "Creating"),
    "nothing new": gettext_lazy("nothing new"),
}
_STATUS_COUNTS = {
    "added": gettext_lazy("%(number)s added"),
    "changed": gettext_lazy("%(number)s changed"),
    "moved": gettext_lazy("%(number)s moved"),
    "missing": gettext_lazy("%(number)s missing"),
    "back": gettext_lazy("%(number)s back"),
    "unchanged": gettext_lazy("%(number)s unchanged"),
    "skipped": gettext_lazy("%(number)s skipped"),
    "file looked into": gettext_lazy("%(number)s file analyzed"),
    "files looked into": gettext_lazy("%(number)s files analyzed"),
}
_STATUS_COUNT = re.compile(rf"([0-9,]+) ({'|'.join(_STATUS_COUNTS)})")


def translate_status(text: str) -> str:
    """Return the translation of a text that the worker stores in English, or the text itself if there is none."""
    if text in _STATUS_TEXTS:
        return str(_STATUS_TEXTS[text])
    parts = text.split(", ")
    counts = [found for found in map(_STATUS_COUNT.fullmatch, parts) if found]
    if len(counts) < len(parts):
        return text
    return ", ".join(
        _STATUS_COUNTS[each[2]] % {"number": whole(int(each[1].replace(",", "")))} for each in counts if each
    )
