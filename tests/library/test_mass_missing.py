"""Files that go missing together: held back from every cleanup until they are back or a person says they are gone."""

import itertools
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from tests.conftest import PROJECT, Shell
from videos.library import apply_plan
from videos.library.diff import Plan
from videos.library.mass_missing import confirm_missing, find_gone_together
from videos.library.scan import scan
from videos.library.walk import Scope, Walk
from videos.models import MissingBatch, Video

pytestmark = pytest.mark.django_db

_contents = itertools.count(1_000_000)


def put(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(next(_contents)))
    return path


def tied() -> dict[str, set[str]]:
    """Return {folder: names} of what went missing together, as the rows say it."""
    return {one.folder: set(one.videos.values_list("filename", flat=True)) for one in MissingBatch.objects.all()}


def missing() -> list[str]:
    return sorted(Video.objects.missing().values_list("filename", flat=True))


def files(folder: str, count: int, start: int = 0) -> list[str]:
    return [f"{folder}{number}.mp4" for number in range(start, start + count)]


@pytest.fixture
def root(library: Path, viewer: Any) -> Callable[..., Path]:
    """Put these files and scan them."""

    def make(*names: str) -> Path:
        for name in ("always there.mp4", *names):
            put(library / name)
        scan(library)
        return library

    return make


def lose(root: Path, *names: str) -> dict[str, int]:
    """Take the files away, scan, and return what the summary says of those that went together."""
    for name in names:
        (root / name).unlink()
    return scan(root).disappeared


@pytest.mark.parametrize(
    ("there", "gone", "together"),
    [
        (3, 3, True),
        (5, 3, True),
        (4, 3, True),
        (6, 3, False),
        (2, 2, False),
        (1, 1, False),
        (8, 4, False),
        (7, 4, True),
    ],
)
def test_more_than_half_of_a_folder_and_three_at_least_are_gone_together(
    there: int, gone: int, together: bool, root: Callable[..., Path]
) -> None:
    names = files("trips/", there)
    folder = root(*names)
    assert lose(folder, *names[:gone]) == ({"trips/": gone} if together else {})
    assert missing() == names[:gone]
    assert tied() == ({"trips/": set(names[:gone])} if together else {})


def test_a_folder_that_is_gone_as_a_whole_is_named(root: Callable[..., Path]) -> None:
    folder = root(*files("trips/", 4), *files("home/", 4))
    (folder / "trips").rename(folder.parent / "unplugged")
    assert scan(folder).disappeared == {"trips/": 4}
    (missing_batch,) = MissingBatch.objects.all()
    assert abs((timezone.now() - missing_batch.noticed_at).total_seconds()) < 60


def test_files_in_no_folder_are_never_a_disk(root: Callable[..., Path]) -> None:
    names = files("", 9)
    assert lose(root(*names), *names) == {}


@pytest.mark.parametrize(
    ("names", "gone", "expected"),
    [
        # The deepest folder that all of them lie in.
        (files("a/b/c/", 4), files("a/b/c/", 4), {"a/b/c/": 4}),
        (files("a/b/", 2) + files("a/b/c/", 2), files("a/b/", 2) + files("a/b/c/", 2), {"a/b/": 4}),
        (files("a/b/", 2) + files("a/c/", 2), files("a/b/", 2) + files("a/c/", 2), {"a/": 4}),
        # What lies beside them was not lost.
        (files("a/b/", 4) + files("a/c/", 9), files("a/b/", 4), {"a/b/": 4}),
        # The folder above lost over half as well, with a file that lies elsewhere in it.
        (files("a/b/", 6) + files("a/c/", 3), files("a/b/", 5) + files("a/c/", 1), {"a/": 6}),
        # Two disks at once.
        (files("a/b/", 4) + files("d/e/", 3), files("a/b/", 4) + files("d/e/", 3), {"a/b/": 4, "d/e/": 3}),
        # The name of one begins like that of another.
        (files("a/", 4) + files("ab/", 9) + files("a b/", 9), files("a/", 4), {"a/": 4}),
        # What cannot be told from a pattern or another case.
        (files("%_/", 3) + files("ü/Ü/", 3), files("%_/", 3), {"%_/": 3}),
    ],
)
def test_files_are_tied_once_to_the_deepest_folder_that_they_share(
    names: list[str], gone: list[str], expected: dict[str, int], root: Callable[..., Path]
) -> None:
    assert lose(root(*names), *gone) == expected
    assert {folder: len(names) for folder, names in tied().items()} == expected


def test_what_moved_away_is_not_gone(root: Callable[..., Path]) -> None:
    folder = root(*files("trips/", 6))
    (folder / "travel").mkdir()
    for name in files("", 5):
        (folder / "trips" / name).rename(folder / "travel" / name)
    summary = scan(folder)
    assert (summary.moved, summary.disappeared) == (5, {})
    assert MissingBatch.objects.count() == 0


def test_files_that_are_missed_one_scan_after_the_other_count_together(root: Callable[..., Path]) -> None:
    names = files("trips/", 6)
    folder = root(*names)
    for name in names[:5]:
        (folder / name).unlink()
    said = [scan(folder, scope=Scope(frozenset([name]))).disappeared for name in names[:5]]
    assert said == [{}, {}, {}, {"trips/": 4}, {"trips/": 5}]
    assert tied() == {"trips/": set(names[:5])}


def test_files_that_went_over_weeks_do_not_count_together(root: Callable[..., Path]) -> None:
    names = files("trips/", 6)
    folder = root(*names)
    for name in names:
        assert lose(folder, name) == {}
        Video.objects.missing().update(missing_since=timezone.now() - timedelta(minutes=11))
    assert tied() == {}


def test_the_rest_of_a_disk_joins_what_went_first(root: Callable[..., Path]) -> None:
    names = files("trips/a/", 5) + files("trips/b/", 2)
    folder = root(*names)
    assert lose(folder, *names[:4]) == {"trips/a/": 4}
    assert lose(folder, names[4]) == {"trips/a/": 5}
    assert lose(folder, *names[5:]) == {"trips/": 7}
    assert tied() == {"trips/": set(names)}


def test_a_file_that_goes_from_an_unplugged_disks_folder_later_waits_with_the_others(
    root: Callable[..., Path],
) -> None:
    names = files("trips/", 5)
    folder = root(*names)
    lose(folder, *names[:4])
    Video.objects.missing().update(missing_since=timezone.now() - timedelta(hours=2))
    assert lose(folder, names[4]) == {"trips/": 5}
    assert tied() == {"trips/": set(names)}


def test_what_an_import_left_waiting_did_not_go_missing(root: Callable[..., Path]) -> None:
    names = files("trips/", 6)
    folder = root(*names)
    for number in range(20):
        Video.objects.create(filename=f"trips/waiting {number}.mp4", missing_since=timezone.now())
    assert lose(folder, names[0]) == {}
    assert tied() == {}


def test_files_that_are_back_are_tied_to_nothing(root: Callable[..., Path]) -> None:
    folder = root(*files("trips/", 4))
    (folder / "trips").rename(folder.parent / "unplugged")
    scan(folder)
    (folder.parent / "unplugged").rename(folder / "trips")
    summary = scan(folder)
    assert (summary.back, summary.disappeared, missing()) == (4, {}, [])
    assert Video.objects.filter(missing_batch__isnull=False).count() == MissingBatch.objects.count() == 0


def test_files_that_are_back_under_another_folder_are_tied_to_nothing(root: Callable[..., Path]) -> None:
    folder = root(*files("trips/", 4))
    before = dict(Video.objects.values_list("title", "pk"))
    (folder / "trips").rename(folder.parent / "unplugged")
    scan(folder)
    (folder.parent / "unplugged").rename(folder / "travel")
    assert scan(folder).moved == 4
    assert (tied(), missing()) == ({}, [])
    assert dict(Video.objects.values_list("title", "pk")) == before


def test_while_some_are_back_the_others_wait_on(root: Callable[..., Path]) -> None:
    names = files("trips/", 4)
    folder = root(*names)
    (folder / "trips").rename(folder.parent / "unplugged")
    scan(folder)
    (folder / "trips").mkdir()
    (folder.parent / "unplugged" / "0.mp4").rename(folder / names[0])
    assert scan(folder).back == 1
    assert tied() == {"trips/": set(names[1:])}


def test_a_scan_that_finds_nothing_new_leaves_what_went_as_it_is(root: Callable[..., Path]) -> None:
    names = files("trips/", 4)
    folder = root(*names)
    lose(folder, *names)
    before = list(Video.objects.order_by("pk").values()), list(MissingBatch.objects.values())
    assert scan(folder).disappeared == {}
    assert (list(Video.objects.order_by("pk").values()), list(MissingBatch.objects.values())) == before


# --- a person's word ------------------------------------------------------------------------------------------------


def test_what_a_person_confirms_is_missing_from_then_on_like_any_other(root: Callable[..., Path]) -> None:
    folder = root(*files("trips/", 4), *files("home/", 4))
    lose(folder, *files("trips/", 4), *files("home/", 4))
    Video.objects.missing().update(missing_since=timezone.now() - timedelta(days=90))
    assert confirm_missing(MissingBatch.objects.get(folder="trips/")) == 4
    assert tied() == {"home/": set(files("home/", 4))}
    # Nobody looked before: the days of an automatic cleanup begin now.
    young = Video.objects.missing().filter(missing_since__gt=timezone.now() - timedelta(hours=1))
    assert sorted(young.values_list("filename", flat=True)) == files("trips/", 4)


def test_what_went_together_is_said_once(root: Callable[..., Path]) -> None:
    folder = root(*files("trips/", 4), *files("home/", 4))
    lose(folder, *files("trips/", 4))
    assert lose(folder, "home/0.mp4") == {}
    assert tied() == {"trips/": set(files("trips/", 4))}


def test_what_was_confirmed_is_no_part_of_what_goes_next(root: Callable[..., Path]) -> None:
    names = files("disks/trips/", 6) + files("disks/home/", 3)
    folder = root(*names)
    lose(folder, *names[:6])
    confirm_missing(MissingBatch.objects.get())
    assert lose(folder, "disks/home/0.mp4") == {}
    assert tied() == {}


# --- a crash --------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("batches", [1, 2])
def test_no_row_is_ever_missing_and_not_tied_however_the_worker_ends(
    batches: int, root: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(apply_plan, "BATCH_ROWS", 3)
    names = files("trips/", 7)
    folder = root(*names)
    for name in names:
        (folder / name).unlink()

    def end_after_some(phase: str, done: int, total: int | None) -> None:
        if phase == "saving" and done == 3 * batches:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        scan(folder, progress=end_after_some)
    assert len(missing()) == 3 * batches
    assert tied() == {"trips/": set(missing())}
    # A day later, as well.
    Video.objects.missing().update(missing_since=timezone.now() - timedelta(days=1))
    scan(folder)
    assert tied() == {"trips/": set(names)}


def test_one_that_nothing_is_tied_to_is_forgotten(root: Callable[..., Path]) -> None:
    folder = root()
    MissingBatch.objects.create(folder="left by a worker that was killed/")
    scan(folder)
    assert MissingBatch.objects.count() == 0


def test_many_folders_cost_time_by_the_file(root: Callable[..., Path], make_video: Callable[..., Video]) -> None:
    gone = [f"{top}/{folder}/{number}.mp4" for top in "ab" for folder in range(50) for number in range(10)]
    folder = root()
    plan = Plan()
    for name in gone:
        video = make_video(name)
        plan.add_unseen((name, video.pk, 1000, 1, None, None, None), Walk(folder))
    assert find_gone_together(plan, folder, timezone.now()) == {"a/": 500, "b/": 500}
    plan.close()


# --- a disk of which nothing is left ----------------------------------------------------------------------------------


def lay_on_another_disk(*names: str) -> None:
    """Note that the files were on a disk with a number of its own."""
    assert Video.objects.filter(filename__in=names).update(device=-(2**40)) == len(names)


@pytest.mark.parametrize("count", [1, 2])
def test_a_disk_that_goes_is_noticed_however_few_files_it_held(count: int, root: Callable[..., Path]) -> None:
    names = files("trips/", count)
    folder = root(*names, *files("home/", 5))
    lay_on_another_disk(*names)
    assert lose(folder, *names) == {"trips/": count}
    assert tied() == {"trips/": set(names)}


def test_a_file_that_is_deleted_while_its_disk_holds_others_is_missing_alone(root: Callable[..., Path]) -> None:
    names = files("trips/", 3)
    folder = root(*names)
    lay_on_another_disk(*names)
    assert scan(folder, scope=Scope(frozenset(names[:0]))).disappeared == {}
    Video.objects.filter(filename__in=names).update(device=-(2**40))
    (folder / names[0]).unlink()
    # Only a part is looked at, so the others are not given their true numbers before.
    assert scan(folder, scope=Scope(frozenset(names[:1]))).disappeared == {}
    assert (missing(), tied()) == (names[:1], {})


def test_a_disk_in_two_places_is_named_by_the_folder_that_holds_both(root: Callable[..., Path]) -> None:
    names = ["a/b/1.mp4", "a/c/2.mp4"]
    folder = root(*names, *files("a/", 9))
    lay_on_another_disk(*names)
    assert lose(folder, *names) == {"a/": 2}


def test_another_disk_in_place_of_the_whole_folder_takes_nothing_for_gone(root: Callable[..., Path]) -> None:
    names = files("", 3)
    folder = root(*names)
    lay_on_another_disk("always there.mp4", *names)
    put(folder / "of another disk.mp4")
    assert lose(folder, "always there.mp4", *names) == {"": 4}
    (missing_batch,) = MissingBatch.objects.all()
    assert missing_batch.place == "the video folder"
    assert confirm_missing(missing_batch) == 4


@pytest.mark.skipif(shutil.which("unshare") is None or os.geteuid() != 0, reason="mounting needs root, on Linux")
def test_a_real_disk_that_is_unplugged_keeps_its_only_film(shell: Shell) -> None:
    (shell.videos / "trips").mkdir()
    put(shell.videos / "always there.mp4")
    manage = f"{shlex.quote(sys.executable)} {shlex.quote(str(PROJECT / 'manage.py'))}"
    steps = (
        'mount -t tmpfs none "$0/trips"', 'echo 1 > "$0/trips/1.mp4"', 'echo 22 > "$0/trips/2.mp4"',
        f"{manage} scan_library", 'rm "$0/trips/2.mp4"', "echo ONE FILE DELETED", f"{manage} scan_library",
        'umount "$0/trips"', "echo UNPLUGGED", f"{manage} scan_library",
    )  # fmt: skip
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-ec", "\n".join(steps), str(shell.videos)],
        env=shell.environment, text=True, capture_output=True, check=True,
    )  # fmt: skip
    before, after = done.stdout.partition("ONE FILE DELETED")[2].split("UNPLUGGED")
    assert "is a disk unplugged" not in before
    assert "1 missing" in before
    assert "1 file of trips/ went missing: is a disk unplugged?" in after
