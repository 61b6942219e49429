"""A scan as two sorted streams: the order of names, large folders, and what is kept when it cannot go on."""

import os
import random
import shutil
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import Shell
from tests.counts import at_full_count
from tests.mounts import run_with_mounts
from videos.cache import VideoCache
from videos.library import folder_reader, walker
from videos.library.diff import rows_in_order
from videos.library.scan import scan
from videos.library.scratch import NoScratchRoom, Scratch
from videos.library.walk import Scope, Walk
from videos.library.walker import FolderUnusable, files_in_order
from videos.models import Video

pytestmark = pytest.mark.django_db

# Signs before and after "/", letters beyond the BMP, and names that begin with each other.
NAMES = [
    "a.mp4", "a/b.mp4", "a b/c.mp4", "a!/c.mp4", "a.mp4.mkv", "a/b/c.mp4", "a/b c.mp4", "a0.mp4", "ab/a.mp4", "A.mp4",
    "a/b.mp4.d/e.mp4", "ä.mp4", "a\u0308.mp4", "z/\U0001f600.mp4", "z/\uffee.mp4", "z.mp4", "~.mp4", "é/x/y.mp4",
    "a-/x.mp4", "a//b.mp4".replace("//", "/c/"), "(x)/y.mp4", "#1/z.mp4", "'q'.mp4", "%/_.mp4", "_/%.mp4",
]  # fmt: skip


def put(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)


def walked(root: Path, scope: Scope | None = None) -> list[str]:
    return [name for seen in files_in_order(Walk(root, scope)) for name, status in seen if status is not None]


def counts(root: Path, **options: Any) -> dict[str, int]:
    summary = scan(root, **options)
    kinds = ("added", "changed", "moved", "missing", "back", "unchanged")
    return {name: number for name in kinds if (number := getattr(summary, name))}


def test_files_come_in_the_order_of_their_names_bytes_and_so_do_rows(library: Path) -> None:
    put(library, *NAMES)
    assert walked(library) == sorted(NAMES, key=os.fsencode)
    scan(library)
    assert [row[0] for row in rows_in_order(None)] == walked(library)


@pytest.mark.long("videos/library")
@settings(max_examples=at_full_count(60, 25))
@given(st.data())
def test_of_any_part_files_and_rows_come_in_the_same_order(tmp_path_factory: Any, data: st.DataObject) -> None:
    root = tmp_path_factory.mktemp("any part")
    put(root, *NAMES)
    Video.objects.all().delete()
    scan(root)
    folders = sorted({name[: end + 1] for name in NAMES for end, sign in enumerate(name) if sign == "/"})
    scope = Scope(
        data.draw(st.frozensets(st.sampled_from(NAMES))),
        data.draw(st.frozensets(st.sampled_from(["", *folders]), max_size=4)),
    )
    expected = sorted({name for name in NAMES if name in scope.files or name.startswith(tuple(scope.folders))})
    assert walked(root, scope) == [row[0] for row in rows_in_order(scope)] == expected
    assert counts(root, scope=scope) == ({"unchanged": len(expected)} if expected else {})


def test_a_folder_too_large_to_be_sorted_in_memory_is_walked_in_order(
    library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walker, "MAX_ENTRIES_IN_MEMORY", 7)
    monkeypatch.setattr(folder_reader, "MAX_ENTRIES_IN_MEMORY", 7)
    names = [f"{number:03}{suffix}" for number in range(50) for suffix in (".mp4", "/in.mp4", " b.mp4")]
    random.Random(1).shuffle(names)
    put(library, *names)
    assert walked(library) == sorted(names)
    assert counts(library) == {"added": 150}
    (library / "007.mp4").unlink()
    (library / "021.mp4").rename(library / "renamed.mp4")
    put(library, "new.mp4")
    assert counts(library) == {"added": 1, "moved": 1, "missing": 1, "unchanged": 148}


def test_rows_are_read_page_by_page_whatever_their_number(library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("videos.library.diff._PAGE_ROWS", 3)
    put(library, *NAMES)
    scan(library)
    assert counts(library) == {"unchanged": len(NAMES)}
    assert counts(library, scope=Scope(folders=frozenset(["a/"]))) == {"unchanged": 5}


def test_a_disk_that_goes_while_it_is_read_changes_nothing(library: Path, viewer: Any) -> None:
    put(library, *(f"{folder}/{number}.mp4" for folder in "abcdef" for number in range(5)))
    scan(library)
    shutil.rmtree(library / "a")
    put(library, "b/new.mp4")
    (library / "c" / "0.mp4").rename(library / "c" / "renamed.mp4")
    before = list(Video.objects.order_by("pk").values())

    unplugged: list[int] = []

    def unplug(phase: str, done: int, total: int | None) -> None:
        if done >= 12 and not unplugged:
            unplugged.append(done)
            library.rename(library.parent / "unplugged")
            library.mkdir()

    with pytest.raises(FolderUnusable, match="changed while it was being read"):
        scan(library, progress=unplug)
    assert list(Video.objects.order_by("pk").values()) == before


def test_of_folders_that_vanish_while_others_are_read_nothing_is_taken_for_gone(library: Path, viewer: Any) -> None:
    put(library, *(f"{folder}/{number}.mp4" for folder in ("a", "b", "b/deep", "c") for number in range(4)))
    scan(library)

    def take_away(phase: str, done: int, total: int | None) -> None:
        # After the folder above was listed, and before they are.
        if done == 4 and (library / "b").exists():
            (library / "b").rename(library.parent / "b")

    summary = scan(library, progress=take_away)
    assert (summary.missing, summary.unchanged) == (0, 8)
    assert [name for name, _reason in summary.skipped] == ["b/"]


def test_a_library_of_which_every_file_moved_keeps_every_row(library: Path, viewer: Any) -> None:
    names = [f"{folder:02}/{number:03}.mp4" for folder in range(20) for number in range(60)]
    put(library, *names)
    scan(library)
    before = dict(Video.objects.values_list("filename", "pk"))
    VideoCache().update_rating(names[0], 5)
    (library / "all of it").mkdir()
    for folder in range(20):
        (library / f"{folder:02}").rename(library / "all of it" / f"{folder:02}")
    assert counts(library) == {"moved": 1200}
    assert dict(Video.objects.values_list("filename", "pk")) == {
        f"all of it/{name}": video_id for name, video_id in before.items()
    }
    assert VideoCache().get_ratings() == {f"all of it/{names[0]}": 5}


# --- the temporary file ---------------------------------------------------------------------------------------------


def test_what_does_not_fit_into_memory_goes_to_a_file_that_vanishes_by_itself(tmp_path: Path) -> None:
    scratch = Scratch("CREATE TABLE one (name TEXT PRIMARY KEY) WITHOUT ROWID")
    for number in range(200_000):
        scratch.add("INSERT INTO one VALUES (?)", (f"{number:06}" + "x" * 100,))
    assert scratch.value("SELECT count(*) FROM one") == 200_000
    assert next(scratch.rows("SELECT substr(name, 1, 6) FROM one ORDER BY name")) == ("000000",)
    deleted = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_open(fd)]
    assert any("etilqs" in path and path.endswith("(deleted)") for path in deleted)
    scratch.close()
    deleted = [os.readlink(f"/proc/self/fd/{fd}") for fd in os.listdir("/proc/self/fd") if _is_open(fd)]
    assert not any("etilqs" in path for path in deleted)


def _is_open(descriptor: str) -> bool:
    return os.path.islink(f"/proc/self/fd/{descriptor}")


def test_without_room_for_the_temporary_file_a_scan_says_so_in_one_line(shell: Shell) -> None:
    small = shell.videos.parent / "small"
    small.mkdir()
    shell.environment["SQLITE_TMPDIR"] = str(small)
    printed = run_with_mounts(
        shell,
        """
from videos.library.scratch import NoScratchRoom, Scratch
mount("-t", "tmpfs", "-o", "size=64k", "tmpfs", os.environ["SQLITE_TMPDIR"])
scratch = Scratch("CREATE TABLE one (name TEXT)")
try:
    for number in range(400_000):
        scratch.add("INSERT INTO one VALUES (?)", ("x" * 100,))
except NoScratchRoom as error:
    print(error)
""",
    )
    assert printed.count("\n") == 1
    assert "A scan needs room for a temporary file (database or disk is full)." in printed
    assert "SQLITE_TMPDIR" in printed


def test_a_failed_statement_of_the_temporary_file_is_told_as_such() -> None:
    scratch = Scratch("CREATE TABLE one (name TEXT)")
    with pytest.raises(NoScratchRoom):
        scratch.run("INSERT INTO no_such_table VALUES (1)")
    scratch.close()
