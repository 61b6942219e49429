"""Related videos: shared tags before similar names before the same folder, at a bounded price."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from videos.listing import related as module
from videos.listing import similarity
from videos.listing.related import related_to
from videos.models import Tag, Video

pytestmark = pytest.mark.django_db


def tagged(video: Video, *names: str) -> Video:
    video.tags.set(Tag.objects.get_or_create_many(names))
    return video


def names(videos: list[Video]) -> list[str]:
    return [video.filename for video in videos]


def make(make_video: Callable[..., Video], filename: str, *tags: str, **fields: Any) -> Video:
    return tagged(make_video(filename, title=filename.rpartition("/")[2].rpartition(".")[0], **fields), *tags)


def test_shared_tags_come_before_similar_names_and_those_before_the_folder(make_video: Callable[..., Video]) -> None:
    video = make(make_video, "trips/Sea morning 1.mp4", "sea", "holiday")
    make(make_video, "trips/Unlike.mp4")
    make(make_video, "other/Sea morning 2.mp4")
    make(make_video, "far/One tag.mp4", "sea")
    make(make_video, "far/Both tags.mp4", "sea", "holiday", "more")
    make(make_video, "far/Nothing in common.mp4", "more")
    assert names(related_to(video)) == [
        "far/Both tags.mp4", "far/One tag.mp4", "other/Sea morning 2.mp4", "trips/Unlike.mp4",
    ]  # fmt: skip


def test_a_rare_tag_says_more_than_one_that_many_carry(make_video: Callable[..., Video]) -> None:
    video = make(make_video, "v.mp4", "common", "rare")
    make(make_video, "rare.mp4", "rare")
    for number in range(20):
        make(make_video, f"c/{number}.mp4", "common")
    assert names(related_to(video))[0] == "rare.mp4"


def test_neither_the_video_itself_nor_what_is_missing_or_shown_already_is_related(
    make_video: Callable[..., Video],
) -> None:
    video = make(make_video, "a/1.mp4", "sea")
    make(make_video, "a/2.mp4", "sea", missing_since=timezone.now())
    shown = make(make_video, "a/3.mp4", "sea")
    other = make(make_video, "a/4.mp4", "sea")
    assert related_to(video, without={shown.pk}) == [other]
    assert related_to(video, limit=1) == [other]


def test_a_video_alone_has_no_relatives(make_video: Callable[..., Video]) -> None:
    video = make(make_video, "a/1.mp4")
    make(make_video, "b/2.mp4")
    assert related_to(video) == []


def test_what_is_in_a_folder_below_is_not_in_the_same_folder(make_video: Callable[..., Video]) -> None:
    video = make(make_video, "a/1.mp4")
    make(make_video, "a/b/2.mp4")
    beside = make(make_video, "a/3.mp4")
    assert related_to(video) == [beside]


@pytest.mark.parametrize("title", ["", "2024", "%_'\"", "İstanbul 1", "a" * 500])
def test_any_title_will_do(make_video: Callable[..., Video], title: str) -> None:
    video = make_video("x.mp4", title=title)
    other = make_video("y/z.mp4", title=f"{title} 2")
    assert set(related_to(video)) <= {other}


def test_the_price_does_not_grow_with_the_library(
    make_video: Callable[..., Video], query_count: Callable[[Callable[[], Any]], int]
) -> None:
    video = make(make_video, "v/0.mp4", "sea", "night")
    related_to(video)
    counts = []
    for number in range(1, 31):
        make(make_video, f"v/{number}.mp4", "sea", "night")
        counts.append(query_count(lambda: related_to(video)))
    # What changed, those videos, what is near, and the rows.
    assert set(counts) == {4}


def test_of_more_than_are_weighed_the_heaviest_come_and_among_equals_the_newest(
    make_video: Callable[..., Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_PER_TAGS", 3)
    video = make(make_video, "v.mp4", "sea", "night")
    both = make(make_video, "a/both.mp4", "sea", "night")
    for number in range(5):
        make(make_video, f"{number}/{number}.mp4", "sea")
    assert names(related_to(video)) == ["a/both.mp4", "4/4.mp4", "3/3.mp4"]
    assert names(related_to(video, without={both.pk})) == ["4/4.mp4", "3/3.mp4", "2/2.mp4"]


@pytest.mark.parametrize("counted_one_by_one", [2, 100])
def test_of_many_tags_the_rarest_are_looked_at(
    make_video: Callable[..., Video], monkeypatch: pytest.MonkeyPatch, counted_one_by_one: int
) -> None:
    monkeypatch.setattr(similarity, "_COUNTED_ONE_BY_ONE", counted_one_by_one)
    common = [f"common {number}" for number in range(8)]
    video = make(make_video, "v.mp4", *common, "rare")
    for number in range(3):
        make(make_video, f"{number}/{number}.mp4", *common)
    rare = make(make_video, "a/rare.mp4", "rare")
    assert rare in related_to(video)
