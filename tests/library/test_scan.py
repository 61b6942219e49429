"""The folder on disk -> rows: what is new, changed, gone and back, and what an import waited for."""

import os
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.conftest import Shell
from videos.cache import VideoCache
from videos.core.problems import Problem
from videos.db.locks import Busy, exclusive_lock
from videos.db.sqlite_file import sqlite_path
from videos.db.triggers.change_log import read_revisions
from videos.library.scan import scan
from videos.library.skipped_files import MAX_NAMES
from videos.library.walk import Scope
from videos.library.walker import FolderUnusable
from videos.models import Rating, SkippedFiles, Video

pytestmark = pytest.mark.django_db


def put(path: Path, content: bytes = b"x", modified: int = 1_600_000_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))
    return path


def counts(root: Path, **options: Any) -> dict[str, int]:
    """Scan, and return what the summary counts, zeros left out."""
    summary = scan(root, **options)
    numbers = {name: getattr(summary, name) for name in ("added", "changed", "missing", "back", "unchanged")}
    return {name: number for name, number in numbers.items() if number}


def rows() -> list[dict[str, Any]]:
    return list(Video.objects.order_by("pk").values())


def waiting(filename: str) -> Video:
    """Make the row that an import makes for a file it has not seen."""
    return Video.objects.create(filename=filename, missing_since=timezone.now())


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("scan_library", *arguments, stdout=out)
    return out.getvalue()


def test_new_files_become_rows(library: Path) -> None:
    before = timezone.now()
    put(library / "a.mp4", b"12345", modified=1_500_000_000)
    put(library / "trips" / "Sea day.mkv")
    assert counts(library) == {"added": 2}
    video = Video.objects.get(filename="a.mp4")
    assert (video.file_size, video.modified_ns, video.missing_since) == (5, 1_500_000_000 * 10**9, None)
    # When a file came to the folder, not when it was filmed.
    assert abs((video.added_date - before).total_seconds()) < 60
    assert Video.objects.get(filename="trips/Sea day.mkv").display_title == "Sea day"


def test_a_first_scan_keeps_the_order_in_which_the_files_came(library: Path) -> None:
    for name in ("c", "a", "b"):
        put(library / f"{name}.mp4")
        time.sleep(0.02)
    scan(library)
    assert list(Video.objects.order_by("added_date").values_list("title", flat=True)) == ["c", "a", "b"]


def test_a_scan_that_finds_nothing_new_writes_nothing(library: Path) -> None:
    put(library / "a.mp4")
    put(library / "b.mp4")
    scan(library)
    before, numbers = rows(), read_revisions()
    assert counts(library) == counts(library, full=True) == {"unchanged": 2}
    assert (rows(), read_revisions()) == (before, numbers)


def test_a_changed_file_gets_its_new_size_and_date_and_keeps_all_else(library: Path, viewer: Any) -> None:
    put(library / "a.mp4")
    scan(library)
    Video.objects.update(title="Mine", added_date=datetime(2020, 1, 1, tzinfo=UTC))
    VideoCache().update_rating("a.mp4", 5)
    put(library / "a.mp4", b"longer")
    assert counts(library) == {"changed": 1}
    put(library / "a.mp4", b"longer", modified=1_700_000_000)
    assert counts(library, full=True) == {"changed": 1}
    video = Video.objects.get()
    assert (video.file_size, video.modified_ns, video.title) == (6, 1_700_000_000 * 10**9, "Mine")
    assert video.added_date.year == 2020
    assert Rating.objects.get().stars == 5


def test_a_file_that_is_gone_is_marked_and_one_that_is_back_is_unmarked(library: Path, viewer: Any) -> None:
    put(library / "a.mp4")
    put(library / "b.mp4")
    scan(library)
    VideoCache().update_rating("a.mp4", 5)
    (library / "a.mp4").rename(library.parent / "a.mp4")
    assert counts(library) == {"missing": 1, "unchanged": 1}
    since = Video.objects.get(filename="a.mp4").missing_since
    assert since
    assert counts(library) == {"unchanged": 1}
    assert Video.objects.get(filename="a.mp4").missing_since == since
    (library.parent / "a.mp4").rename(library / "a.mp4")
    assert counts(library) == {"back": 1, "unchanged": 1}
    assert Video.objects.get(filename="a.mp4").missing_since is None
    assert VideoCache().get_ratings() == {"a.mp4": 5}


@pytest.mark.parametrize(
    ("take_away", "said"),
    [
        (lambda root: root.rename(root.parent / "unplugged"), "does not exist"),
        (lambda root: (root / "a.mp4").unlink(), "the library knows 1"),
        (lambda root: (root.rename(root.parent / "unplugged"), root.write_bytes(b"")), "not a folder"),
        (lambda root: (root.rename(root.parent / "unplugged"), root.mkdir()), "the library knows 1"),
        (lambda root: ((root / "a.mp4").unlink(), put(root / "lost+found" / "readme.txt")), "the library knows 1"),
    ],
    ids=["missing", "empty", "not a folder", "swapped for an empty one", "without a video"],
)
def test_a_folder_that_looks_unmounted_stops_the_scan_and_changes_nothing(
    take_away: Callable[[Path], Any], said: str, library: Path
) -> None:
    put(library / "a.mp4")
    scan(library)
    before = rows()
    take_away(library)
    for options in ({}, {"full": True}):
        with pytest.raises(FolderUnusable, match=said):
            scan(library, **options)
    with pytest.raises(CommandError, match=said):
        command()
    assert rows() == before


def test_an_empty_folder_of_a_new_library_is_nothing_to_complain_of(library: Path) -> None:
    assert counts(library) == {}
    assert "0 added" in command()


@pytest.mark.parametrize(
    ("name_in_json", "file"),
    [
        ("clip.mp4", "clip.mp4"),
        ("cafe\u0301.mp4", "caf\u00e9.mp4"),
        ("caf\u00e9.mp4", "cafe\u0301.mp4"),
        ("clip.mp4", "trips/2019/clip.mp4"),
        ("cafe\u0301.mp4", "trips/caf\u00e9.mp4"),
        ("u\u0308ber/clip.mp4", "\u00fcber/clip.mp4"),
        ("CLIP.MP4", "clip.mp4"),
        ("C:\\Videos\\trips\\clip.mp4", "trips/clip.mp4"),
        ("trips\\clip.mp4", "trips/clip.mp4"),
        ("My%20caf%C3%A9.mp4", "My caf\u00e9.mp4"),
        ("My_cafe.mp4", "My caf\u00e9.mp4"),
        ("caf\u00c3\u00a9.mp4", "caf\u00e9.mp4"),
        ("Tom &amp; Jerry.mp4", "Tom & Jerry.mp4"),
        ("clip.mp4. ", "clip.mp4"),
    ],
)
def test_a_row_that_waits_for_its_file_gets_it(name_in_json: str, file: str, library: Path, viewer: Any) -> None:
    video = waiting(name_in_json)
    VideoCache().update_rating(name_in_json, 4)
    put(library / file, b"123")
    assert counts(library) == {"back": 1}
    video.refresh_from_db()
    assert (video.filename, video.file_size, video.missing_since) == (file, 3, None)
    assert VideoCache().get_ratings() == {file: 4}
    assert counts(library) == {"unchanged": 1}


@pytest.mark.parametrize(
    ("names_in_json", "files"),
    [
        (["clip.mp4"], ["a/clip.mp4", "b/clip.mp4"]),
        (["caf\u00e9.mp4", "cafe\u0301.mp4"], ["trips/caf\u00e9.mp4"]),
        (["old/clip.mp4"], ["new/clip.mp4"]),
        (["clip.mp4"], ["clip.mkv", "clip 2.mp4"]),
        (["clip.mp4"], ["CLIP.mp4", "Clip.mp4"]),
        (["My_clip.mp4"], ["My clip.mp4", "M\u00fd clip.mp4"]),
    ],
)
def test_where_it_is_not_clear_which_file_is_meant_nothing_is_guessed(
    names_in_json: list[str], files: list[str], library: Path
) -> None:
    for name in names_in_json:
        waiting(name)
    for file in files:
        put(library / file)
    assert counts(library) == {"added": len(files)}
    assert sorted(Video.objects.missing().values_list("filename", flat=True)) == sorted(names_in_json)


def test_a_title_made_from_the_awaited_name_follows_the_file_and_another_stays(library: Path) -> None:
    made, given = waiting("My_clip.mp4"), waiting("My_film.mp4")
    Video.objects.filter(pk=made.pk).update(title="My_clip")
    Video.objects.filter(pk=given.pk).update(title="Ours")
    put(library / "My clip.mp4")
    put(library / "My film.mp4")
    assert counts(library) == {"back": 2}
    assert dict(Video.objects.values_list("filename", "title")) == {"My clip.mp4": "My clip", "My film.mp4": "Ours"}


def test_a_date_from_before_the_import_stays_and_none_gives_way_to_the_files_own(library: Path) -> None:
    now, long_ago = timezone.now(), datetime(2019, 5, 1, tzinfo=UTC)
    Video.objects.create(filename="dated.mp4", missing_since=now, added_date=long_ago)
    Video.objects.create(filename="undated.mp4", missing_since=now, added_date=now)
    for name in ("dated.mp4", "undated.mp4"):
        put(library / name)
    scan(library)
    dates = dict(Video.objects.values_list("filename", "added_date"))
    assert dates["dated.mp4"] == long_ago
    assert dates["undated.mp4"] != now


def test_a_third_file_of_that_name_is_no_clearer_than_the_first_two(library: Path) -> None:
    waiting("clip.mp4")
    put(library / "a" / "clip.mp4")
    put(library / "b" / "clip.mp4")
    scan(library)
    put(library / "c" / "clip.mp4")
    assert counts(library) == {"added": 1, "unchanged": 2}
    assert Video.objects.missing().get().filename == "clip.mp4"


def test_a_row_whose_file_was_seen_before_waits_for_no_other(library: Path) -> None:
    put(library / "clip.mp4")
    put(library / "other.mp4")
    scan(library)
    # While it is open, its inode is given to no other file: with that it would be the same one, moved.
    with (library / "clip.mp4").open():
        (library / "clip.mp4").unlink()
        scan(library)
        put(library / "sub" / "clip.mp4")
        assert counts(library) == {"added": 1, "unchanged": 1}


def test_what_is_passed_over_is_named_in_the_summary(library: Path) -> None:
    put(library / "a.mp4")
    os.mkfifo(library / "fifo.mp4")
    with open(os.path.join(os.fsencode(library), b"latin\xe9.mp4"), "wb"):
        pass
    (library / "out.mp4").symlink_to("/etc/passwd")
    put(library / "folder.mp4" / "b.mp4")
    put(library / "new\nline.mp4").rename(library / ".new\nline.mp4")
    printed = command()
    assert "2 added, 0 changed, 0 moved, 0 missing, 0 back, 0 unchanged, 5 skipped" in printed
    for line in (
        "skipped fifo.mp4: a FIFO, not a file",
        "skipped latin\\udce9.mp4: the name is not UTF-8",
        "skipped out.mp4: a link that leaves the video folder",
        "skipped folder.mp4: a folder, not a video; the files in it are looked at",
        "skipped .new\\nline.mp4: hidden",
    ):
        assert line in printed


def kept() -> dict[str, tuple[int, list[str]]]:
    return {row.reason: (row.files, row.names) for row in SkippedFiles.objects.all()}


def test_what_the_last_scan_of_everything_passed_over_is_kept_by_reason(library: Path) -> None:
    put(library / "a.mp4")
    put(library / "sub" / ".b.mp4")
    put(library / ".c.mp4")
    os.mkfifo(library / "fifo.mp4")
    with open(os.path.join(os.fsencode(library), b"latin\xe9.mp4"), "wb"):
        pass
    scan(library)
    assert kept() == {
        Problem.HIDDEN.code: (2, [".c.mp4", "sub/.b.mp4"]),
        Problem.FIFO.code: (1, ["fifo.mp4"]),
        Problem.NAME_NOT_UTF8.code: (1, ["latin\\udce9.mp4"]),
    }
    (library / "fifo.mp4").unlink()
    put(library / ".d.mp4")
    scan(library, scope=Scope(frozenset(["a.mp4", ".d.mp4"])))
    assert kept()[Problem.HIDDEN.code][0] == 2
    scan(library)
    assert kept() == {
        Problem.HIDDEN.code: (3, [".c.mp4", ".d.mp4", "sub/.b.mp4"]),
        Problem.NAME_NOT_UTF8.code: (1, ["latin\\udce9.mp4"]),
    }


_NO_WRITES = ("SELECT", "SAVEPOINT", "RELEASE", "PRAGMA")


def test_the_same_skipped_files_are_not_written_again(library: Path) -> None:
    put(library / ".a.mp4")
    put(library / "b.mp4")
    scan(library)
    with CaptureQueriesContext(connection) as queries:
        scan(library)
    assert [query["sql"] for query in queries if not query["sql"].startswith(_NO_WRITES)] == []


def test_of_many_skipped_files_the_command_names_some_and_counts_the_rest(library: Path) -> None:
    for number in range(MAX_NAMES + 7):
        put(library / f".{number:03}.mp4")
    printed = command()
    assert f"{MAX_NAMES + 7} skipped" in printed
    assert printed.count("mp4: hidden\n") == MAX_NAMES
    assert "  skipped 7 more: hidden\n" in printed


def test_a_second_scan_at_the_same_time_is_refused(library: Path) -> None:
    put(library / "a.mp4")
    with exclusive_lock("scan", "x"), pytest.raises(Busy):
        scan(library)
    with exclusive_lock("scan", "x"), pytest.raises(CommandError, match="Another scan"):
        command()
    assert rows() == []
    assert counts(library) == {"added": 1}


@pytest.mark.django_db(transaction=True)
def test_others_write_between_the_batches_of_a_scan(library: Path) -> None:
    for number in range(1200):
        (library / f"{number}.mp4").touch()
    seen = []

    def write_at_once(phase: str, done: int, total: int | None) -> None:
        if phase == "saving":
            with closing(sqlite3.connect(str(sqlite_path()), timeout=0)) as other, other:
                seen.append(other.execute("SELECT count(*) FROM videos_video").fetchone()[0])
                other.execute("UPDATE videos_video SET title = 'mine' WHERE filename = '0.mp4'")

    assert counts(library, progress=write_at_once) == {"added": 1200}
    assert seen == [500, 1000, 1200]


def test_a_command_elsewhere_than_a_terminal_prints_plain_lines(shell: Shell) -> None:
    put(shell.videos / "a.mp4")
    printed = shell.run("scan_library")
    assert printed.startswith(
        f"{shell.videos}: 1 added, 0 changed, 0 moved, 0 missing, 0 back, 0 unchanged, 0 skipped ("
    )
    assert "\x1b" not in printed
    (shell.videos / "a.mp4").unlink()
    assert shell.run("scan_library", status=1).count("\n") == 1


def test_at_the_first_scan_a_bare_name_waits_for_its_file_in_a_subfolder(library, viewer):
    waiting = Video.objects.create(filename="IMG_0001.mp4", missing_since=timezone.now())
    (library / "camera").mkdir()
    (library / "camera" / "IMG_0001.mp4").touch()
    assert scan(library).back == 1
    waiting.refresh_from_db()
    assert (waiting.filename, waiting.missing_since) == ("camera/IMG_0001.mp4", None)


def test_later_another_file_of_the_same_base_name_is_a_new_video(library, viewer):
    (library / "a.mp4").touch()
    scan(library)
    waiting = Video.objects.create(filename="IMG_0001.mp4", missing_since=timezone.now())
    (library / "new camera").mkdir()
    (library / "new camera" / "IMG_0001.mp4").touch()
    summary = scan(library)
    assert (summary.added, summary.back) == (1, 0)
    waiting.refresh_from_db()
    assert waiting.filename == "IMG_0001.mp4"


def test_a_scan_is_reported_before_the_disk_is_touched(library: Path) -> None:
    reported: list[tuple[str, int, int | None]] = []
    library.rmdir()
    with pytest.raises(FolderUnusable):
        scan(library, progress=lambda *what: reported.append(what))
    # On a disk that does not answer it would have come no further.
    assert reported == [("reading_folder", 0, None)]


def test_a_scan_leaves_the_settings_of_the_connection_as_they_were(library: Path) -> None:
    put(library / "a.mp4")

    def mapped() -> Any:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA mmap_size = 4096000")
            cursor.execute("PRAGMA mmap_size")
            return cursor.fetchone()

    before = mapped()
    scan(library)
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA mmap_size")
        assert cursor.fetchone() == before
