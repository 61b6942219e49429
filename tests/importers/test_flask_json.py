"""What an import makes of the files and of what the database holds already."""

from datetime import UTC, datetime

import pytest

from tests.backup.four_files import all_rows, bad_keys, import_from, write_files
from tests.backup.test_json_reader import FIXTURES
from videos.cache import VideoCache
from videos.importers.import_report import Tally
from videos.models import Favorite, MonthlyViews, Rating, Tag, Video, View

MAY, JUNE = datetime(2024, 5, 1, 20, 15, 0, 500_000, UTC), datetime(2024, 6, 1, 8, tzinfo=UTC)


@pytest.fixture
def video(make_video):
    return make_video("a.mp4")


def test_all_four_files_become_rows(viewer, video, tmp_path):
    views = {"a.mp4": {"view_count": 7, "last_viewed": MAY.isoformat(), "position_seconds": 9.5}}
    dated = [{"filename": "a.mp4", "added_date": JUNE.isoformat()}]
    write_files(tmp_path, ratings={"a.mp4": 4}, views=views, tags={"a.mp4": ["#sea", "Sand"]}, favorites=dated)
    report = import_from(tmp_path, viewer)
    assert Rating.objects.values_list("viewer", "video", "stars").get() == (viewer.pk, video.pk, 4)
    assert View.objects.values_list("video", "view_count", "last_viewed", "position_seconds").get() == (
        video.pk, 7, MAY, 9.5,
    )  # fmt: skip
    assert Favorite.objects.values_list("video", "added_date").get() == (video.pk, JUNE)
    assert [tag.name for tag in video.tags.all()] == ["Sand", "sea"]
    assert report.tallies == {
        "videos": Tally(unchanged=1), **dict.fromkeys(("ratings", "views", "tags", "favorites"), Tally(added=1))
    }  # fmt: skip


def test_new_views_count_in_the_month_of_the_last_one(viewer, make_video, tmp_path):
    View.objects.create(viewer=viewer, video=make_video("known.mp4"), view_count=5, last_viewed=MAY)
    views = {
        "known.mp4": {"view_count": 7, "last_viewed": JUNE.isoformat()},
        "new.mp4": {"view_count": 3, "last_viewed": MAY.isoformat()},
        "other.mp4": {"view_count": 1, "last_viewed": MAY.isoformat()},
        "undated.mp4": {"view_count": 9},
    }
    for _ in range(2):
        import_from(write_files(tmp_path, views=views), viewer)
        assert [(f"{month:%F}", number) for month, number in MonthlyViews.objects.values_list("month", "views")] == [
            ("2024-05-01", 4), ("2024-06-01", 2),
        ]  # fmt: skip


@pytest.mark.parametrize("sample", ["sample", "messy"])
def test_a_second_import_changes_no_row_no_date_and_no_revision_number(viewer, make_video, sample):
    make_video("Super8/IMG_4711.m2ts")
    first = import_from(FIXTURES / sample, viewer)
    before = all_rows()
    second = import_from(FIXTURES / sample, viewer)
    assert all_rows() == before
    for kind, tally in second.tallies.items():
        known = first.tallies[kind].added + first.tallies[kind].unchanged
        assert tally == Tally(unchanged=known, bad=first.tallies[kind].bad)


def test_a_star_in_the_file_replaces_the_databases(viewer, video, tmp_path):
    Rating.objects.create(viewer=viewer, video=video, stars=2)
    report = import_from(write_files(tmp_path, ratings={"a.mp4": 5}), viewer)
    assert (Rating.objects.get().stars, report.tallies["ratings"]) == (5, Tally(changed=1))


def test_with_keep_existing_the_databases_star_stays_and_new_ones_come_in(viewer, make_video, tmp_path):
    Rating.objects.create(viewer=viewer, video=make_video("a.mp4"), stars=2)
    make_video("b.mp4")
    report = import_from(write_files(tmp_path, ratings={"a.mp4": 5, "b.mp4": 4}), viewer, keep_existing=True)
    assert list(Rating.objects.order_by("video").values_list("stars", flat=True)) == [2, 4]
    assert report.tallies["ratings"] == Tally(added=1, unchanged=1)


@pytest.mark.parametrize(
    ("there", "in_file", "merged"),
    [
        ((5, MAY), (3, JUNE), (5, JUNE)),
        ((3, JUNE), (5, MAY), (5, JUNE)),
        ((3, None), (3, MAY), (3, MAY)),
        ((3, MAY), (4, None), (4, MAY)),
        ((0, None), (0, None), (0, None)),
    ],
)
def test_of_views_the_larger_count_and_the_later_date_stay(viewer, video, tmp_path, there, in_file, merged):
    View.objects.create(viewer=viewer, video=video, view_count=there[0], last_viewed=there[1])
    last_viewed = in_file[1] and in_file[1].isoformat()
    write_files(tmp_path, views={"a.mp4": {"view_count": in_file[0], "last_viewed": last_viewed}})
    for _time in range(2):
        import_from(tmp_path, viewer)
        assert View.objects.values_list("view_count", "last_viewed").get() == merged


@pytest.mark.parametrize(("there", "in_file", "kept"), [(MAY, JUNE, 20.0), (JUNE, MAY, 10.0)])
def test_the_resume_position_is_that_of_the_later_viewing(viewer, video, tmp_path, there, in_file, kept):
    View.objects.create(viewer=viewer, video=video, view_count=1, last_viewed=there, position_seconds=10)
    record = {"view_count": 1, "last_viewed": in_file.isoformat(), "position_seconds": 20}
    import_from(write_files(tmp_path, views={"a.mp4": record}), viewer)
    assert View.objects.get().position_seconds == kept


def test_tags_are_united_without_regard_to_case(viewer, video, tmp_path):
    video.tags.set(Tag.objects.get_or_create_many(["Sea", "home"]))
    report = import_from(write_files(tmp_path, tags={"a.mp4": ["#SEA", "Straße", "STRASSE", "sand"]}), viewer)
    assert [tag.name for tag in video.tags.all()] == ["home", "sand", "Sea", "Straße"]
    assert (Tag.objects.count(), report.tallies["tags"]) == (4, Tally(changed=1))


def test_favorites_are_united_and_keep_the_later_date(viewer, make_video, tmp_path):
    for name, added in (("old.mp4", MAY), ("new.mp4", JUNE), ("only here.mp4", MAY)):
        Favorite.objects.create(viewer=viewer, video=make_video(name), added_date=added)
    dates = {"old.mp4": JUNE.isoformat(), "new.mp4": MAY.isoformat()}
    write_files(tmp_path, favorites={"favorites": ["old.mp4", "new.mp4", "only there.mp4"], "added_dates": dates})
    report = import_from(tmp_path, viewer)
    found = dict(Favorite.objects.values_list("video__filename", "added_date"))
    assert len(found) == 4
    assert (found["old.mp4"], found["new.mp4"], found["only here.mp4"]) == (JUNE, JUNE, MAY)
    assert report.tallies["favorites"] == Tally(added=1, changed=1, unchanged=1)


def test_what_the_files_do_not_name_stays(viewer, make_video, tmp_path):
    other = make_video("other.mp4", title="Mine", duration=12.5)
    Rating.objects.create(viewer=viewer, video=other, stars=1)
    View.objects.create(viewer=viewer, video=other, view_count=3, last_viewed=MAY)
    Favorite.objects.create(viewer=viewer, video=other)
    other.tags.set(Tag.objects.get_or_create_many(["sea"]))
    before = all_rows()
    import_from(write_files(tmp_path, ratings={"a.mp4": 5}, views={}, tags={}, favorites=[]), viewer)
    after = all_rows()
    assert len(after.pop("videos_video")) == 2
    assert len(after.pop("videos_rating")) == 2
    assert all(after[table] == before[table] for table in after if table != "videos_revision")
    other.refresh_from_db()
    assert (other.title, other.duration, other.ratings.get().stars) == ("Mine", 12.5, 1)


def test_another_viewers_marks_are_left_alone_and_are_not_compared_with(viewer, video, django_user_model, tmp_path):
    guest = django_user_model.objects.create_user("guest")
    Rating.objects.create(viewer=guest, video=video, stars=1)
    report = import_from(write_files(tmp_path, ratings={"a.mp4": 5}), viewer)
    assert dict(Rating.objects.values_list("viewer__username", "stars")) == {"guest": 1, "household": 5}
    assert report.tallies["ratings"] == Tally(added=1)


def test_a_dry_run_reports_the_same_and_writes_nothing(viewer, make_video):
    make_video("Super8/IMG_4711.m2ts")
    make_video("good five.mp4")
    before = all_rows()
    foretold = import_from(FIXTURES / "messy", viewer, dry_run=True)
    assert all_rows() == before
    assert foretold == import_from(FIXTURES / "messy", viewer)
    assert all_rows() != before
    assert sum(tally.bad for tally in foretold.tallies.values()) == len(foretold.bad) > 60


@pytest.mark.django_db(transaction=True)
def test_what_was_read_through_the_cache_before_an_import_is_not_stale_after_it(viewer, video, tmp_path):
    cache = VideoCache()
    assert (cache.get_ratings(), cache.get_tags(), cache.get_favorites(), cache.get_views()) == ({}, {}, [], {})
    write_files(tmp_path, ratings={"a.mp4": 5}, views={"a.mp4": 2}, tags={"a.mp4": ["x"]}, favorites=["a.mp4"])
    import_from(tmp_path, viewer)
    assert (cache.get_ratings(), cache.get_tags()) == ({"a.mp4": 5}, {"a.mp4": ["x"]})
    assert (cache.get_favorites(), cache.get_views()) == (["a.mp4"], {"a.mp4": 2})


@pytest.mark.parametrize(("count", "kept"), [(2**63 - 1, [2**63 - 1]), (0, [])])
def test_the_largest_count_fits_and_no_view_needs_no_row(viewer, video, tmp_path, count, kept):
    import_from(write_files(tmp_path, views={"a.mp4": count}), viewer)
    assert [view.view_count for view in View.objects.all()] == kept


def test_a_name_that_only_bad_entries_hold_makes_no_video(viewer, tmp_path):
    write_files(tmp_path, ratings={"bad.mp4": 0}, views={"bad.mp4": -1}, tags={"bad.mp4": None}, favorites=[None])
    report = import_from(tmp_path, viewer)
    assert not Video.objects.exists()
    assert bad_keys(report)[:3] == [("ratings.json", "bad.mp4"), ("views.json", "bad.mp4"), ("tags.json", "bad.mp4")]
