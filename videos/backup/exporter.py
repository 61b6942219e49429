"""Exporting the rows to the four JSON files."""

import shutil
from pathlib import Path
from urllib.parse import quote, unquote

from django.contrib.auth.models import User
from django.db import models

from videos.accounts.household import HOUSEHOLD
from videos.backup.copy_names import COPIES, VIEWERS, draft_name, stamp
from videos.backup.json_writer import write_snapshot
from videos.backup.snapshot import Snapshot, ViewRecord
from videos.core.files import fsync_folder
from videos.db.locks import shared
from videos.db.transactions import read_snapshot as one_moment
from videos.models import Favorite, Rating, Video, View


def snapshot_of(viewer: User) -> Snapshot:
    """Return this viewer's marks and all tags, as of one moment."""
    with one_moment():
        return _rows_of(viewer)


def _rows_of(viewer: User) -> Snapshot:
    snapshot = Snapshot(
        ratings=dict(Rating.objects.filter(viewer=viewer).values_list("video__filename", "stars")),
        favorites=dict(Favorite.objects.filter(viewer=viewer).values_list("video__filename", "added_date")),
    )
    views = View.objects.filter(viewer=viewer).values_list(
        "video__filename", "view_count", "last_viewed", "position_seconds", "is_watched"
    )
    for name, *values in views:
        record = ViewRecord(*values)
        if record != ViewRecord(watched=False):
            snapshot.views[name] = record
    # Sorted, so that a video's list does not depend on the order in which its tags were added.
    tagged = Video.tags.through.objects.order_by("tag__folded_name").values_list("video__filename", "tag__name")
    for name, tag in tagged:
        snapshot.tags.setdefault(name, []).append(tag)
    return snapshot


def export_json(folder: Path, viewer: User) -> Snapshot:
    """Write the viewer's four files into `folder` and return their content. Raises OSError; old files then stay."""
    snapshot = snapshot_of(viewer)
    write_snapshot(folder, snapshot)
    return snapshot


def backup_json(folder: Path) -> Path:
    """Write the marks of all viewers into a new folder in `folder`, named for the time (UTC), and return it.

    The household's files are directly in it, where migrate_json and the emergency fallback read them; those of other
    viewers are in viewers/<name>/.
    """
    name = stamp()
    target, draft = folder / name, folder / draft_name(name)
    with shared(COPIES):
        try:
            draft.mkdir(parents=True)
            with one_moment():
                for viewer in _viewers_with_marks():
                    own = draft if viewer.get_username() == HOUSEHOLD else draft / VIEWERS / _folder_name(viewer)
                    write_snapshot(own, _rows_of(viewer))
            # An incomplete snapshot never has the name of a snapshot.
            draft.rename(target)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        fsync_folder(folder)
    return target


def backed_up_viewers(backup: Path) -> list[tuple[Path, str]]:
    """Return (folder, account) of each viewer in a folder that `backup_json` made."""
    others = sorted(path for path in (backup / VIEWERS).glob("*"))
    return [(backup, HOUSEHOLD), *((path, unquote(path.name)) for path in others)]


def _viewers_with_marks() -> models.QuerySet[User]:
    marked = (
        models.Q(username=HOUSEHOLD)
        | models.Exists(Rating.objects.filter(viewer=models.OuterRef("pk")))
        | models.Exists(View.objects.filter(viewer=models.OuterRef("pk")))
        | models.Exists(Favorite.objects.filter(viewer=models.OuterRef("pk")))
    )
    return User.objects.filter(marked)


def _folder_name(viewer: User) -> str:
    # An account may be called "..", so a leading dot is quoted.
    quoted = quote(viewer.get_username(), safe="@+-_")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted
