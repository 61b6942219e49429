"""The folder as it is on disk: what is found, what is passed over and why, and when it says nothing at all."""

import os
import socket
from pathlib import Path

import pytest

from tests.other_user import give_to_nobody, library_for_anybody, run_as_nobody
from videos.library.entry_reader import LARGE_BYTES
from videos.library.skipped_files import MAX_NAMES, MAX_REASONS, OTHER_REASONS, Skipped
from videos.library.walk import Walk
from videos.library.walker import FolderUnusable, walk_library


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "videos"
    root.mkdir()
    return root


def put(path: Path, content: bytes = b"x") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def skipped(walk: Walk) -> dict[str, str]:
    return dict(walk.skipped)


def test_videos_are_found_in_all_folders_with_size_and_date(root: Path) -> None:
    put(root / "a.mp4", b"12345")
    put(root / "trips" / "Über 2019" / "b.MKV")
    put(root / "name with\nnew line.webm")
    put(root / "notes.txt")
    put(root / "mp4")
    os.utime(root / "a.mp4", ns=(1, 1_500_000_000_123_456_789))
    walk = walk_library(root)
    assert set(walk.files) == {"a.mp4", "trips/Über 2019/b.MKV", "name with\nnew line.webm"}
    assert walk.files["a.mp4"][:2] == (5, 1_500_000_000_123_456_789)
    assert list(walk.skipped) == []


def test_a_name_is_as_the_disk_spells_it(root: Path) -> None:
    composed, decomposed = "caf\u00e9.mp4", "cafe\u0301.mp4"
    put(root / composed)
    put(root / decomposed)
    assert set(walk_library(root).files) == {composed, decomposed}


def test_names_that_are_not_utf_8_are_named_and_passed_over(root: Path) -> None:
    folder = os.fsencode(root)
    for name in (b"latin\xe9.mp4", b"folder\xff"):
        if name.endswith(b".mp4"):
            with open(os.path.join(folder, name), "wb"):
                pass
        else:
            os.mkdir(os.path.join(folder, name))
            with open(os.path.join(folder, name, b"in.mp4"), "wb"):
                pass
    put(root / "a.mp4")
    walk = walk_library(root)
    assert set(walk.files) == {"a.mp4"}
    assert skipped(walk) == {"latin\udce9.mp4": "the name is not UTF-8", "folder\udcff": "the name is not UTF-8"}


def test_links_within_the_folder_are_files_and_links_out_of_it_are_not(root: Path) -> None:
    put(root / "sub" / "a.mp4")
    put(root.parent / "videos-beside" / "b.mp4")
    (root / "in.mp4").symlink_to("sub/a.mp4")
    (root / "out.mp4").symlink_to("../videos-beside/b.mp4")
    (root / "chain.mp4").symlink_to("out.mp4")
    (root / "folder out").symlink_to("../videos-beside")
    (root / "folder in").symlink_to("sub")
    (root / "up").symlink_to("..")
    (root / "sub" / "again").symlink_to("..")
    walk = walk_library(root)
    assert set(walk.files) == {"sub/a.mp4", "in.mp4"}
    out, folder = "a link that leaves the video folder", "a link to a folder; its files are found where they are"
    assert skipped(walk) == {
        "out.mp4": out, "chain.mp4": out, "folder out": out, "up": out, "folder in": folder, "sub/again": folder,
    }  # fmt: skip


def test_a_chain_of_more_links_than_anybody_follows_stops_no_scan(root: Path) -> None:
    put(root / "a.mp4")
    target = root / "a.mp4"
    for number in range(1100):
        (root.parent / f"link {number}").symlink_to(target)
        target = root.parent / f"link {number}"
    (root / "chain.mp4").symlink_to(target)
    walk = walk_library(root)
    assert set(walk.files) == {"a.mp4"}
    assert skipped(walk)["chain.mp4"] == "a link that leads through too many others"


def test_links_to_nothing_and_links_in_a_circle_end(root: Path) -> None:
    put(root / "a.mp4")
    (root / "nothing.mp4").symlink_to("nope.mp4")
    (root / "self.mp4").symlink_to("self.mp4")
    (root / "one.mp4").symlink_to("two.mp4")
    (root / "two.mp4").symlink_to("one.mp4")
    walk = walk_library(root)
    assert set(walk.files) == {"a.mp4"}
    assert skipped(walk) == dict.fromkeys(("nothing.mp4", "self.mp4", "one.mp4", "two.mp4"), "a link to nothing")


def test_what_is_no_file_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(root / "fifo.mp4")
    monkeypatch.chdir(root)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket.mp4")
    put(root / "folder.mp4" / "in it.mp4")
    walk = walk_library(root)
    assert set(walk.files) == {"folder.mp4/in it.mp4"}
    assert skipped(walk) == {
        "fifo.mp4": "a FIFO, not a file",
        "socket.mp4": "a socket, not a file",
        "folder.mp4": "a folder, not a video; the files in it are looked at",
    }


def test_a_device_is_named(root: Path) -> None:
    try:
        os.mknod(root / "device.mp4", 0o020644, os.makedev(1, 3))
    except PermissionError:
        pytest.skip("only root makes devices")
    assert skipped(walk_library(root)) == {"device.mp4": "a device, not a file"}


def test_hidden_files_and_folders_are_named(root: Path) -> None:
    put(root / ".a.mp4")
    put(root / ".trash" / "b.mp4")
    walk = walk_library(root)
    assert walk.files == {}
    assert skipped(walk) == {".a.mp4": "hidden", ".trash": "hidden"}


def test_the_folder_of_generated_pictures_is_left_out(root: Path) -> None:
    put(root / "generated" / "preview.mp4")
    put(root / "sub" / "generated" / "mine.mp4")
    assert set(walk_library(root, leave_out=root / "generated").files) == {"sub/generated/mine.mp4"}


def test_an_empty_folder_is_walked_and_holds_nothing(root: Path) -> None:
    assert walk_library(root).files == {}


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda path: None, "does not exist"),
        (lambda path: path.write_bytes(b""), "not a folder"),
        (lambda path: path.symlink_to("nowhere"), "does not exist"),
        (os.mkfifo, "not a folder"),
        (lambda path: path.symlink_to(path.name), "cannot be read|does not exist"),
    ],
)
def test_a_root_that_is_no_folder_says_nothing_about_the_videos(make: object, said: str, tmp_path: Path) -> None:
    make(tmp_path / "root")  # type: ignore[operator]
    with pytest.raises(FolderUnusable, match=said):
        walk_library(tmp_path / "root")


def test_a_root_that_is_swapped_meanwhile_says_nothing(root: Path) -> None:
    put(root / "a.mp4")

    def unplug(files: int) -> None:
        root.rename(root.parent / "unplugged")
        root.mkdir()

    with pytest.raises(FolderUnusable, match="changed while it was being read"):
        walk_library(root, on_folder=unplug)


def test_a_root_that_vanishes_meanwhile_says_nothing(root: Path) -> None:
    with pytest.raises(FolderUnusable, match="does not exist"):
        walk_library(root, on_folder=lambda files: root.rename(root.parent / "unplugged"))


def test_a_root_behind_a_link_that_is_turned_meanwhile_says_nothing(root: Path) -> None:
    other, link = root.parent / "other", root.parent / "link"
    other.mkdir()
    link.symlink_to(root)

    def turn(files: int) -> None:
        link.unlink()
        link.symlink_to(other)

    with pytest.raises(FolderUnusable):
        walk_library(link, on_folder=turn)


def test_of_a_folder_that_vanishes_meanwhile_nothing_is_known(root: Path) -> None:
    put(root / "sub" / "a.mp4")
    walk = walk_library(
        root, on_folder=lambda files: (root / "sub").exists() and (root / "sub").rename(root.parent / "sub")
    )
    assert not walk.knows("sub/a.mp4")
    assert not walk.knows("sub/deep/b.mp4")
    assert walk.knows("subway.mp4")
    assert list(skipped(walk)) == ["sub/"]


def test_folders_and_files_that_may_not_be_read_are_named_and_not_taken_for_gone() -> None:
    with library_for_anybody() as shell:
        put(shell.videos / "a.mp4")
        put(shell.videos / "locked" / "b.mp4")
        put(shell.videos / "private.mp4")
        put(shell.videos / "group.mp4")
        give_to_nobody(shell.videos)
        (shell.videos / "locked").chmod(0o000)
        (shell.videos / "private.mp4").chmod(0o000)
        (shell.videos / "group.mp4").chmod(0o400)
        code = """
from pathlib import Path
from videos.library.walker import walk_library
walk = walk_library(Path(os.environ["LVS_VIDEO_DIR"]))
print(sorted(walk.files), sorted(walk.skipped))
print([walk.knows(name) for name in ("a.mp4", "locked/b.mp4", "private.mp4", "lockedx.mp4")])
"""
        found, known = run_as_nobody(shell, code).splitlines()
        assert found == (
            "['a.mp4', 'group.mp4'] [('locked/', 'the folder cannot be read: Permission denied'),"
            " ('private.mp4', 'cannot be read: Permission denied')]"
        )
        assert known == "[True, False, False, True]"


def test_a_root_that_may_not_be_read_says_nothing() -> None:
    with library_for_anybody() as shell:
        put(shell.videos / "a.mp4")
        give_to_nobody(shell.data)
        give_to_nobody(shell.videos)
        shell.videos.chmod(0o000)
        printed = run_as_nobody(shell, "run('scan_library')\nrun('cleanup_orphans')\nrun('cleanup_orphans', '--force')")
        assert printed.count("CommandError") == printed.count("cannot be read: Permission denied") == 3


# --- nothing vanishes without a word --------------------------------------------------------------------------------


def large(path: Path, size_bytes: int = LARGE_BYTES) -> None:
    """Make a file of this size that takes no room."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "wb") as file:
        file.truncate(size_bytes)


@pytest.mark.parametrize(
    "name", ["film.xyz", "film.mp4.part", "film", "sub/film.ISO", "..film.bin", "archive.zip", "a."]
)
def test_a_file_as_large_as_a_video_of_an_unknown_extension_is_named(name: str, root: Path) -> None:
    large(root / name)
    assert skipped(walk_library(root)) == {name: "not a known video extension"}


@pytest.mark.parametrize(
    "name", ["scan.tiff", "album.flac", "book.pdf", "film.sub", ".hidden.xyz", ".trash/film.xyz", "#recycle/film.xyz"]
)
def test_a_large_file_that_is_known_to_be_no_video_is_not_named(name: str, root: Path) -> None:
    large(root / name)
    assert name not in skipped(walk_library(root))


def test_a_small_file_of_an_unknown_extension_is_not_named(root: Path) -> None:
    large(root / "film.xyz", LARGE_BYTES - 1)
    (root / "link.xyz").symlink_to("film.xyz")
    assert skipped(walk_library(root)) == {}


def test_however_many_are_skipped_all_are_counted_and_some_are_named(root: Path) -> None:
    for number in range(MAX_NAMES + 50):
        (root / f".{number}.mp4").touch()
    walk = walk_library(root)
    assert (len(walk.skipped), len(list(walk.skipped)), walk.skipped.unnamed) == (
        MAX_NAMES + 50,
        MAX_NAMES,
        {"hidden": 50},
    )


def test_however_many_reasons_there_are_few_are_kept() -> None:
    kept = Skipped()
    for number in range(1000):
        kept.add(f"{number}.mp4", f"reason {number}")
    assert (len(kept), len(kept.names), kept.files[OTHER_REASONS]) == (1000, MAX_REASONS + 1, 1000 - MAX_REASONS)
