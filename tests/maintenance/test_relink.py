"""A missing video and the file that holds the same are made one by a person, and nothing told of either is lost."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from videos.accounts.household import household
from videos.analysis.artwork_store import cover_path, sprite_path
from videos.cache import VideoCache
from videos.maintenance.duplicates import duplicate_groups, duplicates_of
from videos.maintenance.relink import CannotRelink, relink
from videos.maintenance.relink_candidates import Evidence, found_again, undecided, where_it_may_be
from videos.models import (
    MAX_COUNT,
    Details,
    Favorite,
    Marker,
    MissingBatch,
    Rating,
    Subtitle,
    Tag,
    Video,
    View,
    ViewersMark,
)

pytestmark = pytest.mark.django_db

CONTENT = "c0ffee" * 5 + "42"
EARLY, LATE = datetime(2021, 1, 1, tzinfo=UTC), datetime(2024, 1, 1, tzinfo=UTC)


@pytest.fixture
def missing(make_video: Callable[..., Video]) -> Video:
    return make_video(
        "old/film.mp4", title="film", fingerprint=CONTENT, missing_since=timezone.now(), added_date=EARLY,
        duration=60.0, cover_version=3, modified_ns=1, device=1, inode=1, facts_version=Video.FACTS_VERSION,
    )  # fmt: skip


@pytest.fixture
def there(make_video: Callable[..., Video]) -> Video:
    return make_video(
        "new/Sea.mkv", title="Sea", fingerprint=CONTENT, added_date=LATE, duration=60.0, cover_version=4, modified_ns=2,
        device=2, inode=2,
    )  # fmt: skip


def person(name: str) -> Any:
    return get_user_model().objects.create_user(name)


def one(missing: Video, there: Video) -> Video:
    """Make them one, and return the row that is left."""
    action = relink(household(), missing.pk, there.pk, Path("no pictures here"))
    video = Video.objects.get()
    assert video.pk == action.details["missing"]
    return video


# --- making one of two ----------------------------------------------------------------------------------------------


def test_the_missing_one_keeps_its_id_and_gets_the_file(missing: Video, there: Video) -> None:
    video = one(missing, there)
    assert video.pk == missing.pk
    assert (video.filename, video.modified_ns, video.device, video.inode) == ("new/Sea.mkv", 2, 2, 2)
    assert (video.missing_since, video.added_date, video.cover_version, video.analysis_due_at) == (None, EARLY, 3, None)


@pytest.mark.parametrize(
    ("old_title", "new_title", "title"),
    [("film", "Sea", "Sea"), ("film", "Our sea", "Our sea"), ("My film", "Sea", "My film"), ("My", "Our", "My")],
)
def test_a_written_title_stays_and_one_made_from_the_name_follows(
    old_title: str, new_title: str, title: str, missing: Video, there: Video
) -> None:
    Video.objects.filter(pk=missing.pk).update(title=old_title)
    Video.objects.filter(pk=there.pk).update(title=new_title)
    assert one(missing, there).title == title


def test_stars_are_those_of_the_file_that_is_there_where_it_has_any(missing: Video, there: Video) -> None:
    ann, bob, eve = person("ann"), person("bob"), person("eve")
    for viewer, video, stars in ((ann, missing, 2), (ann, there, 5), (bob, missing, 3), (eve, there, 1)):
        Rating.objects.create(viewer=viewer, video=video, stars=stars)
    video = one(missing, there)
    assert dict(video.ratings.values_list("viewer__username", "stars")) == {"ann": 5, "bob": 3, "eve": 1}


def test_tags_are_united(missing: Video, there: Video) -> None:
    sea, summer, night = (Tag.objects.create(name=name) for name in ("sea", "summer", "night"))
    missing.tags.add(sea, summer)
    there.tags.add(summer, night)
    assert [tag.name for tag in one(missing, there).tags.all()] == ["night", "sea", "summer"]


def test_a_heart_is_kept_with_the_day_that_it_had_first(missing: Video, there: Video) -> None:
    ann, bob, eve = person("ann"), person("bob"), person("eve")
    for viewer, video, day in ((ann, missing, EARLY), (ann, there, LATE), (bob, missing, LATE), (eve, there, LATE)):
        Favorite.objects.create(viewer=viewer, video=video, added_date=day)
    video = one(missing, there)
    assert dict(video.favorites.values_list("viewer__username", "added_date")) == {
        "ann": EARLY, "bob": LATE, "eve": LATE,
    }  # fmt: skip


def test_markers_are_united(missing: Video, there: Video) -> None:
    ann = person("ann")
    for video, seconds in ((missing, 10.0), (missing, 20.0), (there, 20.0), (there, 30.0)):
        Marker.objects.create(viewer=ann, video=video, seconds=seconds, name="wave")
    assert list(one(missing, there).markers.values_list("seconds", flat=True)) == [10.0, 20.0, 30.0]


@pytest.mark.parametrize("model", [model for model in apps.get_models() if issubclass(model, ViewersMark)])
def test_whatever_somebody_said_of_a_video_stays_and_keeps_it_from_being_nobodys(
    model: Any, missing: Video, there: Video
) -> None:
    """A new kind of mark has to be united, too."""
    needed = {Rating: {"stars": 3}, Favorite: {"added_date": EARLY}, View: {"view_count": 1}}
    assert Video.objects.without_marks([there.pk]) == {there.pk}
    model.objects.create(viewer=person("ann"), video=there, **needed.get(model, {"seconds": 1.0, "name": "wave"}))
    assert Video.objects.without_marks([there.pk]) == set()
    assert model.objects.filter(video=one(missing, there)).count() == 1


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ((3, EARLY, 10.0), (2, LATE, 20.0), (5, LATE, 20.0)),
        ((3, LATE, 10.0), (2, EARLY, 20.0), (5, LATE, 10.0)),
        ((3, None, None), (2, EARLY, 20.0), (5, EARLY, 20.0)),
        ((3, EARLY, 10.0), (2, None, None), (5, EARLY, 10.0)),
        ((3, None, None), (2, None, None), (5, None, None)),
        ((3, EARLY, 10.0), None, (3, EARLY, 10.0)),
        (None, (2, LATE, 20.0), (2, LATE, 20.0)),
        ((MAX_COUNT, EARLY, 10.0), (2, LATE, 20.0), (MAX_COUNT, LATE, 20.0)),
    ],
)
def test_views_add_up_and_the_latest_says_where_to_resume(
    old: Any, new: Any, expected: Any, missing: Video, there: Video, viewer: Any
) -> None:
    for video, view in ((missing, old), (there, new)):
        if view:
            count, last, position = view
            View.objects.create(
                viewer=viewer, video=video, view_count=count, last_viewed=last, position_seconds=position
            )
    one(missing, there)
    assert View.objects.values_list("view_count", "last_viewed", "position_seconds").get() == expected


def test_the_pages_see_it_at_once(missing: Video, there: Video, viewer: Any) -> None:
    cache = VideoCache()
    cache.update_rating("old/film.mp4", 4)
    cache.update_view("old/film.mp4")
    cache.update_view("new/Sea.mkv")
    cache.set_favorite("new/Sea.mkv", True)
    assert cache.get_ratings() == {"old/film.mp4": 4}
    one(missing, there)
    name = "new/Sea.mkv"
    assert (cache.get_ratings(), cache.get_views(), cache.get_favorites()) == ({name: 4}, {name: 2}, [name])


def test_subtitles_are_those_of_the_file_that_is_there(missing: Video, there: Video) -> None:
    Subtitle.objects.create(video=there, filename="new/Sea.en.srt", language="en", label="English")
    assert [subtitle.filename for subtitle in one(missing, there).subtitles.all()] == ["new/Sea.en.srt"]


def test_what_lay_beside_the_file_that_is_gone_is_not_its_subtitle_any_more(missing: Video, there: Video) -> None:
    for video, name in ((missing, "old/film.srt"), (missing, "new/Sea.srt"), (there, "new/Sea.srt")):
        Subtitle.objects.create(video=video, filename=name, label="Subtitles")
    assert [subtitle.filename for subtitle in one(missing, there).subtitles.all()] == ["new/Sea.srt"]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [("old", "new", ["old"]), (None, "new", ["new"]), ("old", None, ["old"]), (None, None, [])],
)
def test_what_a_look_found_is_kept_once(
    old: str | None, new: str | None, expected: list[str], missing: Video, there: Video
) -> None:
    for video, found in ((missing, old), (there, new)):
        if found:
            Details.objects.create(video=video, chapters=[found])
    video = one(missing, there)
    assert list(Details.objects.values_list("video", "chapters")) == [(video.pk, expected)] * len(expected)


@pytest.mark.parametrize(
    ("cover_version", "analysis_due_at", "is_due"), [(3, None, False), (None, None, True), (3, timezone.now(), True)]
)
def test_it_is_looked_into_again_where_something_is_left_to_see(
    cover_version: int | None, analysis_due_at: Any, is_due: bool, missing: Video, there: Video
) -> None:
    Video.objects.filter(pk=missing.pk).update(cover_version=cover_version)
    Video.objects.filter(pk=there.pk).update(analysis_due_at=analysis_due_at)
    assert (one(missing, there).analysis_due_at is not None) == is_due


def test_the_pictures_of_the_id_that_goes_go_too(missing: Video, there: Video, tmp_path: Path) -> None:
    for video in (missing, there):
        for path in (cover_path(tmp_path, video.pk), sprite_path(tmp_path, video.pk)):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"x")
    relink(household(), missing.pk, there.pk, tmp_path)
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    assert names == {f"{missing.pk}.cover.webp", f"{missing.pk}.sprite.webp"}


def test_it_is_no_longer_gone_together_with_others(missing: Video, there: Video) -> None:
    missing_batch = MissingBatch.objects.create(folder="old/")
    Video.objects.filter(pk=missing.pk).update(missing_batch=missing_batch)
    assert one(missing, there).missing_batch is None


# --- what cannot be made one ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("which", "changes"),
    [
        ("old/film.mp4", {"missing_since": None}),
        ("new/Sea.mkv", {"missing_since": timezone.now()}),
        (None, {"missing_since": timezone.now()}),
    ],
)
def test_two_that_are_not_a_missing_one_and_its_file_stay_two(
    which: str | None, changes: dict[str, Any], missing: Video, there: Video
) -> None:
    Video.objects.filter(**({"filename": which} if which else {})).update(**changes)
    before = list(Video.objects.order_by("pk").values())
    with pytest.raises(CannotRelink, match="Nothing was changed"):
        relink(household(), missing.pk, there.pk, Path("no pictures here"))
    assert list(Video.objects.order_by("pk").values()) == before


@pytest.mark.parametrize(
    ("which", "changes"),
    [
        ("new/Sea.mkv", {"fingerprint": "another"}),
        ("new/Sea.mkv", {"fingerprint": ""}),
        ("old/film.mp4", {"fingerprint": ""}),
        ("new/Sea.mkv", {"file_size": 1001}),
        (None, {"fingerprint": ""}),
    ],
)
def test_whoever_says_that_two_are_the_same_is_believed_whatever_they_hold(
    which: str | None, changes: dict[str, Any], missing: Video, there: Video
) -> None:
    Video.objects.filter(**({"filename": which} if which else {})).update(**changes)
    relink(household(), missing.pk, there.pk, Path("no pictures here"))
    video = Video.objects.get(pk=missing.pk)
    assert (video.pk, video.filename, video.missing_since) == (missing.pk, "new/Sea.mkv", None)
    assert Video.objects.count() == 1


def test_what_is_no_longer_known_cannot_be_made_one(missing: Video, there: Video) -> None:
    for missing_id, present_id in (
        (missing.pk, 999), (999, there.pk), (there.pk, missing.pk), (missing.pk, missing.pk), (2**70, -1),
    ):  # fmt: skip
        with pytest.raises(CannotRelink):
            relink(household(), missing_id, present_id, Path("no pictures here"))
    assert Video.objects.count() == 2


def test_a_second_click_is_told_that_it_was_done(missing: Video, there: Video) -> None:
    one(missing, there)
    with pytest.raises(CannotRelink, match="has changed since the page was loaded"):
        relink(household(), missing.pk, there.pk, Path("no pictures here"))


def test_where_the_last_write_fails_nothing_has_changed(
    missing: Video, there: Video, viewer: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Rating.objects.create(viewer=viewer, video=there, stars=5)
    cover = cover_path(tmp_path, there.pk)
    cover.parent.mkdir(parents=True)
    cover.write_bytes(b"x")

    def full(*_: Any, **__: Any) -> None:
        raise IntegrityError("as of a disk that is full")

    monkeypatch.setattr(Video, "save", full)
    with pytest.raises(IntegrityError):
        relink(household(), missing.pk, there.pk, tmp_path)
    assert sorted(Video.objects.values_list("filename", flat=True)) == ["new/Sea.mkv", "old/film.mp4"]
    assert Rating.objects.get().video == there
    assert cover.exists()


# --- finding them ---------------------------------------------------------------------------------------------------


def test_missing_videos_are_listed_with_the_files_that_hold_the_same(
    missing: Video, there: Video, make_video: Callable[..., Video]
) -> None:
    make_video("another/Sea.mkv", fingerprint=CONTENT)
    make_video("other size.mp4", fingerprint=CONTENT, file_size=7)
    make_video("gone.mp4", fingerprint="of its own", missing_since=timezone.now())
    make_video("unknown.mp4", fingerprint="", missing_since=timezone.now())
    make_video("also unknown.mp4", fingerprint="")
    (found,) = found_again(9)
    assert found.missing == missing
    assert sorted(video.filename for video in found.candidates) == ["another/Sea.mkv", "new/Sea.mkv"]


def test_of_many_found_again_the_last_gone_are_listed_first(
    make_video: Callable[..., Video], query_count: Callable[[Callable[[], Any]], int]
) -> None:
    costs = []
    for numbers in (range(3), range(3, 30)):
        for number in numbers:
            make_video(f"there {number}.mp4", fingerprint=f"content {number}")
            make_video(f"gone {number:02}.mp4", fingerprint=f"content {number}", missing_since=timezone.now())
        costs.append(query_count(lambda: found_again(100)))
    assert costs[0] == costs[1]
    assert [found.missing.filename for found in found_again(2)] == ["gone 29.mp4", "gone 28.mp4"]
    assert len(found_again(100)) == 30


@pytest.fixture
def copies(make_video: Callable[..., Video]) -> dict[str, Video]:
    """Three of one content, two of a larger one, and what only looks like them."""
    rows = [
        ("b.mp4", "same", 10, True), ("a.mp4", "same", 10, True), ("c.mp4", "same", 10, True),
        ("large 1.mp4", "large", 99, True), ("large 2.mp4", "large", 99, True),
        ("alone.mp4", "alone", 10, True), ("other size.mp4", "same", 11, True), ("gone.mp4", "same", 10, False),
        ("not looked into.mp4", "", 10, True), ("neither.mp4", "", 10, True),
        ("copy of a missing one.mp4", "missing", 5, True), ("missing.mp4", "missing", 5, False),
    ]  # fmt: skip
    return {
        name: make_video(name, fingerprint=content, file_size=size, missing_since=None if there else timezone.now())
        for name, content, size, there in rows
    }


def test_the_duplicates_of_a_video_are_the_others_that_are_there(copies: dict[str, Video]) -> None:
    names = {name: [video.filename for video in duplicates_of(copies[name]).videos] for name in copies}
    assert {name: others for name, others in names.items() if others} == {
        "a.mp4": ["b.mp4", "c.mp4"],
        "b.mp4": ["a.mp4", "c.mp4"],
        "c.mp4": ["a.mp4", "b.mp4"],
        "gone.mp4": ["a.mp4", "b.mp4", "c.mp4"],
        "large 1.mp4": ["large 2.mp4"],
        "large 2.mp4": ["large 1.mp4"],
        "missing.mp4": ["copy of a missing one.mp4"],
    }


def test_the_duplicates_of_a_page_are_marked_by_one_query(
    copies: dict[str, Video], query_count: Callable[[Callable[[], Any]], int]
) -> None:
    shown = [copies[name] for name in ("a.mp4", "large 2.mp4", "alone.mp4", "other size.mp4", "neither.mp4")]
    twins = Video.objects.with_twins()

    def with_twins(videos: list[Video]) -> set[int]:
        return {video.pk for video in twins.filter(pk__in=[each.pk for each in videos]) if video.has_twin}

    # The others of their kind may be on another page.
    assert with_twins(shown) == {copies["a.mp4"].pk, copies["large 2.mp4"].pk}
    assert query_count(lambda: with_twins(shown)) == 1
    assert with_twins([copies["copy of a missing one.mp4"]]) == set()


def test_of_many_that_look_the_same_ten_are_named_and_all_are_counted(
    make_video: Callable[..., Video], missing: Video, query_count: Callable[[Callable[[], Any]], int]
) -> None:
    alike = [make_video(f"{number:02}.mp4", fingerprint=CONTENT) for number in range(14)]
    make_video("other size.mp4", fingerprint=CONTENT, file_size=7)
    for of, first, count in (
        (alike[3], "00 01 02 04 05 06 07 08 09 10", 13),
        (missing, "00 01 02 03 04 05 06 07 08 09", 14),
    ):
        found = duplicates_of(of)
        assert [video.filename for video in found.videos] == [f"{name}.mp4" for name in first.split()]
        assert (found.count, found.further) == (count, count - 10)
    (group,), groups = duplicate_groups(9)
    assert (len(group.videos), group.count, groups) == (10, 14, 1)
    (again,) = found_again(9)
    assert (len(again.candidates), again.further) == (10, 4)
    assert query_count(lambda: duplicates_of(alike[3])) == 1


def test_where_a_missing_video_may_be_is_asked_of_it_alone(
    missing: Video, there: Video, make_video: Callable[..., Video]
) -> None:
    make_video("another.mp4", fingerprint="another")
    make_video("another gone.mp4", fingerprint="another", missing_since=timezone.now())
    found = where_it_may_be(missing)
    assert found is not None
    assert [video.filename for video in found.candidates] == [there.filename]
    assert where_it_may_be(there) is None
    assert where_it_may_be(make_video("gone.mp4", fingerprint="of its own", missing_since=timezone.now())) is None


def test_duplicates_are_grouped_the_largest_first(copies: dict[str, Video]) -> None:
    groups = [[video.filename for video in group.videos] for group in duplicate_groups(9)[0]]
    assert groups == [["large 1.mp4", "large 2.mp4"], ["a.mp4", "b.mp4", "c.mp4"]]
    (largest,), count = duplicate_groups(1)
    assert (len(largest.videos), count) == (2, 2)


# --- when only the name can tell --------------------------------------------------------------------------------------


def never_looked_into(make_video: Callable[..., Video], filename: str, **fields: Any) -> Video:
    title = filename.rpartition("/")[2].rpartition(".")[0]
    return make_video(filename, **{"title": title, "fingerprint": "", "missing_since": timezone.now(), **fields})


def offers() -> list[tuple[str, list[str], str, bool]]:
    return [
        (
            one.missing.filename,
            [video.filename for video in one.candidates],
            *sorted({kind.words for kind in one.evidence}),
            one.is_sure,
        )
        for one in found_again(50)
    ]


def test_of_many_of_one_name_ten_are_offered_and_the_others_counted(make_video: Callable[..., Video]) -> None:
    gone = never_looked_into(make_video, "old/IMG_0001.mp4")
    for number in range(12):
        make_video(f"new {number:02}/IMG_0001.mp4", title="IMG_0001", fingerprint=str(number))
    found = where_it_may_be(gone)
    assert found is not None
    assert [video.filename for video in found.candidates] == [f"new {number:02}/IMG_0001.mp4" for number in range(10)]
    assert found.further == 2
    assert found_again(9) == [found]


def test_a_film_that_went_before_anybody_looked_into_it_is_offered_by_name_and_size(
    make_video: Callable[..., Video],
) -> None:
    gone = never_looked_into(make_video, "old/Été.mp4")
    there = make_video("new/Été.mp4", title="Été", fingerprint=CONTENT)
    make_video("other/Été.mp4", title="Été", file_size=7)
    make_video("other/Été.mkv", title="Été")
    assert offers() == [("old/Été.mp4", ["new/Été.mp4"], "the same name and size", False)]
    assert one_of(gone, there).filename == "new/Été.mp4"


def test_what_waits_since_an_import_is_offered_each_file_of_its_name(make_video: Callable[..., Video]) -> None:
    waiting = never_looked_into(make_video, "IMG_1.mp4", file_size=None, modified_ns=None)
    make_video("a/IMG_1.mp4", title="IMG_1")
    chosen = make_video("b/IMG_1.mp4", title="IMG_1", file_size=5, fingerprint=CONTENT)
    assert offers() == [("IMG_1.mp4", ["a/IMG_1.mp4", "b/IMG_1.mp4"], "the same name", False)]
    video = one_of(waiting, chosen)
    assert (video.filename, video.file_size, video.analysis_due_at is not None) == ("b/IMG_1.mp4", 5, True)
    assert offers() == []


def test_a_known_content_that_is_another_is_never_offered_for_its_name(missing: Video, there: Video) -> None:
    Video.objects.filter(pk=there.pk).update(filename="new/film.mp4", title="film", fingerprint="another", duration=61)
    assert offers() == []


# --- when it was made anew in another format --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("film.avi", "film.mp4"), ("trips/Sea 2009.AVI", "trips/sea 2009.mkv"), ("a.b.c.wmv", "a.b.c.mp4"),
        ("trips/E\u0301te\u0301.avi", "trips/\u00c9t\u00e9.mp4"), ("50%_off.avi", "50%_off.mp4"),
    ],
)  # fmt: skip
def test_a_film_that_was_encoded_anew_beside_its_old_file_is_offered(
    make_video: Callable[..., Video], old: str, new: str
) -> None:
    gone = make_video(old, fingerprint="old", file_size=9000, missing_since=timezone.now())
    there = make_video(new, fingerprint="new", file_size=1000)
    make_video(f"other/{new}", fingerprint="other", file_size=5000)
    make_video("film 2.mp4", fingerprint="second", file_size=1)
    assert offers() == [(old, [new], "the same folder and name, in another format", False)]
    assert undecided([gone.pk, there.pk]) == {gone.pk}
    Details.objects.create(video=there, chapters=[{"start_seconds": 1.0, "title": "One"}], sprite={"columns": 1})
    video = one_of(gone, there)
    assert (video.pk, video.filename, video.fingerprint, video.file_size) == (gone.pk, new, "new", 1000)
    assert video.analysis_due_at is not None
    assert video.details.chapters[0]["title"] == "One"
    assert video.details.sprite is None


def test_an_edited_title_hides_no_file_beside_the_old_one(make_video: Callable[..., Video]) -> None:
    make_video("trips/film.avi", title="Our summer", fingerprint="old", missing_since=timezone.now())
    make_video("trips/film.mp4", title="Another name", fingerprint="new", file_size=7)
    ((_, candidates, _, _),) = offers()
    assert candidates == ["trips/film.mp4"]


@pytest.mark.parametrize(
    ("size", "length", "is_offered"),
    [(1_000_000, 60.0, True), (1_019_000, 60.4, True), (1_030_000, 60.0, False), (1_000_000, 60.7, False)],
)
def test_a_file_of_about_the_same_size_and_length_is_offered(
    make_video: Callable[..., Video], size: int, length: float, is_offered: bool
) -> None:
    make_video("a/old.avi", fingerprint="old", file_size=1_000_000, duration=60.0, missing_since=timezone.now())
    make_video("b/new.mkv", fingerprint="new", file_size=size, duration=length)
    expected = [("a/old.avi", ["b/new.mkv"], "about the same size and length", False)]
    assert offers() == (expected if is_offered else [])


def test_many_clips_of_one_length_crowd_out_neither_the_content_nor_a_cleanups_care(
    make_video: Callable[..., Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videos.maintenance.relink_candidates._MAX_BY_MEASURES", 3)
    for number in range(9):
        make_video(f"cam/{number}.mp4", fingerprint=f"clip {number}", file_size=1_000_000, duration=60.0)
    gone = make_video(
        "cam/gone.mp4", fingerprint="gone", file_size=1_000_000, duration=60.0, missing_since=timezone.now()
    )
    other = make_video("film.avi", fingerprint="old", file_size=5_000, duration=90.0, missing_since=timezone.now())
    make_video("z/film anew.mp4", fingerprint="new", file_size=5_000, duration=90.0)
    assert undecided([gone.pk, other.pk]) == {gone.pk, other.pk}
    make_video("z/renamed.mp4", fingerprint="gone", file_size=1_000_000, duration=60.0)
    found = where_it_may_be(gone)
    assert found is not None
    assert [video.filename for video in found.candidates] == ["z/renamed.mp4"]


def test_clips_that_were_there_long_before_are_not_offered(make_video: Callable[..., Video]) -> None:
    gone = make_video("cam/1.mp4", fingerprint="1", file_size=1_000, duration=60.0, missing_since=timezone.now())
    make_video("cam/2.mp4", fingerprint="2", file_size=1_000, duration=60.0, added_date=EARLY)
    assert where_it_may_be(gone) is None
    assert undecided([gone.pk]) == set()


def test_no_offer_is_found_by_a_look_at_every_video(make_video: Callable[..., Video]) -> None:
    gone = make_video("film.avi", fingerprint="old", file_size=1_000, duration=60.0, missing_since=timezone.now())
    for look in (lambda: where_it_may_be(gone), lambda: found_again(9), lambda: undecided([gone.pk])):
        with CaptureQueriesContext(connection) as queries:
            look()
        for query in queries.captured_queries:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plan = [row[3] for row in cursor.fetchall()]
            # What a subquery has found is read through; a table never is, but for the index of what is missing.
            steps = [step for step in plan if re.match(r"SCAN (?!\(|qualify)", step) and "video_missing" not in step]
            assert steps == [], plan


def test_stronger_evidence_stands_first(make_video: Callable[..., Video]) -> None:
    make_video("film.avi", fingerprint="old", file_size=1_000_000, duration=60.0, missing_since=timezone.now())
    make_video("a.mp4", fingerprint="a", file_size=1_000_000, duration=60.0)
    make_video("film.mp4", fingerprint="b", file_size=7, duration=59.0)
    (found,) = found_again(9)
    assert [video.filename for video in found.candidates] == ["film.mp4", "a.mp4"]
    assert list(found.evidence) == [Evidence.PLACE, Evidence.MEASURES]


def test_what_only_its_name_speaks_for_is_no_sure_find(make_video: Callable[..., Video]) -> None:
    never_looked_into(make_video, "a/film.mp4")
    make_video("b/film.mp4", title="film")
    ((_, _, _, is_sure),) = offers()
    assert not is_sure


def one_of(missing: Video, there: Video) -> Video:
    """Make them one, and return the row that is left of the two."""
    relink(household(), missing.pk, there.pk, Path("no pictures here"))
    return Video.objects.get(pk=missing.pk)
