"""Writing the four JSON files: atomically, and with the same bytes for the same content."""

import json
import os
from contextlib import ExitStack
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from videos.backup.snapshot import FILE_NAMES, Snapshot, ViewRecord
from videos.core.files import fsync_folder, replacing


def write_snapshot(folder: Path, snapshot: Snapshot) -> None:
    """Write the four files. Whatever happens, each is complete, old or new. Raises OSError.

    Keys are sorted, text is UTF-8, dates are UTC.
    """
    folder.mkdir(parents=True, exist_ok=True)
    _remove_stale_drafts(folder)
    # All drafts are written before the first takes its place: a full disk leaves the four files as they were.
    with ExitStack() as drafts:
        for kind, name in FILE_NAMES.items():
            draft = drafts.enter_context(replacing(folder / name, syncs_folder=False))
            _write(draft, _content(kind, snapshot))
    fsync_folder(folder)


def _remove_stale_drafts(folder: Path) -> None:
    """Remove the drafts that killed exports left. A draft of a running process belongs to another export."""
    for draft in folder.glob(".*.json.*.part"):
        if not _belongs_to_another(draft.name.split(".")[-2]):
            draft.unlink(missing_ok=True)


def _belongs_to_another(process_id: str) -> bool:
    # In a container every run has the same process id: a draft with our own id is from an earlier run.
    if not process_id.isdecimal() or int(process_id) == os.getpid():
        return False
    try:
        os.kill(int(process_id), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _content(kind: str, snapshot: Snapshot) -> Any:
    if kind == "views":
        return {name: _view_content(record) for name, record in snapshot.views.items()}
    if kind == "favorites":
        dates = {name: _iso(added) for name, added in snapshot.favorites.items() if added}
        return {"favorites": sorted(snapshot.favorites), "added_dates": dates}
    return getattr(snapshot, kind)


def _view_content(record: ViewRecord) -> dict[str, Any]:
    content: dict[str, Any] = {
        "view_count": record.view_count,
        "last_viewed": _iso(record.last_viewed) if record.last_viewed else None,
    }
    if record.position_seconds is not None:
        content["position_seconds"] = record.position_seconds
    # Written only if it does not follow from the other values, so that the files stay as earlier versions wrote them.
    if record.is_watched != replace(record, watched=None).is_watched:
        content["watched"] = record.is_watched
    return content


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def _write(path: Path, content: Any) -> None:
    with open(path, "x", encoding="utf-8", newline="\n") as file:
        json.dump(content, file, ensure_ascii=False, sort_keys=True, indent=1)
        file.write("\n")
