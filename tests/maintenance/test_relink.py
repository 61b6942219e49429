"""A missing video and the file that holds the same are made one by a person, and nothing told of either is lost."""

from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.db import IntegrityError
from django.utils import timezone

from tests.maintenance.conftest import EARLY, LATE
from videos.accounts.household import household
from videos.analysis.artwork_store import cover_path, sprite_path
from videos.cache import VideoCache
from videos.maintenance.relink import CannotRelink, relink
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


def person(name: str) -> Any:
    return get_user_model().objects.create_user(name)


def one(missing: Video, there: Video) -> Video:
    """Make them one, and return the row that is left."""
    relink(household(), missing.pk, there.pk, Path("no pictures here"))
    video = Video.objects.get()
    assert video.pk == missing.pk
    return video


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
def test_what_an_analysis_found_is_kept_once(
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
def test_it_is_analyzed_again_where_something_is_left_to_see(
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
