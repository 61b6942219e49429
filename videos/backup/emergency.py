"""What can be read without a database: the newest sound snapshot."""

import shlex
import sys
from functools import lru_cache
from pathlib import Path

from django.conf import settings

from videos.backup.copy_names import SNAPSHOT, newest_first
from videos.backup.database_backup import newest_backup
from videos.backup.json_reader import BadSnapshot, read_json_files
from videos.backup.snapshot import FILE_NAMES, Snapshot


def newest_snapshot(data_folder: Path) -> tuple[Snapshot, Path | None]:
    """Return the content of the data folder's four files, else of the newest sound ones in backup_json, and the folder.

    If none are sound, the snapshot is empty and the folder None.
    """
    for folder in [data_folder, *backup_folders(data_folder)]:
        try:
            snapshot = read_json_files(folder)
        except BadSnapshot:
            continue
        if snapshot.files:
            return snapshot, folder
    return Snapshot(), None


def backup_folders(data_folder: Path) -> list[Path]:
    """Return the folders in backup_json, newest first."""
    try:
        found = [path for path in (data_folder / "backup_json").iterdir() if path.is_dir() and path.name[0] != "."]
    except OSError:
        return []
    return newest_first(found, SNAPSHOT)


def signature(data_folder: Path) -> tuple[object, ...]:
    """Return a value that changes when the result of `newest_snapshot` may change. Opens no file."""
    seen: list[object] = []
    for folder in [data_folder, *backup_folders(data_folder)]:
        for name in FILE_NAMES.values():
            try:
                status = (folder / name).stat()
            except OSError:
                continue
            seen.append((str(folder), name, status.st_size, status.st_mtime_ns, status.st_ino))
    return tuple(seen)


@lru_cache(maxsize=1)
def _newest_place(data_folder: Path, seen: tuple[object, ...]) -> Path | None:
    # Every emergency page shows the folder, and finding it reads all four files: once until they change.
    return newest_snapshot(data_folder)[1]


def shell_command(*words: str | Path) -> str:
    """Return the shell line that runs a management command of this installation."""
    return shlex.join([sys.executable, str(settings.BASE_DIR / "manage.py"), *map(str, words)])


def advice(data_folder: Path) -> str:
    """Return one line that says which backup restores the library, and how."""
    backup = newest_backup(data_folder)
    if backup:
        return f"To bring it back: {shell_command('restore_database', backup)}"
    folder = _newest_place(data_folder, signature(data_folder))
    if folder:
        import_it = shell_command("migrate_json", "--from", folder)
        return (
            "There is no backup of the database itself. To begin anew with what the JSON files hold: move the database"
            f" away, run {shell_command('migrate')}, then {import_it}"
        )
    return "There is neither a backup of the database nor a JSON snapshot in the data folder."
