"""Folders of systems, hidden names and LVS_EXCLUDE: what scans pass over, watcher and cleanup pass over, too."""

import itertools
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change

from tests.conftest import Shell
from videos.cache import VideoCache
from videos.library.exclusions import BadPattern, compile_patterns, why_passed_over
from videos.library.move_detection import content_of
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.library.walker import FolderUnusable, walk_library
from videos.library.watcher import Changes
from videos.maintenance.cleanup import find_orphans
from videos.models import MissingBatch, Video

pytestmark = pytest.mark.django_db

_seconds = itertools.count(1_600_000_000)

FOLDERS_OF_SYSTEMS = [
    "#recycle", "#snapshot", "@eaDir", "@tmp", "@Recycle", "@Recently-Snapshot", "$RECYCLE.BIN", "RECYCLER", "recycled",
    "System Volume Information", "lost+found", ".Trash-1000", ".Trashes", ".Trash", ".snapshot", ".snapshots", ".zfs",
    ".AppleDouble", ".Spotlight-V100", ".fseventsd", ".TemporaryItems", "Network Trash Folder", "Temporary Items",
    "FOUND.000", "@__thumb", ".@__thumb",
]  # fmt: skip


def put(path: Path, content: bytes | None = None) -> Path:
    """Write a file of its own content and date, if no other content is asked for."""
    path.parent.mkdir(parents=True, exist_ok=True)
    modified = next(_seconds)
    path.write_bytes(str(modified).encode() if content is None else content)
    os.utime(path, (modified, modified))
    return path


def found(root: Path) -> list[str]:
    return sorted(walk_library(root).files)


def missing() -> list[str]:
    return sorted(Video.objects.missing().values_list("filename", flat=True))


@pytest.fixture
def exclude(settings: Any) -> Callable[..., None]:
    """Set LVS_EXCLUDE to these patterns."""

    def set_patterns(*patterns: str) -> None:
        compile_patterns(patterns)
        settings.EXCLUDE = list(patterns)

    return set_patterns


# --- folders of systems ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", [str, str.upper, str.lower])
@pytest.mark.parametrize("folder", FOLDERS_OF_SYSTEMS)
def test_what_lies_in_a_folder_of_a_system_is_no_video(folder: str, case: Callable[[str], str], library: Path) -> None:
    put(library / "film.mp4")
    put(library / case(folder) / "deleted.mp4")
    put(library / "trips" / case(folder) / "deep" / "copy.mp4")
    walk = walk_library(library)
    assert list(walk.files) == ["film.mp4"]
    assert sorted(name for name, _reason in walk.skipped) == sorted([case(folder), f"trips/{case(folder)}"])
    for scope in (f"{case(folder)}/", f"trips/{case(folder)}/deep/"):
        assert walk_library(library, Scope(folders=frozenset([scope]))).files == {}
    assert walk_library(library, Scope(files=frozenset([f"{case(folder)}/deleted.mp4"]))).files == {}


@pytest.mark.parametrize(
    "name",
    [
        "recycle/a.mp4", "#recycled dreams/a.mp4", "#recycle.mp4", "@eaDir.mp4", "my $RECYCLE.BIN/a.mp4",
        "snapshots/a.mp4", "lost+found 2/a.mp4", "Trashes/a.mp4", "RECYCLER.mkv", "found.mp4",
        "System Volume Information.mp4",
    ],
)  # fmt: skip
def test_a_name_that_is_only_like_one_of_a_system_is_a_video(name: str, library: Path) -> None:
    put(library / name)
    assert found(library) == [name]
    assert why_passed_over(name) is None


def test_the_video_folder_itself_may_lie_in_a_folder_of_a_system(tmp_path: Path, library: Path, settings: Any) -> None:
    root = tmp_path / "#recycle" / "@eaDir" / ".hidden"
    put(root / "a.mp4")
    settings.VIDEO_DIR = root
    assert scan(root).added == 1
    changes = Changes(root, library)
    changes.add({(Change.added, str(root / "a.mp4"))})
    assert changes.settled() == Scope(frozenset(["a.mp4"]))


@pytest.mark.parametrize("whole_folder", [False, True])
def test_a_film_that_is_moved_to_the_recycle_bin_is_missing_and_keeps_its_marks(
    whole_folder: bool, library: Path, viewer: Any
) -> None:
    for name in ("trips/a.mp4", "trips/b.mp4", "home.mp4"):
        put(library / name)
    scan(library)
    VideoCache().update_rating("trips/a.mp4", 5)
    (library / "#recycle").mkdir()
    if whole_folder:
        (library / "trips").rename(library / "#recycle" / "trips")
    else:
        (library / "#recycle" / "trips").mkdir()
        (library / "trips" / "a.mp4").rename(library / "#recycle" / "trips" / "a.mp4")
    summary = scan(library)
    gone = ["trips/a.mp4", "trips/b.mp4"] if whole_folder else ["trips/a.mp4"]
    assert (summary.moved, summary.missing, missing()) == (0, len(gone), gone)
    assert VideoCache().get_ratings() == {"trips/a.mp4": 5}
    shutil.move(library / "#recycle" / "trips" / "a.mp4", library / "back.mp4")
    assert scan(library).moved == 1
    assert VideoCache().get_ratings() == {"back.mp4": 5}


def test_rows_that_an_earlier_version_followed_into_the_bin_become_missing_without_a_question(
    library: Path, viewer: Any
) -> None:
    names = [f"#recycle/{number}.mp4" for number in range(9)]
    for name in ("film.mp4", *names):
        put(library / name)
        status = (library / name).stat()
        Video.objects.create(
            filename=name, file_size=status.st_size, modified_ns=status.st_mtime_ns, device=7, inode=status.st_ino
        )
    summary = scan(library)
    assert (summary.missing, summary.unchanged, summary.disappeared) == (9, 1, {})
    assert MissingBatch.objects.count() == 0
    assert missing() == names
    assert scan(library).found_changes is False


def test_a_library_that_lay_in_the_bin_as_a_whole_is_not_taken_for_an_unplugged_disk(
    library: Path, viewer: Any
) -> None:
    put(library / "#recycle" / "a.mp4")
    Video.objects.create(filename="#recycle/a.mp4", file_size=10, modified_ns=1)
    assert scan(library).missing == 1
    assert missing() == ["#recycle/a.mp4"]
    Video.objects.create(filename="film.mp4", file_size=10, modified_ns=1)
    with pytest.raises(FolderUnusable, match="No video can be seen"):
        scan(library)


def test_beside_deleted_films_a_folder_that_loses_most_still_raises_the_question(library: Path, viewer: Any) -> None:
    names = [f"trips/{number}.mp4" for number in range(4)]
    for name in ("film.mp4", "#recycle/a.mp4", *names):
        put(library / name)
    Video.objects.create(filename="#recycle/a.mp4", file_size=10, modified_ns=1)
    scan(library)
    shutil.rmtree(library / "trips")
    assert scan(library).disappeared == {"trips/": 4}


def test_cleanup_leaves_a_film_that_lies_in_the_bin(library: Path, viewer: Any) -> None:
    put(library / "film.mp4")
    put(library / "#recycle" / "a.mp4")
    put(library / "#recycle" / "b.mp4")
    for name in ("a", "b"):
        Video.objects.create(filename=f"#recycle/{name}.mp4", file_size=10, modified_ns=1)
    scan(library)
    (library / "#recycle" / "a.mp4").unlink()
    orphans = find_orphans(library)
    assert list(orphans.videos.values()) == ["#recycle/a.mp4"]
    assert orphans.unknown == ["#recycle/b.mp4"]


@pytest.mark.parametrize("scope", [None, Scope(frozenset(["film.mp4"]))])
def test_a_film_that_is_copied_out_of_the_bin_gets_its_marks_back(
    scope: Scope | None, library: Path, viewer: Any
) -> None:
    put(library / "other.mp4")
    put(library / "#recycle" / "film.mp4", b"a film")
    Video.objects.create(
        filename="#recycle/film.mp4",
        file_size=6,
        modified_ns=1,
        fingerprint=content_of(library, "#recycle/film.mp4", 6),
    )
    VideoCache().update_rating("#recycle/film.mp4", 4)
    scan(library)
    put(library / "film.mp4", b"a film")
    assert scan(library, scope=scope).moved == 1
    assert VideoCache().get_ratings() == {"film.mp4": 4}


# --- hidden ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "is_hidden"),
    [
        ("...And Justice (1979).mp4", False),
        ("..film.mp4", False),
        ("....mp4", False),
        ("...And Justice for All/Part 1.mp4", False),
        ("..extras/a.mp4", False),
        (".film.mp4", True),
        ("._film.mp4", True),
        ("._...And Justice (1979).mp4", True),
        (".extras/a.mp4", True),
        ("a/.b/c.mp4", True),
    ],
)
def test_one_leading_dot_hides_and_more_are_a_title(name: str, is_hidden: bool, library: Path) -> None:
    put(library / name)
    expected = [] if is_hidden else [name]
    assert found(library) == expected
    assert sorted(walk_library(library, Scope(files=frozenset([name]))).files) == expected
    changes = Changes(library, library / "generated")
    changes.add({(Change.added, str(library / name))})
    assert changes.settled() == (None if is_hidden else Scope(frozenset([name])))


# --- LVS_EXCLUDE ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "excluded", "kept"),
    [
        ("sample", ["sample/a.mp4", "x/Sample/deep/a.mp4"], ["samples/a.mp4", "sample.mp4", "my sample/a.mp4"]),
        ("*sample*", ["Film-sample.mp4", "x/SAMPLES/a.mp4"], ["film.mp4", "sam/ple.mp4"]),
        ("*.vob", ["x/A.VOB", "b.vob"], ["a.vob.mp4"]),
        ("extras/", ["extras/a.mp4", "x/Extras/b.mp4"], ["extras.mp4", "x/extras 2/a.mp4"]),
        ("*.mp4/", ["dir.mp4/a.mkv"], ["a.mp4", "x/b.mp4"]),
        ("/private", ["private/a.mp4"], ["x/private/a.mp4"]),
        ("trips/2019", ["trips/2019/a.mp4"], ["x/trips/2019/a.mp4", "trips/2019.mp4", "trips/20190/a.mp4"]),
        ("trips/*.mkv", ["trips/a.mkv"], ["trips/deep/a.mkv", "x/trips/a.mkv"]),
        ("**/trips/*.mkv", ["trips/a.mkv", "x/y/trips/a.mkv"], ["trips/deep/a.mkv"]),
        ("trips/**/raw", ["trips/raw/a.mp4", "trips/x/y/raw/a.mp4"], ["raw/a.mp4", "trips/rawr/a.mp4"]),
        ("trips/**", ["trips/a.mp4", "trips/x/b.mp4"], ["x/trips/a.mp4", "trips.mp4"]),
        ("s0?e*.mp4", ["S01E02.mp4"], ["S0102.mp4"]),
        ("[a-c]*.mp4", ["apple.mp4", "Cherry.mp4"], ["date.mp4"]),
        ("[!a-c]*.mp4", ["date.mp4"], ["apple.mp4", "Cherry.mp4"]),
        ("a[]]b.mp4", ["a]b.mp4"], ["a[b.mp4"]),
        ("film (1979)+.mp4", ["Film (1979)+.mp4"], ["film 1979.mp4", "film (1979)).mp4"]),
        ("caf\u00e9*", ["cafe\u0301.mp4", "CAF\u00c9 2/a.mp4"], ["cafe.mp4"]),
        ("*", [], []),
    ],
)  # fmt: skip
def test_a_pattern_excludes_what_it_names_for_scan_and_watcher(
    pattern: str, excluded: list[str], kept: list[str], library: Path, exclude: Callable[..., None]
) -> None:
    if pattern == "*":
        with pytest.raises(BadPattern, match="everything"):
            exclude(pattern)
        return
    for name in (*excluded, *kept):
        put(library / name)
    exclude(pattern)
    assert found(library) == sorted(kept)
    changes = Changes(library, library / "generated")
    changes.add({(Change.added, str(library / name)) for name in (*excluded, *kept)})
    told = changes.settled()
    assert told
    assert told.files == set(kept)
    assert set(walk_library(library, Scope(frozenset([*excluded, *kept]))).files) == set(kept)


def test_what_is_excluded_after_it_was_scanned_waits_with_its_marks(
    library: Path, viewer: Any, exclude: Callable[..., None]
) -> None:
    names = [f"extras/{number}.mp4" for number in range(5)]
    for name in ("film.mp4", *names):
        put(library / name)
    scan(library)
    VideoCache().update_rating("extras/0.mp4", 5)
    exclude("extras/")
    summary = scan(library)
    assert (summary.missing, summary.disappeared, missing()) == (5, {}, names)
    assert find_orphans(library).videos == {}
    exclude()
    assert scan(library).back == 5
    assert VideoCache().get_ratings() == {"extras/0.mp4": 5}


def test_a_pattern_of_many_stars_takes_no_time(library: Path, exclude: Callable[..., None]) -> None:
    exclude("*a" * 30 + "b")
    started = time.process_time()
    assert why_passed_over("a" * 250) is None
    assert time.process_time() - started < 5


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[abc", "LVS_EXCLUDE: '[abc' holds a [ without its ]."),
        ("ok,[z-a]", "LVS_EXCLUDE: '[z-a]' holds a set that makes no sense: [z-a]."),
        ("**", "LVS_EXCLUDE: '**' excludes everything."),
        ("/", "LVS_EXCLUDE: '/' is not a name or a path below the video folder."),
        ("a//b", "LVS_EXCLUDE: 'a//b' is not a name or a path below the video folder."),
        ("../other", "LVS_EXCLUDE: '../other' is not a name or a path below the video folder."),
        ("a**b", "LVS_EXCLUDE: 'a**b' holds ** beside other characters; ** stands for any folders, between two /."),
        ("!keep", "LVS_EXCLUDE: '!keep' begins with !, but what is excluded cannot be taken back;"),
        ("trips\\2019", "LVS_EXCLUDE: 'trips\\\\2019' holds a backslash; folders are divided by /."),
        ("a\nb", "LVS_EXCLUDE: 'a\\nb' holds a character that cannot be printed."),
        ("x" * 1001, "is longer than 1000 characters."),
    ],
)
def test_a_pattern_that_makes_no_sense_stops_the_start_with_one_line(value: str, said: str, shell: Shell) -> None:
    shell.environment["LVS_EXCLUDE"] = value
    printed = shell.run("scan_library", status=1)
    assert said in printed
    assert printed.count("\n") == 1


def test_the_patterns_of_the_environment_reach_the_scan(shell: Shell) -> None:
    shell.environment["LVS_EXCLUDE"] = "*sample*, /private/ ,"
    for name in ("a.mp4", "a-sample.mp4", "private/b.mp4"):
        put(shell.videos / name)
    printed = shell.run("scan_library")
    assert "1 added" in printed
    assert "skipped a-sample.mp4: excluded by LVS_EXCLUDE" in printed
    assert "skipped private: excluded by LVS_EXCLUDE" in printed
