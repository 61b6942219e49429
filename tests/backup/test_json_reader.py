"""What the four files may hold, entry by entry."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from tests.backup.four_files import bad_keys, read_from
from tests.counts import at_full_count
from videos.backup.json_reader import BadSnapshot, read_json_files
from videos.backup.json_writer import write_snapshot
from videos.backup.snapshot import Snapshot, ViewRecord
from videos.core.tag_names import tag_name_problem
from videos.models import MAX_COUNT

FIXTURES = Path(settings.BASE_DIR) / "fixtures"
NAN, INFINITE = float("nan"), float("inf")
NEW_YEAR = datetime(2024, 1, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(("written", "stars"), [(1, 1), (5, 5), ("5", 5), ("1", 1), (4.0, 4)])
def test_a_whole_number_of_stars_is_taken_also_in_a_string(tmp_path, written, stars):
    assert read_from(tmp_path, ratings={"a.mp4": written}).ratings == {"a.mp4": stars}


@pytest.mark.parametrize(
    "stars",
    [0, 6, -1, 4.5, "", "0", "6", "4.5", "five", "٣", None, True, False, NAN, INFINITE, 10**30, [5], {"stars": 5}],
)
def test_other_stars_are_named_with_file_key_and_reason_and_the_others_go_in(tmp_path, stars):
    snapshot = read_from(tmp_path, ratings={"before.mp4": 1, "bad.mp4": stars, "after.mp4": 2})
    assert snapshot.ratings == {"before.mp4": 1, "after.mp4": 2}
    assert bad_keys(snapshot) == [("ratings.json", "bad.mp4")]
    assert snapshot.bad[0].reason in str(snapshot.bad[0])
    assert len(snapshot.bad[0].reason) > 5


@pytest.mark.parametrize(("written", "count"), [(0, 0), (7, 7), ("7", 7), (7.0, 7), (MAX_COUNT, MAX_COUNT)])
def test_a_count_is_taken_bare_and_in_an_object(tmp_path, written, count):
    snapshot = read_from(tmp_path, views={"bare.mp4": written, "object.mp4": {"view_count": written}})
    assert snapshot.views == {"bare.mp4": ViewRecord(count), "object.mp4": ViewRecord(count)}


@pytest.mark.parametrize(
    "count", [-1, -(10**30), 1.5, 2**63, "9223372036854775808", 1e300, INFINITE, NAN, None, True, "many", "", [], [1]]
)
def test_other_counts_are_bad_entries(tmp_path, count):
    snapshot = read_from(tmp_path, views={"bare.mp4": count, "object.mp4": {"view_count": count}, "good.mp4": 1})
    assert list(snapshot.views) == ["good.mp4"]
    assert bad_keys(snapshot) == [("views.json", "bare.mp4"), ("views.json", "object.mp4")]


def test_an_object_without_a_count_is_a_bad_entry(tmp_path):
    assert bad_keys(read_from(tmp_path, views={"a.mp4": {"last_viewed": None}})) == [("views.json", "a.mp4")]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2024-01-01T12:00:00Z", NEW_YEAR),
        ("2024-01-01T13:30:00+01:30", NEW_YEAR),
        ("2024-01-01 12:00:00.000001+00:00", NEW_YEAR + timedelta(microseconds=1)),
        (NEW_YEAR.timestamp(), NEW_YEAR),
        (int(NEW_YEAR.timestamp()), NEW_YEAR),
        (NEW_YEAR.astimezone().replace(tzinfo=None).isoformat(), NEW_YEAR),
        (None, None),
        ("", None),
    ],
)
def test_a_date_is_iso_8601_or_seconds_and_without_a_zone_it_is_local_time(tmp_path, written, moment):
    snapshot = read_from(tmp_path, views={"a.mp4": {"view_count": 1, "last_viewed": written}})
    assert snapshot.views["a.mp4"].last_viewed == moment


@pytest.mark.parametrize(
    "written",
    [
        "Mon, 01 Jan 2024 12:00:00 GMT",
        "Monday, 01-Jan-24 12:00:00 GMT",
        "Mon Jan  1 12:00:00 2024",
        "2024-01-01 12:00:00 UTC",
        "20240101T120000Z",
        1_704_110_400_000,
        1_704_110_400_000.0,
        1_704_110_400_000_000,
        "1704110400",
        "1704110400.0",
        "1704110400000",
    ],
)
def test_dates_as_other_programs_write_them_are_taken_too(tmp_path, written):
    snapshot = read_from(tmp_path, favorites=[{"filename": "a.mp4", "added_date": written}])
    assert (snapshot.favorites, snapshot.bad) == ({"a.mp4": NEW_YEAR}, [])


@pytest.mark.parametrize("never", [0, 0.0, "0", " ", None])
def test_a_date_that_means_never_is_none(tmp_path, never):
    snapshot = read_from(tmp_path, views={"a.mp4": {"view_count": 1, "last_viewed": never}})
    assert (snapshot.views, snapshot.bad) == ({"a.mp4": ViewRecord(1)}, [])


@pytest.mark.parametrize(
    "date",
    ["yesterday", "2023-02-29T00:00:00Z", True, [], {}, 1e300, NAN, INFINITE, 10**400, "0001-01-01T00:00:00+14:00",
     "9" * 400, "Tue, 99 Nov 1994 08:12:31 GMT", "99999999999999999999", "-1e5", False],
)  # fmt: skip
def test_a_date_that_is_none_costs_itself_alone_and_is_named(tmp_path, date):
    views, favorites = {"a.mp4": {"view_count": 1, "last_viewed": date}}, [{"filename": "b.mp4", "added_date": date}]
    snapshot = read_from(tmp_path, views=views, favorites=favorites)
    assert (snapshot.views, snapshot.favorites) == ({"a.mp4": ViewRecord(1)}, {"b.mp4": None})
    assert bad_keys(snapshot) == [("views.json", "a.mp4"), ("favorites.json", "b.mp4")]
    assert all(entry.is_field for entry in snapshot.bad)


@pytest.mark.parametrize("count", [-1, 1.5, None, "many", [1], 2**63])
def test_a_count_that_is_none_costs_itself_alone_where_the_entry_says_more(tmp_path, count):
    views = {"a.mp4": {"view_count": count, "last_viewed": NEW_YEAR.isoformat(), "position_seconds": 9}}
    snapshot = read_from(tmp_path, views=views)
    assert snapshot.views == {"a.mp4": ViewRecord(0, NEW_YEAR, 9.0)}
    assert bad_keys(snapshot) == [("views.json", "a.mp4")]


@pytest.mark.parametrize("position", [-1, NAN, INFINITE, True, "10", [], 10**400])
def test_a_position_that_is_no_number_of_seconds_costs_itself_alone(tmp_path, position):
    snapshot = read_from(tmp_path, views={"a.mp4": {"view_count": 1, "position_seconds": position}})
    assert (snapshot.views, bad_keys(snapshot)) == ({"a.mp4": ViewRecord(1)}, [("views.json", "a.mp4")])


def test_tags_are_taken_with_and_without_a_sharp_stripped_and_composed(tmp_path):
    snapshot = read_from(tmp_path, tags={"a.mp4": ["#sea", "sand", "  ##  Cafe\u0301 ", "c#"]})
    assert snapshot.tags == {"a.mp4": ["sea", "sand", "Café", "c#"]}


@pytest.mark.parametrize("tags", ["#sea", "", None, 7, True, {"tag": "sea"}])
def test_tags_that_are_no_list_are_a_bad_entry(tmp_path, tags):
    snapshot = read_from(tmp_path, tags={"bad.mp4": tags, "good.mp4": ["sea"]})
    assert snapshot.tags == {"good.mp4": ["sea"]}
    assert bad_keys(snapshot) == [("tags.json", "bad.mp4")]


@pytest.mark.parametrize(
    "tag", [None, "", "#", " # # ", ["nested"], {"tag": "x"}, 5, True, "a\nb", "a\0b", "\ud83d", "x" * 201]
)
def test_a_bad_tag_is_named_and_the_others_of_its_video_go_in(tmp_path, tag):
    snapshot = read_from(tmp_path, tags={"a.mp4": ["sea", tag, "sand"]})
    assert snapshot.tags == {"a.mp4": ["sea", "sand"]}
    assert bad_keys(snapshot) == [("tags.json", "a.mp4")]


@pytest.mark.parametrize(
    "favorites",
    [
        ["a.mp4", "b.mp4"],
        {"favorites": ["a.mp4", "b.mp4"]},
        {"favorites": [{"filename": "a.mp4"}, {"name": "b.mp4", "added_date": None}]},
        ["a.mp4", "b.mp4", "a.mp4"],
    ],
)
def test_favorites_are_an_object_with_a_list_or_a_bare_list(tmp_path, favorites):
    assert read_from(tmp_path, favorites=favorites).favorites == {"a.mp4": None, "b.mp4": None}


@pytest.mark.parametrize(
    "favorites",
    [
        [{"filename": "a.mp4", "added_date": NEW_YEAR.isoformat()}],
        [{"filename": "a.mp4", "added": NEW_YEAR.timestamp()}, "a.mp4"],
        {"favorites": ["a.mp4"], "added_dates": {"a.mp4": "2024-01-01T12:00:00Z"}},
    ],
)
def test_the_dates_of_favorites_are_taken_where_there_are_some(tmp_path, favorites):
    assert read_from(tmp_path, favorites=favorites).favorites == {"a.mp4": NEW_YEAR}


@pytest.mark.parametrize("item", [None, 7, True, ["a.mp4"], {"title": "a"}, {"filename": None}, "", "../a.mp4", "a\0"])
def test_a_bad_favorite_is_named_and_the_others_go_in(tmp_path, item):
    snapshot = read_from(tmp_path, favorites=["before.mp4", item, "after.mp4"])
    assert snapshot.favorites == {"before.mp4": None, "after.mp4": None}
    assert [entry.file for entry in snapshot.bad] == ["favorites.json"]


@pytest.mark.parametrize(
    "name",
    ["", "nul\0.mp4", "lone \ud800.mp4", "..", "../up.mp4", "a/../b.mp4", "/", "./", "x" * 4097],
)
def test_a_name_that_no_file_of_the_library_can_have_is_bad_in_each_file(tmp_path, name):
    snapshot = read_from(tmp_path, ratings={name: 5}, views={name: 1}, tags={name: ["sea"]}, favorites=[name])
    assert list(snapshot.names()) == []
    assert bad_keys(snapshot) == [(f"{kind}.json", name) for kind in ("ratings", "views", "tags", "favorites")]


def test_a_name_that_stands_there_twice_is_bad_even_with_one_value(tmp_path):
    twice = '{"a.mp4": %s, "b.mp4": %s, "a.mp4": %s}'
    snapshot = read_from(tmp_path, ratings=twice % (5, 4, 5), views=twice % (1, 2, 3), tags=twice % ("[]", "[]", "[]"))
    assert (snapshot.ratings, list(snapshot.views), list(snapshot.tags)) == ({"b.mp4": 4}, ["b.mp4"], ["b.mp4"])
    assert bad_keys(snapshot) == [("ratings.json", "a.mp4"), ("views.json", "a.mp4"), ("tags.json", "a.mp4")]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("views", '{"a.mp4": {"view_count": 1, "view_count": 2}}'),
        ("favorites", '[{"filename": "a.mp4", "filename": "b.mp4"}]'),
    ],
)
def test_a_repeated_key_inside_an_entry_makes_it_bad(tmp_path, kind, text):
    snapshot = read_from(tmp_path, **{kind: text})
    assert not getattr(snapshot, kind)
    assert [entry.file for entry in snapshot.bad] == [f"{kind}.json"]


@pytest.mark.parametrize(
    "text",
    [
        '{"favorites": ["a.mp4"], "added_dates": {"a.mp4": null, "a.mp4": 1}}',
        '[{"filename": "a.mp4", "added_date": 1, "added_date": 2}]',
    ],
)
def test_a_repeated_date_costs_itself_alone(tmp_path, text):
    snapshot = read_from(tmp_path, favorites=text)
    assert (snapshot.favorites, bad_keys(snapshot)) == ({"a.mp4": None}, [("favorites.json", "a.mp4")])


def test_a_bad_entry_is_one_line_that_a_terminal_can_show(tmp_path):
    name = "two\nlines \x1b[31m\ud800é.mp4"
    line = str(read_from(tmp_path, ratings={name: 0}).bad[0])
    assert line.isprintable()
    assert line.startswith(r"ratings.json: two\nlines \x1b[31m\ud800é.mp4: ")


def test_the_sample_holds_no_bad_entry():
    snapshot = read_json_files(FIXTURES / "sample")
    assert snapshot.bad == []
    assert snapshot.files == {"ratings", "views", "tags", "favorites"}
    assert len(list(snapshot.names())) == 25
    assert len(snapshot.ratings) == 15
    assert len(snapshot.views) == 18
    assert len(snapshot.favorites) == 6


def test_of_the_messy_set_what_is_called_good_goes_in_and_all_else_is_named():
    snapshot = read_json_files(FIXTURES / "messy")
    in_part = {"bad date.mp4", "no such day.mp4", "bad position.mp4", "no count.mp4", "date twice.mp4"}
    assert {name for name in snapshot.names() if "good" not in name} == {
        "some bad.mp4", "/etc/absolute.mp4", *in_part
    }  # fmt: skip
    assert (len(snapshot.ratings), len(snapshot.views), len(snapshot.tags), len(snapshot.favorites)) == (5, 9, 4, 5)
    assert not any("good" in entry.key for entry in snapshot.bad)
    counted = [entry.file for entry in snapshot.bad]
    assert [counted.count(f"{kind}.json") for kind in ("ratings", "views", "tags", "favorites")] == [16, 16, 18, 12]
    assert {entry.key for entry in snapshot.bad if entry.is_field} == in_part


RECORD_KEYS = st.sampled_from(
    ["a.mp4", "view_count", "last_viewed", "position_seconds", "favorites", "added_dates", "filename"]
)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6) | st.sampled_from(["5", "a.mp4"]),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(RECORD_KEYS | st.text(max_size=4), inner, max_size=4),
    max_leaves=12,
)


@pytest.mark.long("videos/backup")
@hypothesis_settings(max_examples=at_full_count(150, 25))
@given(kind=st.sampled_from(["ratings", "views", "tags", "favorites"]), content=JSON_VALUES)
def test_whatever_json_a_file_holds_only_sound_entries_are_taken(tmp_path_factory, kind, content):
    try:
        snapshot = read_from(tmp_path_factory.mktemp("any"), **{kind: content})
    except BadSnapshot:
        return
    assert all(1 <= stars <= 5 for stars in snapshot.ratings.values())
    assert all(0 <= record.view_count <= MAX_COUNT for record in snapshot.views.values())
    assert not any(tag_name_problem(tag) for tags in snapshot.tags.values() for tag in tags)
    assert all(entry.file == f"{kind}.json" for entry in snapshot.bad)


def test_what_is_written_is_read_again(tmp_path):
    written = Snapshot(
        ratings={"b.mp4": 5, 'a\u2028\x7f\\".mp4': 1},
        views={"a.mp4": ViewRecord(3, NEW_YEAR, 12.5), "b.mp4": ViewRecord(0, None, 1e300)},
        tags={"a.mp4": ["c#", "日本"]},
        favorites={"a.mp4": NEW_YEAR, "b.mp4": None},
        files={"ratings", "views", "tags", "favorites"},
    )
    write_snapshot(tmp_path, written)
    assert read_json_files(tmp_path) == written


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z"])
def test_a_date_that_some_time_zone_has_no_name_for_is_bad(moment, tmp_path):
    (tmp_path / "views.json").write_text(json.dumps({"a.mp4": {"view_count": 1, "last_viewed": moment}}))
    assert [entry.reason for entry in read_json_files(tmp_path).bad] == [f'"{moment}" is not a date']
