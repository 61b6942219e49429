"""Importing the old application's sources into the database, with a summary in words."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext

from videos.core.files import atomic_write, fsync_folder
from videos.importers.flask_json import import_snapshot
from videos.importers.flask_sources import Found, Sources, read_sources
from videos.importers.import_report import ImportReport
from videos.importers.private_copy import SourceUnreadable
from videos.models import OldAppImport


@dataclass
class Outcome:
    """What an import did, or would do: the report, its summary in sentences, and what could not be read at all."""

    report: ImportReport
    sentences: list[str]
    unreadable: list[str]

    @property
    def line(self) -> str:
        return self.sentences[0]


def time_stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H-%M-%S.%fZ")


def import_old_app(
    sources: Sources,
    viewer: User,
    *,
    name: str,
    done: Mapping[str, Path] | None = None,
    keep_existing: bool = False,
    dry_run: bool = False,
) -> Outcome:
    """Import the sources in one transaction, which also records the databases in `done` ({name: path}).

    What was skipped, and what has no place here yet, is written to files of this `name` in `backup_json/` before the
    transaction ends, so that the next run writes again whatever a killed import left. Raises SourceUnreadable if none
    of the sources can be read, Busy or OSError.
    """
    found = read_sources(sources)
    if found.unreadable and not any(found.snapshot.names()) and not found.snapshot.bad:
        raise SourceUnreadable(" ".join(found.unreadable))
    sentences: list[str] = []

    def note(report: ImportReport) -> None:
        sentences.extend(_sentences(report, found, _write_files(name, report, found)))
        for source, path in (done or {}).items():
            if path in found.failed:
                continue  # the next start tries again
            OldAppImport.objects.update_or_create(source=source, defaults={"summary": " ".join(sentences)})

    report = import_snapshot(
        found.snapshot, viewer, keep_existing=keep_existing or found.is_mixed, dry_run=dry_run, and_note=note
    )
    if dry_run:
        sentences = _sentences(report, found, _Files(None, None))
    return Outcome(report, sentences, found.unreadable)


@dataclass(frozen=True)
class _Files:
    skipped: Path | None
    kept: Path | None


def _write_files(name: str, report: ImportReport, found: Found) -> _Files:
    folder = settings.DATA_DIR / "backup_json"
    skipped = [*found.unreadable, *map(str, report.bad)]
    if not (skipped or found.kept):
        return _Files(None, None)
    folder.mkdir(parents=True, exist_ok=True)
    # Drafts of killed imports: only one import runs at a time.
    for draft in folder.glob(".flask-*.part"):
        draft.unlink(missing_ok=True)
    written = _Files(
        _write(folder / f"{name}-skipped.txt", "\n".join(skipped) + "\n") if skipped else None,
        _write(folder / f"{name}.json", json.dumps(found.kept, ensure_ascii=False, indent=1, default=repr) + "\n")
        if found.kept
        else None,
    )
    fsync_folder(folder)
    return written


def _write(path: Path, text: str) -> Path:
    """Write a file and return its path. It gets its name once it is complete and on the disk."""
    # The folder is synced once, after all of them.
    atomic_write(path, text.encode(errors="backslashreplace"), syncs_folder=False)
    return path


# --- the summary in words ---------------------------------------------------------------------------------------------


def _sentences(report: ImportReport, found: Found, files: _Files) -> list[str]:
    said = [_imported_sentence(report, found, files.skipped)]
    if found.kept:
        said.append(_kept_sentence(found.kept, files.kept))
    if found.hashes:
        said.append(gettext("Its image hashes are not used here and stay where they are."))
    return said


def _imported_sentence(report: ImportReport, found: Found, skipped_file: Path | None) -> str:
    tallies = report.tallies
    came = [
        _counted(tallies["videos"].added + tallies["videos"].unchanged, _videos),
        _counted(tallies["ratings"].added + tallies["ratings"].changed, _ratings),
        _counted(tallies["views"].added + tallies["views"].changed, _views),
        _counted(report.new_tags, _tags),
        _counted(tallies["favorites"].added + tallies["favorites"].changed, _favorites),
    ]
    said = gettext("Imported from the old app: %(what)s") % {
        "what": ", ".join(part for part in came if part) or gettext("nothing new")
    }
    fields = sum(entry.is_field for entry in report.bad)
    skipped = [
        _counted(len(report.bad) - fields, _rows),
        _counted(fields, _fields),
        _counted(len(found.unreadable), _unread_files),
    ]
    if any(skipped):
        said += "; " + ", ".join(part for part in skipped if part)
        said += gettext(": see %(file)s") % {"file": skipped_file} if skipped_file else ""
    return said


def _kept_sentence(kept: dict[str, list[dict[str, Any]]], file: Path | None) -> str:
    what = ", ".join(
        part
        for part in (
            _counted(len(kept.get("playlists", ())), _playlists),
            _counted(len(kept.get("playlist_items", ())), _playlist_items),
            _counted(len(kept.get("gallery_groups", ())), _galleries),
            _counted(len(kept.get("gallery_group_items", ())), _gallery_items),
        )
        if part
    )
    said = gettext("Not supported here yet: %(what)s") % {"what": what}
    return said + (gettext(": kept in %(file)s") % {"file": file} if file else "")


def _counted(number: int, words: Callable[[int], str]) -> str:
    return words(number) % {"number": number_format(number, force_grouping=True)} if number else ""


def _videos(number: int) -> str:
    return ngettext("%(number)s video", "%(number)s videos", number)


def _ratings(number: int) -> str:
    return ngettext("%(number)s rating", "%(number)s ratings", number)


def _views(number: int) -> str:
    return ngettext("%(number)s view", "%(number)s views", number)


def _tags(number: int) -> str:
    return ngettext("%(number)s tag", "%(number)s tags", number)


def _favorites(number: int) -> str:
    return ngettext("%(number)s favorite", "%(number)s favorites", number)


def _rows(number: int) -> str:
    return ngettext("%(number)s row skipped", "%(number)s rows skipped", number)


def _fields(number: int) -> str:
    return ngettext("%(number)s invalid field skipped", "%(number)s invalid fields skipped", number)


def _unread_files(number: int) -> str:
    return ngettext("%(number)s unreadable file", "%(number)s unreadable files", number)


def _playlists(number: int) -> str:
    return ngettext("%(number)s playlist", "%(number)s playlists", number)


def _playlist_items(number: int) -> str:
    return ngettext("%(number)s playlist entry", "%(number)s playlist entries", number)


def _galleries(number: int) -> str:
    return ngettext("%(number)s gallery", "%(number)s galleries", number)


def _gallery_items(number: int) -> str:
    return ngettext("%(number)s gallery entry", "%(number)s gallery entries", number)
