"""The tasks do their work, report a problem once, and the cleanup removes nothing that it should not."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.jobs.conftest import asked
from videos.db.locks import exclusive_lock
from videos.jobs import tasks
from videos.library.watcher import STILL_SECONDS
from videos.models import Activity, MissingBatch, Video

pytestmark = pytest.mark.django_db


def test_a_scan_adds_what_is_there_and_enqueues_an_analysis(library):
    (library / "a.mp4").write_bytes(b"film")
    done = tasks.scan_changes.call(files=["a.mp4"], folders=[])
    assert done["counts"] == {"added": 1}
    ((name, seconds),) = asked()
    assert name == "analyze_files"
    assert seconds > STILL_SECONDS - 1


def test_a_scan_that_meets_another_is_tried_again_soon(library):
    with exclusive_lock("scan", "One is running."):
        assert tasks.scan_changes.call(files=["a.mp4"], folders=[]) == {
            "busy": "Another scan of this library is running."
        }
        assert "busy" in tasks.scan_folder.call()
    assert asked() == [("scan_changes", 2), ("scan_folder", 2)]
    assert not Activity.objects.exists()


def test_a_disk_that_is_not_there_is_logged_once_until_it_was_back(library, log, make_video):
    make_video("a.mp4")
    for _ in range(3):
        assert "problem" in tasks.scan_folder.call()
    assert [record.levelname for record in log.records] == ["WARNING"]
    assert Activity.objects.get(pk="scan").state == "stopped"
    (library / "a.mp4").write_bytes(b"film")
    tasks.scan_folder.call()
    assert Activity.objects.get(pk="scan").state == "ended"
    (library / "a.mp4").unlink()
    tasks.scan_folder.call()
    assert [record.levelname for record in log.records if "Is its disk connected" in record.message] == ["WARNING"] * 2
    assert Video.objects.get().missing_since is None


def test_files_that_go_missing_together_are_one_warning(library, log):
    (library / "trips").mkdir()
    for number in range(4):
        (library / "trips" / f"{number}.mp4").write_bytes(bytes([number]))
    (library / "other.mp4").write_bytes(b"film")
    tasks.scan_folder.call()
    for number in range(4):
        (library / "trips" / f"{number}.mp4").unlink()
    tasks.scan_folder.call()
    warnings = [record.message for record in log.records if record.levelname == "WARNING"]
    assert warnings == ["4 files of trips/ went missing together: is a disk unplugged?"]


@pytest.fixture
def long_gone(library, make_video):
    """A library of twenty files, and one video whose file has been missing for forty days."""
    for number in range(20):
        (library / f"{number}.mp4").write_bytes(bytes([number]))
    tasks.scan_folder.call()
    return make_video("gone.mp4", missing_since=timezone.now() - timedelta(days=40))


def test_the_cleanup_is_off_unless_asked_for(long_gone, settings):
    assert settings.CLEANUP_AFTER_DAYS is None
    assert tasks.clean_up.call() == {"off": True}
    settings.CLEANUP_AFTER_DAYS = 41
    assert tasks.clean_up.call() == {"removed": 0}
    assert Video.objects.filter(pk=long_gone.pk).exists()


def test_the_cleanup_removes_what_is_gone_for_so_long_after_a_snapshot(long_gone, settings, log):
    settings.CLEANUP_AFTER_DAYS = 39
    assert tasks.clean_up.call() == {"removed": 1}
    assert Video.objects.count() == 20
    assert list((settings.DATA_DIR / "backup_json").iterdir())
    assert "Removed 1 videos that were missing for over 39 days" in log.messages[-1]


def test_the_cleanup_takes_neither_what_went_together_nor_what_is_back(long_gone, settings, library):
    settings.CLEANUP_AFTER_DAYS = 1
    long_gone.missing_batch = MissingBatch.objects.create(folder="trips/")
    long_gone.save()
    assert tasks.clean_up.call() == {"removed": 0}
    MissingBatch.objects.all().delete()
    (library / "gone.mp4").write_bytes(b"back")
    assert tasks.clean_up.call() == {"removed": 0}
    assert Video.objects.filter(pk=long_gone.pk).exists()


def test_with_a_brake_on_the_cleanup_removes_nothing_and_says_so_once(long_gone, settings, log):
    settings.CLEANUP_AFTER_DAYS = 1
    for path in settings.VIDEO_DIR.iterdir():
        path.unlink()
    Video.objects.update(missing_since=timezone.now() - timedelta(days=2))
    for _ in range(3):
        assert "problem" in tasks.clean_up.call()
    (settings.VIDEO_DIR / "another.mp4").write_bytes(b"so that the disk is there")
    log.clear()
    for _ in range(3):
        assert "21 of 21 videos would go" in tasks.clean_up.call()["problem"]
    assert len(log.messages) == 1
    assert log.messages[0].startswith("The automatic cleanup removed nothing. 21 of 21 videos would go")
    assert Video.objects.count() == 21
