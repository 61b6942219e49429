"""What an import did: counts for each kind, and every entry that could not be used."""

from dataclasses import dataclass, field

from videos.backup.snapshot import FILE_NAMES, BadEntry

KINDS = tuple(FILE_NAMES)


@dataclass
class Tally:
    added: int = 0
    changed: int = 0
    unchanged: int = 0
    bad: int = 0


@dataclass
class ImportReport:
    """What an import did, or would do: a tally for each kind, and every bad entry."""

    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in ("videos", *KINDS)})
    bad: list[BadEntry] = field(default_factory=list)
    # Pairs of video and tag: a video may get several.
    new_tags: int = 0
