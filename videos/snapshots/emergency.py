"""What can be read without a database: the newest snapshot that is sound."""

import shlex
from pathlib import Path

from videos.snapshots.backup import newest_backup
from videos.snapshots.json_files import FILE_NAMES, BadSnapshot, Snapshot, read_snapshot


def newest_snapshot(data_folder: Path) -> tuple[Snapshot, Path | None]:
    """Return the data folder's own four files, else the newest sound ones in backup_json, and where they are.

    With none of them sound, the snapshot is empty and the place None.
    """
    for folder in [data_folder, *backup_folders(data_folder)]:
        try:
            snapshot = read_snapshot(folder)
        except BadSnapshot:
            continue
        if snapshot.files:
            return snapshot, folder
    return Snapshot(), None


def backup_folders(data_folder: Path) -> list[Path]:
    """Return the folders in backup_json, newest first: their names are their times."""
    try:
        found = (path for path in (data_folder / "backup_json").iterdir() if path.is_dir() and path.name[0] != ".")
        return sorted(found, reverse=True)
    except OSError:
        return []


def signature(data_folder: Path) -> tuple[object, ...]:
    """Return a value that changes whenever `newest_snapshot` could find something else. Opens no file."""
    seen: list[object] = []
    for folder in [data_folder, *backup_folders(data_folder)]:
        for name in FILE_NAMES.values():
            try:
                status = (folder / name).stat()
            except OSError:
                continue
            seen.append((str(folder), name, status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(seen)


def advice(data_folder: Path) -> str:
    """Return one line saying which backup brings the library back, and how."""
    backup = newest_backup(data_folder)
    if backup:
        return f"To bring it back: manage.py restore_database {shlex.quote(str(backup))}"
    _, folder = newest_snapshot(data_folder)
    if folder:
        return (
            "There is no backup of the database itself. To begin anew with what the JSON files hold: move the database"
            f" away, run manage.py migrate, then manage.py migrate_json --from {shlex.quote(str(folder))}"
        )
    return "There is neither a backup of the database nor a JSON snapshot in the data folder."
