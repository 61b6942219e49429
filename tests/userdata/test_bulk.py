"""The same for many videos, and back again: exactly, but for what somebody did since then."""

import json
import sqlite3
import threading
import time
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth import get_user_model
from django.db import connection
from django.utils import timezone
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from videos.cache import VideoCache
from videos.models import BulkAction, BulkChange, Favorite, Rating, Tag, Video, View
from videos.userdata import bulk
from videos.userdata.bulk import add_tags, give_stars, mark_unwatched, mark_watched, remove_tags, set_favorite
from videos.userdata.journal import CannotUndo
from videos.userdata.undo import latest_undoable, undo

DAY = datetime(2024, 1, 1, tzinfo=UTC)
NAMES = "abcdef"


@pytest.fixture
def shelf(viewer, make_video):
    """Six videos, each with other marks; another viewer has some as well. Gives {name: id}."""
    ids = {name: make_video(name).pk for name in NAMES}
    other = get_user_model().objects.create_user("ann")
    for name in NAMES:
        Rating.objects.create(viewer=other, video_id=ids[name], stars=2)
        View.objects.create(viewer=other, video_id=ids[name], view_count=9, position_seconds=5)
        Favorite.objects.create(viewer=other, video_id=ids[name], added_date=DAY)
    for name, stars in (("a", 1), ("b", 3), ("c", 5)):
        Rating.objects.create(viewer=viewer, video_id=ids[name], stars=stars)
    for name, count, place, day in (
        ("a", 0, 7.5, None),
        ("b", 3, None, DAY),
        ("c", 4, 60.0, DAY),
        ("d", 0, None, None),
    ):
        View.objects.create(
            viewer=viewer, video_id=ids[name], view_count=count, position_seconds=place, last_viewed=day
        )
    for day, name in enumerate("be"):
        Favorite.objects.create(viewer=viewer, video_id=ids[name], added_date=DAY + timedelta(days=day, microseconds=7))
    for tag, carriers in (("sea", "abc"), ("Summer", "cd")):
        Tag.objects.create(name=tag).videos.set([ids[name] for name in carriers])
    return ids


def state():
    """Return everything that marks say, without the ids of their rows."""
    return {
        "tags": sorted(Video.tags.through.objects.values_list("video__filename", "tag__name")),
        "all tags": sorted(Tag.objects.values_list("name", flat=True)),
        "stars": sorted(Rating.objects.values_list("viewer__username", "video__filename", "stars")),
        "favorites": sorted(Favorite.objects.values_list("viewer__username", "video__filename", "added_date")),
        "views": sorted(
            View.objects.values_list(
                "viewer__username", "video__filename", "view_count", "position_seconds", "is_watched", "last_viewed"
            ),
            key=str,
        ),
    }


def of(viewer, kind):
    """Return {name: value} of this viewer's marks."""
    return {row[1]: row[2] for row in state()[kind] if row[0] == viewer.username}


ACTIONS = {
    "add tags": lambda viewer, ids: add_tags(viewer, ids, ["SEA", "new one", "Summer"]),
    "remove tags": lambda viewer, ids: remove_tags(viewer, ids, ["SUMMER", "sea", "nobody has it"]),
    "stars": lambda viewer, ids: give_stars(viewer, ids, 3),
    "no stars": lambda viewer, ids: give_stars(viewer, ids, None),
    "favorite": lambda viewer, ids: set_favorite(viewer, ids, True),
    "no favorite": lambda viewer, ids: set_favorite(viewer, ids, False),
    "watched": mark_watched,
    "unwatched": mark_unwatched,
}
each_action = pytest.mark.parametrize("act", ACTIONS.values(), ids=ACTIONS)


@each_action
def test_undoing_gives_back_exactly_what_was_before(act, shelf, viewer):
    before = state()
    action = act(viewer, shelf.values())
    assert state() != before
    assert action.video_count
    assert undo(viewer, action.pk) == action
    assert state() == before
    assert not BulkChange.objects.exists()


def test_tags_are_added_in_any_case_to_those_that_lack_them(shelf, viewer):
    action = add_tags(viewer, [shelf["a"], shelf["d"]], ["#SEA", "Zürich"])
    tags = [pair for pair in state()["tags"] if pair[0] in "ad"]
    assert tags == [("a", "Zürich"), ("a", "sea"), ("d", "Summer"), ("d", "Zürich"), ("d", "sea")]
    assert (action.kind, action.video_count) == ("add_tags", 2)
    assert [name for _, name in action.details["tags"]] == ["sea", "Zürich"]


def test_tags_are_removed_from_these_videos_alone(shelf, viewer):
    assert remove_tags(viewer, [shelf["a"], shelf["d"], shelf["f"]], ["Sea"]).video_count == 1
    assert [name for name, tag in state()["tags"] if tag == "sea"] == ["b", "c"]


def test_stars_are_given_to_all_and_only_this_viewers_change(shelf, viewer):
    assert give_stars(viewer, shelf.values(), 3).video_count == 5
    assert of(viewer, "stars") == dict.fromkeys(NAMES, 3)
    assert give_stars(viewer, [shelf["a"]], None).video_count == 1
    assert of(viewer, "stars") == dict.fromkeys("bcdef", 3)
    assert [stars for user, _, stars in state()["stars"] if user == "ann"] == [2] * 6


def test_favorites_keep_the_date_that_they_have(shelf, viewer):
    before = of(viewer, "favorites")
    assert set_favorite(viewer, shelf.values(), True).video_count == 4
    after = of(viewer, "favorites")
    assert after.keys() == set(NAMES)
    assert before.items() <= after.items()
    assert set_favorite(viewer, shelf.values(), False).video_count == 6
    assert of(viewer, "favorites") == {}


def test_watched_counts_a_view_where_there_is_none_and_forgets_where_somebody_stopped(shelf, viewer):
    assert mark_watched(viewer, shelf.values()).video_count == 6
    views = [row[1:] for row in state()["views"] if row[0] == viewer.username]
    assert views == [
        ("a", 1, None, True, None), ("b", 3, None, True, DAY), ("c", 4, None, True, DAY), ("d", 1, None, True, None),
        ("e", 1, None, True, None), ("f", 1, None, True, None),
    ]  # fmt: skip
    assert mark_watched(viewer, shelf.values()).video_count == 0


def test_unwatched_takes_the_mark_and_the_position_away_and_keeps_count_and_date(shelf, viewer):
    View.objects.filter(viewer=viewer, video=shelf["b"]).update(is_watched=True)
    before = state()
    action = mark_unwatched(viewer, shelf.values())
    assert action.video_count == 3
    views = [row[1:] for row in state()["views"] if row[0] == viewer.username]
    assert views == [
        ("a", 0, None, False, None), ("b", 3, None, False, DAY), ("c", 4, None, False, DAY), ("d", 0, None, False, None)
    ]  # fmt: skip
    undo(viewer, action.pk)
    assert state() == before


@pytest.mark.parametrize("stars", [0, 6, -1, True, 3.5, "3"])
def test_stars_that_cannot_be_are_refused_before_anything_changes(stars, shelf, viewer):
    before = state()
    with pytest.raises(ValueError, match="stars are 1 to 5"):
        give_stars(viewer, shelf.values(), stars)
    assert state() == before
    assert not BulkAction.objects.exists()


@pytest.mark.parametrize("names", [[], [""], ["sea", "#"], ["a" * 201], ["a\tb"]])
@pytest.mark.parametrize("act", [add_tags, remove_tags])
def test_names_that_cannot_be_are_refused_before_anything_changes(act, names, shelf, viewer):
    before = state()
    with pytest.raises(ValueError, match="tag"):
        act(viewer, shelf.values(), names)
    assert state() == before
    assert not BulkAction.objects.exists()


def test_videos_that_are_not_there_are_passed_over(shelf, viewer):
    unknown = [0, -1, 10**12, 2**63 - 1]
    for act in ACTIONS.values():
        action = act(viewer, [*unknown, shelf["f"], shelf["f"]])
        assert action.video_count <= 1
        undo(viewer, action.pk)


def test_a_tag_that_was_made_for_nothing_is_not_left_over(shelf, viewer):
    assert add_tags(viewer, [10**12], ["fresh"]).video_count == 0
    assert not Tag.objects.filter(name="fresh").exists()
    assert latest_undoable(viewer) is None


# --- what somebody did since then -----------------------------------------------------------------------------------


def test_what_was_changed_since_then_stays(shelf, viewer):
    cache = VideoCache(viewer)
    stars, hearts, watched = (
        give_stars(viewer, shelf.values(), 4), set_favorite(viewer, shelf.values(), True),
        mark_watched(viewer, shelf.values()),
    )  # fmt: skip
    cache.update_rating("a", 5)
    cache.update_rating("b", None)
    cache.set_favorite("a", False)
    cache.set_favorite("c", False)
    cache.set_favorite("c", True)
    cache.update_view("e")
    for action in (stars, hearts, watched):
        undo(viewer, action.pk)
    assert of(viewer, "stars") == {"a": 5, "c": 5}
    assert of(viewer, "favorites").keys() == {"b", "c", "e"}
    views = of(viewer, "views")
    assert views == {"a": 0, "b": 3, "c": 4, "d": 0, "e": 2}


def test_a_tag_that_was_taken_and_given_anew_since_then_stays(shelf, viewer):
    cache = VideoCache(viewer)
    action = add_tags(viewer, shelf.values(), ["fresh"])
    cache.remove_tags("a", ["fresh"])
    cache.add_tags("a", ["fresh"])
    cache.remove_tags("b", ["fresh"])
    undo(viewer, action.pk)
    assert [name for name, tag in state()["tags"] if tag == "fresh"] == ["a"]


def test_hearts_and_tags_that_were_given_again_keep_what_they_are_now(shelf, viewer):
    hearts = set_favorite(viewer, shelf.values(), False)
    tags = remove_tags(viewer, shelf.values(), ["sea"])
    VideoCache(viewer).set_favorite("b", True)
    VideoCache(viewer).add_tags("a", ["sea"])
    now = of(viewer, "favorites")["b"]
    undo(viewer, hearts.pk)
    undo(viewer, tags.pk)
    assert of(viewer, "favorites")["b"] == now != DAY
    assert [name for name, tag in state()["tags"] if tag == "sea"] == ["a", "b", "c"]


@each_action
def test_a_video_that_is_gone_since_then_is_no_hindrance(act, shelf, viewer):
    action = act(viewer, shelf.values())
    Video.objects.filter(filename__in="ace").delete()
    undo(viewer, action.pk)
    expected = {key: [row for row in rows if row[1] in "bdf"] for key, rows in state().items() if "tags" not in key}
    assert {key: rows for key, rows in state().items() if "tags" not in key} == expected


@each_action
def test_a_tag_that_was_deleted_since_then_is_not_brought_back(act, shelf, viewer):
    action = act(viewer, shelf.values())
    Tag.objects.all().delete()
    undo(viewer, action.pk)
    assert state()["all tags"] == []


def test_a_tag_that_was_renamed_since_then_is_given_back_by_its_new_name(shelf, viewer):
    action = remove_tags(viewer, shelf.values(), ["sea"])
    Tag.objects.filter(name="sea").update(name="ocean")
    undo(viewer, action.pk)
    assert [name for name, tag in state()["tags"] if tag == "ocean"] == ["a", "b", "c"]


def test_actions_are_undone_one_after_the_other_back_to_the_first(shelf, viewer):
    states, done = [], []
    for act in ACTIONS.values():
        states.append(state())
        done.append(act(viewer, shelf.values()))
    for action, before in zip(reversed(done), reversed(states), strict=True):
        undo(viewer, action.pk)
        assert state() == before


VALUES = st.sampled_from(sorted(ACTIONS))
SOME = st.lists(st.sampled_from(NAMES), max_size=6)


@pytest.mark.long("videos/userdata")
@hypothesis_settings(max_examples=at_full_count(100, 25))
@given(steps=st.lists(st.tuples(VALUES, SOME), min_size=1, max_size=6), random=st.randoms())
def test_any_actions_on_any_videos_are_undone_to_the_start_in_any_order(steps, random, shelf, viewer):
    before = state()
    done = [ACTIONS[name](viewer, [shelf[video] for video in videos]) for name, videos in steps]
    random.shuffle(done)
    for action in done:
        undo(viewer, action.pk)
    assert state() == before


def test_a_later_action_stays_whole_when_an_earlier_one_is_undone(shelf, viewer):
    three, five = give_stars(viewer, shelf.values(), 3), give_stars(viewer, shelf.values(), 5)
    undo(viewer, three.pk)
    assert set(of(viewer, "stars").values()) == {5}
    undo(viewer, five.pk)
    assert of(viewer, "stars") == {"a": 1, "b": 3, "c": 5}


def test_a_tag_given_by_hand_outlives_the_action_that_made_it_whatever_is_undone(shelf, viewer):
    made = add_tags(viewer, [shelf["a"]], ["fresh"])
    VideoCache(viewer).add_tags("f", ["fresh"])
    removed = remove_tags(viewer, shelf.values(), ["fresh"])
    undo(viewer, made.pk)
    undo(viewer, removed.pk)
    assert [name for name, tag in state()["tags"] if tag == "fresh"] == ["f"]


def test_a_star_between_two_actions_outlives_them(shelf, viewer):
    three = give_stars(viewer, shelf.values(), 3)
    VideoCache(viewer).update_rating("d", 4)
    five = give_stars(viewer, shelf.values(), 5)
    undo(viewer, three.pk)
    undo(viewer, five.pk)
    assert of(viewer, "stars") == {"a": 1, "b": 3, "c": 5, "d": 4}


def test_a_tag_that_one_viewer_made_and_another_gave_too_stays_with_the_other(shelf, viewer):
    ann = get_user_model().objects.get(username="ann")
    first = add_tags(viewer, [shelf["a"]], ["fresh"])
    second = add_tags(ann, [shelf["a"], shelf["f"]], ["fresh"])
    undo(viewer, first.pk)
    assert [name for name, tag in state()["tags"] if tag == "fresh"] == ["f"]
    undo(ann, second.pk)
    assert "fresh" not in state()["all tags"]


# --- for ten minutes --------------------------------------------------------------------------------------------------


def test_the_last_action_is_offered_until_it_is_undone(shelf, viewer):
    assert latest_undoable(viewer) is None
    first, second = give_stars(viewer, shelf.values(), 4), mark_watched(viewer, shelf.values())
    assert latest_undoable(viewer) == second
    undo(viewer, second.pk)
    assert latest_undoable(viewer) == first


def test_an_action_is_undone_once(shelf, viewer):
    action = give_stars(viewer, shelf.values(), 4)
    undo(viewer, action.pk)
    after = state()
    with pytest.raises(CannotUndo, match="already undone"):
        undo(viewer, action.pk)
    assert state() == after


def test_after_ten_minutes_it_is_over_and_forgotten_with_the_next_action(shelf, viewer):
    action = give_stars(viewer, shelf.values(), 4)
    BulkAction.objects.update(undoable_until=timezone.now() + timedelta(seconds=5))
    assert latest_undoable(viewer) == action
    BulkAction.objects.update(undoable_until=timezone.now())
    after = state()
    assert latest_undoable(viewer) is None
    with pytest.raises(CannotUndo, match="10 minutes"):
        undo(viewer, action.pk)
    assert state() == after
    mark_watched(viewer, shelf.values())
    assert not BulkAction.objects.filter(pk=action.pk).exists()
    assert BulkChange.objects.count() == 1


def test_the_ten_minutes_begin_when_it_has_ended(shelf, viewer):
    started = timezone.now()
    action = give_stars(viewer, shelf.values(), 4)
    action.refresh_from_db()
    assert action.began_at <= action.ended_at
    assert timedelta(minutes=10) <= action.undoable_until - started < timedelta(minutes=10, seconds=30)


def test_nobody_undoes_what_another_did(shelf, viewer):
    action = give_stars(viewer, shelf.values(), 4)
    ann = get_user_model().objects.get(username="ann")
    assert latest_undoable(ann) is None
    with pytest.raises(CannotUndo):
        undo(ann, action.pk)
    assert of(viewer, "stars") == dict.fromkeys(NAMES, 4)


@pytest.mark.parametrize("action_id", [0, -1, 10**12, 2**63 - 1])
def test_an_action_that_there_never_was_cannot_be_undone(action_id, viewer):
    with pytest.raises(CannotUndo):
        undo(viewer, action_id)


# --- in parts, beside others ------------------------------------------------------------------------------------------


@pytest.fixture
def many(viewer, make_video):
    """Ids of 700 videos, so that an action has several parts."""
    Video.objects.bulk_create(Video(filename=f"{number}.mp4") for number in range(700))
    return list(Video.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_a_large_action_is_cut_into_parts_and_undone_whole(many, viewer):
    Rating.objects.bulk_create(Rating(viewer=viewer, video_id=video, stars=1 + video % 3) for video in many[::2])
    before = state()
    action = give_stars(viewer, many, 3)
    assert Rating.objects.filter(stars=3).count() == 700
    assert action.changes.count() > 2
    undo(viewer, action.pk)
    assert state() == before


class Killed(BaseException):
    """What ends a process at any instant, for this thread."""


def killed_at(monkeypatch, number):
    """Let the thread die in the middle of this many-th transaction of a bulk action."""
    seen = []

    def stop_there(*_):
        seen.append(None)
        if len(seen) == number:
            raise Killed

    monkeypatch.setattr(bulk.time, "sleep", stop_there)


@pytest.mark.django_db(transaction=True)
def test_an_action_that_was_interrupted_can_be_undone_as_far_as_it_came(many, viewer, monkeypatch):
    killed_at(monkeypatch, 2)
    with pytest.raises(Killed):
        give_stars(viewer, many, 5)
    monkeypatch.undo()
    rated = Rating.objects.count()
    assert 0 < rated < 700
    action = latest_undoable(viewer)
    assert (action.video_count, action.ended_at) == (rated, None)
    undo(viewer, action.pk)
    assert not Rating.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_an_undoing_that_was_interrupted_is_gone_on_with(many, viewer, monkeypatch):
    action = give_stars(viewer, many, 5)
    killed_at(monkeypatch, 2)
    with pytest.raises(Killed):
        undo(viewer, action.pk)
    monkeypatch.undo()
    assert 0 < Rating.objects.count() < 700
    assert latest_undoable(viewer) == action
    undo(viewer, action.pk)
    assert not Rating.objects.exists()
    assert latest_undoable(viewer) is None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("blocked_seconds", "sizes"), [(1e6, [100, 200, 400]), (1e-9, [100, 50, 25, *[20] * 26, 5])], ids=["quick", "slow"]
)
def test_a_part_is_at_most_twice_or_half_as_large_as_the_one_before(blocked_seconds, sizes, many, viewer, monkeypatch):
    monkeypatch.setattr(bulk, "BLOCKED_SECONDS", blocked_seconds)
    action = give_stars(viewer, many, 5)
    assert [len(part.entries) for part in action.changes.order_by("pk")] == sizes


def in_thread(work):
    def and_close():
        try:
            work()
        finally:
            connection.close()

    thread = threading.Thread(target=and_close)
    thread.start()
    return thread


@pytest.mark.django_db(transaction=True)
def test_an_action_that_is_undone_while_it_runs_stops(many, viewer):
    thread = in_thread(lambda: add_tags(viewer, many, ["fresh"]))
    end = time.monotonic() + 20
    while not BulkChange.objects.exists():
        assert time.monotonic() < end
        time.sleep(0.001)  # else this thread keeps the other from the interpreter
    undo(viewer, BulkAction.objects.get().pk)
    thread.join(20)
    assert not thread.is_alive()
    assert not Video.tags.through.objects.exists()
    assert not Tag.objects.exists()
    assert latest_undoable(viewer) is None


@pytest.mark.django_db(transaction=True)
def test_somebody_elses_star_is_given_between_two_parts(many, viewer):
    ann = get_user_model().objects.create_user("ann")
    during = []
    thread = in_thread(lambda: add_tags(viewer, many, ["fresh"]))
    while thread.is_alive():
        VideoCache(ann).update_rating("0.mp4", 4)
        during.append(Video.tags.through.objects.count())
    thread.join()
    assert any(0 < links < 700 for links in during), during


@pytest.mark.django_db(transaction=True)
def test_the_parts_say_in_plain_json_what_undoes_them(many, viewer):
    give_stars(viewer, many[:3], 5)
    with closing(sqlite3.connect(connection.settings_dict["NAME"])) as database:
        rows = database.execute("SELECT entries FROM videos_bulkchange").fetchall()
    assert [json.loads(entries) for (entries,) in rows] == [[[video, None, 5] for video in many[:3]]]


# --- what an interruption leaves, and how large a part is -------------------------------------------------------------


@pytest.mark.parametrize(("hours", "can_be_resumed"), [(0, True), (23, True), (25, False)])
def test_an_interrupted_undo_can_be_resumed_for_a_day(viewer, shelf, monkeypatch, hours, can_be_resumed):
    monkeypatch.setattr(bulk, "_FIRST_PART", 3)
    monkeypatch.setattr(bulk, "_SMALLEST_PART", 3)
    monkeypatch.setattr(bulk, "_LARGEST_PART", 3)
    before = dict(Rating.objects.filter(viewer=viewer).values_list("video__filename", "stars"))
    action = give_stars(viewer, shelf.values(), 4)
    assert action.changes.count() == 2
    with monkeypatch.context() as interrupted:
        # The process ends in the pause after the first part.
        interrupted.setattr("videos.userdata.undo.time.sleep", lambda _: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            undo(viewer, action.pk)
    assert action.changes.count() == 1
    ago = timedelta(hours=hours)
    left = BulkAction.objects.get(pk=action.pk)
    BulkAction.objects.filter(pk=action.pk).update(
        undone_at=left.undone_at - ago, undoable_until=left.undoable_until - ago
    )
    if can_be_resumed:
        undo(viewer, action.pk)
        assert dict(Rating.objects.filter(viewer=viewer).values_list("video__filename", "stars")) == before
    else:
        with pytest.raises(CannotUndo):
            undo(viewer, action.pk)


@pytest.mark.parametrize(
    ("size", "seconds", "following"),
    [
        (100, bulk.BLOCKED_SECONDS, 100),
        (100, bulk.BLOCKED_SECONDS / 1.5, 150),
        (100, bulk.BLOCKED_SECONDS / 1.99, 199),
        # However fast or slow a part was, the next is at most twice or half as large.
        (100, bulk.BLOCKED_SECONDS / 10, 200),
        (100, 0, 200),
        (100, bulk.BLOCKED_SECONDS * 10, 50),
        (30, bulk.BLOCKED_SECONDS * 10, 20),
        (1_500, 0, 2_000),
    ],
)
def test_a_part_takes_as_long_as_it_may(size, seconds, following):
    assert bulk._next_size(size, seconds) == following
