"""Changes of whole tags, markers and files that were found again are undone exactly, but for later changes."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from videos.maintenance.relink import relink, relink_several
from videos.models import BulkAction, Details, Favorite, Marker, Rating, Subtitle, Tag, Video, View
from videos.userdata import bulk, favorites, markers, ratings, tags, titles, views
from videos.userdata.journal import CannotUndo
from videos.userdata.undo import undo


@pytest.fixture
def films(viewer: User, make_video: Callable[..., Video]) -> list[Video]:
    """Three videos: two carry "sea", the second and the third "sun"."""
    found = [make_video(f"{name}.mp4") for name in "abc"]
    bulk.add_tags(viewer, [found[0].pk, found[1].pk], ["sea"])
    bulk.add_tags(viewer, [found[1].pk, found[2].pk], ["sun"])
    return found


def tags_of_all() -> dict[str, list[tuple[int, str]]]:
    """Return {filename: [(id of the link, tag)]}: a tag that was given anew has another link."""
    found: dict[str, list[tuple[int, str]]] = {}
    links = Video.tags.through.objects.order_by("pk").values_list("video__filename", "pk", "tag__name")
    for filename, link, name in links:
        found.setdefault(filename, []).append((link, name))
    return found


def tag(name: str) -> Tag:
    return Tag.objects.get(name=name)


# --- tags -------------------------------------------------------------------------------------------------------------


def test_a_renamed_tag_gets_its_old_name_back(viewer: User, films: list[Video]) -> None:
    before = tags_of_all()
    action = tags.rename(viewer, tag("sea"), "ocean")
    assert action.video_count == 2
    assert [name for _, name in tags_of_all()["a.mp4"]] == ["ocean"]
    undo(viewer, action.pk)
    assert tags_of_all() == before


def test_a_name_that_another_tag_has_changes_nothing(viewer: User, films: list[Video]) -> None:
    with pytest.raises(tags.NameTaken) as taken:
        tags.rename(viewer, tag("sea"), "SUN")
    assert taken.value.other == tag("sun")
    assert {each.name for each in Tag.objects.all()} == {"sea", "sun"}
    assert not BulkAction.objects.filter(kind=BulkAction.Kind.RENAME_TAG).exists()


def test_a_renaming_is_not_undone_over_a_later_one_nor_onto_another_tags_name(viewer: User, films: list[Video]) -> None:
    first = tags.rename(viewer, tag("sea"), "ocean")
    second = tags.rename(viewer, tag("ocean"), "water")
    with pytest.raises(CannotUndo):
        undo(viewer, first.pk)
    undo(viewer, second.pk)
    Tag.objects.create(name="SEA")
    with pytest.raises(CannotUndo, match="SEA"):
        undo(viewer, first.pk)
    # What could not be undone can still be, once the other tag is out of the way.
    tag("SEA").delete()
    undo(viewer, first.pk)
    assert tag("sea")


def test_a_deleted_tag_comes_back_to_its_videos(viewer: User, films: list[Video]) -> None:
    before, number = tags_of_all(), tag("sea").pk
    action = tags.delete(viewer, tag("sea"))
    assert action.video_count == 2
    assert not Tag.objects.filter(name="sea").exists()
    undo(viewer, action.pk)
    assert tags_of_all() == before
    assert tag("sea").pk == number


def test_a_tag_without_videos_comes_back_too(viewer: User, films: list[Video]) -> None:
    action = tags.delete(viewer, Tag.objects.create(name="alone"))
    undo(viewer, action.pk)
    assert tag("alone").folded_name == "alone"


def test_a_deleted_tag_does_not_come_back_beside_a_new_one_of_its_name(viewer: User, films: list[Video]) -> None:
    action = tags.delete(viewer, tag("sea"))
    tags.add_tags(films[2].pk, ["Sea"])
    before = tags_of_all()
    with pytest.raises(CannotUndo, match="Sea"):
        undo(viewer, action.pk)
    assert tags_of_all() == before


def test_a_video_that_was_removed_meanwhile_gets_no_tag_back(viewer: User, films: list[Video]) -> None:
    action = tags.delete(viewer, tag("sea"))
    films[0].delete()
    undo(viewer, action.pk)
    assert {name for name, carried in tags_of_all().items() if "sea" in dict(map(reversed, carried))} == {"b.mp4"}


def test_a_merge_is_parted_again(viewer: User, films: list[Video]) -> None:
    before = tags_of_all()
    action = tags.merge(viewer, [tag("sea")], tag("sun"))
    assert {name: [each for _, each in carried] for name, carried in tags_of_all().items()} == {
        "a.mp4": ["sun"], "b.mp4": ["sun"], "c.mp4": ["sun"],
    }  # fmt: skip
    undo(viewer, action.pk)
    assert tags_of_all() == before


def test_a_merge_of_several_is_parted_into_all_of_them(viewer: User, films: list[Video]) -> None:
    bulk.add_tags(viewer, [films[0].pk], ["beach"])
    before = tags_of_all()
    action = tags.merge(viewer, [tag("sea"), tag("beach")], tag("sun"))
    undo(viewer, action.pk)
    assert tags_of_all() == before


def test_what_was_tagged_after_a_merge_stays_tagged(viewer: User, films: list[Video]) -> None:
    action = tags.merge(viewer, [tag("sea")], tag("sun"))
    bulk.remove_tags(viewer, [films[0].pk], ["sun"])
    bulk.add_tags(viewer, [films[0].pk], ["sun"])
    undo(viewer, action.pk)
    assert {name for _, name in tags_of_all()["a.mp4"]} == {"sea", "sun"}


@pytest.mark.parametrize("first", ["tagging", "deleting"])
def test_tagging_and_deleting_may_be_undone_in_any_order(viewer: User, films: list[Video], first: str) -> None:
    before = tags_of_all()
    tagging = bulk.add_tags(viewer, [film.pk for film in films], ["new"])
    deleting = tags.delete(viewer, tag("new"))
    actions = [tagging, deleting] if first == "tagging" else [deleting, tagging]
    for action in actions:
        undo(viewer, action.pk)
    assert tags_of_all() == before
    assert not Tag.objects.filter(name="new").exists()


def test_the_links_of_a_large_tag_are_kept_in_parts(
    viewer: User, films: list[Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tags, "_LINKS_PER_PART", 1)
    before = tags_of_all()
    action = tags.merge(viewer, [tag("sea")], tag("sun"))
    assert action.changes.count() == 2
    undo(viewer, action.pk)
    assert tags_of_all() == before


# --- markers ----------------------------------------------------------------------------------------------------------


def test_a_removed_marker_comes_back_with_its_id(viewer: User, films: list[Video]) -> None:
    markers.add(viewer, films[0].pk, 1.25, "Here")
    before = Marker.objects.values().get()
    action = markers.remove(viewer, Marker.objects.get())
    assert not Marker.objects.exists()
    undo(viewer, action.pk)
    assert Marker.objects.values().get() == before


def test_a_marker_of_a_video_that_is_gone_does_not_come_back(viewer: User, films: list[Video]) -> None:
    markers.add(viewer, films[0].pk, 1.25, "Here")
    action = markers.remove(viewer, Marker.objects.get())
    films[0].delete()
    undo(viewer, action.pk)
    assert not Marker.objects.exists()


def test_nobody_else_brings_a_marker_back(viewer: User, films: list[Video]) -> None:
    markers.add(viewer, films[0].pk, 1.25, "Here")
    action = markers.remove(viewer, Marker.objects.get())
    with pytest.raises(CannotUndo):
        undo(User.objects.create_user("ann"), action.pk)


# --- what was found again ---------------------------------------------------------------------------------------------

OWNED = (Video, Rating, Favorite, View, Marker, Details, Subtitle, Video.tags.through)
# What a scan or the worker makes anew, and when: a file that was united by mistake is analysed again.
MADE_ANEW = ("analysis_due_at", "cover_version", "facts_version")


def everything() -> dict[str, Any]:
    rows = {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in OWNED}
    # The links of tags are made anew; which video carries what is what counts.
    links = rows.pop(Video.tags.through._meta.label)
    rows["tags"] = sorted((link["video_id"], link["tag_id"]) for link in links)
    for row in rows[Video._meta.label]:
        for column in MADE_ANEW:
            del row[column]
    return rows


@pytest.fixture
def pair(viewer: User, make_video: Callable[..., Video]) -> tuple[Video, Video]:
    """A missing video and the one that has its file, each with marks of two viewers."""
    missing = make_video("old/Sea.mp4", title="The sea", fingerprint="f", missing_since=timezone.now(), duration=9.0)
    present = make_video("new/sea.mp4", title="sea", fingerprint="f", duration=9.0)
    ann = User.objects.create_user("ann")
    for who, video, stars in ((viewer, missing, 2), (viewer, present, 4), (ann, present, 5)):
        ratings.rate(who, video.pk, stars)
    favorites.set_favorite(viewer, present.pk, True)
    favorites.set_favorite(ann, missing.pk, True)
    for video in (missing, present, present):
        views.count_play(viewer, video.pk)
    views.save_position(ann, present.pk, 4.0)
    tags.add_tags(missing.pk, ["sea"])
    tags.add_tags(present.pk, ["sea", "2019"])
    markers.add(viewer, missing.pk, 1, "one")
    markers.add(viewer, present.pk, 1, "one")
    markers.add(ann, present.pk, 2, "two")
    Details.objects.create(video=missing, audio=[{"codec": "aac"}])
    Details.objects.create(video=present, audio=[])
    Subtitle.objects.create(video=present, filename="new/sea.en.srt", language="en", label="English")
    return missing, present


def test_two_videos_that_were_made_one_are_two_again(viewer: User, pair: tuple[Video, Video], library: Any) -> None:
    missing, present = pair
    before = everything()
    action = relink(viewer, missing.pk, present.pk, library)
    assert Video.objects.count() == 1
    undo(viewer, action.pk)
    assert everything() == before
    assert Video.objects.get(pk=present.pk).analysis_due_at is not None


def test_what_was_changed_on_the_united_video_stays_on_it(
    viewer: User, pair: tuple[Video, Video], library: Any
) -> None:
    missing, present = pair
    action = relink(viewer, missing.pk, present.pk, library)
    ratings.rate(viewer, missing.pk, 1)
    titles.set_title(missing.pk, "By the sea")
    tags.add_tags(missing.pk, ["holiday"])
    tags.remove_tags(missing.pk, ["sea"])
    undo(viewer, action.pk)
    found = Video.objects.get(pk=missing.pk)
    assert (found.title, [each.name for each in found.tags.all()]) == ("By the sea", ["holiday"])
    assert ratings.stars_by_video(viewer.pk, [missing.pk, present.pk]) == {missing.pk: 1, present.pk: 4}
    assert {each.name for each in Video.objects.get(pk=present.pk).tags.all()} == {"sea", "2019"}


def test_a_file_that_has_moved_since_then_stays_where_it_is(
    viewer: User, pair: tuple[Video, Video], library: Any
) -> None:
    missing, present = pair
    action = relink(viewer, missing.pk, present.pk, library)
    Video.objects.filter(pk=missing.pk).update(filename="third/sea.mp4")
    undo(viewer, action.pk)
    assert Video.objects.get(pk=present.pk).filename == "third/sea.mp4"
    assert Video.objects.get(pk=missing.pk).filename == "old/Sea.mp4"


def test_a_name_that_is_taken_again_keeps_two_videos_one(
    viewer: User, pair: tuple[Video, Video], library: Any, make_video: Callable[..., Video]
) -> None:
    missing, present = pair
    action = relink(viewer, missing.pk, present.pk, library)
    make_video("old/Sea.mp4")
    before = everything()
    with pytest.raises(CannotUndo):
        undo(viewer, action.pk)
    assert everything() == before


@pytest.fixture
def pairs(make_video: Callable[..., Video], viewer: User) -> list[tuple[int, int]]:
    """(missing video, its file) of three films, each side with stars and a tag of its own."""
    found = []
    for name in "abc":
        sides = make_video(f"old/{name}.mp4", missing_since=timezone.now()), make_video(f"new/{name}.mp4")
        for stars, side in enumerate(sides, 1):
            ratings.rate(viewer, side.pk, stars)
            tags.add_tags(side.pk, [f"{name}{stars}"])
        found.append((sides[0].pk, sides[1].pk))
    return found


def test_all_pairs_that_were_relinked_at_once_are_parted_by_one_undo(
    viewer: User, pairs: list[tuple[int, int]], library: Any
) -> None:
    before = everything()
    action, refused = relink_several(viewer, pairs, library)
    assert (action.video_count, refused, Video.objects.count()) == (3, [], 3)
    assert BulkAction.objects.filter(kind=BulkAction.Kind.RELINK).count() == 1
    undo(viewer, action.pk)
    assert everything() == before


def test_a_pair_that_was_refused_is_not_part_of_the_undo(
    viewer: User, pairs: list[tuple[int, int]], library: Any
) -> None:
    Video.objects.get(pk=pairs[1][1]).delete()
    before = everything()
    action, refused = relink_several(viewer, pairs, library)
    assert (action.video_count, len(refused)) == (2, 1)
    undo(viewer, action.pk)
    assert everything() == before


def test_where_every_pair_is_refused_there_is_nothing_to_undo(
    viewer: User, pairs: list[tuple[int, int]], library: Any
) -> None:
    action, refused = relink_several(viewer, [(present, missing) for missing, present in pairs], library)
    assert (action, len(refused)) == (None, 3)
    assert not BulkAction.objects.exists()


def test_a_video_that_was_relinked_twice_at_once_is_parted_twice(
    viewer: User, pairs: list[tuple[int, int]], library: Any
) -> None:
    before = everything()
    # What the first pair became is the file of the second.
    action, _ = relink_several(viewer, [pairs[0], (pairs[1][0], pairs[0][0])], library)
    assert action.video_count == 2
    undo(viewer, action.pk)
    assert everything() == before


def test_a_pair_that_can_no_longer_be_parted_keeps_no_other_from_it(
    viewer: User, pairs: list[tuple[int, int]], library: Any, make_video: Callable[..., Video]
) -> None:
    action, _ = relink_several(viewer, pairs, library)
    make_video("old/b.mp4")
    undone = undo(viewer, action.pk)
    assert undone.video_count == 2
    assert undone.details["kept"] == ["A file with the old name exists again."]
    there = set(Video.objects.values_list("pk", flat=True))
    assert {pairs[0][1], pairs[2][1]} <= there
    assert pairs[1][1] not in there


def test_where_no_pair_can_be_parted_the_undo_is_refused_and_can_be_tried_again(
    viewer: User, pairs: list[tuple[int, int]], library: Any, make_video: Callable[..., Video]
) -> None:
    before = everything()
    action, _ = relink_several(viewer, pairs, library)
    others = [make_video(f"old/{name}.mp4") for name in "abc"]
    with pytest.raises(CannotUndo, match="exists again"):
        undo(viewer, action.pk)
    for other in others:
        other.delete()
    undo(viewer, action.pk)
    assert everything() == before


def test_an_undo_of_several_that_was_interrupted_is_resumed(
    viewer: User, pairs: list[tuple[int, int]], library: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = everything()
    action, _ = relink_several(viewer, pairs, library)

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("videos.userdata.undo.time.sleep", interrupted)
        with pytest.raises(KeyboardInterrupt):
            undo(viewer, action.pk)
    assert action.changes.count() == 2
    undo(viewer, action.pk)
    assert everything() == before


def test_a_relinking_of_an_earlier_version_is_still_undone(
    viewer: User, pair: tuple[Video, Video], library: Any
) -> None:
    missing, present = pair
    before = everything()
    action = relink(viewer, missing.pk, present.pk, library)
    # It had the rows in its details, and no parts.
    ((_, rows_before, rows_after),) = action.changes.get().entries
    pair_of_details = {"missing": missing.pk, "present": present.pk, "before": rows_before, "after": rows_after}
    BulkAction.objects.filter(pk=action.pk).update(details={**action.details, **pair_of_details})
    action.changes.all().delete()
    undo(viewer, action.pk)
    assert everything() == before
