"""What a file is means the same to scan, watcher, cleanup, duplicates and moves: links, mounts, case, kinds."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change

from tests.conftest import Shell
from tests.mounts import run_with_mounts
from videos.cache import VideoCache
from videos.library.move_detection import content_of
from videos.library.paths import OutsideLibrary, Presence, open_video, presence
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.library.walker import walk_library
from videos.library.watcher import Changes
from videos.maintenance.cleanup import find_orphans
from videos.maintenance.duplicates import duplicate_groups, duplicates_of
from videos.maintenance.relink_candidates import found_again
from videos.models import Video

pytestmark = pytest.mark.django_db


def put(path: Path, content: bytes = b"a film", modified: int = 1_600_000_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))
    return path


def link(path: Path, target: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(target)


def make_socket(path: Path) -> None:
    before = os.getcwd()
    os.chdir(path.parent)  # the path of a socket is short
    try:
        with socket.socket(socket.AF_UNIX) as unix:
            unix.bind(path.name)
    finally:
        os.chdir(before)


def fill_in_fingerprints(root: Path) -> None:
    """Do what an analysis does for the evidence."""
    for video in Video.objects.present():
        Video.objects.filter(pk=video.pk).update(fingerprint=content_of(root, video.filename, video.file_size or 0))


# What lies at "x/a.mp4", and whether that is a video of the library.
KINDS: dict[str, tuple[Callable[[Path], object], bool]] = {
    "a file": (lambda root: put(root / "x" / "a.mp4"), True),
    "a hard link": (lambda root: ((root / "x").mkdir(), os.link(root / "film.mp4", root / "x" / "a.mp4")), True),
    "a link to a file": (lambda root: link(root / "x" / "a.mp4", "../film.mp4"), True),
    "a link through another": (
        lambda root: (link(root / "x" / "b", "../film.mp4"), link(root / "x" / "a.mp4", "b")),
        True,
    ),
    "an absolute link": (lambda root: link(root / "x" / "a.mp4", str(root / "film.mp4")), True),
    "a link out": (lambda root: (put(root.parent / "out.mp4"), link(root / "x" / "a.mp4", "../../out.mp4")), False),
    "a link to nothing": (lambda root: link(root / "x" / "a.mp4", "nope.mp4"), False),
    "a link to itself": (lambda root: link(root / "x" / "a.mp4", "a.mp4"), False),
    "a link to a folder": (lambda root: link(root / "x" / "a.mp4", ".."), False),
    "a link to a FIFO": (lambda root: (link(root / "x" / "a.mp4", "fifo"), os.mkfifo(root / "x" / "fifo")), False),
    "a FIFO": (lambda root: ((root / "x").mkdir(), os.mkfifo(root / "x" / "a.mp4")), False),
    "a socket": (lambda root: ((root / "x").mkdir(), make_socket(root / "x" / "a.mp4")), False),
    "a folder": (lambda root: (root / "x" / "a.mp4").mkdir(parents=True), False),
    "behind a link to a folder": (lambda root: (put(root / "y" / "a.mp4"), link(root / "x", "y")), False),
    "behind a link out": (lambda root: (put(root.parent / "y" / "a.mp4"), link(root / "x", "../y")), False),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_part_says_the_same_of(kind: str, library: Path, viewer: Any) -> None:
    make, is_video = KINDS[kind]
    put(library / "film.mp4")
    make(library)
    name = "x/a.mp4"
    assert (name in walk_library(library).files) is is_video
    assert (name in walk_library(library, Scope(frozenset([name]))).files) is is_video
    assert (name in walk_library(library, Scope(folders=frozenset(["x/"]))).files) is is_video
    assert presence(library, name) is (Presence.THERE if is_video else Presence.UNKNOWN)
    scan(library)
    assert Video.objects.filter(filename=name).exists() is is_video
    # A row of that name is neither an orphan nor counted as there.
    Video.objects.get_or_create(filename=name, defaults={"file_size": 6, "modified_ns": 1})
    scan(library)
    assert (Video.objects.get(filename=name).missing_since is None) is is_video
    assert name not in find_orphans(library).videos.values()
    assert (name in find_orphans(library).unknown) is not is_video
    changes = Changes(library, library / "generated")
    changes.add({(Change.added, str(library / name))})
    told = changes.settled()
    if told is not None:
        scan(library, scope=told)
        assert (Video.objects.get(filename=name).missing_since is None) is is_video


@pytest.mark.parametrize("kind", [kind for kind, (_, yes) in KINDS.items() if not yes and "behind" not in kind])
def test_what_is_no_video_is_not_played(kind: str, library: Path) -> None:
    put(library / "film.mp4")
    KINDS[kind][0](library)
    with pytest.raises((OSError, OutsideLibrary)):
        os.close(open_video(library, "x/a.mp4"))


@pytest.mark.parametrize("kind", ["a hard link", "a link to a file", "a link through another"])
def test_two_names_of_one_file_are_two_videos_and_no_duplicates(
    kind: str, library: Path, viewer: Any, client: Any
) -> None:
    put(library / "film.mp4")
    KINDS[kind][0](library)
    scan(library)
    fill_in_fingerprints(library)
    assert Video.objects.present().count() == 2
    assert duplicate_groups(9) == ([], 0)
    for video in Video.objects.with_twins():
        assert not video.has_twin  # type: ignore[attr-defined]
        assert duplicates_of(video).count == 0


def test_a_copy_beside_two_names_of_one_file_is_a_duplicate_of_both(library: Path, viewer: Any) -> None:
    put(library / "film.mp4")
    os.link(library / "film.mp4", library / "link.mp4")
    put(library / "copy.mp4")
    scan(library)
    fill_in_fingerprints(library)
    groups, count = duplicate_groups(9)
    assert ([video.filename for video in groups[0].videos], count) == (["copy.mp4", "film.mp4", "link.mp4"], 1)
    twins = {name: duplicates_of(Video.objects.get(filename=name)) for name in ("copy.mp4", "film.mp4", "link.mp4")}
    assert {name: ([video.filename for video in alike.videos], alike.count) for name, alike in twins.items()} == {
        "copy.mp4": (["film.mp4", "link.mp4"], 2),
        "film.mp4": (["copy.mp4"], 1),
        "link.mp4": (["copy.mp4"], 1),
    }
    assert all(video.has_twin for video in Video.objects.with_twins())  # type: ignore[attr-defined]


def test_of_two_names_the_one_that_goes_is_missing_and_the_other_keeps_its_own_row(library: Path, viewer: Any) -> None:
    put(library / "film.mp4")
    os.link(library / "film.mp4", library / "link.mp4")
    put(library / "other.mp4", b"another film")
    scan(library)
    fill_in_fingerprints(library)
    VideoCache().update_rating("film.mp4", 4)
    VideoCache().update_rating("link.mp4", 2)
    (library / "film.mp4").unlink()
    assert (scan(library).missing, VideoCache().get_ratings()) == (1, {"film.mp4": 4, "link.mp4": 2})
    (found,) = found_again(9)
    assert (found.missing.filename, [video.filename for video in found.candidates]) == ("film.mp4", ["link.mp4"])


def test_a_file_that_gives_way_to_a_link_to_it_keeps_its_row(library: Path, viewer: Any) -> None:
    put(library / "film.mp4")
    put(library / "other.mp4", b"another film")
    scan(library)
    before = Video.objects.get(filename="film.mp4").pk
    (library / "store").mkdir()
    (library / "film.mp4").rename(library / "store" / "film.mp4")
    link(library / "film.mp4", "store/film.mp4")
    assert scan(library).added == 1
    assert Video.objects.get(filename="film.mp4").pk == before
    fill_in_fingerprints(library)
    assert duplicate_groups(9) == ([], 0)


@pytest.mark.parametrize("told", [None, ["film.mp4"], ["film.mp4", "Film.MP4"]])
def test_a_name_whose_case_alone_changed_keeps_its_marks(told: list[str] | None, library: Path, viewer: Any) -> None:
    put(library / "Film.MP4")
    put(library / "other.mp4", b"another film")
    scan(library)
    VideoCache().update_rating("Film.MP4", 4)
    (library / "Film.MP4").rename(library / "film.mp4")
    summary = scan(library, scope=None if told is None else Scope(frozenset(told)))
    assert (summary.moved, VideoCache().get_ratings()) == (1, {"film.mp4": 4})


def test_a_folder_that_is_mounted_twice_shows_two_names_of_each_file(shell: Shell) -> None:
    printed = run_with_mounts(
        shell,
        """
from videos.library.move_detection import content_of
from videos.maintenance.duplicates import duplicate_groups
from videos.library.scan import scan
from videos.models import MissingBatch, Video
for folder in ("films", "again"):
    (videos / folder).mkdir()
for number in range(4):
    (videos / "films" / f"{number}.mp4").write_text(f"film {number}")
scan(videos)
mount("--bind", videos / "films", videos / "again")
summary = scan(videos)
print(summary.added, summary.moved, summary.unchanged)
for video in Video.objects.all():
    Video.objects.filter(pk=video.pk).update(fingerprint=content_of(videos, video.filename, 6))
print(duplicate_groups(9))
subprocess.run(["umount", videos / "again"], check=True)
summary = scan(videos)
print(summary.added, summary.moved, summary.missing, summary.unchanged, summary.disappeared)
mount("--bind", videos / "films", videos / "again")
print(scan(videos).back)
""",
    )
    assert printed.splitlines() == ["4 0 4", "([], 0)", "0 0 4 4 {'again/': 4}", "4"]


def test_the_video_folder_mounted_within_itself_ends(shell: Shell) -> None:
    printed = run_with_mounts(
        shell,
        """
from videos.library.scan import scan
(videos / "inside").mkdir()
(videos / "a.mp4").write_text("film")
mount("--bind", videos, videos / "inside")
print(scan(videos).added, scan(videos).unchanged)
""",
    )
    assert printed.split() == ["2", "2"]


def test_a_disk_that_is_mounted_below_the_folder_is_walked_and_missed_as_one(shell: Shell) -> None:
    printed = run_with_mounts(
        shell,
        """
from videos.maintenance.cleanup import find_orphans
from videos.library.scan import scan
(videos / "usb").mkdir()
(videos / "a.mp4").write_text("film")
mount("-t", "tmpfs", "tmpfs", videos / "usb")
(videos / "usb" / "b.mp4").write_text("another")
print(scan(videos).added)
subprocess.run(["umount", videos / "usb"], check=True)
summary = scan(videos)
print(summary.missing, summary.disappeared)
""",
    )
    assert printed.splitlines() == ["2", "1 {'usb/': 1}"]
