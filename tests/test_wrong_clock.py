"""A clock that was wrong once, in 2030 or in 1970: what was noted then stops nothing, and stays new no longer."""

import json
from datetime import date, datetime, timedelta

import pytest
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.utils import timezone
from django_tasks_db.models import DBTaskResult, get_date_max

from videos.backup.copy_names import SNAPSHOT, newest_first
from videos.backup.database_backup import newest_backup
from videos.backup.emergency import backup_folders
from videos.core.clock import is_recent
from videos.db.locks import WorkerSlots
from videos.jobs import activity, tasks
from videos.jobs.schedule import bring_forward, enqueue_scheduled_scan, prune_results, shorten_sessions
from videos.jobs.worker import requeue_abandoned_tasks
from videos.library import observed_time
from videos.library.scan import scan
from videos.listing.statistics import library_in_numbers
from videos.maintenance.retention import Keep, thin_copies
from videos.models import Activity, BulkAction, MissingBatch, MonthlyViews, Video
from videos.userdata.bulk import give_stars
from videos.userdata.journal import CannotUndo
from videos.userdata.undo import latest_undoable, undo
from videos.views.site import emergency

pytestmark = pytest.mark.django_db

YEARS, HOUR, MINUTE = timedelta(days=4 * 365), timedelta(hours=1), timedelta(minutes=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def now():
    return timezone.now()


@pytest.fixture
def task():
    """Make the row of a task."""

    def make(work=tasks.scan_folder, status="SUCCESSFUL", **fields):
        made = DBTaskResult.objects.create(
            task_path=work.module_path, status=status, args_kwargs={"args": [], "kwargs": {}},
            backend_name="default", run_after=fields.pop("run_after", get_date_max()),
        )  # fmt: skip
        DBTaskResult.objects.filter(pk=made.pk).update(**fields)
        return made

    return make


def waiting():
    return list(DBTaskResult.objects.ready().values_list("task_path", flat=True))


@pytest.mark.parametrize(
    ("ago", "recent"),
    [
        (0 * SECOND, True),
        (59 * SECOND, True),
        (HOUR, False),
        (-30 * SECOND, True),
        (-2 * MINUTE, False),
        (-YEARS, False),
    ],
)
def test_what_lies_in_the_future_by_more_than_clocks_differ_is_not_recent(ago, recent, now):
    assert is_recent(now - ago, MINUTE, now) is recent


# --- the worker ---


@pytest.mark.parametrize("ahead", [2 * HOUR, YEARS])
def test_a_scan_that_ended_in_the_future_is_long_ago(ahead, task, now):
    then = now + ahead
    task(enqueued_at=then, started_at=then, finished_at=then)
    enqueue_scheduled_scan()
    assert waiting() == [tasks.scan_folder.module_path]


def test_after_that_scan_the_next_one_is_the_last_and_it_is_not_scanned_without_end(task, now):
    then = now + YEARS
    task(enqueued_at=then, started_at=then, finished_at=then)
    task(enqueued_at=now, started_at=now, finished_at=now)
    enqueue_scheduled_scan()
    assert waiting() == []


def test_a_scan_put_off_until_the_future_is_done_now(task, now):
    task(status="READY", enqueued_at=now + YEARS, run_after=now + YEARS)
    later = task(tasks.analyze_files, status="READY", run_after=now + 5 * MINUTE)
    bring_forward(now)
    assert waiting() == [tasks.scan_folder.module_path]
    later.refresh_from_db()
    assert later.run_after == now + 5 * MINUTE


def test_a_file_that_was_awaiting_analysis_in_the_future_is_due_now(make_video, now):
    make_video("late.mp4", analysis_due_at=now + YEARS)
    make_video("soon.mp4", analysis_due_at=now + 10 * MINUTE)
    assert not Video.objects.due(now).exists()
    bring_forward(now)
    assert [video.filename for video in Video.objects.due(now)] == ["late.mp4"]


def test_results_from_the_future_are_forgotten_too(task, now):
    task(tasks.clean_up, finished_at=now + YEARS, enqueued_at=now + YEARS)
    task(tasks.clean_up, "FAILED", finished_at=now + YEARS)
    prune_results(now)
    assert not DBTaskResult.objects.exists()


def test_a_task_of_another_tool_that_began_in_the_future_is_taken_up(task, library, now):
    task(tasks.clean_up, "RUNNING", worker_ids=["other-tool"], started_at=now + YEARS)
    slots = WorkerSlots()
    slots.take()
    assert requeue_abandoned_tasks(slots) == 1
    slots.close()


def test_work_that_was_heard_of_in_the_future_does_not_run_for_years(client, library, now):
    Activity.objects.create(kind="scan", phase="reading_folder", started_at=now + YEARS, updated_at=now + YEARS)
    row = Activity.objects.get()
    assert row.state == "interrupted"
    assert activity.paused("scan") is None
    assert client.get("/library/").status_code == 200
    Activity.objects.update(updated_at=now + SECOND)
    assert Activity.objects.get().state == "running"
    assert activity.paused("scan") is not None


def test_files_that_went_missing_in_the_future_do_not_go_together_with_those_of_now(library, make_video, now):
    (library / "other.mp4").write_bytes(bytes(10))
    (library / "trips").mkdir()
    (library / "trips" / "here.mp4").write_bytes(bytes(10))
    scan(library)
    for number in range(3):
        make_video(f"trips/{number}.mp4", missing_since=now + YEARS)
    (library / "trips" / "here.mp4").unlink()
    assert scan(library).disappeared == {}
    assert not MissingBatch.objects.exists()


# --- people ---


@pytest.fixture
def action(viewer, make_video):
    return give_stars(viewer, [make_video("sea.mp4").pk], 5)


def test_an_action_of_the_future_cannot_be_undone_for_years_and_goes_with_the_next(action, viewer, make_video, now):
    BulkAction.objects.update(began_at=now + YEARS, undoable_until=now + YEARS)
    assert latest_undoable(viewer) is None
    with pytest.raises(CannotUndo):
        undo(viewer, action.pk)
    give_stars(viewer, [make_video("b.mp4").pk], 5)
    assert not BulkAction.objects.filter(pk=action.pk).exists()


def test_a_session_of_the_future_ends_as_others_do_once_the_clock_is_surely_right(client, library, settings, now):
    Session.objects.create(session_key="a" * 32, session_data="x", expire_date=now + YEARS)
    usual = now + timedelta(days=80)
    Session.objects.create(session_key="b" * 32, session_data="x", expire_date=usual)
    observed_time.note(now - timedelta(days=400))
    observed_time.note(now)
    shorten_sessions(now)
    assert Session.objects.filter(expire_date=now + YEARS).exists(), "the clock has just jumped"
    # As if it had gone on for two days since.
    (settings.DATA_DIR / ".witnessed.json").write_text(
        json.dumps([[(now - timedelta(days=2)).isoformat(), now.isoformat()]])
    )
    shorten_sessions(now)
    ends = dict(Session.objects.values_list("session_key", "expire_date"))
    assert ends == {"a" * 32: now + timedelta(seconds=settings.SESSION_COOKIE_AGE), "b" * 32: usual}


def test_a_video_dated_in_the_future_is_neither_new_nor_of_the_last_days(client, library, make_video, now):
    make_video("odd.mp4", added_date=now + YEARS)
    make_video("young.mp4", added_date=now - HOUR)
    for asked in ({"q": "added:<7d"}, {"q": "added:<=1y"}, {"added": "7d"}):
        page = client.get("/", asked).text
        assert (">young</h2>" in page, ">odd</h2>" in page) == (True, False), asked
    page = client.get("/").text
    assert ">odd</h2>" in page
    assert page.count(">New<") == 1


def test_views_of_the_future_do_not_hide_those_of_this_year(viewer, now):
    this_month = timezone.localdate().replace(day=1)
    MonthlyViews.objects.create(viewer=viewer, month=this_month, views=7)
    MonthlyViews.objects.create(viewer=viewer, month=date(this_month.year + 4, 1, 1), views=3)
    assert library_in_numbers(viewer).views == [(this_month, 7)]


# --- copies ---


def stamped(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H-%M-%S.%fZ")


def test_the_newest_copy_is_not_the_one_dated_in_the_future(library, settings, now):
    names = [stamped(moment) for moment in (now + YEARS, now - HOUR, now - 2 * HOUR)]
    snapshots, backups = settings.DATA_DIR / "backup_json", settings.DATA_DIR / "backup_database"
    backups.mkdir()
    for name in names:
        (snapshots / name).mkdir(parents=True)
        (backups / f"video_metadata-{name}.db").write_bytes(b"x")
    assert [path.name for path in backup_folders(settings.DATA_DIR)] == [*names[1:], names[0]]
    assert newest_backup(settings.DATA_DIR).name == f"video_metadata-{names[1]}.db"
    only = [snapshots / names[0]]
    assert newest_first(only, SNAPSHOT) == only


def test_thinning_keeps_the_newest_of_now_and_takes_what_is_dated_in_the_future_for_the_oldest(library, settings, now):
    folder = settings.DATA_DIR / "backup_database"
    folder.mkdir()
    paths = [
        folder / f"video_metadata-{stamped(moment)}.db" for moment in (now - 2 * HOUR, now - 5 * HOUR, now + YEARS)
    ]
    for path in paths:
        path.write_bytes(b"x")
    thin_copies(settings.DATA_DIR, None, Keep(0, 0, 0, 0))
    assert list(folder.iterdir()) == [paths[0]]


# --- what is kept for a while ---


def test_names_kept_while_the_clock_was_wrong_are_not_kept_for_years(library, monkeypatch):
    from videos.backup.snapshot import Snapshot

    with monkeypatch.context() as patch:
        patch.setattr("django.core.cache.backends.locmem.time.time", lambda: 1_900_000_000.0)
        patch.setattr("django.core.cache.backends.base.time.time", lambda: 1_900_000_000.0)
        assert emergency._names(Snapshot()) == []
    (library / "sea.mp4").write_bytes(b"x")
    assert emergency._names(Snapshot()) == []
    kept_at, names = cache.get("fallback_names")
    cache.set("fallback_names", (kept_at - emergency._SECONDS_BETWEEN_WALKS, names), 600)
    assert emergency._names(Snapshot()) == ["sea.mp4"]
