"""cleanup_orphans: what is gone for good goes, what may come back stays, and whatever goes can be brought back."""

import json
import os
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.core.management import CommandError, call_command
from django.db import connection, transaction
from django.utils import timezone

from tests.conftest import Shell
from tests.other_user import give_to_nobody, library_for_anybody, run_as_nobody
from videos.accounts.household import household
from videos.analysis.artwork_store import cover_path
from videos.cache import VideoCache
from videos.library.mass_missing import confirm_missing
from videos.library.scan import scan
from videos.library.walker import FolderUnusable
from videos.maintenance.cleanup import CleanupRefused, find_orphans, remove_orphans
from videos.models import Favorite, Marker, MissingBatch, Rating, Tag, Video, View

pytestmark = pytest.mark.django_db


def command(*arguments: str) -> str:
    out = StringIO()
    call_command("cleanup_orphans", *arguments, stdout=out)
    return out.getvalue()


def refusal(*arguments: str) -> str:
    """Return why the command refused, after seeing that it changed nothing, in the rows and in the data folder."""
    before = state()
    with pytest.raises(CommandError) as refused:
        command(*arguments)
    assert state() == before
    return str(refused.value)


def state() -> dict[str, Any]:
    rows = {
        model.__name__: list(model.objects.order_by("pk").values()) for model in (Video, Rating, View, Favorite, Tag)
    }
    files = {str(p): p.read_bytes() for p in settings.DATA_DIR.rglob("*") if p.is_file() and p.suffix != ".lock"}
    return {**rows, "carriers": list(Video.tags.through.objects.values_list()), **files}


def names() -> list[str]:
    return sorted(Video.objects.values_list("filename", flat=True))


@pytest.fixture
def scanned(library: Path, viewer: Any) -> Callable[[int], Path]:
    """Make a scanned library of as many videos, 0.mp4 and on, each with two tags, stars, a view and a heart."""

    def make(number: int) -> Path:
        for which in range(number):
            (library / f"{which}.mp4").write_bytes(b"x" * (which + 1))
        scan(library)
        cache = VideoCache()
        for which in range(number):
            cache.update_rating(f"{which}.mp4", which % 5 + 1)
            cache.update_view(f"{which}.mp4")
            cache.update_tags(f"{which}.mp4", ["everywhere", f"tag {which}"])
            cache.set_favorite(f"{which}.mp4", True)
        return library

    return make


def test_a_row_whose_file_is_gone_goes_with_all_that_hangs_on_it(scanned: Callable[[int], Path]) -> None:
    root = scanned(3)
    (root / "1.mp4").unlink()
    printed = command()
    assert names() == ["0.mp4", "2.mp4"]
    assert [model.objects.count() for model in (Rating, View, Favorite)] == [2, 2, 2]
    assert VideoCache().get_ratings() == {"0.mp4": 1, "2.mp4": 3}
    assert sorted(Tag.objects.values_list("name", flat=True)) == ["everywhere", "tag 0", "tag 2"]
    assert "Removed 1.mp4\n" in printed
    assert "Removed the tag tag 1," in printed
    assert "Removed 1 of 3 videos and 1 tag." in printed


def test_with_nothing_gone_nothing_happens_and_no_backup_is_made(scanned: Callable[[int], Path]) -> None:
    scanned(3)
    before = state()
    assert command() == "Removed 0 of 3 videos and 0 tags.\n"
    assert state() == before
    assert not (settings.DATA_DIR / "backup_json").exists()


def test_the_disk_is_looked_at_and_no_old_scan_is_trusted(scanned: Callable[[int], Path]) -> None:
    root = scanned(4)
    Video.objects.filter(filename="0.mp4").update(missing_since=timezone.now())
    (root / "1.mp4").unlink()
    command()
    assert names() == ["0.mp4", "2.mp4", "3.mp4"]


def test_a_dry_run_lists_and_changes_nothing(scanned: Callable[[int], Path]) -> None:
    root = scanned(20)
    for which in range(8):
        (root / f"{which}.mp4").unlink()
    before = state()
    printed = command("--dry-run")
    assert state() == before
    assert [line for line in printed.splitlines() if line.endswith(".mp4")] == [
        f"Would remove {which}.mp4" for which in range(8)
    ]
    assert "Would remove the tag tag 7," in printed
    assert not (settings.DATA_DIR / "backup_json").exists()


@pytest.mark.parametrize(
    ("gone", "options", "end"),
    [
        (2, (), "Would remove 2 of 20 videos and 2 tags."),
        (8, ("--force",), "Would remove 8 of 20 videos and 8 tags."),
        (
            8, (),
            "Would remove 8 of 20 videos and 8 tags, but only with --force: that is more than 20%."
            " Is a disk unplugged?",
        ),
    ],
)  # fmt: skip
def test_a_dry_run_ends_with_one_line_that_says_what_would_happen(
    gone: int, options: tuple[str, ...], end: str, scanned: Callable[[int], Path]
) -> None:
    root = scanned(20)
    for which in range(gone):
        (root / f"{which}.mp4").unlink()
    printed = command("--dry-run", *options)
    assert printed.splitlines()[-1] == end
    assert printed.count("--force") == end.count("--force")
    assert "Nothing was removed" not in printed


@pytest.mark.parametrize(
    ("videos", "gone", "refused"),
    [(10, 2, False), (10, 3, True), (9, 8, False), (15, 3, False), (15, 4, True), (20, 4, False), (20, 5, True)],
)
def test_the_brake_holds_above_a_fifth_of_ten_or_more(
    videos: int, gone: int, refused: bool, scanned: Callable[[int], Path]
) -> None:
    root = scanned(videos)
    for which in range(gone):
        (root / f"{which}.mp4").unlink()
    if refused:
        assert f"{gone} of {videos} videos would go, more than 20%" in refusal()
        command("--force")
    else:
        command()
    assert Video.objects.count() == videos - gone


@pytest.mark.parametrize("force", [[], ["--force"]])
@pytest.mark.parametrize(
    ("take_away", "said"),
    [
        (lambda root: root.rename(root.parent / "unplugged"), "does not exist"),
        (lambda root: (root.rename(root.parent / "unplugged"), root.mkdir()), "is its disk connected"),
        (lambda root: (root.rename(root.parent / "unplugged"), root.write_bytes(b"")), "not a folder"),
        (lambda root: (root.rename(root.parent / "unplugged"), root.symlink_to("nowhere")), "does not exist"),
        (lambda root: (root.rename(root.parent / "old"), root.mkdir(), (root / "a.txt").touch()), "its disk connected"),
    ],
    ids=["missing", "empty", "a file", "a dead link", "without a video"],
)
def test_a_folder_that_looks_unmounted_is_refused_also_with_force(
    take_away: Callable[[Path], Any], said: str, force: list[str], scanned: Callable[[int], Path]
) -> None:
    take_away(scanned(3))
    assert said in refusal(*force)
    assert Video.objects.count() == 3


def test_a_link_whose_target_is_away_is_not_gone(
    scanned: Callable[[int], Path], make_video: Callable[..., Video]
) -> None:
    root = scanned(2)
    (root / "linked.mp4").symlink_to(root.parent / "unplugged" / "linked.mp4")
    (root / "series").symlink_to(root.parent / "unplugged")
    for filename in ("linked.mp4", "series/1.mp4", "really gone.mp4"):
        make_video(filename)
    printed = command()
    assert names() == ["0.mp4", "1.mp4", "linked.mp4", "series/1.mp4"]
    assert "Left linked.mp4: it cannot be told whether it is there" in printed


@pytest.mark.slow
def test_a_folder_that_may_not_be_read_is_not_gone() -> None:
    with library_for_anybody() as shell:
        for name in ("a.mp4", "locked/b.mp4", "gone.mp4"):
            (shell.videos / name).parent.mkdir(exist_ok=True)
            (shell.videos / name).touch()
        shell.run("scan_library")
        (shell.videos / "gone.mp4").unlink()
        for folder in (shell.data, shell.videos):
            give_to_nobody(folder)
        (shell.videos / "locked").chmod(0o000)
        printed = run_as_nobody(shell, "run('scan_library')\nrun('cleanup_orphans', '--force')")
        assert "0 added, 0 changed, 0 moved, 1 missing, 0 back, 1 unchanged" in printed
        assert "skipped locked/: the folder cannot be read: Permission denied" in printed
        assert "Left locked/b.mp4" in printed
        assert "Removed 1 of 3 videos" in printed


def backup_folder() -> Path:
    (folder,) = (settings.DATA_DIR / "backup_json").iterdir()
    return folder


def test_what_went_is_in_the_backup_and_migrate_json_brings_it_back(scanned: Callable[[int], Path]) -> None:
    root = scanned(3)
    ann = get_user_model().objects.create_user("ann")
    dots = get_user_model().objects.create_user("..")
    VideoCache(ann).update_rating("1.mp4", 5)
    VideoCache(dots).update_favorites(["1.mp4"])
    cache = VideoCache()
    before = (
        [c.get_ratings() for c in (cache, VideoCache(ann))],
        cache.get_views(),
        cache.get_tags(),
        cache.get_favorites(),
    )
    viewed = View.objects.get(video__filename="1.mp4").last_viewed
    (root / "1.mp4").unlink()
    printed = command()
    assert str(backup_folder()) in printed
    assert json.loads((backup_folder() / "ratings.json").read_text()) == {"0.mp4": 1, "1.mp4": 2, "2.mp4": 3}
    assert {folder.name for folder in (backup_folder() / "viewers").iterdir()} == {"ann", "%2E."}

    silent = StringIO()
    call_command("migrate_json", folder=backup_folder(), stdout=silent)
    for viewer, name in (("ann", "ann"), ("..", "%2E.")):
        call_command("migrate_json", folder=backup_folder() / "viewers" / name, viewer=viewer, stdout=silent)
    assert before == (
        [c.get_ratings() for c in (cache, VideoCache(ann))], cache.get_views(), cache.get_tags(), cache.get_favorites(),
    )  # fmt: skip
    assert View.objects.get(video__filename="1.mp4").last_viewed == viewed
    assert VideoCache(dots).get_favorites() == ["1.mp4"]
    (root / "1.mp4").write_bytes(b"it is back")
    assert scan(root).back == 1


def test_tags_that_no_video_carries_go_also_when_no_video_goes(scanned: Callable[[int], Path]) -> None:
    scanned(2)
    Tag.objects.create(name="idle")
    assert "the tag idle" in command("--dry-run")
    assert Tag.objects.filter(name="idle").exists()
    assert "Removed 0 of 2 videos and 1 tag." in command()
    assert not Tag.objects.filter(name="idle").exists()


def test_where_the_backup_cannot_be_written_nothing_is_removed(scanned: Callable[[int], Path]) -> None:
    root = scanned(3)
    (root / "1.mp4").unlink()
    (settings.DATA_DIR / "backup_json").write_text("a file where the folder should be")
    assert "Nothing was removed" in refusal()


def test_names_for_a_terminal_are_printable(scanned: Callable[[int], Path], make_video: Callable[..., Video]) -> None:
    scanned(1)
    make_video("red\x1b[31m\nname.mp4")
    assert "Removed red\\x1b[31m\\nname.mp4\n" in command()


def test_find_orphans_counts_and_removes_nothing(scanned: Callable[[int], Path]) -> None:
    root = scanned(3)
    (root / "2.mp4").unlink()
    orphans = find_orphans(root)
    assert (list(orphans.videos.values()), orphans.tags, orphans.library_size) == (["2.mp4"], ["tag 2"], 3)
    assert Video.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_file_that_comes_back_while_the_cleanup_waits_is_kept(scanned: Callable[[int], Path]) -> None:
    root = scanned(4)
    (root / "1.mp4").unlink()
    (root / "2.mp4").unlink()
    removed = []

    def clean() -> None:
        removed.append(remove_orphans(root, settings.DATA_DIR / "backup_json"))
        connection.close()

    with transaction.atomic():
        # It has found both by the time it wants to write, and then waits for this transaction.
        cleanup = threading.Thread(target=clean)
        cleanup.start()
        time.sleep(0.5)
        (root / "1.mp4").write_bytes(b"back")
    cleanup.join(20)
    assert list(removed[0].videos.values()) == ["2.mp4"]
    assert names() == ["0.mp4", "1.mp4", "3.mp4"]
    assert VideoCache().get_ratings()["1.mp4"] == 2


def test_a_file_that_was_only_renamed_since_the_last_scan_is_recognised_and_kept(
    scanned: Callable[[int], Path],
) -> None:
    root = scanned(4)
    (root / "1.mp4").rename(root / "renamed.mp4")
    (root / "2.mp4").unlink()
    removed = remove_orphans(root, settings.DATA_DIR / "backup_json")
    assert list(removed.videos.values()) == ["2.mp4"]
    assert VideoCache().get_ratings()["renamed.mp4"] == 2


# --- the worker's -----------------------------------------------------------------------------------------------------

LONG_AGO = timedelta(days=40)
LIMIT = timedelta(days=30)


def clean_up(root: Path) -> list[str]:
    """Clean up as the worker does, and return what went."""
    before = timezone.now() - LIMIT
    orphans = remove_orphans(root, settings.DATA_DIR / "backup_json", missing_before=before)
    return sorted(orphans.videos.values())


def miss(root: Path, *which: int, since: timedelta = LONG_AGO) -> None:
    """Take the files away and let them be missing for so long."""
    for number in which:
        (root / f"{number}.mp4").unlink()
    scan(root)
    gone = Video.objects.filter(filename__in=[f"{number}.mp4" for number in which])
    gone.update(missing_since=timezone.now() - since)


def test_the_worker_leaves_what_has_markers_which_no_snapshot_holds(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    miss(root, 1, 2)
    Marker.objects.create(viewer=household(), video=Video.objects.get(filename="1.mp4"), seconds=3.0, name="wave")
    assert clean_up(root) == ["2.mp4"]
    assert Marker.objects.get().video.filename == "1.mp4"


def test_the_worker_removes_what_is_missing_for_longer_than_that_alone(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    miss(root, 1)
    miss(root, 2, since=LIMIT - timedelta(hours=1))
    (root / "3.mp4").unlink()  # No scan has missed it.
    assert clean_up(root) == ["1.mp4"]
    assert "1.mp4" not in names()
    assert {"2.mp4", "3.mp4"} < set(names())
    assert clean_up(root) == []


def test_the_worker_leaves_what_is_there_whatever_the_row_says(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    Video.objects.filter(filename="1.mp4").update(missing_since=timezone.now() - LONG_AGO)
    (root / "2.mp4").unlink()
    (root / "2.mp4").symlink_to(root.parent / "unplugged" / "2.mp4")
    Video.objects.filter(filename="2.mp4").update(missing_since=timezone.now() - LONG_AGO)
    assert clean_up(root) == []


def test_the_worker_leaves_what_went_missing_together_until_a_person_confirms_it(
    scanned: Callable[[int], Path],
) -> None:
    root = scanned(12)
    for number in range(3):
        (root / "trips").mkdir(exist_ok=True)
        (root / "trips" / f"{number}.mkv").write_text(f"of its own {number}")
    scan(root)
    (root / "trips").rename(root.parent / "unplugged")
    assert scan(root).disappeared == {"trips/": 3}
    Video.objects.missing().update(missing_since=timezone.now() - LONG_AGO)
    assert clean_up(root) == []
    confirm_missing(MissingBatch.objects.get())
    assert clean_up(root) == []
    Video.objects.missing().update(missing_since=timezone.now() - LONG_AGO)
    # Three of fifteen: as much as the brake lets go.
    assert clean_up(root) == ["trips/0.mkv", "trips/1.mkv", "trips/2.mkv"]


def test_the_worker_leaves_what_an_import_left_waiting(
    scanned: Callable[[int], Path], make_video: Callable[..., Video]
) -> None:
    root = scanned(12)
    make_video("never seen.mp4", file_size=None, missing_since=timezone.now() - LONG_AGO)
    assert clean_up(root) == []
    assert "never seen.mp4" in names()


def test_the_worker_leaves_all_tags(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    Tag.objects.create(name="idle")
    miss(root, 1)
    assert clean_up(root) == ["1.mp4"]
    assert Tag.objects.filter(name__in=["idle", "tag 1"]).count() == 2


@pytest.mark.parametrize(("gone", "refused"), [(4, False), (5, True)])
def test_the_worker_keeps_the_brake(gone: int, refused: bool, scanned: Callable[[int], Path]) -> None:
    root = scanned(20)
    miss(root, *range(gone))
    before = state()
    if refused:
        with pytest.raises(CleanupRefused, match="5 of 20 videos would go"):
            clean_up(root)
        assert state() == before
    else:
        assert len(clean_up(root)) == gone


def test_the_worker_removes_nothing_where_the_folder_looks_unmounted(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    miss(root, 1)
    root.rename(root.with_name("unplugged"))
    for make in (lambda: None, root.mkdir):
        make()
        before = state()
        with pytest.raises((CleanupRefused, FolderUnusable)):
            clean_up(root)
        assert state() == before


def test_what_the_worker_removes_is_kept_in_a_snapshot_and_its_pictures_go(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    ids = dict(Video.objects.values_list("filename", "pk"))
    for video_id in ids.values():
        path = cover_path(settings.GENERATED_DIR, video_id)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"x")
    miss(root, 1)
    clean_up(root)
    assert json.loads((backup_folder() / "ratings.json").read_text())["1.mp4"] == 2
    left = {path.name for path in settings.GENERATED_DIR.rglob("*.webp")}
    assert left == {f"{video_id}.cover.webp" for name, video_id in ids.items() if name != "1.mp4"}


def test_where_the_snapshot_cannot_be_written_the_worker_removes_nothing(scanned: Callable[[int], Path]) -> None:
    root = scanned(12)
    miss(root, 1)
    (settings.DATA_DIR / "backup_json").write_text("a file where the folder should be")
    before = state()
    with pytest.raises(OSError, match=r"exists|directory"):
        clean_up(root)
    assert state() == before


def test_a_command_takes_also_what_went_missing_together(scanned: Callable[[int], Path]) -> None:
    root = scanned(20)
    (root / "trips").mkdir()
    for number in range(3):
        (root / "trips" / f"{number}.mkv").write_text(f"of its own {number}")
    scan(root)
    (root / "trips").rename(root.parent / "unplugged")
    scan(root)
    command()
    assert len(names()) == 20


def test_a_refusal_exits_1_with_one_line(shell: Shell) -> None:
    (shell.videos / "a.mp4").touch()
    shell.run("scan_library")
    (shell.videos / "a.mp4").unlink()
    assert shell.run("cleanup_orphans", "--force", status=1).count("\n") == 1
    (shell.videos / "b.mp4").touch()
    assert "Removed a.mp4" in shell.run("cleanup_orphans")


def test_a_disk_that_goes_away_while_it_is_looked_at_takes_nothing_along(
    scanned: Callable[[int], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = scanned(60)
    looks = []

    def lstat(path: Any, **options: Any) -> os.stat_result:
        looks.append(path)
        if len(looks) == 51:
            root.rename(root.with_name("unplugged"))
            root.mkdir()
            (root / "other.mp4").touch()
        return real_lstat(path, **options)

    real_lstat = os.lstat
    monkeypatch.setattr(os, "lstat", lstat)
    assert "changed meanwhile" in refusal("--force")
    assert Video.objects.count() == 60


# --- what a file is offered for ---------------------------------------------------------------------------------------


def test_a_film_that_was_made_anew_in_another_format_is_kept_until_somebody_decides(library: Path, viewer: Any) -> None:
    for name in ("film.avi", "gone.avi"):
        (library / name).write_bytes(b"old " * 50 + name.encode())
    scan(library)
    VideoCache().update_rating("film.avi", 5)
    (library / "film.avi").unlink()
    (library / "gone.avi").unlink()
    (library / "film.mp4").write_bytes(b"anew")
    printed = command()
    assert "Left film.avi: a file that may be it is there; decide at /library/" in printed
    assert names() == ["film.avi", "film.mp4"]
    assert "Left film.avi" in command("--dry-run")
    assert "Removed film.avi" in command("--force")
    assert names() == ["film.mp4"]
