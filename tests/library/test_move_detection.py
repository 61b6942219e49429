"""Which file is which video: what moved keeps its row and all that hangs on it, and what cannot be told stays."""

import itertools
import os
import random
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from tests.other_user import give_to_nobody, library_for_anybody, run_as_nobody
from tests.worker import rows
from videos.analysis.artwork_store import cover_path
from videos.cache import VideoCache
from videos.library.diff import Plan
from videos.library.move_detection import content_of, find_moves, signed
from videos.library.scan import scan
from videos.library.walk import Walk
from videos.maintenance.relink_candidates import found_again
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


def move(old: Path, new: Path) -> None:
    new.parent.mkdir(parents=True, exist_ok=True)
    old.rename(new)


def copy(old: Path, new: Path) -> None:
    """Copy as a file manager does from disk to disk: another inode and date, the same content."""
    put(new, old.read_bytes())


def counts(root: Path, **options: Any) -> dict[str, int]:
    """Scan, and return what the summary counts, zeros left out."""
    summary = scan(root, **options)
    kinds = ("added", "changed", "moved", "missing", "back", "unchanged")
    return {name: number for name in kinds if (number := getattr(summary, name))}


def ids() -> dict[str, int]:
    """Return {filename: id} of the videos whose file is there."""
    return dict(Video.objects.present().values_list("filename", "pk"))


def missing() -> list[str]:
    return sorted(Video.objects.missing().values_list("filename", flat=True))


def fill_in_fingerprints(root: Path) -> None:
    """Do what an analysis does for the evidence."""
    for video in Video.objects.present():
        video.fingerprint = content_of(root, video.filename, video.file_size) if video.file_size else ""
        video.save()


@pytest.fixture
def known(library: Path, viewer: Any) -> Callable[..., dict[str, int]]:
    """Put these files and scan them, and return {name: id}. With `analyzed`, their content is known, too."""

    def make(*names: str, analyzed: bool = False) -> dict[str, int]:
        for name in names:
            put(library / name)
        scan(library)
        if analyzed:
            fill_in_fingerprints(library)
        return ids()

    return make


# --- one file, or one folder ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("new", ["b.mp4", "A.mp4", "a.mkv", "trips/2019/a.mp4", "trips/Ünder/b\nc.mp4"])
def test_a_renamed_file_keeps_everything(new: str, known: Callable[..., dict[str, int]], library: Path) -> None:
    before = known("a.mp4", "other.mp4")
    cache, added = VideoCache(), datetime(2020, 1, 1, tzinfo=UTC)
    cache.update_rating("a.mp4", 4)
    cache.update_view("a.mp4")
    cache.update_tags("a.mp4", ["sea"])
    cache.set_favorite("a.mp4", True)
    Video.objects.filter(filename="a.mp4").update(
        added_date=added, duration=12.5, cover_version=7, analysis_due_at=None
    )
    cover = cover_path(settings.GENERATED_DIR, before["a.mp4"])
    put(cover)
    move(library / "a.mp4", library / new)
    assert counts(library) == {"moved": 1, "unchanged": 1}
    video = Video.objects.get(pk=before["a.mp4"])
    assert (video.filename, video.added_date, video.duration, video.missing_since) == (new, added, 12.5, None)
    assert (video.cover_version, video.analysis_due_at, cover.exists()) == (7, None, True)
    assert cache.get_ratings() == {new: 4}
    assert cache.get_views() == {new: 1}
    assert cache.get_tags() == {new: ["sea"]}
    assert cache.get_favorites() == [new]
    assert Video.objects.count() == 2
    assert counts(library) == {"unchanged": 2}


def test_a_renamed_folder_takes_all_that_is_in_it_along(known: Callable[..., dict[str, int]], library: Path) -> None:
    before = known("trips/a.mp4", "trips/2019/b.mp4", "trips/2019/sea/c.mp4", "home.mp4")
    for name in before:
        VideoCache().update_rating(name, 3)
    move(library / "trips", library / "travel" / "old trips")
    assert counts(library) == {"moved": 3, "unchanged": 1}
    after = {name.replace("trips/", "travel/old trips/"): video_id for name, video_id in before.items()}
    assert ids() == after
    assert VideoCache().get_ratings() == dict.fromkeys(after, 3)


def test_a_title_made_from_the_name_follows_it_and_a_written_one_stays(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4")
    Video.objects.filter(filename="b.mp4").update(title="Our wedding")
    move(library / "a.mp4", library / "trips" / "Sea.mkv")
    move(library / "b.mp4", library / "trips" / "Wedding.mkv")
    scan(library)
    assert Video.objects.get(pk=before["a.mp4"]).title == "Sea"
    assert Video.objects.get(pk=before["b.mp4"]).title == "Our wedding"


def test_a_file_that_was_missing_for_weeks_comes_back_under_another_name(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4")
    move(library / "a.mp4", library.parent / "elsewhere.mp4")
    assert counts(library) == {"missing": 1, "unchanged": 1}
    Video.objects.missing().update(missing_since=timezone.now() - timedelta(weeks=5))
    move(library.parent / "elsewhere.mp4", library / "trips" / "c.mp4")
    assert counts(library) == {"moved": 1, "unchanged": 1}
    assert ids() == {"trips/c.mp4": before["a.mp4"], "b.mp4": before["b.mp4"]}


def test_renamed_files_cost_queries_by_the_batch_and_not_by_the_file(
    known: Callable[..., dict[str, int]], library: Path, query_count: Callable[[Callable[[], Any]], int]
) -> None:
    known(*(f"old/{number}.mp4" for number in range(3)), *(f"more/{number}.mp4" for number in range(300)))
    costs = []
    for folder in ("old", "more"):
        move(library / folder, library / f"new {folder}")
        costs.append(query_count(lambda: scan(library)))
    assert costs[0] == costs[1]


# --- names that pass from one to the next ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    "names",
    [
        {"ep3": "ep4", "ep2": "ep3", "ep1": "ep2"},
        {"a": "b", "b": "a"},
        {"a": "b", "b": "c", "c": "a"},
        {"a": "b", "b": "a", "c": "d", "d": "e"},
    ],
    ids=["renumbered", "swapped", "a cycle of three", "a swap and a chain"],
)
def test_names_that_change_hands_in_one_scan_are_told_apart(
    names: dict[str, str], known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known(*(f"{name}.mp4" for name in names), "other.mp4")
    for name in names:
        VideoCache().update_tags(f"{name}.mp4", [f"was {name}"])
    for name in names:
        move(library / f"{name}.mp4", library.parent / f"{name}.on its way")
    for name, new in names.items():
        move(library.parent / f"{name}.on its way", library / f"{new}.mp4")
    assert counts(library) == {"moved": len(names), "unchanged": 1}
    assert ids() == {f"{names.get(name[:-4], name[:-4])}.mp4": video_id for name, video_id in before.items()}
    assert VideoCache().get_tags() == {f"{new}.mp4": [f"was {name}"] for name, new in names.items()}
    # The titles, which were made from the names, have followed.
    assert {video.title for video in Video.objects.all()} == {*names.values(), "other"}


def test_a_chain_of_more_names_than_a_batch_holds_is_told_apart(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known(*(f"{number:04}.mp4" for number in range(1100)))
    for number in reversed(range(1100)):
        move(library / f"{number:04}.mp4", library / f"{number + 1:04}.mp4")
    assert counts(library) == {"moved": 1100}
    assert ids() == {f"{int(name[:4]) + 1:04}.mp4": video_id for name, video_id in before.items()}


def test_a_better_copy_that_nobody_marked_leaves_the_film_its_row(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("film.new.mp4", "film.mp4", "other.mp4", analyzed=True)
    VideoCache().update_rating("film.mp4", 5)
    move(library / "film.new.mp4", library / "film.mp4")
    assert counts(library) == {"changed": 1, "missing": 1, "unchanged": 1}
    assert VideoCache().get_ratings() == {"film.mp4": 5}
    assert (ids()["film.mp4"], missing()) == (before["film.mp4"], ["film.new.mp4"])


def test_a_marked_file_that_is_moved_over_another_takes_its_row_along(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("good.mp4", "bad.mp4", "other.mp4", analyzed=True)
    VideoCache().update_rating("good.mp4", 5)
    VideoCache().update_rating("bad.mp4", 2)
    move(library / "good.mp4", library / "bad.mp4")
    assert counts(library) == {"moved": 1, "missing": 1, "unchanged": 1}
    gone = f"bad (gone {before['bad.mp4']}).mp4"
    assert VideoCache().get_ratings() == {"bad.mp4": 5, gone: 2}
    assert (ids()["bad.mp4"], missing()) == (before["good.mp4"], [gone])
    assert counts(library) == {"unchanged": 2}


@pytest.mark.parametrize("scanned_between", [False, True])
def test_episodes_that_close_the_gap_of_a_deleted_one_each_keep_their_row(
    known: Callable[..., dict[str, int]], library: Path, scanned_between: bool
) -> None:
    names = [f"ep{number}.mp4" for number in range(1, 7)]
    before = known(*names)
    for stars, name in enumerate(names[:5], 1):
        VideoCache().update_rating(name, stars)
    (library / "ep2.mp4").unlink()
    if scanned_between:
        scan(library)
    for number in range(2, 6):
        move(library / f"ep{number + 1}.mp4", library / f"ep{number}.mp4")
    scan(library)
    gone = f"ep2 (gone {before['ep2.mp4']}).mp4"
    assert ids() == {
        "ep1.mp4": before["ep1.mp4"],
        **{f"ep{number}.mp4": before[f"ep{number + 1}.mp4"] for number in range(2, 6)},
    }
    assert VideoCache().get_ratings() == {"ep1.mp4": 1, gone: 2, "ep2.mp4": 3, "ep3.mp4": 4, "ep4.mp4": 5}
    assert (missing(), Video.objects.get(filename=gone).pk) == ([gone], before["ep2.mp4"])
    assert counts(library) == {"unchanged": 5}


def test_a_marked_file_that_takes_the_name_of_a_missing_one_keeps_its_row(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4", "other.mp4", analyzed=True)
    VideoCache().update_rating("a.mp4", 5)
    VideoCache().update_rating("b.mp4", 2)
    (library / "b.mp4").unlink()
    scan(library)
    move(library / "a.mp4", library / "b.mp4")
    assert counts(library) == {"moved": 1, "missing": 1, "unchanged": 1}
    assert VideoCache().get_ratings() == {"b.mp4": 5, f"b (gone {before['b.mp4']}).mp4": 2}


def test_a_file_that_is_renamed_while_the_folders_are_read_keeps_its_row(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a/one.mp4", "b/two.mp4")
    VideoCache().update_rating("a/one.mp4", 4)
    VideoCache().update_rating("b/two.mp4", 2)
    # Folders are read in the order of their names.
    first, later = "a", "b"
    (name,) = os.listdir(library / first)

    def rename_behind_its_back(phase: str, done: int, total: int | None) -> None:
        if phase == "reading_folder" and done == 1 and (library / first / name).exists():
            move(library / first / name, library / later / "moved.mp4")

    assert scan(library, progress=rename_behind_its_back).moved == 1
    moved = before[f"{first}/{name}"]
    assert (ids()[f"{later}/moved.mp4"], missing()) == (moved, [])
    assert sorted(VideoCache().get_ratings().values()) == [2, 4]
    assert counts(library) == {"unchanged": 2}


# --- copies ---------------------------------------------------------------------------------------------------------


def test_a_hard_link_beside_the_original_is_a_video_of_its_own(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4")
    os.link(library / "a.mp4", library / "b.mp4")
    assert counts(library) == {"added": 1, "unchanged": 1}
    assert ids()["a.mp4"] == before["a.mp4"]


def test_two_hard_links_instead_of_the_original_are_not_guessed(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    known("a.mp4", "other.mp4")
    os.link(library / "a.mp4", library / "b.mp4")
    move(library / "a.mp4", library / "c.mp4")
    assert counts(library) == {"added": 2, "missing": 1, "unchanged": 1}


def test_a_copy_is_a_new_video_and_when_the_original_goes_a_person_decides(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "other.mp4", analyzed=True)
    copy(library / "a.mp4", library / "copy.mp4")
    assert counts(library) == {"added": 1, "unchanged": 2}
    fill_in_fingerprints(library)
    (library / "a.mp4").unlink()
    assert counts(library) == {"missing": 1, "unchanged": 2}
    (found,) = found_again(9)
    assert (found.missing.pk, [video.filename for video in found.candidates]) == (before["a.mp4"], ["copy.mp4"])


def test_beside_a_copy_an_original_that_goes_to_another_disk_is_not_guessed(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    known("a.mp4", analyzed=True)
    copy(library / "a.mp4", library / "copy.mp4")
    scan(library)  # The copy has not been analyzed: its content is asked for.
    copy(library / "a.mp4", library / "from disk to disk.mp4")
    (library / "a.mp4").unlink()
    assert counts(library) == {"added": 1, "missing": 1, "unchanged": 1}


def test_beside_a_copy_an_original_that_is_renamed_is_known_by_its_inode(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", analyzed=True)
    copy(library / "a.mp4", library / "copy.mp4")
    move(library / "a.mp4", library / "b.mp4")
    assert counts(library) == {"added": 1, "moved": 1}
    assert ids()["b.mp4"] == before["a.mp4"]


def test_two_copies_instead_of_the_original_are_not_guessed(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    known("a.mp4", "other.mp4", analyzed=True)
    copy(library / "a.mp4", library / "one.mp4")
    copy(library / "a.mp4", library / "two.mp4")
    (library / "a.mp4").unlink()
    assert counts(library) == {"added": 2, "missing": 1, "unchanged": 1}
    fill_in_fingerprints(library)
    assert [video.filename for one in found_again(9) for video in one.candidates] == ["one.mp4", "two.mp4"]


def test_one_file_for_two_missing_videos_of_that_content_is_not_guessed(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    put(library / "one.mp4", b"the same")
    put(library / "two.mp4", b"the same")
    known("other.mp4", analyzed=True)
    copy(library / "one.mp4", library / "three.mp4")
    (library / "one.mp4").unlink()
    (library / "two.mp4").unlink()
    assert counts(library) == {"added": 1, "missing": 2, "unchanged": 1}
    fill_in_fingerprints(library)
    assert sorted((one.missing.filename, one.candidates[0].filename, one.claims) for one in found_again(9)) == [
        ("one.mp4", "three.mp4", 2),
        ("two.mp4", "three.mp4", 2),
    ]


# --- by content -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("analyzed", [True, False])
def test_a_file_from_another_disk_is_known_by_its_content_if_that_is_known(
    analyzed: bool, known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "other.mp4", analyzed=analyzed)
    copy(library / "a.mp4", library / "disk 2" / "b.mp4")
    (library / "a.mp4").unlink()
    if analyzed:
        assert counts(library) == {"moved": 1, "unchanged": 1}
        assert ids()["disk 2/b.mp4"] == before["a.mp4"]
        assert counts(library) == {"unchanged": 2}
    else:
        assert counts(library) == {"added": 1, "missing": 1, "unchanged": 1}


def test_the_content_found_elsewhere_needs_no_other_analysis(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "other.mp4", analyzed=True)
    Video.objects.update(analysis_due_at=None, cover_version=7)
    copy(library / "a.mp4", library / "b.mp4")
    (library / "a.mp4").unlink()
    scan(library)
    video = Video.objects.get(pk=before["a.mp4"])
    status = (library / "b.mp4").stat()
    assert (video.analysis_due_at, video.cover_version, video.modified_ns) == (None, 7, status.st_mtime_ns)
    # Where it is now is the evidence next time.
    move(library / "b.mp4", library / "c.mp4")
    Video.objects.update(fingerprint="")
    assert counts(library) == {"moved": 1, "unchanged": 1}


def test_a_whole_folder_that_goes_to_another_disk_is_known_by_its_content(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known(*(f"here/{number}.mp4" for number in range(40)), analyzed=True)
    shutil.copytree(library / "here", library / "there", copy_function=shutil.copyfile)
    shutil.rmtree(library / "here")
    assert counts(library) == {"moved": 40}
    assert ids() == {name.replace("here/", "there/"): video_id for name, video_id in before.items()}


def test_another_content_of_the_same_size_is_another_video(known: Callable[..., dict[str, int]], library: Path) -> None:
    put(library / "a.mp4", b"12345")
    known("other.mp4", analyzed=True)
    put(library / "b.mp4", b"54321")
    (library / "a.mp4").unlink()
    assert counts(library) == {"added": 1, "missing": 1, "unchanged": 1}


def test_what_a_file_held_before_it_was_written_to_is_no_evidence(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    put(library / "a.mp4", b"before")
    known("other.mp4", analyzed=True)
    put(library / "a.mp4", b"after!")
    assert counts(library) == {"changed": 1, "unchanged": 1}
    (library / "a.mp4").unlink()
    put(library / "b.mp4", b"before")
    assert counts(library) == {"added": 1, "missing": 1, "unchanged": 1}


def test_an_empty_file_is_never_known_by_its_content(known: Callable[..., dict[str, int]], library: Path) -> None:
    put(library / "a.mp4", b"")
    known("other.mp4")
    Video.objects.update(fingerprint="as if it had one")
    (library / "a.mp4").unlink()
    put(library / "b.mp4", b"")
    assert counts(library) == {"added": 1, "missing": 1, "unchanged": 1}


def test_a_renamed_empty_file_is_known_by_its_inode(known: Callable[..., dict[str, int]], library: Path) -> None:
    put(library / "a.mp4", b"")
    known("other.mp4")
    move(library / "a.mp4", library / "b.mp4")
    assert counts(library) == {"moved": 1, "unchanged": 1}


# --- what the system says -------------------------------------------------------------------------------------------


def test_an_inode_with_another_date_is_no_evidence(known: Callable[..., dict[str, int]], library: Path) -> None:
    known("a.mp4", "other.mp4")
    move(library / "a.mp4", library / "b.mp4")
    os.utime(library / "b.mp4", (1, 1))
    assert counts(library) == {"added": 1, "missing": 1, "unchanged": 1}


@pytest.mark.parametrize("number", [2**31, 2**63 - 1, 2**63, 2**64 - 1])
def test_device_and_inode_may_be_any_64_bit_number(number: int, library: Path, viewer: Any) -> None:
    video = Video.objects.create(
        filename="a.mp4", file_size=5, modified_ns=6, device=signed(number), inode=signed(number)
    )
    video.refresh_from_db()
    plan = Plan()
    plan.add_unseen(("a.mp4", video.pk, 5, 6, None, video.device, video.inode), Walk(library))
    plan.add_found("added", "b.mp4", (5, 6, 7, signed(number), signed(number)))
    plan.add_found("added", "c.mp4", (5, 6, 7, signed(number), signed(number - 1)))
    find_moves(plan, library)
    assert list(plan.scratch.rows("SELECT video_id, name FROM move")) == [(video.pk, "b.mp4")]
    plan.close()


def test_a_row_that_knows_no_inode_is_found_by_content_alone(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4", "other.mp4")
    Video.objects.filter(filename="a.mp4").update(fingerprint=content_of(library, "a.mp4", 10))
    for name in ("a", "b"):
        move(library / f"{name}.mp4", library / f"new {name}.mp4")
    Video.objects.update(device=None, inode=None)
    assert counts(library) == {"added": 1, "moved": 1, "missing": 1, "unchanged": 1}
    assert ids()["new a.mp4"] == before["a.mp4"]


@pytest.mark.parametrize("device", [None, -5])
def test_a_scan_notes_the_numbers_that_an_old_library_or_another_mount_does_not_know(
    device: int | None, known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4")
    Video.objects.update(device=device, inode=device)
    assert counts(library) == {"unchanged": 2}
    move(library / "a.mp4", library / "on its way")
    move(library / "b.mp4", library / "a.mp4")
    move(library / "on its way", library / "b.mp4")
    assert counts(library) == {"moved": 2}
    assert ids() == {"a.mp4": before["b.mp4"], "b.mp4": before["a.mp4"]}


def test_a_link_to_a_renamed_file_is_no_second_candidate(known: Callable[..., dict[str, int]], library: Path) -> None:
    before = known("a.mp4")
    move(library / "a.mp4", library / "b.mp4")
    (library / "a.mp4").symlink_to("b.mp4")
    assert counts(library)["unchanged"] == 1
    assert ids()["a.mp4"] == before["a.mp4"]


def test_while_a_folder_cannot_be_read_nothing_in_it_is_taken_for_moved() -> None:
    with library_for_anybody() as shell:
        for name in ("locked/a.mp4", "locked/b.mp4", "open/c.mp4"):
            put(shell.videos / name)
        shell.run("scan_library")
        move(shell.videos / "locked" / "a.mp4", shell.videos / "a.mp4")
        move(shell.videos / "open" / "c.mp4", shell.videos / "d.mp4")
        for folder in (shell.data, shell.videos):
            give_to_nobody(folder)
        (shell.videos / "locked").chmod(0o000)
        printed = run_as_nobody(
            shell,
            "run('scan_library')\n"
            "from videos.models import Video\n"
            "print(sorted(Video.objects.present().values_list('filename', flat=True)))",
        )
        assert "1 added, 0 changed, 1 moved, 0 missing" in printed
        assert "['a.mp4', 'd.mp4', 'locked/a.mp4', 'locked/b.mp4']" in printed


# --- what an import left waiting ------------------------------------------------------------------------------------


def test_a_placeholder_takes_its_file_also_where_others_move(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4")
    waiting = Video.objects.create(filename="cafe\u0301.mp4", missing_since=timezone.now())
    move(library / "a.mp4", library / "new.mp4")
    put(library / "caf\u00e9.mp4")
    assert counts(library) == {"moved": 1, "back": 1, "unchanged": 1}
    assert ids() == {"new.mp4": before["a.mp4"], "b.mp4": before["b.mp4"], "caf\u00e9.mp4": waiting.pk}


def test_a_moved_file_of_the_name_that_a_placeholder_nearly_has_stays_itself(
    known: Callable[..., dict[str, int]], library: Path
) -> None:
    before = known("a.mp4", "b.mp4")
    Video.objects.create(filename="cafe\u0301.mp4", missing_since=timezone.now())
    move(library / "a.mp4", library / "caf\u00e9.mp4")
    assert counts(library) == {"moved": 1, "unchanged": 1}
    assert ids()["caf\u00e9.mp4"] == before["a.mp4"]


# --- any renaming ---------------------------------------------------------------------------------------------------

NAMES = [f"{folder}{number}.mp4" for folder in ("", "a/", "a/b/", "c/") for number in range(20)]


def rearrange(root: Path, names: dict[str, str]) -> None:
    """Give all the files new names at once."""
    for number, name in enumerate(names):
        move(root / name, root.parent / f"on its way {number}")
    for number, new in enumerate(names.values()):
        move(root.parent / f"on its way {number}", root / new)


@pytest.mark.parametrize("seed", range(10))
def test_however_the_files_are_renamed_each_keeps_its_row(seed: int, library: Path, viewer: Any) -> None:
    choice = random.Random(seed)
    count = choice.randint(2, 12)
    for name in choice.sample(NAMES, count):
        put(library / name)
    scan(library)
    for _ in range(30):
        before = ids()
        names = dict(zip(before, choice.sample(NAMES, count), strict=True))
        rearrange(library, names)
        summary = scan(library)
        assert ids() == {names[name]: video_id for name, video_id in before.items()}
        assert summary.moved == sum(old != new for old, new in names.items())
    assert Video.objects.count() == count


@pytest.mark.parametrize("seed", range(6))
def test_where_files_come_and_go_besides_no_row_is_lost_and_none_gets_the_file_of_another(
    seed: int, library: Path, viewer: Any
) -> None:
    choice = random.Random(seed)
    put(library / "always.mp4")
    scan(library)
    files: dict[bytes, int] = {}
    for _ in range(25):
        there = sorted(ids().keys() - {"always.mp4"})
        choice.shuffle(there)
        going, moving = there[: choice.randint(0, 1)], there[2:]
        for name in going:
            (library / name).unlink()
        # A name that is free, or about to be. That of a missing video is its own: what takes it, a person decides.
        free = sorted({*NAMES, *moving} - {*there[:2], *missing()})
        names = dict(zip(moving, choice.sample(free, len(moving)), strict=True))
        rearrange(library, names)
        for name in choice.sample(sorted({*free} - {*there, *names.values()}), choice.randint(0, 2)):
            put(library / name)
        count = Video.objects.count()
        summary = scan(library)
        assert (summary.changed, summary.back, summary.missing) == (0, 0, len(going))
        assert Video.objects.count() == count + summary.added
        for name, video_id in ids().items():
            assert files.setdefault((library / name).read_bytes(), video_id) == video_id
    assert len(set(files.values())) == len(files) == Video.objects.count() > 10


def test_where_a_file_that_may_be_the_copy_cannot_be_read_nothing_is_guessed() -> None:
    """Its size is that of the film that moved, and what is in it nobody knows."""
    with library_for_anybody() as shell:
        film, other = shell.videos / "film.mp4", shell.videos / "other.mp4"
        film.write_bytes(b"a" * 1000)
        other.write_bytes(b"b" * 1000)
        shell.run("worker", "--once")
        rows(shell, "UPDATE videos_video SET fingerprint = '' WHERE filename = 'other.mp4'")
        film.unlink()
        (shell.videos / "moved.mp4").write_bytes(b"a" * 1000)
        other.chmod(0o200)
        for folder in (shell.data, shell.videos):
            give_to_nobody(folder)
        run_as_nobody(shell, "run('scan_library')")
        found = rows(shell, "SELECT filename, missing_since IS NULL AS present FROM videos_video ORDER BY filename")
    assert [tuple(row.values()) for row in found] == [("film.mp4", 0), ("moved.mp4", 1), ("other.mp4", 1)]
