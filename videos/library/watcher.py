"""Watch the video folder for changes, and report files once they have stopped growing."""

import logging
import os
import threading
import time
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, watch

from videos.library.exclusions import why_passed_over
from videos.library.extensions import has_video_extension
from videos.library.folder_listing import is_subtitle
from videos.library.paths import is_utf8
from videos.library.walk import Scope
from videos.library.walker import root_identity

logger = logging.getLogger(__name__)

# A file that has not changed for this long has stopped growing.
STILL_SECONDS = 2.0
TICK_MILLISECONDS, DEBOUNCE_MILLISECONDS = 500, 300
RETRY_SECONDS = 5.0


class Watcher(threading.Thread):
    """Watches the folder: calls `on_change` with what changed, and `on_start` whenever watching starts.

    Earlier changes are left to a scan. Watching restarts when a disk is mounted below the folder, or when the folder
    itself goes and comes back. If the system cannot watch (too many folders, or a file system without notifications),
    this is logged once and retried; a scheduled scan finds the changes all the same.
    """

    def __init__(
        self, root: Path, leave_out: Path, on_change: Callable[[Scope], None], on_start: Callable[[], None]
    ) -> None:
        super().__init__(name="watch", daemon=True)
        self._root, self._leave_out = root, leave_out
        self._on_change, self._on_start = on_change, on_start
        self._stopping = threading.Event()
        self._trouble = ""

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._watch()
            # watchfiles raises the system's errors as several types; the scheduled scan covers for it meanwhile.
            except Exception as error:  # noqa: BLE001
                self._say(str(error))
                self._stopping.wait(RETRY_SECONDS)

    def _say(self, trouble: str) -> None:
        if trouble != self._trouble:
            logger.warning("Changes are found by the scan alone, as %s cannot be watched: %s", self._root, trouble)
        self._trouble = trouble

    def _watch(self) -> None:
        identity, mounts = root_identity(self._root), _mounts()
        changes = Changes(Path(os.path.realpath(self._root)), Path(os.path.realpath(self._leave_out)))
        events = watch(
            changes.root,
            watch_filter=None,
            debounce=DEBOUNCE_MILLISECONDS,
            rust_timeout=TICK_MILLISECONDS,
            yield_on_timeout=True,
            stop_event=self._stopping,
            raise_interrupt=False,
            force_polling=False,
            ignore_permission_denied=True,
        )
        is_listening, next_check = False, time.monotonic() + RETRY_SECONDS
        for batch in events:
            if not is_listening:
                is_listening, self._trouble = True, ""
                self._on_start()
            if (Change.deleted, str(changes.root)) in batch:
                # A folder that replaces the root may get the same inode number, so root_identity() might not notice.
                return
            changes.add(batch)
            if scope := changes.settled():
                self._on_change(scope)
            if time.monotonic() >= next_check:
                if root_identity(self._root) != identity or _mounts() != mounts:
                    return
                next_check = time.monotonic() + RETRY_SECONDS


def _mounts() -> str:
    """Return the mounts, if the system lists them: a watch does not see into disks mounted later."""
    try:
        return Path("/proc/self/mountinfo").read_text(errors="replace")
    except OSError:
        return ""


class Changes:
    """Changes seen but not yet reported: files wait until they are complete."""

    def __init__(self, root: Path, leave_out: Path) -> None:
        self.root = root
        self._prefix = f"{root}/" if str(root) != "/" else "/"
        self._left_out = f"{leave_out}/"
        # Name: (size, date) at the last check, and since when they are unchanged.
        self._files: dict[str, tuple[tuple[int, int] | None, float]] = {}
        self._folders: set[str] = set()

    def add(self, batch: set[tuple[Change, str]]) -> None:
        for change, path in batch:
            name = path.removeprefix(self._prefix)
            if name == path or f"{path}/".startswith(self._left_out) or not _is_shown(name):
                continue
            if has_video_extension(name) or is_subtitle(name):
                self._files.setdefault(name, (None, time.monotonic()))
            # A deleted folder cannot be told from a file by its name.
            if os.path.isdir(path) if change is not Change.deleted else not os.path.exists(path):
                self._folders.add(f"{name}/")

    def settled(self) -> Scope | None:
        """Return the changes that are ready, once, or None."""
        now = time.monotonic()
        still = set()
        for name, (before, since) in list(self._files.items()):
            state = self._state(name)
            if state is None or (state == before and now - since >= STILL_SECONDS) or _was_still_already(state):
                still.add(name)
                del self._files[name]
            elif state != before:
                self._files[name] = (state, now)
        folders = {folder for folder in self._folders if not any(name.startswith(folder) for name in self._files)}
        if not (still or folders):
            return None
        self._folders = self._folders - folders
        return Scope(frozenset(still), frozenset(folders))

    def _state(self, name: str) -> tuple[int, int] | None:
        try:
            status = os.stat(self._prefix + name)
        except OSError:
            return None
        return status.st_size, status.st_mtime_ns


def _was_still_already(state: tuple[int, int]) -> bool:
    """Return whether the file's own date shows that it was renamed, not written."""
    return time.time() - state[1] / 1e9 >= STILL_SECONDS


def _is_shown(name: str) -> bool:
    return is_utf8(name) and why_passed_over(name) is None
