"""How long work reports its progress: to a terminal, to the pages, or to nobody."""

import json
from collections.abc import Callable, Mapping
from enum import StrEnum

# The kind of what a look into files counts; a scan's kinds are the fields of its ScanSummary.
ANALYZED = "analyzed"


class Phase(StrEnum):
    """What work is at. Stored, and worded for the pages in presentation/formatting.py; terminals print it as it is."""

    LOOKING = "Looking"
    RECOGNISING = "Recognising"
    SAVING = "Saving"
    PICTURES = "Pictures"


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
