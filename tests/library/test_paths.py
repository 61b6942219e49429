"""A filename becomes a path inside the video folder, or nothing at all."""

import contextlib
import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from tests.other_user import give_to_nobody, library_for_anybody, run_as_nobody
from videos.library.extensions import has_video_extension
from videos.library.paths import (
    OutsideLibrary,
    Presence,
    filename_problem,
    is_inside,
    open_video,
    presence,
    real_filename,
)

SECRET = b"secret"
INSIDE = b"inside"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A video folder with files and folders, links that stay, links that leave, and things that are no files."""
    root = tmp_path / "videos"
    outside = tmp_path / "videos-of-others"
    for folder in (root / "sub" / "deep", root / "folder.mp4", outside):
        folder.mkdir(parents=True)
    for path in (
        root / "a.mp4",
        root / "sub" / "b.mp4",
        root / "sub" / "deep" / "c.mp4",
        root / "folder.mp4" / "d.mp4",
    ):
        path.write_bytes(INSIDE)
    (outside / "e.mp4").write_bytes(SECRET)
    (tmp_path / "f.mp4").write_bytes(SECRET)
    (root / "link in.mp4").symlink_to("a.mp4")
    (root / "link out.mp4").symlink_to("../videos-of-others/e.mp4")
    (root / "link absolute.mp4").symlink_to(outside / "e.mp4")
    (root / "folder out").symlink_to(outside)
    (root / "folder up").symlink_to("..")
    (root / "folder in").symlink_to("sub")
    (root / "loop.mp4").symlink_to("loop.mp4")
    (root / "to nothing.mp4").symlink_to("nothing.mp4")
    os.mkfifo(root / "fifo.mp4")
    return root


def content(root: Path, filename: str) -> bytes:
    descriptor = open_video(root, filename)
    try:
        return os.read(descriptor, 100)
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    "filename", ["a.mp4", "sub/b.mp4", "sub/deep/c.mp4", "folder.mp4/d.mp4", "link in.mp4", "folder in/b.mp4"]
)
def test_a_file_of_the_library_opens(filename: str, root: Path) -> None:
    assert content(root, filename) == INSIDE


def test_a_library_behind_a_link_opens(root: Path) -> None:
    link = root.parent / "link to videos"
    link.symlink_to(root)
    assert content(link, "sub/b.mp4") == INSIDE
    assert content(link, "link in.mp4") == INSIDE


@pytest.mark.parametrize(
    "filename",
    [
        "../f.mp4",
        "../videos-of-others/e.mp4",
        "sub/../../f.mp4",
        "sub/../a.mp4",
        "..",
        ".",
        "",
        "/",
        "/etc/passwd",
        "//etc/passwd",
        "./a.mp4",
        "sub//b.mp4",
        "sub/",
        "sub",
        "folder.mp4",
        "a.mp4\0",
        "\0",
        "a\ud800.mp4",
        "link out.mp4",
        "link absolute.mp4",
        "folder out/e.mp4",
        "folder up/f.mp4",
        "folder up/videos/a.mp4/../../../f.mp4",
        "fifo.mp4",
        "x" * 5000,
    ],
)
def test_a_name_that_leaves_or_is_no_file_is_refused(filename: str, root: Path) -> None:
    with pytest.raises(OutsideLibrary):
        open_video(root, filename)


@pytest.mark.parametrize("filename", ["nope.mp4", "a.mp4/x.mp4", "loop.mp4", "to nothing.mp4", "nope/x.mp4", "x" * 300])
def test_a_name_without_a_file_is_an_error_of_the_disk(filename: str, root: Path) -> None:
    with pytest.raises(OSError, match=r"Errno"):
        open_video(root, filename)


def test_a_folder_beside_with_the_same_beginning_is_outside(root: Path) -> None:
    assert is_inside(f"{root}/a.mp4", str(root))
    assert is_inside("/a.mp4", "/")
    assert not is_inside(f"{root}-of-others/e.mp4", str(root))
    assert not is_inside(str(root), str(root))


def test_sockets_and_devices_are_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(root)  # the path of a socket is short
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket.mp4")
    with pytest.raises((OutsideLibrary, OSError)):
        open_video(root, "socket.mp4")
    with pytest.raises(OutsideLibrary):
        open_video(Path("/dev"), "null")


def file_to_link(root: Path) -> None:
    (root / "sub" / "b.mp4").unlink()
    (root / "sub" / "b.mp4").symlink_to(root.parent / "f.mp4")


def folder_to_link(root: Path) -> None:
    (root.parent / "videos-of-others" / "b.mp4").write_bytes(SECRET)
    (root / "sub").rename(root / "old sub")
    (root / "sub").symlink_to(root.parent / "videos-of-others")


def file_to_fifo(root: Path) -> None:
    (root / "sub" / "b.mp4").unlink()
    os.mkfifo(root / "sub" / "b.mp4")


@pytest.mark.parametrize("looks", [1, 2])
@pytest.mark.parametrize("swap", [file_to_link, folder_to_link, file_to_fifo])
def test_what_is_swapped_between_the_look_and_the_opening_is_refused(
    swap: Callable[[Path], None], looks: int, root: Path
) -> None:
    """The first look at the file is realpath's, the second asks whether it is a regular file."""
    left, look = [looks], os.lstat

    def look_then_swap(path: str, **options: int) -> os.stat_result:
        seen = look(path, **options)
        left[0] -= str(path).endswith("b.mp4")
        if left == [0]:
            left[0] = -1
            swap(root)
        return seen

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "lstat", look_then_swap)
        with pytest.raises(OutsideLibrary):
            open_video(root, "sub/b.mp4")
    assert left[0] < 0, "nothing was swapped: this test shows nothing"


@pytest.mark.parametrize("links", [100, 3000])
def test_a_chain_of_links_ends_in_the_file_or_in_an_error_of_ours(links: int, root: Path) -> None:
    target = "a.mp4"
    for number in range(links):
        (root / f"{number}.mp4").symlink_to(target)
        target = f"{number}.mp4"
    if links < 1000:
        assert content(root, target) == INSIDE
    else:
        with pytest.raises(OSError, match="Too many levels of symbolic links"):
            open_video(root, target)


def test_the_real_name_has_no_links_on_its_way(root: Path) -> None:
    (root / "link to link.mp4").symlink_to("folder in/deep/c.mp4")
    for filename, real in (
        ("sub/b.mp4", "sub/b.mp4"),
        ("link in.mp4", "a.mp4"),
        ("folder in/b.mp4", "sub/b.mp4"),
        ("link to link.mp4", "sub/deep/c.mp4"),
    ):
        assert real_filename(root, filename) == real
        assert real_filename(root.parent / "videos", filename) == real


@pytest.mark.parametrize(
    "filename", ["link out.mp4", "folder up/f.mp4", "../f.mp4", "fifo.mp4", "loop.mp4", "nope.mp4", "sub", "a\0.mp4"]
)
def test_what_does_not_open_has_no_real_name(filename: str, root: Path) -> None:
    with pytest.raises((OutsideLibrary, OSError)):
        real_filename(root, filename)


def test_no_descriptor_is_left_open(root: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    for filename in ("a.mp4", "sub/b.mp4", "link out.mp4", "nope.mp4"):
        with contextlib.suppress(OutsideLibrary, OSError):
            real_filename(root, filename)
    for filename in ("a.mp4", "sub/deep/c.mp4", "fifo.mp4", "link out.mp4", "sub/nope.mp4", "sub", "../f.mp4"):
        with contextlib.suppress(OutsideLibrary, OSError):
            os.close(open_video(root, filename))
    assert len(os.listdir("/proc/self/fd")) == before


PARTS = ["..", ".", "", "a.mp4", "sub", "deep", "b.mp4", "link out.mp4", "folder out", "e.mp4", "folder up", "f.mp4",
         "videos", "videos-of-others", "folder in", "loop.mp4", "fifo.mp4", "/", "~", "\\", "\0", "\ud800"]  # fmt: skip
wild_names = st.lists(st.sampled_from(PARTS) | st.text(max_size=5), max_size=7).map("/".join) | st.text()


@pytest.mark.long("videos/library")
@hypothesis_settings(
    max_examples=at_full_count(400, 66),
)
@given(filename=wild_names)
@example(filename="folder up/videos-of-others/e.mp4")
@example(filename="a.mp4/../../f.mp4")
def test_no_name_whatever_opens_a_file_outside(root: Path, filename: str) -> None:
    try:
        descriptor = open_video(root, filename)
    except (OutsideLibrary, OSError):
        return
    try:
        assert os.readlink(f"/proc/self/fd/{descriptor}").startswith(f"{root.resolve()}/")
        assert os.read(descriptor, 100) == INSIDE
    finally:
        os.close(descriptor)


@given(wild_names)
def test_a_name_without_a_problem_is_a_relative_path_without_dots(filename: str) -> None:
    if filename_problem(filename) is None:
        assert os.path.normpath(filename) == filename
        assert not os.path.isabs(filename)
        assert filename.encode().decode() == filename


@pytest.mark.parametrize(
    ("name", "is_video"),
    [
        ("a.mp4", True),
        ("a.MKV", True),
        ("a.b.webm", True),
        ("a.txt", False),
        ("mp4", False),
        (".a.mp4", True),
        (".a", False),
        ("a.", False),
    ],
)
def test_a_video_is_known_by_its_ending(name: str, is_video: bool) -> None:
    assert has_video_extension(name) is is_video


PROMISED = [
    *("mp4", "m4v", "mov", "mkv", "webm", "avi", "wmv", "flv"),
    *("mpg", "mpeg", "ts", "m2ts", "mts", "3gp", "ogv", "ogg"),
]


@pytest.mark.parametrize("extension", PROMISED)
def test_each_promised_ending_is_a_video(extension: str) -> None:
    assert has_video_extension(f"a.{extension}")
    assert has_video_extension(f"a.{extension.upper()}")


@pytest.mark.parametrize(
    ("filename", "expected"),
    [
        ("a.mp4", Presence.THERE),
        ("sub/b.mp4", Presence.THERE),
        ("link in.mp4", Presence.THERE),
        ("nope.mp4", Presence.GONE),
        ("nope/deeper/x.mp4", Presence.GONE),
        ("a.mp4/x.mp4", Presence.GONE),
        ("x" * 300, Presence.GONE),
        ("../f.mp4", Presence.GONE),
        ("a\0.mp4", Presence.GONE),
        ("to nothing.mp4", Presence.UNKNOWN),
        ("loop.mp4", Presence.UNKNOWN),
        ("folder.mp4", Presence.UNKNOWN),
        ("fifo.mp4", Presence.UNKNOWN),
        ("folder unplugged/x.mp4", Presence.UNKNOWN),
        ("folder unplugged/deep/x.mp4", Presence.UNKNOWN),
        ("folder out/nope.mp4", Presence.GONE),
    ],
)
def test_only_the_disks_plain_no_counts_as_gone(filename: str, expected: Presence, root: Path) -> None:
    (root / "folder unplugged").symlink_to(root.parent / "disk that is not there")
    assert presence(root, filename) is expected


def test_what_may_not_be_looked_at_is_not_gone() -> None:
    with library_for_anybody() as shell:
        (shell.videos / "locked").mkdir()
        (shell.videos / "locked" / "a.mp4").touch()
        give_to_nobody(shell.videos)
        (shell.videos / "locked").chmod(0o000)
        code = """
from pathlib import Path
from videos.library.paths import presence
root = Path(os.environ["LVS_VIDEO_DIR"])
print([presence(root, name).name for name in ("locked/a.mp4", "locked/nope.mp4", "nope.mp4")])
"""
        assert run_as_nobody(shell, code).strip() == "['UNKNOWN', 'UNKNOWN', 'GONE']"
