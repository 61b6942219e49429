"""How long work reports its progress: to a terminal, to the pages, or to nobody."""

from collections.abc import Callable

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
