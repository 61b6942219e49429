"""An analysis of the files that are due: what was found is in the row and beside it, and what was not stays due."""

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.utils import timezone

from tests.conftest import PROJECT
from tests.media.samples import make_sample, recipe, write
from tests.worker import descendants
from videos.analysis.analyzer import SOON
from videos.analysis.artwork_store import PicturesNotSaved, cover_path, save_pictures, sprite_path
from videos.analysis.pipeline import BATCH_ROWS, AnalysisCounter, AnalyzerPool
from videos.core.problems import Problem
from videos.library.scan import scan
from videos.library.walker import FolderUnusable
from videos.media.thumbnails import Pictures, Sprite
from videos.models import STILL_BEING_WRITTEN, Details, Video


@pytest.fixture
def pool(library: Path, db: None) -> Iterator[AnalyzerPool]:
    """One decoder on the library."""
    pool = AnalyzerPool(settings.VIDEO_DIR, settings.GENERATED_DIR, 1)
    yield pool
    pool.close()


def analyze(pool: AnalyzerPool) -> int:
    """Let a scan find what is new and analyze it now, however new it is; return how many files it were."""
    scan(settings.VIDEO_DIR)
    Video.objects.exclude(analysis_due_at=None).update(analysis_due_at=timezone.now())
    return pool.analyze_due(60)


def pictures_of(video: Video) -> list[bool]:
    return [path(settings.GENERATED_DIR, video.pk).exists() for path in (cover_path, sprite_path)]


def small_film(folder: Path) -> bytes:
    return write(recipe("silent.mp4", name="small.mp4", seconds=1, width=96, height=64), folder).read_bytes()


def test_facts_and_pictures_are_there_and_the_file_is_no_longer_due(library, pool):
    make_sample("subtitles.mkv", library)
    assert analyze(pool) == 1
    video = Video.objects.get()
    assert (video.width, video.height, video.video_codec, video.problem, video.analysis_due_at) == (
        320,
        180,
        "h264",
        "",
        None,
    )
    assert pictures_of(video) == [True, True]
    details = Details.objects.get()
    assert (len(details.audio), len(details.subtitles), len(details.chapters)) == (1, 2, 2)
    assert "image" not in details.sprite
    assert analyze(pool) == 0


def test_a_file_that_is_not_what_the_row_says_is_being_written_and_tried_again_soon(library, pool):
    path = make_sample("two_frames.mp4", library)
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    with open(path, "ab") as file:
        file.write(b"more")
    pool.analyze_due(60)
    video = Video.objects.get()
    assert (video.problem, video.width, pictures_of(video)) == (STILL_BEING_WRITTEN, None, [False, False])
    assert timedelta(0) < video.analysis_due_at - timezone.now() <= SOON
    analyze(pool)
    video = Video.objects.get()
    assert (video.problem, video.analysis_due_at, video.width) == ("", None, 320)


def test_a_file_that_is_gone_is_left_to_the_scan(library, pool):
    make_sample("two_frames.mp4", library).rename(library / "before.mp4")
    make_sample("silent.mp4", library)
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    (library / "before.mp4").rename(library / "after.mp4")
    pool.analyze_due(60)
    video = Video.objects.get(filename="before.mp4")
    assert (video.problem, video.width) == ("", None)
    assert timedelta(0) < video.analysis_due_at - timezone.now() <= SOON
    analyze(pool)
    assert Video.objects.get(pk=video.pk).filename == "after.mp4"
    assert Video.objects.get(pk=video.pk).width == 320


def test_a_link_that_leads_out_is_not_followed(library, pool, tmp_path):
    path = make_sample("two_frames.mp4", library)
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    path.rename(tmp_path / "outside.mp4")
    path.symlink_to(tmp_path / "outside.mp4")
    pool.analyze_due(60)
    video = Video.objects.get()
    assert (video.problem, video.width) == ("other: the name leads out of the video folder", None)


def test_the_newest_come_first(library, pool):
    content = small_film(library.parent)
    for number in range(8):
        (library / f"{number}.mp4").write_bytes(content + bytes([number]))
    scan(library)
    for number in range(8):
        due = timezone.now() - timedelta(days=(number * 3) % 8 + 1)
        Video.objects.filter(filename=f"{number}.mp4").update(analysis_due_at=due)
    in_order = list(Video.objects.order_by("-analysis_due_at").values_list("pk", flat=True))
    pool.analyze_due(60)
    made = {video_id: cover_path(settings.GENERATED_DIR, video_id).stat().st_mtime_ns for video_id in in_order}
    assert sorted(made, key=lambda video_id: made[video_id]) == in_order


def test_an_analysis_stops_between_two_files_for_other_work_and_the_rest_stays_due(library, pool):
    content = small_film(library.parent)
    for number in range(3 * BATCH_ROWS):
        (library / f"{number}.mp4").write_bytes(content + bytes([number]))
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    counter = AnalysisCounter(lambda phase, done, total: None)
    count = pool.analyze_due(60, counter, lambda: True)
    assert 0 < count < 3 * BATCH_ROWS
    assert counter.done == count == Video.objects.filter(analysis_due_at=None).count()
    assert counter.left() == 3 * BATCH_ROWS - count
    told: list[Any] = []
    later = AnalysisCounter(lambda *progress: told.append(progress), counter.done)
    pool.analyze_due(60, later)
    assert told[-1] == ("thumbnails", 3 * BATCH_ROWS, 3 * BATCH_ROWS)


def test_a_file_that_another_process_has_claimed_is_left_to_it(library, pool):
    make_sample("two_frames.mp4", library)
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    code = "import django; django.setup()\nfrom videos.db.locks import RecordLocks\nclaims = RecordLocks('analyses')\n"
    code += f"print(claims.take({Video.objects.get().pk}), flush=True)\ninput()"
    environment = {"LVS_DATA_DIR": str(settings.DATA_DIR), "DJANGO_SETTINGS_MODULE": "lvs_site.settings"}
    other = subprocess.Popen(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment, text=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert other.stdout.readline() == "True\n"
        assert pool.analyze_due(60) == 0
        assert Video.objects.get().analysis_due_at is not None
    finally:
        other.kill()
        other.communicate()
    assert pool.analyze_due(60) == 1


def test_a_decoder_that_is_killed_for_another_reason_costs_no_file(library, pool):
    content = small_film(library.parent)
    for number in range(40):
        (library / f"{number}.mp4").write_bytes(content + bytes([number]))
    kills: list[int] = []
    killer = threading.Thread(target=kill_one_at_work, args=(kills,))
    killer.start()
    assert analyze(pool) == 40
    killer.join()
    assert kills, "no decoder was met at work"
    assert set(Video.objects.values_list("problem", "width", "analysis_due_at")) == {("", 96, None)}


def kill_one_at_work(killed: list[int]) -> None:
    """Kill a decoder of this process while it has a file in its hands."""
    end = time.monotonic() + 30
    while not killed and time.monotonic() < end:
        for pid in descendants(os.getpid()):
            with suppress(OSError):
                is_decoder = b"videos.media.decoder_process" in Path(f"/proc/{pid}/cmdline").read_bytes()
                if is_decoder and any(os.readlink(path).endswith(".mp4") for path in Path(f"/proc/{pid}/fd").iterdir()):
                    os.kill(pid, signal.SIGKILL)
                    killed.append(pid)


def test_pictures_that_are_no_longer_the_files_go_when_another_file_takes_its_place(library, pool):
    path = make_sample("silent.mp4", library)
    analyze(pool)
    video = Video.objects.get()
    assert pictures_of(video) == [True, True]
    path.write_bytes(b"no film any more\n")
    analyze(pool)
    video.refresh_from_db()
    assert (video.problem, video.duration, video.cover_version) == (Problem.TEXT.code, None, None)
    assert (pictures_of(video), video.details.sprite, video.details.audio) == ([False, False], None, [])


def test_where_the_disk_takes_no_pictures_the_others_are_done_and_these_stay_due(library, pool):
    make_sample("silent.mp4", library)
    (library / "empty.mp4").touch()
    settings.GENERATED_DIR.mkdir()
    (settings.GENERATED_DIR / "pictures").touch()
    with pytest.raises(PicturesNotSaved, match="Pictures cannot be written to"):
        analyze(pool)
    video = Video.objects.get(filename="silent.mp4")
    assert (video.width, video.cover_version, video.analysis_due_at is None) == (None, None, False)
    (settings.GENERATED_DIR / "pictures").unlink()
    analyze(pool)
    video.refresh_from_db()
    assert (video.width, video.analysis_due_at, pictures_of(video)) == (320, None, [True, True])
    assert Video.objects.get(filename="empty.mp4").problem == Problem.EMPTY.code


def test_a_disk_that_fills_up_leaves_the_old_pictures_and_no_half_of_the_new_ones(tmp_path):
    old, new = tmp_path / "old", tmp_path / "new"
    small = Pictures(b"cover", "#000000", Sprite(b"sprite", 1, 1, 1, (0.0,)))
    save_pictures(old, 7, small)
    code = (
        "import resource, signal, sys; from pathlib import Path\n"
        "from videos.analysis.artwork_store import save_pictures\n"
        "from videos.media.thumbnails import Pictures, Sprite\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "for folder in sys.argv[1:]:\n"
        "    try: save_pictures(Path(folder), 7, Pictures(b'x' * 5000, '#000000', None))\n"
        "    except Exception as error: print(type(error).__name__, error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, old, new], cwd=PROJECT, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.splitlines() == [
        f"PicturesNotSaved Pictures cannot be written to {folder}: File too large. The videos are not touched; the"
        " worker goes on by itself when there is room."
        for folder in (old, new)
    ]
    assert cover_path(old, 7).read_bytes() == b"cover"
    assert [path.name for path in new.rglob("*") if path.is_file()] == []
    assert {path.name for path in old.rglob("*") if path.is_file()} == {"7.cover.webp", "7.sprite.webp"}


@pytest.mark.parametrize("state", ["empty", "missing"])
def test_while_the_folder_is_gone_no_file_gets_a_reason_of_its_own(library, pool, state):
    for name in ("1.mp4", "2.mp4"):
        (library / name).write_bytes(b"x")
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    for name in ("1.mp4", "2.mp4"):
        (library / name).unlink()
    if state == "missing":
        library.rmdir()
    before = list(Video.objects.order_by("pk").values())
    with pytest.raises(FolderUnusable, match="Is its disk connected"):
        pool.analyze_due(60)
    assert list(Video.objects.order_by("pk").values()) == before


# --- a file whose date alone is another -----------------------------------------------------------------------------


def shift(path: Path, seconds: int = 3600) -> None:
    """Give the file the date that a mount in another time zone shows."""
    status = path.stat()
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + seconds * 10**9))


def analyzed(library: Path, pool: AnalyzerPool) -> Video:
    """Return a video with facts that no decoder would find: that they stay shows that none was asked."""
    make_sample("subtitles.mkv", library)
    analyze(pool)
    Video.objects.update(width=123, cover_version=7)
    Details.objects.update(sprite={"kept": True})
    return Video.objects.get()


def test_where_only_the_date_is_another_facts_and_pictures_stay(library, pool):
    before = analyzed(library, pool)
    cover = cover_path(settings.GENERATED_DIR, before.pk).stat()
    for _ in range(2):
        shift(library / "subtitles.mkv")
        assert scan(library).changed == 1
        during = Video.objects.get()
        # Not evidence until it is known again, and yet nothing of what the pages show is gone.
        assert (during.fingerprint, during.width, during.cover_version) == ("", 123, 7)
        assert analyze(pool) == 1
    after = Video.objects.get()
    assert (after.fingerprint, after.width, after.cover_version) == (before.fingerprint, 123, 7)
    assert (after.analysis_due_at, after.problem, after.unconfirmed_fingerprint) == (None, "", "")
    assert Details.objects.get().sprite == {"kept": True}
    assert cover_path(settings.GENERATED_DIR, before.pk).stat() == cover
    assert scan(library).unchanged == 1
    assert analyze(pool) == 0


def test_a_date_that_is_shifted_twice_before_the_analysis_changes_nothing(library, pool):
    analyzed(library, pool)
    for seconds in (3600, -3600, 7200):
        shift(library / "subtitles.mkv", seconds)
        scan(library)
    analyze(pool)
    assert Video.objects.get().width == 123


def test_a_file_that_went_and_came_back_with_another_date_and_inode_keeps_facts_and_pictures(library, pool):
    analyzed(library, pool)
    make_sample("silent.mp4", library)
    scan(library)
    content = (library / "subtitles.mkv").read_bytes()
    (library / "subtitles.mkv").unlink()
    assert scan(library).missing == 1
    (library / "subtitles.mkv").write_bytes(content)
    assert scan(library).back == 1
    analyze(pool)
    assert Video.objects.get(filename="subtitles.mkv").width == 123


def test_a_file_of_the_same_size_with_another_content_is_decoded(library, pool):
    before = analyzed(library, pool)
    path = library / "subtitles.mkv"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    shift(path)
    analyze(pool)
    after = Video.objects.get()
    assert (after.width, after.unconfirmed_fingerprint) == (320, "")
    assert after.fingerprint != before.fingerprint
    assert after.cover_version != 7


@pytest.mark.parametrize(
    "spoil",
    [
        lambda video: cover_path(settings.GENERATED_DIR, video.pk).unlink(),
        lambda video: Video.objects.update(problem="the decoder crashed on it"),
        lambda video: Video.objects.update(width=None),
        lambda video: Video.objects.update(cover_version=None),
    ],
    ids=["no cover on the disk", "a problem", "no facts", "no cover in the row"],
)
def test_where_facts_or_pictures_are_not_whole_the_same_content_is_decoded_again(library, pool, spoil):
    spoil(analyzed(library, pool))
    shift(library / "subtitles.mkv")
    analyze(pool)
    video = Video.objects.get()
    assert (video.width, video.problem, pictures_of(video)) == (320, "", [True, True])


def test_a_person_who_asks_for_another_analysis_gets_one(library, pool):
    analyzed(library, pool)
    Video.objects.analyze_again(timezone.now())
    pool.analyze_due(60)
    assert Video.objects.get().width == 320


def test_a_file_whose_date_is_shifted_while_it_is_analyzed_stays_due(library, pool):
    analyzed(library, pool)
    shift(library / "subtitles.mkv")
    scan(library)
    Video.objects.update(analysis_due_at=timezone.now())
    shift(library / "subtitles.mkv")
    pool.analyze_due(60)
    video = Video.objects.get()
    assert (video.problem, video.width, video.analysis_due_at is None) == (STILL_BEING_WRITTEN, 123, False)
    analyze(pool)
    assert (Video.objects.get().problem, Video.objects.get().width) == ("", 123)
