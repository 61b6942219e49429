"""Conditions of a request: what holds, in which order, and what is no condition at all. RFC 9110 §13."""

import time

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from videos.streaming.conditions import Validators, failed_condition, is_same_file

MODIFIED = 1_700_000_000  # Tue, 14 Nov 2023 22:13:20 GMT
CURRENT = Validators('"5-abc"', MODIFIED)
SAME, EARLIER, LATER = (f"Tue, 14 Nov 2023 22:13:{seconds} GMT" for seconds in (20, 19, 21))


def test_the_date_is_written_as_http_writes_dates():
    assert CURRENT.last_modified == SAME


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ('"5-abc"', None), ("*", None), (" * ", None), ('"x", "5-abc"', None), ('"x","5-abc" , "y"', None),
        (', ,"5-abc",', None), ('"a,b", "5-abc"', None),
        ('"x"', 412), ('W/"5-abc"', 412), ('"x", W/"5-abc"', 412), ("5-abc", 412), ('"5-ABC"', 412), ("", 412),
        ('"5-abc', 412), ("*, *", 412), ('w/"5-abc"', 412), ('"x" "5-abc"', 412), ('"5-abc" x', 412), ('"a,b"', 412),
        ('"a, "5-abc", b"', 412), (",", 412), ('"5-abc"\xa0', 412),
    ],
)  # fmt: skip
def test_if_match_compares_strongly_and_what_is_malformed_does_not_hold(field, status):
    assert failed_condition("GET", {"If-Match": field}, CURRENT) == status


@pytest.mark.parametrize(
    ("field", "status"),
    [
        ('"5-abc"', 304), ('W/"5-abc"', 304), ("*", 304), ('"x", W/"5-abc"', 304), (',"x",,"5-abc"', 304),
        ('"a,b","5-abc"', 304),
        ('"x"', None), ('"W/5-abc"', None), ("5-abc", None), ("", None), ('"5-abc', None), ('"5-abc" "x"', None),
        ('"a, "5-abc", b"', None),
    ],
)  # fmt: skip
def test_if_none_match_compares_weakly_and_what_is_malformed_holds(field, status):
    assert failed_condition("GET", {"If-None-Match": field}, CURRENT) == status


@pytest.mark.parametrize(("date", "status"), [(EARLIER, None), (SAME, 304), (LATER, 304)])
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_if_modified_since_is_answered_304_unless_the_file_is_younger(date, status, method):
    assert failed_condition(method, {"If-Modified-Since": date}, CURRENT) == status


@pytest.mark.parametrize(("date", "status"), [(EARLIER, 412), (SAME, None), (LATER, None)])
def test_if_unmodified_since_is_answered_412_where_the_file_is_younger(date, status):
    assert failed_condition("GET", {"If-Unmodified-Since": date}, CURRENT) == status


@pytest.mark.parametrize("date", ["Tuesday, 14-Nov-23 22:13:21 GMT", "Tue Nov 14 22:13:21 2023"])
def test_the_dates_of_old_programs_are_read(date):
    assert failed_condition("GET", {"If-Modified-Since": date}, CURRENT) == 304


@pytest.mark.parametrize(
    "date",
    ["", "yesterday", "0", "1700000001", "Tue, 32 Nov 2023 22:13:21 GMT", "Tue, 14 Nov 2023 25:13:21 GMT",
     "Tue, 14 Nov 2023 22:13:21", f"{LATER}, {LATER}", "Tue, 14 Nov 99999 22:13:21 GMT", "2023-11-14T22:13:21Z"],
)  # fmt: skip
def test_what_is_no_date_is_no_condition(date):
    for name in ("If-Modified-Since", "If-Unmodified-Since"):
        assert failed_condition("GET", {name: date}, CURRENT) is None


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If-Match": '"5-abc"', "If-Unmodified-Since": EARLIER}, None),
        ({"If-Match": '"x"', "If-Unmodified-Since": LATER}, 412),
        ({"If-Match": "junk", "If-Unmodified-Since": LATER}, 412),
        ({"If-None-Match": '"x"', "If-Modified-Since": LATER}, None),
        ({"If-None-Match": "junk", "If-Modified-Since": LATER}, None),
        ({"If-None-Match": '"5-abc"', "If-Modified-Since": EARLIER}, 304),
        ({"If-Match": '"x"', "If-None-Match": '"5-abc"'}, 412),
        ({"If-Match": '"5-abc"', "If-None-Match": '"5-abc"'}, 304),
        ({"If-Match": "*", "If-Modified-Since": LATER}, 304),
        ({"If-Unmodified-Since": EARLIER, "If-None-Match": '"5-abc"'}, 412),
        ({"If-Unmodified-Since": EARLIER, "If-Modified-Since": LATER}, 412),
    ],
)
def test_conditions_are_asked_in_the_order_of_the_rfc(headers, status):
    assert failed_condition("GET", headers, CURRENT) == status


def test_a_method_that_changes_something_is_never_told_not_modified():
    assert failed_condition("PUT", {"If-None-Match": "*"}, CURRENT) == 412
    assert failed_condition("PUT", {"If-Modified-Since": LATER}, CURRENT) is None


@pytest.mark.parametrize(
    ("field", "is_same"),
    [
        (None, True), ('"5-abc"', True), (' "5-abc" ', True), (SAME, True), ("Tue Nov 14 22:13:20 2023", True),
        ('W/"5-abc"', False), ('"x"', False), ('"5-abc", "x"', False), ("*", False), ("5-abc", False), ("", False),
        (EARLIER, False), (LATER, False), ("yesterday", False),
    ],
)  # fmt: skip
def test_if_range_asks_for_the_very_same_file(field, is_same):
    assert is_same_file(field, CURRENT, MODIFIED + 100) is is_same


def test_a_date_says_nothing_of_a_file_that_may_change_again_within_the_second():
    for now, is_same in ((MODIFIED, False), (MODIFIED + 0.99, False), (MODIFIED + 1, True)):
        assert is_same_file(SAME, CURRENT, now) is is_same
        assert is_same_file('"5-abc"', CURRENT, now) is True


PIECES = st.sampled_from([*'"*,W/ \t;', '"5-abc"', 'W/"', "5-abc", "\xff", "Tue, 14 Nov 2023", SAME, "GMT", "\0", "é"])
NAMES = ["If-Match", "If-None-Match", "If-Modified-Since", "If-Unmodified-Since"]


@hypothesis_settings(deadline=None)
@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=30) | st.lists(PIECES, max_size=9).map("".join)))
def test_no_text_whatever_is_an_error(headers):
    assert failed_condition("GET", headers, CURRENT) in (None, 304, 412)
    assert all(is_same_file(text, CURRENT, MODIFIED + 9) in (True, False) for text in headers.values())


@pytest.mark.parametrize(
    "text", [", " * 50_000, '"",' * 30_000 + '"', '"x" ' + " " * 100_000 + "x", "W/" * 50_000, '"' * 99_999]
)
def test_a_long_header_costs_no_more_than_its_length(text):
    started = time.process_time()
    failed_condition("GET", {"If-Match": text}, CURRENT)
    failed_condition("GET", {"If-None-Match": text, "If-Unmodified-Since": text}, CURRENT)
    assert time.process_time() - started < 0.5
