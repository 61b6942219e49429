"""The names of dated copies: backups, snapshots, and the databases that a restore replaced."""

import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from videos.core.clock import TOLERANCE

# The lock that every writer of a copy shares, so that its draft is not taken for a leftover.
COPIES = "copies"
# The files that SQLite keeps beside a database.
LOGS = ("-wal", "-shm", "-journal")
# The folder in a snapshot with the files of accounts other than the household.
VIEWERS = "viewers"

_FORM = "%Y-%m-%dT%H-%M-%S.%fZ"
_STAMP = r"(\d{4}-\d\d-\d\dT\d\d-\d\d-\d\d\.\d{6}Z)"


def stamp() -> str:
    return datetime.now(UTC).strftime(_FORM)


def backup_name(stamp: str) -> str:
    return f"video_metadata-{stamp}.db"


def replaced_name(live: Path, stamp: str) -> str:
    return f"{live.name}.replaced-{stamp}"


def restore_draft_name(live: Path, process_id: int) -> str:
    return f".{live.name}.{process_id}.part"


def draft_name(stamp: str) -> str:
    """Return the name of a snapshot while it is written or removed."""
    return f".{stamp}.part"


SNAPSHOT, SNAPSHOT_DRAFT = re.compile(_STAMP), re.compile(rf"\.{_STAMP}\.part")
BACKUP = re.compile(rf"video_metadata-{_STAMP}\.db")
BACKUP_DRAFT = re.compile(rf"video_metadata-{_STAMP}\.part({'|'.join(LOGS)})?")


def replaced_pattern(live: Path) -> re.Pattern[str]:
    return re.compile(rf"{re.escape(live.name)}\.replaced-{_STAMP}")


def restore_draft_pattern(live: Path) -> re.Pattern[str]:
    return re.compile(rf"\.{re.escape(live.name)}\.\d+\.part({'|'.join(LOGS)})?")


def moment_in(pattern: re.Pattern[str], name: str) -> datetime | None:
    """Return the time in a name of this pattern, or None for any other name."""
    found = pattern.fullmatch(name)
    if not found:
        return None
    try:
        return datetime.strptime(found[1], _FORM).replace(tzinfo=UTC)
    except ValueError:  # such as 31 February
        return None


def newest_first(paths: Iterable[Path], pattern: re.Pattern[str]) -> list[Path]:
    """Return the copies by the times in their names, the newest first.

    Copies dated in the future come last: the clock was wrong when they were made.
    """

    def order(path: Path) -> tuple[bool, str]:
        moment = moment_in(pattern, path.name)
        return moment is None or not is_ahead(moment), path.name

    return sorted(paths, key=order, reverse=True)


def is_ahead(moment: datetime) -> bool:
    """Return whether a copy is dated in the future."""
    return moment > datetime.now(UTC) + TOLERANCE


def with_logs(database: Path) -> list[Path]:
    """Return the paths of a database and of the log files that may be beside it."""
    return [database, *(Path(f"{database}{suffix}") for suffix in LOGS)]
