"""Which video each name in a snapshot means."""

import os
import posixpath
from collections.abc import Collection

from django.conf import settings
from django.db import connection

from videos.backup.snapshot import Snapshot
from videos.library.paths import cleaned_path, filename_problem, nfc
from videos.library.written_names import FORMS, NameMatcher, posix_path


class SnapshotNames:
    """Which video each name in the snapshot means.

    `ids`: {name: id} of names that belong to a video of the library. `new`: {filename of a video to insert: names in
    the snapshot}. `unclear`: {name: why it is ambiguous or invalid}.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT filename, id FROM videos_video")
            self._library: dict[str, int] = dict(cursor.fetchall())
        self.ids: dict[str, int] = {}
        self.unclear: dict[str, str] = {}
        self.new: dict[str, list[str]] = {}
        self._new_names: dict[str, str] = {}
        unknown = []
        for name in snapshot.names():
            video_id = self._library.get(name)
            if video_id is None:
                unknown.append(name)
            else:
                self.ids[name] = video_id
        if unknown and self._library:
            unknown = self._match(unknown)
        self._take_as_new(unknown, is_foreign=snapshot.is_foreign)

    def _match(self, unknown: list[str]) -> list[str]:
        """Match the names that no video has exactly, and return those that match in no form.

        A video that another name of the snapshot matched in a stricter form is not matched again: those are two videos,
        and one of them is missing.
        """
        matcher = NameMatcher(self._library)
        for form in FORMS:
            taken, left, matched = set(self.ids.values()), [], {}
            for name in unknown:
                found = [other for other in matcher.fitting(name, form) if self._library[other] not in taken]
                if len(found) == 1:
                    matched[name] = self._library[found[0]]
                elif found:
                    self.unclear[name] = f"it could be any of {', '.join(sorted(found))}"
                else:
                    left.append(name)
            self.ids.update(matched)
            unknown = left
        return unknown

    def _take_as_new(self, unknown: list[str], *, is_foreign: bool) -> None:
        """Add a new video for each of these names; spellings of one name by another application are united."""
        paths = {name: posix_path(name) if is_foreign else name for name in unknown}
        absolute = {name: f"/{cleaned_path(path)}" for name, path in paths.items() if path.startswith("/")}
        old_folder = _folder_of(absolute.values())
        spelled: dict[str, str] = {}
        for name, path in paths.items():
            own = absolute[name].removeprefix(old_folder) if name in absolute else cleaned_path(path)
            if is_foreign:
                own = spelled.setdefault(nfc(own), own)
            if problem := filename_problem(own):
                self.unclear[name] = problem
            else:
                self._new_names[name] = own
                self.new.setdefault(own, []).append(name)

    def is_exact(self, name: str) -> bool:
        return name in self._library or name in self.new

    def video_for(self, name: str) -> int | str:
        """Return the id of the video with this name, or the filename of the one to insert."""
        return self.ids.get(name) or self._new_names[name]


def _folder_of(paths: Collection[str]) -> str:
    """Return the folder, with / at its end, that all of these absolute paths are in; "" for no paths.

    If they are all in the video folder, it is that.
    """
    if not paths:
        return ""
    own = f"{settings.VIDEO_DIR}/"
    if all(path.startswith(own) for path in paths):
        return own
    folder = posixpath.commonpath([os.path.dirname(path) for path in paths])
    return folder if folder.endswith("/") else f"{folder}/"
