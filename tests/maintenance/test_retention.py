"""Dated copies are thinned: hourly for a day, daily for a month, monthly for a year, and nothing else is touched."""

import os
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings

from tests.live_server import wait_for
from tests.worker import SECONDS, working
from videos.backup import copy_names
from videos.backup.database_backup import backup_database, newest_backup
from videos.backup.exporter import backup_json
from videos.backup.json_writer import write_snapshot
from videos.backup.snapshot import Snapshot
from videos.db.locks import alone, shared
from videos.maintenance.retention import Keep, thin, thin_copies
from videos.models import Rating

NOW = datetime(2026, 5, 20, 12, 30, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
USUAL = Keep(hourly=24, daily=31, monthly=12, yearly=0)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H-%M-%S.%fZ")


@pytest.fixture
def data(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    return tmp_path


def sound_database(path):
    path.parent.mkdir(exist_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE x (y)")
    return path


@pytest.fixture
def copy_at(data):
    """Make a sound backup of a moment."""
    first = sound_database(data / "sound.db")

    def make(moment):
        path = data / "backup_database" / copy_names.backup_name(stamp(moment))
        path.parent.mkdir(exist_ok=True)
        shutil.copyfile(first, path)
        return path

    return make


def moments_of(data):
    names = sorted(path.name for path in (data / "backup_database").iterdir())
    return [copy_names.moment_in(copy_names.BACKUP, name) for name in names]


def test_hourly_copies_of_two_years_leave_a_day_of_hours_a_month_of_days_and_a_year_of_months(data, copy_at):
    for hours in range(0, 2 * 365 * 24, 3):
        copy_at(NOW - hours * HOUR)
    copy_at(NOW - HOUR / 4)
    copy_at(NOW - 9 * HOUR - HOUR / 4)
    removed = thin_copies(data, None, USUAL)
    left = moments_of(data)
    assert left[-2:] == [NOW - HOUR / 4, NOW], "two within an hour are kept for that long"
    left.remove(NOW - HOUR / 4)
    assert NOW - 9 * HOUR - HOUR / 4 not in left, "the earlier one of an hour"
    hours = [moment for moment in left if moment > NOW - 3 * DAY]
    assert hours == sorted(NOW - n * 3 * HOUR for n in range(24))
    days = {moment.date() for moment in left if moment > NOW - 31 * DAY}
    assert len(days) == 31
    months = {(moment.year, moment.month) for moment in left}
    assert len(months) == 12
    assert min(left) == datetime(2025, 6, 30, 21, 30, tzinfo=UTC), "the last of its month"
    assert len(left) == 24 + 27 + 10
    assert len(removed) == 2 * 365 * 8 + 1 - len(left)
    assert thin_copies(data, None, USUAL) == []


def test_one_a_year_is_kept_beyond_that(data, copy_at):
    for months in range(12 * 30):
        copy_at(datetime(2025 - months // 12, 12 - months % 12, 1, tzinfo=UTC))
    thin_copies(data, None, Keep(hourly=1, daily=1, monthly=3, yearly=5))
    assert [(moment.year, moment.month) for moment in moments_of(data)] == [
        (2021, 12), (2022, 12), (2023, 12), (2024, 12), (2025, 10), (2025, 11), (2025, 12),
    ]  # fmt: skip


def test_where_no_new_copy_is_made_no_old_one_goes(data, copy_at):
    for number in range(10):
        copy_at(datetime(2019, 1, 1 + number, tzinfo=UTC))
    assert thin_copies(data, None, USUAL) == []


@pytest.mark.parametrize("wrong", [datetime(2034, 1, 1, tzinfo=UTC), datetime(1970, 1, 1, tzinfo=UTC)])
def test_a_copy_made_while_the_clock_was_wrong_takes_no_other_with_it(data, copy_at, wrong):
    for days in range(30):
        copy_at(NOW - days * DAY)
    copy_at(wrong)
    assert thin_copies(data, None, USUAL) == []


def test_nothing_kept_still_leaves_the_newest_and_the_newest_that_is_sound(data, copy_at):
    paths = [copy_at(NOW - days * DAY) for days in range(6)]
    paths[0].write_bytes(b"")
    with open(paths[1], "r+b") as file:
        file.write(b"\xff" * 4096)
    assert thin_copies(data, None, Keep(0, 0, 0, 0)) == sorted([paths[1], *paths[3:]])
    assert sorted(path for path in paths if path.exists()) == sorted([paths[0], paths[2]])
    assert not list(data.glob("backup_database/*-wal"))


def test_the_only_copy_stays_whatever_it_is(data, copy_at):
    copy_at(NOW).write_bytes(b"")
    assert thin_copies(data, None, Keep(0, 0, 0, 0)) == []


OTHERS = [
    "backup_database/flask-2026-05-20T12-30-00.000000Z.db",
    "backup_database/flask-20200101.db",
    "backup_database/before the move.db",
    "backup_database/video_metadata-2020-01-01.db",
    "backup_database/video_metadata-2020-01-01T00-00-00.000000Z.db.old",
    "backup_database/video_metadata-2020-02-31T00-00-00.000000Z.db",
    "backup_database/copy of video_metadata-2020-01-01T00-00-00.000000Z.db",
    "backup_database/mine.part",
    "backup_json/playlists-2020-01-01T00-00-00.000000Z.json",
    "backup_json/2020-01-01/ratings.json",
    "backup_json/2020-01-01T00-00-00.000000Z/note.txt",
    "backup_json/2020-01-01T00-00-01.000000Z/playlists.json",
    "backup_json/2020-01-01T00-00-02.000000Z/viewers/ada/mine/ratings.json",
    "backup_json/old/ratings.json",
    "video_metadata.db.replaced-by-hand",
    "video_metadata.db.replaced-2020-01-01",
    "other.db.replaced-2020-01-01T00-00-00.000000Z",
]


def test_what_has_another_name_or_holds_something_else_is_never_touched(data, copy_at):
    for name in OTHERS:
        path = data / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
    elsewhere = sound_database(data / "elsewhere.db")
    link = data / "backup_database" / copy_names.backup_name("2020-01-01T00-00-00.000000Z")
    link.symlink_to(elsewhere)
    (data / "backup_database" / copy_names.backup_name("2020-01-02T00-00-00.000000Z")).mkdir()
    copy_at(NOW)
    assert thin_copies(data, data / "video_metadata.db", Keep(0, 0, 0, 0)) == []
    assert all((data / name).exists() for name in OTHERS)
    assert link.is_symlink()


# --- snapshots ---


def test_of_two_snapshots_in_one_period_the_more_complete_one_is_kept(data):
    folder = data / "backup_json"
    names = [stamp(NOW - minutes * timedelta(minutes=1)) for minutes in (0, 70, 80)]
    before, between, after = "2026-04-10T09-00-00.000000Z", "2026-04-10T09-30-00.000000Z", "2026-04-11T09-00-00.000000Z"
    for name in (*names, between, after):
        write_snapshot(folder / name, Snapshot())
    write_snapshot(folder / before, Snapshot(ratings={"a video that went.mp4": 5}))
    for removed in thin_copies(data, None, Keep(hourly=0, daily=0, monthly=12, yearly=0)):
        assert not removed.exists()
    assert sorted(os.listdir(folder)) == [before, names[0]]


def test_a_snapshot_of_several_accounts_goes_whole(data):
    folder = data / "backup_json"
    old, new = (folder / stamp(NOW - days * DAY) for days in (1, 0))
    for path in (old, old / "viewers" / "ada", new):
        write_snapshot(path, Snapshot())
    assert thin_copies(data, None, Keep(0, 0, 0, 0)) == [old]
    assert os.listdir(folder) == [new.name]


def test_half_a_snapshot_does_not_count_as_the_newest_sound_one(data):
    folder = data / "backup_json"
    paths = [folder / stamp(NOW - days * DAY) for days in range(4)]
    for path in paths:
        write_snapshot(path, Snapshot())
    (paths[0] / "views.json").unlink()
    (paths[1] / "tags.json").write_text('{"half": ')
    assert thin_copies(data, None, Keep(0, 0, 0, 0)) == [paths[3], paths[1]]
    assert sorted(folder.iterdir()) == [paths[2], paths[0]]


def test_a_snapshot_that_fails_leaves_nothing(library, viewer, make_video, django_user_model):
    # Its folder would have a name that no disk takes.
    long_name = django_user_model.objects.create_user("日" * 100)
    Rating.objects.create(viewer=long_name, video=make_video("sea.mp4"), stars=5)
    folder = settings.DATA_DIR / "backup_json"
    with pytest.raises(OSError, match="too long"):
        backup_json(folder)
    assert os.listdir(folder) == []


# --- databases that a restore replaced ---


def test_a_replaced_database_goes_with_its_logs(data):
    live = sound_database(data / "video_metadata.db")
    paths = [sound_database(data / copy_names.replaced_name(live, stamp(NOW - days * DAY))) for days in range(3)]
    for path in paths:
        path.with_name(f"{path.name}-wal").write_bytes(b"log")
    assert thin_copies(data, live, Keep(0, 0, 0, 0)) == sorted(paths[1:])
    assert sorted(path.name for path in data.glob("*.replaced-*")) == [paths[0].name, f"{paths[0].name}-wal"]
    assert live.exists()


# --- drafts ---


@pytest.fixture
def drafts(data):
    live = data / "video_metadata.db"
    made = [
        data / "backup_database" / "video_metadata-2026-05-20T12-30-00.000000Z.part",
        data / "backup_database" / "video_metadata-2026-05-20T12-30-00.000000Z.part-journal",
        data / "backup_json" / ".2026-05-20T12-30-00.000000Z.part",
        data / f".{live.name}.4711.part",
        data / f".{live.name}.4711.part-wal",
    ]
    for path in made:
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"half")
    made[2].unlink()
    write_snapshot(made[2] / "viewers" / "ada", Snapshot())
    return live, made


def test_drafts_that_nobody_writes_any_more_are_removed(data, drafts):
    live, made = drafts
    assert sorted(thin_copies(data, live, USUAL)) == sorted(made)
    assert not [path for path in made if path.exists()]


def test_nothing_is_removed_while_another_process_writes_a_copy(data, drafts, elsewhere, library):
    live, made = drafts
    settings.DATA_DIR.mkdir(exist_ok=True)
    for path in made:
        target = settings.DATA_DIR / path.relative_to(data)
        target.parent.mkdir(exist_ok=True)
        shutil.move(path, target)
    writer = elsewhere("with shared('copies'):\n    print('writing', flush=True)\n    input()\n")
    assert thin_copies(settings.DATA_DIR, settings.DATA_DIR / live.name, USUAL) == []
    writer.kill()
    writer.communicate()
    assert len(thin_copies(settings.DATA_DIR, settings.DATA_DIR / live.name, USUAL)) == len(made)


def test_those_who_write_share_the_lock_and_a_folder_that_takes_none_stops_nobody(data):
    with shared("copies"), shared("copies"), alone("copies") as is_alone:
        assert not is_alone
    with alone("copies") as is_alone:
        assert is_alone
    settings.DATA_DIR = data / "sound.db" / "below a file"
    (data / "sound.db").touch()
    with shared("copies"), alone("copies") as is_alone:
        assert not is_alone


# --- by the command, the settings and the worker ---


def test_a_backup_thins_the_older_ones_by_the_settings(shell):
    shell.environment |= {f"LVS_KEEP_{kind}": "1" for kind in ("HOURLY", "DAILY", "MONTHLY", "YEARLY")}
    folder = shell.data / "backup_database"
    shell.run("backup_database")
    (first,) = folder.iterdir()
    second_month = first.rename(folder / copy_names.backup_name("2021-01-01T00-00-00.000000Z"))
    (folder / "flask-2020-01-01T00-00-00.000000Z.db").write_bytes(b"theirs")
    printed = shell.run("backup_database")
    assert f"Removed {second_month}, as LVS_KEEP_* say" in printed
    assert len(list(folder.iterdir())) == 2
    assert newest_backup(shell.data).name in printed


def test_copies_on_another_disk_are_all_kept(shell, tmp_path):
    shell.environment["LVS_KEEP_HOURLY"] = "0"
    for _ in range(3):
        shell.run("backup_database", "--to", tmp_path / "other")
    assert len(list((tmp_path / "other").iterdir())) == 3


@pytest.mark.django_db(transaction=True)
def test_what_really_was_made_is_thinned_too(library, viewer, settings):
    settings.KEEP_HOURLY = settings.KEEP_DAILY = settings.KEEP_MONTHLY = settings.KEEP_YEARLY = 0
    made, snapshots = settings.DATA_DIR / "backup_database", settings.DATA_DIR / "backup_json"
    earlier = NOW - 1000 * DAY
    old = [
        backup_json(snapshots).rename(snapshots / stamp(earlier)),
        backup_database(made).rename(made / copy_names.backup_name(stamp(earlier))),
    ]
    kept = [backup_json(snapshots), backup_database(made), backup_database(made)]
    assert thin() == old
    assert sorted([*made.iterdir(), *snapshots.iterdir()]) == sorted(kept)


def test_the_worker_thins_them_too(shell):
    folder = shell.data / "backup_database"
    shell.environment |= {f"LVS_KEEP_{kind}": "0" for kind in ("HOURLY", "DAILY", "MONTHLY", "YEARLY")}
    shell.run("backup_database")
    (newest,) = folder.iterdir()
    shutil.copyfile(newest, folder / copy_names.backup_name("2021-01-01T00-00-00.000000Z"))
    (folder / "video_metadata-2021-01-01T00-00-00.000000Z.part").write_bytes(b"half")
    with working(shell) as worker:
        wait_for(lambda: os.listdir(folder) == [newest.name], SECONDS, lambda: worker.log)
