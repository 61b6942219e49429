"""How long work reports its progress: to a terminal, to the pages, or to nobody."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum

# The kind of what a look into files counts; a scan's kinds are the fields of its ScanSummary.
ANALYZED = "analyzed"


class Phase(StrEnum):
    """What work is at: a code, which is stored, and the word that terminals print.

    The pages have words of their own (presentation/status_messages.py).
    """

    word: str

    def __new__(cls, code: str, word: str = "") -> "Phase":
        phase = str.__new__(cls, code)
        phase._value_, phase.word = code, word
        return phase

    @classmethod
    def _missing_(cls, value: object) -> "Phase | None":
        # Earlier versions stored the word.
        return next((phase for phase in cls if phase.word == value), None)

    READING_FOLDER = "reading_folder", "Looking"
    DETECTING_MOVES = "detecting_moves", "Recognising"
    SAVING = "saving", "Saving"
    THUMBNAILS = "thumbnails", "Pictures"


def word_of(phase: str) -> str:
    """Return what a terminal prints of a phase; a text that is no phase is printed as it is."""
    try:
        return Phase(phase).word
    except ValueError:
        return phase


def stored_counts(counts: Mapping[str, int]) -> str:
    """Return what is stored of what work did: {"added": 6, "skipped": 2} as JSON."""
    return json.dumps(dict(counts))


def counts_in(stored: str) -> dict[str, int] | None:
    """Return the counts that are stored, or None where it is a text of another kind."""
    try:
        counts = json.loads(stored)
    except ValueError:
        return None
    if not isinstance(counts, dict) or not all(type(number) is int for number in counts.values()):
        return None
    return counts


# Called with (phase, done, total or None) as the work goes on.
Progress = Callable[[str, int, int | None], None]


def silent(phase: str, done: int, total: int | None) -> None:
    """Report to nobody."""


def both(*reports: Progress) -> Progress:
    """Return a progress function that reports to several others, such as a terminal and the pages."""

    def report_to_all(phase: str, done: int, total: int | None) -> None:
        for report in reports:
            report(phase, done, total)

    return report_to_all
