"""Moments as people write them, and nothing else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.core.timecode import MAX_SECONDS, clock, seconds_of, written


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("0", 0), ("83", 83), ("83.5", 83.5), (" 83 ", 83), ("1m23s", 83), ("1M23S", 83), ("23s", 23), ("2m", 120),
        ("1h", 3600), ("1h2m3s", 3723), ("1h3s", 3603), ("1:23", 83), ("01:02:03", 3723), ("1:02:03.25", 3723.25),
        ("90:00", 5400),
    ],
)  # fmt: skip
def test_a_moment_is_understood(text: str, seconds: float) -> None:
    assert seconds_of(text) == seconds


@pytest.mark.parametrize(
    "text",
    ["", " ", "x", "-1", "+1", "1e3", "nan", "inf", "1:2:3:4", "1:", ":1", "h", "ms", "1m2h", "٣", "²", "1_0", "9" * 30,
     "10000001", "99999h", "1.", ".5", "1:1:"],
)  # fmt: skip
def test_anything_else_is_none(text: str) -> None:
    assert seconds_of(text) is None


@given(st.floats(0, MAX_SECONDS))
def test_what_is_written_is_understood_to_the_millisecond(seconds: float) -> None:
    assert seconds_of(written(seconds)) == pytest.approx(seconds, abs=0.0006)
    assert seconds_of(clock(seconds)) == int(seconds)


def test_a_position_is_shown_by_the_second_it_lies_in_and_a_duration_rounded() -> None:
    assert (clock(59.97), clock(round(59.97)), clock(3_599.99), clock(3_600)) == ("0:59", "1:00", "59:59", "1:00:00")


@given(st.text(max_size=40))
def test_no_text_fails(text: str) -> None:
    seconds = seconds_of(text)
    assert seconds is None or 0 <= seconds <= MAX_SECONDS
