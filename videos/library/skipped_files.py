"""What a walk passed over, by reason: how many files, and the first of their names. Bounded, however many they are."""

from collections import Counter
from collections.abc import Iterator

from videos.core.filenames import printable
from videos.core.problems import Problem, stored_problem
from videos.db.transactions import write_transaction
from videos.models import MAX_PROBLEM_LENGTH, SkippedFiles

MAX_NAMES, MAX_REASONS = 200, 30
OTHER_REASONS = Problem.OTHER_REASONS.sentence


class Skipped:
    """Collects (name, reason). Its length is how many there are; iterating gives those that are named."""

    def __init__(self) -> None:
        self.files: Counter[str] = Counter()
        self.names: dict[str, list[str]] = {}

    def add(self, name: str, reason: str) -> None:
        if reason not in self.names and len(self.names) >= MAX_REASONS:
            reason = OTHER_REASONS
        self.files[reason] += 1
        named = self.names.setdefault(reason, [])
        if len(named) < MAX_NAMES:
            named.append(name)

    def __len__(self) -> int:
        return self.files.total()

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return ((name, reason) for reason, names in self.names.items() for name in names)

    @property
    def unnamed(self) -> dict[str, int]:
        """Return {reason: files} of those that are counted and not named."""
        return {reason: self.files[reason] - len(named) for reason, named in self.names.items()}


def keep_skipped(skipped: Skipped) -> None:
    """Keep what the last scan of the whole folder passed over, for the library page. Writes only differences."""
    found = {
        stored_problem(reason, MAX_PROBLEM_LENGTH): (skipped.files[reason], sorted(map(printable, names)))
        for reason, names in skipped.names.items()
    }
    kept = {row.reason: (row.files, row.names) for row in SkippedFiles.objects.all()}
    if found == kept:
        return
    with write_transaction():
        SkippedFiles.objects.exclude(reason__in=found).delete()
        for reason, (files, names) in found.items():
            if kept.get(reason) != (files, names):
                SkippedFiles.objects.update_or_create(reason=reason, defaults={"files": files, "names": names})
