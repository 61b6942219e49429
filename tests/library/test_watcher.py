"""What changes in the folder is told once, by name, as soon as the file is still; what is none of ours never is."""

import logging
import os
import shutil
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live_server import wait_for
from videos.library import watcher as watch
from videos.library.watcher import STILL_SECONDS, Watcher

SECONDS = 30
LONG_AGO = 1_000_000_000


class Listener:
    """A watcher at work, and how often it told each name and began."""

    def __init__(self, root: Path, leave_out: Path) -> None:
        self.told: Counter[str] = Counter()
        self.moments: dict[str, float] = {}
        self.starts = 0
        self.watcher = Watcher(root, leave_out, self._hear, self._begin)
        self.watcher.start()

    def _hear(self, scope) -> None:
        for name in scope.files | scope.folders:
            self.moments[name] = time.monotonic()
            self.told[name] += 1

    def _begin(self) -> None:
        self.starts += 1

    def wait_for_start(self, number: int = 1) -> None:
        wait_for(lambda: self.starts >= number, SECONDS, lambda: f"{self.starts} starts")

    def wait_for(self, *names: str) -> None:
        wait_for(lambda: self.told.keys() >= set(names), SECONDS, lambda: f"told of {self.told}")

    def close(self) -> None:
        self.watcher.stop()
        self.watcher.join(SECONDS)
        assert not self.watcher.is_alive()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "films"
    folder.mkdir()
    return folder


@pytest.fixture
def listener(root: Path) -> Iterator[Listener]:
    """A listener to the folder, whose own generated files lie in it; it listens already."""
    (root / "generated").mkdir()
    listener = Listener(root, root / "generated")
    listener.wait_for_start()
    yield listener
    listener.close()


def old_file(path: Path) -> Path:
    """Make a file that was written long ago: it is told of at once."""
    path.write_bytes(b"film")
    os.utime(path, (LONG_AGO, LONG_AGO))
    return path


def test_a_file_that_grows_is_told_once_when_it_has_stopped(root, listener):
    with open(root / "grows.mp4", "wb", buffering=0) as file:
        for _ in range(5):
            file.write(b"piece")
            time.sleep(STILL_SECONDS / 4)
            assert "grows.mp4" not in listener.told
        file.write(b"the last piece")
    ended = time.monotonic()
    listener.wait_for("grows.mp4")
    assert listener.moments["grows.mp4"] - ended > STILL_SECONDS / 2
    old_file(root / "later.mp4")
    listener.wait_for("later.mp4")
    assert listener.told == {"grows.mp4": 1, "later.mp4": 1}


def test_a_rename_tells_both_names_and_a_removed_file_its_own(root, listener):
    old_file(root / "old.mp4")
    listener.wait_for("old.mp4")
    (root / "old.mp4").rename(root / "new.mkv")
    listener.wait_for("new.mkv")
    assert listener.told["old.mp4"] == 2
    (root / "new.mkv").unlink()
    assert wait_for(lambda: listener.told["new.mkv"] == 2, SECONDS)


def test_folders_are_told_when_they_come_with_what_is_in_them_and_when_they_go(root, listener, tmp_path):
    (root / "made").mkdir()
    old_file(root / "made" / "a.mp4")
    listener.wait_for("made/")
    (tmp_path / "moved in" / "below").mkdir(parents=True)
    old_file(tmp_path / "moved in" / "below" / "b.mp4")
    (tmp_path / "moved in").rename(root / "moved in")
    listener.wait_for("moved in/")
    old_file(root / "moved in" / "below" / "c.mp4")
    listener.wait_for("moved in/below/c.mp4")
    before = listener.told["made/"]
    (root / "made").rename(root / "renamed")
    listener.wait_for("renamed/")
    wait_for(lambda: listener.told["made/"] > before, SECONDS)
    before = listener.told["moved in/"]
    shutil.rmtree(root / "moved in")
    assert wait_for(lambda: listener.told["moved in/"] > before, SECONDS)


def test_a_folder_waits_for_the_files_in_it_that_grow(root, listener):
    (root / "series").mkdir()
    with open(root / "series" / "1.mp4", "wb", buffering=0) as file:
        for _ in range(4):
            file.write(b"piece")
            time.sleep(STILL_SECONDS / 4)
            assert "series/1.mp4" not in listener.told
    listener.wait_for("series/1.mp4", "series/")


def test_subtitles_are_told(root, listener):
    old_file(root / "film.en.srt")
    old_file(root / "film.VTT")
    listener.wait_for("film.en.srt", "film.VTT")
    assert set(listener.told) == {"film.en.srt", "film.VTT"}
    (root / "Subs").mkdir()
    old_file(root / "Subs" / "2_English.srt")
    listener.wait_for("Subs/")
    old_file(root / "Subs" / "3_French.lrc")
    listener.wait_for("Subs/3_French.lrc")


def test_hidden_files_other_files_and_our_own_are_not_told(root, listener, tmp_path):
    (root / ".hidden").mkdir()
    (root / "generated" / "pictures").mkdir()
    for name in (".draft.mp4", ".hidden/film.mp4", "notes.txt", "cover.jpg", "generated/pictures/film.mp4"):
        old_file(root / name)
    old_file(tmp_path / "outside.mp4")
    old_file(root / "the last.mp4")
    listener.wait_for("the last.mp4")
    assert listener.told == {"the last.mp4": 1}


def test_a_link_to_the_folder_is_as_good_as_the_folder(root, tmp_path):
    (tmp_path / "link").symlink_to(root)
    listener = Listener(tmp_path / "link", tmp_path / "data")
    listener.wait_for_start()
    old_file(root / "film.mp4")
    listener.wait_for("film.mp4")
    assert set(listener.told) == {"film.mp4"}
    listener.close()


def test_a_folder_that_goes_and_comes_back_is_listened_to_anew(root, tmp_path, monkeypatch):
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.5)
    listener = Listener(root, tmp_path / "data")
    listener.wait_for_start()
    root.rename(tmp_path / "unplugged")
    time.sleep(1)
    (tmp_path / "unplugged").rename(root)
    listener.wait_for_start(2)
    shutil.rmtree(root)
    root.mkdir()
    listener.wait_for_start(3)
    old_file(root / "film.mp4")
    listener.wait_for("film.mp4")
    assert listener.starts == 3
    listener.close()


def test_a_folder_that_cannot_be_watched_is_said_once_and_tried_until_it_can(tmp_path, monkeypatch, caplog):
    monkeypatch.setattr(watch, "RETRY_SECONDS", 0.1)
    logging.getLogger("videos").addHandler(caplog.handler)
    root = tmp_path / "not there yet"
    listener = Listener(root, tmp_path / "data")
    wait_for(lambda: caplog.messages, SECONDS)
    time.sleep(1)
    (said,) = caplog.messages
    assert said.startswith(f"Changes are found by the scan alone, as {root} cannot be watched: ")
    assert listener.starts == 0
    root.mkdir()
    listener.wait_for_start()
    old_file(root / "film.mp4")
    listener.wait_for("film.mp4")
    listener.close()
    logging.getLogger("videos").removeHandler(caplog.handler)
    assert caplog.messages == [said]
