"""A scan of some files and folders, as the watcher asks for it: it sees these, and changes nothing beside them."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.other_user import give_to_nobody, library_for_anybody, run_as_nobody
from videos.cache import VideoCache
from videos.library.move_detection import content_of
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.library.walker import FolderUnusable, walk_library
from videos.models import Video

pytestmark = pytest.mark.django_db

_seconds = itertools.count(1_600_000_000)


def put(path: Path, content: bytes | None = None) -> Path:
    """Write a file of its own content and date, if no other content is asked for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    modified = next(_seconds)
    path.write_bytes(str(modified).encode() if content is None else content)
    os.utime(path, (modified, modified))
    return path


def part(*names: str) -> Scope:
    """Return the scope of these names; folders end in /."""
    folders = frozenset(name for name in names if name.endswith("/"))
    return Scope(frozenset(names) - folders, folders)


def counts(root: Path, *names: str) -> dict[str, int]:
    """Scan this part, and return what the summary counts, zeros left out."""
    summary = scan(root, scope=part(*names))
    kinds = ("added", "changed", "moved", "missing", "back", "unchanged")
    return {name: number for name in kinds if (number := getattr(summary, name))}


def ids() -> dict[str, int]:
    """Return {filename: id} of the videos that are not missing."""
    return dict(Video.objects.present().values_list("filename", "pk"))


def rows() -> list[dict[str, Any]]:
    return list(Video.objects.order_by("pk").values())


@pytest.fixture
def known(library: Path, viewer: Any) -> Callable[..., dict[str, int]]:
    """Put these files and scan everything, and return {name: id}."""

    def make(*names: str) -> dict[str, int]:
        for name in names:
            put(library / name)
        scan(library)
        return ids()

    return make


def test_of_some_files_only_these_are_seen(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("changed.mp4", "gone.mp4", "trips/also gone.mp4", "same.mp4")
    put(library / "new.mp4")
    put(library / "trips" / "also new.mp4")
    put(library / "changed.mp4", b"longer than it was")
    (library / "gone.mp4").unlink()
    (library / "trips" / "also gone.mp4").unlink()
    assert counts(library, "new.mp4", "same.mp4") == {"added": 1, "unchanged": 1}
    assert counts(library, "changed.mp4", "gone.mp4") == {"changed": 1, "missing": 1}
    assert ids().keys() == {"changed.mp4", "new.mp4", "same.mp4", "trips/also gone.mp4"}
    assert counts(library, "trips/") == {"added": 1, "missing": 1}
    assert counts(library) == {}


def test_what_a_scan_of_parts_leaves_a_scan_of_everything_finds_right(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    known("a.mp4", "trips/b.mp4")
    put(library / "new" / "deep" / "c.mp4")
    (library / "trips" / "b.mp4").rename(library / "d.mp4")
    counts(library, "new/", "trips/b.mp4", "d.mp4")
    before = rows()
    assert scan(library).unchanged == 3
    assert rows() == before


def test_of_a_new_folder_everything_below_it_is_seen(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "trips 2.mp4")
    for name in ("trips/b.mp4", "trips/2019/sea/c.mp4", "trips2/d.mp4"):
        put(library / name)
    assert counts(library, "trips/") == {"added": 2}
    assert counts(library, "trips/", "trips/2019/") == {"unchanged": 2}


def test_of_a_folder_that_is_gone_all_are_missing(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "trips/b.mp4", "trips/2019/c.mp4", "trips2/d.mp4", "trips.mp4")
    (library / "trips").rename(library.parent / "trips")
    assert counts(library, "trips/") == {"missing": 2}
    assert ids().keys() == {"a.mp4", "trips2/d.mp4", "trips.mp4"}
    (library.parent / "trips").rename(library / "trips")
    assert counts(library, "trips/") == {"back": 2}


def test_a_file_of_a_folder_that_is_gone_is_missing(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "trips/b.mp4")
    (library / "trips").rename(library.parent / "trips")
    assert counts(library, "trips/b.mp4") == {"missing": 1}


# --- moves ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [["a.mp4", "trips/b.mp4"], ["trips/b.mp4"], ["trips/"], ["a.mp4", "trips/"]])
def test_a_renamed_file_is_known_by_its_new_name_alone(
    told: list[str], known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "other.mp4")
    VideoCache().update_rating("a.mp4", 4)
    (library / "trips").mkdir()
    (library / "a.mp4").rename(library / "trips" / "b.mp4")
    assert counts(library, *told) == {"moved": 1}
    assert ids() == {"trips/b.mp4": before["a.mp4"], "other.mp4": before["other.mp4"]}
    assert VideoCache().get_ratings() == {"trips/b.mp4": 4}


def test_a_renamed_file_whose_old_name_is_told_first_comes_back_under_the_new_one(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "other.mp4")
    (library / "a.mp4").rename(library / "b.mp4")
    assert counts(library, "a.mp4") == {"missing": 1}
    assert counts(library, "b.mp4") == {"moved": 1}
    assert ids() == {"b.mp4": before["a.mp4"], "other.mp4": before["other.mp4"]}


@pytest.mark.parametrize("told", [[["a.mp4", "b.mp4"]], [["a.mp4"], ["b.mp4"]]])
def test_a_file_from_another_disk_is_known_by_its_content(
    told: list[list[str]], known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "other.mp4")
    Video.objects.filter(filename="a.mp4").update(fingerprint=content_of(library, "a.mp4", 10))
    put(library / "b.mp4", (library / "a.mp4").read_bytes())
    (library / "a.mp4").unlink()
    for names in told:
        scan(library, scope=part(*names))
    assert ids() == {"b.mp4": before["a.mp4"], "other.mp4": before["other.mp4"]}


def test_a_copy_or_a_hard_link_moves_nothing(known: Callable[..., dict[str, int]], library: Path) -> None:
    before = known("a.mp4")
    Video.objects.update(fingerprint=content_of(library, "a.mp4", 10))
    os.link(library / "a.mp4", library / "link.mp4")
    put(library / "copy.mp4", (library / "a.mp4").read_bytes())
    assert counts(library, "link.mp4", "copy.mp4") == {"added": 2}
    assert ids()["a.mp4"] == before["a.mp4"]


@pytest.mark.parametrize(
    "told",
    [
        [["ep4.mp4", "ep3.mp4", "ep2.mp4", "ep1.mp4"]],
        [["ep4.mp4"], ["ep3.mp4"], ["ep2.mp4"], ["ep1.mp4"]],
        [["ep1.mp4"], ["ep2.mp4"], ["ep3.mp4"], ["ep4.mp4"]],
        [["ep3.mp4"], ["ep1.mp4", "ep4.mp4"], ["ep2.mp4"]],
    ],
    ids=["at once", "from the last", "from the first", "in any order"],
)
def test_renumbered_episodes_are_told_apart_in_whatever_parts_they_are_told(
    told: list[list[str]], known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("ep1.mp4", "ep2.mp4", "ep3.mp4", "other.mp4")
    for number in (3, 2, 1):
        (library / f"ep{number}.mp4").rename(library / f"ep{number + 1}.mp4")
    for names in told:
        scan(library, scope=part(*names))
    after = {"ep1.mp4": "ep2.mp4", "ep2.mp4": "ep3.mp4", "ep3.mp4": "ep4.mp4", "other.mp4": "other.mp4"}
    assert ids() == {after[name]: video_id for name, video_id in before.items()}


@pytest.mark.parametrize("told", [[["a.mp4"], ["trips/b.mp4"]], [["trips/b.mp4"], ["a.mp4"]], [["trips/"], ["a.mp4"]]])
def test_swapped_files_are_told_apart_when_one_is_told_after_the_other(
    told: list[list[str]], known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "trips/b.mp4", "other.mp4")
    (library / "a.mp4").rename(library / "on its way")
    (library / "trips" / "b.mp4").rename(library / "a.mp4")
    (library / "on its way").rename(library / "trips" / "b.mp4")
    for names in told:
        scan(library, scope=part(*names))
    assert ids() == before | {"a.mp4": before["trips/b.mp4"], "trips/b.mp4": before["a.mp4"]}


# --- what lies beside -----------------------------------------------------------------------------------------------


def test_nothing_outside_the_part_is_touched(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "b.mp4", "trips/c.mp4", "trips/2019/d.mp4", "home/e.mp4")
    before = {row["filename"]: row for row in rows()}
    for name in ("b.mp4", "trips/c.mp4", "home/e.mp4"):
        (library / name).unlink()
    put(library / "a.mp4", b"other content")
    assert counts(library, "trips/2019/", "b.mp4") == {"missing": 1, "unchanged": 1}
    after = {row["filename"]: row for row in rows()}
    assert {name for name in before if before[name] != after[name]} == {"b.mp4"}


def test_what_an_import_left_waiting_takes_its_file(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("other.mp4")
    names = {"a.mp4": "a.mp4", "cafe\u0301.mp4": "caf\u00e9.mp4"}
    waiting = {names[name]: Video.objects.create(filename=name, missing_since=timezone.now()).pk for name in names}
    Video.objects.create(filename="c.mp4", missing_since=timezone.now())
    for name in (*waiting, "sub/c.mp4"):
        put(library / name)
    assert counts(library, *waiting, "sub/") == {"added": 1, "back": 2}
    assert {name: video_id for name, video_id in ids().items() if name in waiting} == waiting


def test_a_file_that_changed_its_kind_is_missing(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "b.mp4", "c.mp4")
    (library / "a.mp4").unlink()
    (library / "a.mp4").mkdir()
    put(library / "a.mp4" / "inside.mp4")
    (library / "b.mp4").unlink()
    os.mkfifo(library / "b.mp4")
    assert counts(library, "a.mp4", "b.mp4") == {"missing": 2}
    assert counts(library, "a.mp4/") == {"added": 1}


def test_hidden_files_and_what_links_lead_to_are_not_seen(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("home/a.mp4")
    put(library.parent / "outside" / "b.mp4")
    for name in (".hidden.mp4", ".trash/c.mp4", ".trash/deep/d.mp4"):
        put(library / name)
    (library / "out").symlink_to("../outside")
    (library / "in").symlink_to("home")
    (library / "out.mp4").symlink_to("../outside/b.mp4")
    hidden = (".hidden.mp4", ".trash/", ".trash/c.mp4", ".trash/deep/", ".trash/deep/d.mp4")
    assert counts(library, *hidden, "out/", "out/b.mp4", "in/", "in/a.mp4", "out.mp4") == {}
    (library / "in.mp4").symlink_to("home/a.mp4")
    assert counts(library, "in.mp4") == {"added": 1}


@pytest.mark.parametrize(
    "name",
    [
        "", "/", "//", ".", "..", "./", "../", "../b.mp4", "../outside/", "home/../../outside/b.mp4", "/etc/", "home",
        "home//", "home//a.mp4", "./home/", "home/./a.mp4", "home/../home/a.mp4", "a\0b.mp4", "a\0b/", "a\0b/c.mp4",
        "x" * 300 + ".mp4", "x" * 300 + "/", "y/" * 3000, "notes.txt", "no/such/file.mp4", "home/a.mp4/", "%", "_/",
    ],
)  # fmt: skip
def test_a_name_that_no_watcher_tells_does_no_harm(
    name: str, known: Callable[..., dict[str, int]], library: Path
) -> None:
    known("home/a.mp4", "c.mp4")
    put(library.parent / "outside" / "b.mp4")
    put(library.parent / "b.mp4")
    (library / "notes.txt").touch()
    before = rows()
    scan(library, scope=part(name))
    scan(library, scope=Scope(files=frozenset([name])))
    assert rows() == before


def test_of_an_absolute_path_nothing_is_seen(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4")
    outside = put(library.parent / "outside" / "b.mp4")
    assert counts(library, str(outside), f"{outside.parent}/", f"{library}/", str(library / "a.mp4")) == {}
    assert ids().keys() == {"a.mp4"}


def test_an_empty_name_for_a_folder_is_the_whole_library(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "b/c.mp4")
    put(library / "d.mp4")
    assert sorted(walk_library(library, Scope(folders=frozenset([""]))).files) == ["a.mp4", "b/c.mp4", "d.mp4"]


# --- when the disk is not there -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "take_away",
    [
        lambda root: root.rename(root.parent / "unplugged"),
        lambda root: (root.rename(root.parent / "unplugged"), root.mkdir()),
        lambda root: (root.rename(root.parent / "unplugged"), root.write_bytes(b"")),
        lambda root: (root.rename(root.parent / "unplugged"), put(root / "lost+found" / "readme.txt")),
    ],
    ids=["missing", "empty", "not a folder", "another"],
)
@pytest.mark.parametrize("told", [["a.mp4"], ["trips/"], ["a.mp4", "b.mp4", "trips/"]])
def test_where_the_root_is_not_what_it_was_nothing_changes(
    told: list[str], take_away: Callable[[Path], Any], known: Callable[..., dict[str, int]], library: Path
) -> None:
    known("a.mp4", "b.mp4", "trips/c.mp4")
    before = rows()
    take_away(library)
    with pytest.raises(FolderUnusable):
        scan(library, scope=part(*told))
    assert rows() == before


def test_where_the_last_videos_would_go_nothing_changes(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("trips/a.mp4", "trips/b.mp4", "gone.mp4")
    (library / "gone.mp4").unlink()
    scan(library)
    (library / "trips").rename(library.parent / "trips")
    before = rows()
    with pytest.raises(FolderUnusable, match="the library knows 2"):
        scan(library, scope=part("trips/"))
    assert rows() == before


def test_a_new_librarys_first_file_may_be_told_by_name(library: Path, viewer: Any) -> None:
    put(library / "a.mp4")
    assert counts(library, "a.mp4", "never there.mp4") == {"added": 1}


def test_of_a_folder_that_may_not_be_read_nothing_is_taken_for_gone() -> None:
    with library_for_anybody() as shell:
        for name in ("locked/a.mp4", "locked/deep/b.mp4", "blind/c.mp4", "d.mp4"):
            put(shell.videos / name)
        shell.run("scan_library")
        for folder in (shell.data, shell.videos):
            give_to_nobody(folder)
        (shell.videos / "locked").chmod(0o000)
        (shell.videos / "blind").chmod(0o444)  # Names can be read, the files cannot be reached.
        printed = run_as_nobody(
            shell,
            """
from pathlib import Path
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.models import Video
root = Path(os.environ["LVS_VIDEO_DIR"])
for files, folders in (
    (["locked/a.mp4", "locked/new.mp4", "locked/deep/b.mp4", "blind/c.mp4"], []),
    ([], ["locked/", "locked/deep/", "blind/"]),
):
    summary = scan(root, scope=Scope(frozenset(files), frozenset(folders)))
    print(summary.missing, summary.added, len(summary.skipped) > 0, Video.objects.present().count())
""",
        )
        assert printed.splitlines() == ["0 0 True 4"] * 2
