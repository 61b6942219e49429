"""How work tells of itself while it goes on: to a terminal, to the pages, or to nobody."""

from collections.abc import Callable

# Told (phase, done, total or None) as the work goes on.
Progress = Callable[[str, int, int | None], None]


def silent(phase: str, done: int, total: int | None) -> None:
    """Tell nobody."""


def both(*reports: Progress) -> Progress:
    """Return a progress function that tells several: a terminal and the pages."""

    def tell(phase: str, done: int, total: int | None) -> None:
        for report in reports:
            report(phase, done, total)

    return tell
