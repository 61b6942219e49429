"""Videos with the same content are listed as duplicates, the largest first."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from tests.maintenance.conftest import CONTENT
from videos.maintenance.duplicates import duplicate_groups, duplicates_of
from videos.maintenance.relink_candidates import found_again
from videos.models import (
    Video,
)

pytestmark = pytest.mark.django_db


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


def test_duplicates_are_grouped_the_largest_first(copies: dict[str, Video]) -> None:
    groups = [[video.filename for video in group.videos] for group in duplicate_groups(9)[0]]
    assert groups == [["large 1.mp4", "large 2.mp4"], ["a.mp4", "b.mp4", "c.mp4"]]
    (largest,), count = duplicate_groups(1)
    assert (len(largest.videos), count) == (2, 2)
