"""What can be read without a database: the newest snapshot that is sound."""

from pathlib import Path

from videos.snapshots.json_files import FILE_NAMES, BadSnapshot, Snapshot, read_snapshot


def newest_snapshot(data_folder: Path) -> tuple[Snapshot, Path | None]:
    """Return the data folder's own four files, else those of the newest sound folder in backup_json, and where they are.

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
        return sorted((path for path in (data_folder / "backup_json").iterdir() if path.is_dir()), reverse=True)
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
