"""What the database itself refuses, whoever writes, and what goes with what."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError

from videos.models import Favorite, Rating, Tag, Video, View

pytestmark = pytest.mark.django_db

_VIDEO = (
    "INSERT INTO videos_video (filename, title, added_date, container, video_codec, audio_codec, fingerprint, "
    "{column}) VALUES ({filename}, '', '2024-01-01', '', '', '', '', {value})"
)


def execute(statement: str) -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)


def marks_of(viewer: Any, video: Video) -> None:
    Rating.objects.create(viewer=viewer, video=video, stars=4)
    View.objects.create(viewer=viewer, video=video, view_count=7)
    Favorite.objects.create(viewer=viewer, video=video)


@pytest.mark.parametrize("stars", [0, 6, -1, "NULL", 100])
def test_the_database_refuses_stars_other_than_one_to_five(
    stars: object, viewer: Any, make_video: Callable[..., Video]
) -> None:
    insert = f"INSERT INTO videos_rating (viewer_id, video_id, stars) VALUES ({viewer.pk}, {make_video('a.mp4').pk}, "
    with pytest.raises(IntegrityError):
        execute(f"{insert}{stars})")
    execute(f"{insert}5)")
    with pytest.raises(IntegrityError):
        execute(f"UPDATE videos_rating SET stars = {stars}")


@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO videos_rating (viewer_id, video_id, stars) SELECT viewer_id, video_id, 5 FROM videos_rating",
        "INSERT INTO videos_view (viewer_id, video_id, view_count) SELECT viewer_id, video_id, 1 FROM videos_view",
        "INSERT INTO videos_favorite (viewer_id, video_id, added_date) SELECT viewer_id, video_id, added_date"
        " FROM videos_favorite",
        "UPDATE videos_view SET view_count = -1",
        "UPDATE videos_view SET position_seconds = -0.5",
        "UPDATE videos_video SET file_size = -1",
        "UPDATE videos_video SET duration = -0.1",
        "UPDATE videos_video SET width = -1",
        "UPDATE videos_video SET filename = ''",
        "UPDATE videos_tag SET name = ''",
        "UPDATE videos_tag SET folded_name = ''",
        "INSERT INTO videos_tag (name, folded_name) VALUES ('Sea', 'sea')",
        "INSERT INTO videos_video_tags (video_id, tag_id) SELECT video_id, tag_id FROM videos_video_tags",
        _VIDEO.format(column="file_size", filename="'a.mp4'", value="1"),
    ],
)
def test_the_database_refuses_doubles_and_what_cannot_be(
    statement: str, viewer: Any, make_video: Callable[..., Video]
) -> None:
    video = make_video("a.mp4")
    marks_of(viewer, video)
    video.tags.add(Tag.objects.create(name="sea"))
    with pytest.raises(IntegrityError):
        execute(statement)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "INSERT INTO videos_rating (viewer_id, video_id, stars) VALUES (999999, {video}, 5)",
        "INSERT INTO videos_rating (viewer_id, video_id, stars) VALUES ({viewer}, 999999, 5)",
        "INSERT INTO videos_view (viewer_id, video_id, view_count) VALUES ({viewer}, 999999, 5)",
        "INSERT INTO videos_video_tags (video_id, tag_id) VALUES ({video}, 999999)",
        "DELETE FROM auth_user",
        "DELETE FROM videos_video",
    ],
)
def test_the_database_refuses_a_row_that_refers_to_nothing(
    statement: str, viewer: Any, make_video: Callable[..., Video]
) -> None:
    video = make_video("a.mp4")
    marks_of(viewer, video)
    with pytest.raises(IntegrityError):
        execute(statement.format(viewer=viewer.pk, video=video.pk))
    assert Rating.objects.count() == 1


def test_an_account_with_stars_cannot_be_deleted(viewer: Any, make_video: Callable[..., Video]) -> None:
    marks_of(viewer, make_video("a.mp4"))
    with pytest.raises(ProtectedError):
        viewer.delete()
    with pytest.raises(ProtectedError):
        get_user_model().objects.filter(pk=viewer.pk).delete()
    assert Rating.objects.get().viewer == viewer


@pytest.mark.parametrize("mark", [Rating(stars=1), View(view_count=1), Favorite()])
def test_one_mark_of_any_kind_protects_its_account(mark: Any, viewer: Any, make_video: Callable[..., Video]) -> None:
    mark.pk, mark.viewer, mark.video = None, viewer, make_video("a.mp4")
    mark.save()
    with pytest.raises(ProtectedError):
        viewer.delete()


def test_an_account_without_marks_can_be_deleted(viewer: Any) -> None:
    viewer.delete()
    assert not get_user_model().objects.exists()


def test_what_hangs_on_a_video_goes_with_it_and_nothing_else(viewer: Any, make_video: Callable[..., Video]) -> None:
    going, staying = make_video("a.mp4"), make_video("b.mp4")
    marks_of(viewer, going)
    marks_of(viewer, staying)
    going.tags.set(Tag.objects.get_or_create_many(["sea"]))
    going.delete()
    assert [model.objects.get().video for model in (Rating, View, Favorite)] == [staying] * 3
    assert Tag.objects.count() == 1
    assert not Video.tags.through.objects.exists()


def _by_save() -> Tag:
    tag = Tag.objects.create(name="x")
    tag.name = " #Sea "
    tag.save()
    return tag


def _by_save_of_one_field() -> Tag:
    tag = Tag.objects.create(name="x")
    tag.name = " #Sea "
    tag.save(update_fields=["name"])
    return tag


def _by_update() -> Tag:
    tag = Tag.objects.create(name="x")
    Tag.objects.filter(pk=tag.pk).update(name=" #Sea ")
    return tag


@pytest.mark.parametrize(
    "way",
    [
        lambda: Tag.objects.create(name=" ##Sea \n"),
        lambda: Tag.objects.bulk_create([Tag(name="# Sea")])[0],
        lambda: Tag.objects.get_or_create(name="#Sea")[0],
        lambda: Tag.objects.update_or_create(name="\t#Sea")[0],
        lambda: Tag.objects.get_or_create_many(["#Sea"])[0],
        _by_save,
        _by_save_of_one_field,
        _by_update,
    ],
    ids=["create", "bulk_create", "get_or_create", "update_or_create", "named", "save", "update_fields", "update"],
)
def test_a_tag_is_cleaned_and_keyed_on_every_way_in(way: Callable[[], Tag]) -> None:
    way()
    assert Tag.objects.values_list("name", "folded_name").get() == ("Sea", "sea")


def test_a_lookup_finds_a_tag_by_what_somebody_typed() -> None:
    sea = Tag.objects.create(name="sea")
    assert Tag.objects.get(name=" #sea ") == sea
    assert Tag.objects.get_or_create(name="#sea") == (sea, False)


def test_many_tags_at_once_cannot_be_renamed_past_their_keys() -> None:
    tags = Tag.objects.bulk_create([Tag(name="a"), Tag(name="b")])
    tags[0].name = "B"
    with pytest.raises((TypeError, IntegrityError)), transaction.atomic():
        Tag.objects.bulk_update(tags, ["name"])
    assert list(Tag.objects.values_list("name", "folded_name")) == [("a", "a"), ("b", "b")]


SAME_TAGS = [
    ("sea", "SEA"),
    ("Ümlaut", "ümlaut"),
    ("Straße", "STRASSE"),
    ("straße", "STRAẞE"),
    ("caf\u00e9", "CAFE\u0301"),
    ("ΟΔΟΣ", "οδος"),
    ("Москва", "москва"),
    ("İstanbul", "i̇stanbul"),
    ("#sea", " Sea "),
    ("ﬁlm", "FILM"),
]


@pytest.mark.parametrize(("first", "second"), SAME_TAGS)
def test_tags_that_differ_in_case_alone_are_the_same_tag(first: str, second: str) -> None:
    tag = Tag.objects.create(name=first)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.create(name=second)
    with pytest.raises(IntegrityError), transaction.atomic():
        Tag.objects.bulk_create([Tag(name=second)])
    with pytest.raises(ValidationError):
        Tag(name=second).full_clean()
    assert Tag.objects.get_or_create_many([second]) == [tag]
    assert tag.full_clean() is None


@pytest.mark.parametrize(("first", "second"), [("sea", "see"), ("résumé", "resume"), ("a b", "ab"), ("1", "2")])
def test_tags_that_differ_in_more_are_two(first: str, second: str) -> None:
    Tag.objects.create(name=first)
    Tag.objects.create(name=second)
    assert Tag.objects.count() == 2


@pytest.mark.parametrize("name", ["", "#", " # # ", "a\0b", "a\nb", "x" * 201])
def test_a_form_refuses_what_names_no_tag(name: str) -> None:
    with pytest.raises(ValidationError):
        Tag(name=name).full_clean()


def test_a_video_without_a_title_is_called_like_its_file() -> None:
    assert Video(filename="trips/2019/Sea. day.mp4").display_title == "Sea. day"
    assert Video(filename="a.mp4", title="Mine").display_title == "Mine"


@pytest.mark.parametrize("year", [1, 9999])
def test_a_date_that_some_time_zone_has_no_name_for_is_refused_by_forms(db, year):
    video = Video(filename="a.mp4", added_date=datetime(year, 6, 1, tzinfo=UTC))
    with pytest.raises(ValidationError, match="The year must be 2 to 9998"):
        video.full_clean()
