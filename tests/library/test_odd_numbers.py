"""Numbers of the system that no database holds, and rows that one refuses: each costs one file, never a scan."""

import os
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import Shell
from tests.mounts import run_with_mounts
from videos.analysis.pipeline import AnalyzerPool
from videos.library.file_status import file_status, signed
from videos.library.scan import scan
from videos.library.walker import walk_library
from videos.media.demo import Clip, encode
from videos.models import Video
from videos.presentation.problem_messages import in_english

pytestmark = pytest.mark.django_db

INT64 = range(-(2**63), 2**63)
YEAR_1601, YEAR_2446 = -11_644_473_600, 15_021_115_200


@pytest.fixture
def any_date(tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A video folder on a file system that keeps every date: a tmpfs."""
    (tmp_path / "data").mkdir()
    settings.DATA_DIR, settings.GENERATED_DIR = tmp_path / "data", tmp_path / "data" / "generated"
    shared_memory = Path("/dev/shm")
    if not os.access(shared_memory, os.W_OK):
        pytest.skip("no tmpfs here")
    with tempfile.TemporaryDirectory(dir=shared_memory, prefix="lvs-dates-") as folder:
        settings.VIDEO_DIR = Path(folder)
        yield settings.VIDEO_DIR


def put(path: Path, content: bytes = b"x", modified: int = 1_600_000_000) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    os.utime(path, (modified, modified))
    return path


def rows() -> list[dict[str, Any]]:
    return list(Video.objects.order_by("pk").values())


@pytest.mark.parametrize("seconds", [YEAR_2446, YEAR_1601, 253_402_300_800, 2**62, -(2**62), -1, 0])
def test_a_file_with_a_date_that_no_database_holds_is_scanned_like_any_other(seconds: int, any_date: Path) -> None:
    put(any_date / "odd.mp4", modified=seconds)
    put(any_date / "other.mp4")
    assert (any_date / "odd.mp4").stat().st_mtime == seconds
    assert scan(any_date).added == 2
    assert Video.objects.get(filename="odd.mp4").modified_ns in INT64
    before = rows()
    again = scan(any_date)
    assert (again.unchanged, again.found_changes, rows()) == (2, False, before)
    (any_date / "odd.mp4").rename(any_date / "moved.mp4")
    assert scan(any_date).moved == 1


def test_a_file_from_the_year_2446_is_analyzed_once(any_date: Path) -> None:
    clip = any_date / "film.mp4"
    encode(Clip("film.mp4", "testsrc2=size=160x120:rate=10", "libx264", "aac", 220, 2), clip)
    os.utime(clip, (YEAR_2446, YEAR_2446))
    scan(any_date)
    Video.objects.update(analysis_due_at="2020-01-01T00:00:00Z")
    pool = AnalyzerPool(any_date, settings.GENERATED_DIR, 1)
    try:
        assert pool.analyze_due(30) == 1
    finally:
        pool.close()
    video = Video.objects.get()
    assert (video.problem, video.analysis_due_at, video.width) == ("", None, 640)
    assert scan(any_date).unchanged == 1
    assert Video.objects.get().analysis_due_at is None


def test_inodes_beyond_63_bits_are_stored_and_still_tell_what_moved(shell: Shell) -> None:
    printed = run_with_mounts(
        shell,
        """
from videos.library.scan import scan
from videos.models import Video
layers = [videos.parent / f"layer{number}" for number in range(3)]
for layer in layers:
    layer.mkdir()
    mount("-t", "tmpfs", "tmpfs", layer)
    (layer / f"{layer.name}.mp4").write_text(layer.name)
mount("-t", "overlay", "-o", f"lowerdir={':'.join(map(str, layers))},xino=on", "overlay", videos)
print(max(path.stat().st_ino for path in videos.iterdir()) >= 2**63)
print(scan(videos).added, scan(videos).unchanged, Video.objects.filter(inode__lt=0).count() > 0)
# As if it had been renamed: an overlay without an upper layer takes no writes.
Video.objects.filter(filename="layer2.mp4").update(filename="earlier.mp4", title="earlier")
print(scan(videos).moved)
""",
    )
    if printed.startswith("False"):
        pytest.skip("this kernel gives no numbers so large")
    assert printed.split() == ["True", "3", "3", "True", "1"]


@pytest.mark.parametrize("number", [0, 2**31, 2**63 - 1, 2**63, 2**64 - 1, 2**64, 2**127, 2**128 - 1])
def test_every_number_of_a_file_fits_into_a_row(number: int) -> None:
    assert signed(number) in INT64
    assert signed(signed(number)) == signed(number)
    odd = os.stat_result(
        (0o100644, number, number, 1, 0, 0, number, 0, 0, 0),
        {"st_mtime_ns": number * 10**9, "st_ctime_ns": -number * 10**9},
    )
    assert all(part in INT64 for part in file_status(odd))


def test_two_inodes_that_differ_are_not_folded_into_one() -> None:
    assert len({signed(number) for number in (1, 2**63 - 1, 2**63, 2**63 + 1, 2**64 - 1)}) == 5


def test_a_row_that_the_database_refuses_is_named_and_the_others_go_in(library: Path, viewer: Any) -> None:
    for number in range(1200):
        (library / f"{number:04}.mp4").touch()
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER refuses BEFORE INSERT ON videos_video WHEN NEW.filename IN ('0007.mp4', '0900.mp4')"
            " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    summary = scan(library)
    assert (summary.added, Video.objects.count()) == (1198, 1198)
    assert sorted(summary.skipped) == [
        (name, "the database refused it: not this one") for name in ("0007.mp4", "0900.mp4")
    ]


def change(library: Path, name: str) -> None:
    put(library / name, b"longer")


def remove(library: Path, name: str) -> None:
    (library / name).unlink()


def rename(library: Path, name: str) -> None:
    (library / name).rename(library / f"new {name}")


@pytest.mark.parametrize(
    ("act", "kept"),
    [
        (change, lambda: Video.objects.filter(file_size=6)),
        (remove, Video.objects.missing),
        (rename, lambda: Video.objects.filter(filename__startswith="new ")),
    ],
)
def test_a_change_that_the_database_refuses_is_named_and_the_others_are_kept(
    act: Callable[[Path, str], None], kept: Callable[[], Any], library: Path, viewer: Any
) -> None:
    for number in range(4):
        put(library / f"{number}.mp4", b"x" * (number + 10))
    scan(library)
    for name in ("0.mp4", "1.mp4", "2.mp4"):
        act(library, name)
    refused = Video.objects.get(filename="1.mp4").pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER refuses BEFORE UPDATE ON videos_video WHEN NEW.id = {refused}"
            " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    summary = scan(library)
    assert kept().count() == 2
    ((name, reason),) = summary.skipped
    assert reason == "the database refused it: not this one"
    assert "1.mp4" in name
    assert summary.changed + summary.missing + summary.moved == 2


def test_facts_that_the_database_refuses_cost_one_file_and_never_the_batch(library: Path, viewer: Any) -> None:
    for number in range(3):
        put(library / f"{number}.mp4", b"no video at all")
    scan(library)
    Video.objects.update(analysis_due_at="2020-01-01T00:00:00Z")
    refused = Video.objects.get(filename="1.mp4").pk
    with connection.cursor() as cursor:
        cursor.execute(
            f"CREATE TRIGGER refuses BEFORE UPDATE ON videos_video WHEN NEW.id = {refused} AND NEW.fingerprint <> ''"
            " BEGIN SELECT RAISE(ABORT, 'not this one'); END"
        )
    pool = AnalyzerPool(library, settings.GENERATED_DIR, 1)
    try:
        assert pool.analyze_due(30) == 3
    finally:
        pool.close()
    assert Video.objects.exclude(fingerprint="").count() == 2
    video = Video.objects.get(pk=refused)
    assert (in_english(video.problem), video.analysis_due_at) == ("the database refused it: not this one", None)


def test_names_as_long_as_the_system_takes_go_in_and_longer_ones_are_named(library: Path, viewer: Any) -> None:
    put(library / ("ü" * 125 + ".mp4"))
    folder = os.open(library, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("x" * 250, dir_fd=folder)
        below = os.open("x" * 250, os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = below
    os.close(os.open("deep.mp4", os.O_CREAT | os.O_WRONLY, dir_fd=folder))
    os.close(folder)
    summary = scan(library)
    assert summary.added == 1
    assert [reason for _name, reason in summary.skipped] == ["the folder cannot be read: File name too long"]


def test_a_walk_gives_numbers_that_fit(any_date: Path) -> None:
    put(any_date / "a.mp4", modified=2**60)
    assert walk_library(any_date).files["a.mp4"][1] == 2**63 - 1
