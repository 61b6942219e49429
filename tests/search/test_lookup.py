"""What the search finds, by an index or along an order, is what plain Python finds."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from tests.search import model
from videos.listing import search
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import Favorite, Rating, Tag, Video, View
from videos.search import lookup
from videos.search.query_parser import parse

pytestmark = pytest.mark.django_db
NOW = timezone.now()
FACTS: dict[str, dict[str, Any]] = {
    "Trips/Málaga beach 01.mp4": {"height": 1080, "video_codec": "hevc", "duration": 1500.0, "file_size": 2 * 2**30},
    "Trips/2024/Zürich.mp4": {"height": 720, "video_codec": "h264", "duration": 1260.0, "added_date": NOW},
    "home/research.mkv": {"title": "The “sea” & a-b", "audio_codec": "aac", "added_date": NOW - timedelta(days=8)},
    "home/no_one.mp4": {"title": "New York, New York", "added_date": datetime(2024, 5, 1, 12, tzinfo=UTC)},
    "trips.mp4": {"title": "100% Ünder_score (x)", "duration": 0.0, "file_size": 0},
    "gone/Ночь.mp4": {"missing_since": NOW, "title": "東京 한국 Zu\u0308rich"},
}
QUERIES = [
    *("", "sea", "SEA", "malaga", "MÁLAGA", "alaga", "beach malaga", "mal bea", "m", "b", "a", "ma", "ur", "zu", "zü"),
    *("-sea", "-m", "trips -beach", "-trips", "zurich -trips", '"new york"', '"york, new"', '"new york', "new york"),
    *("%", "_", "100%", "'", "(", "*", "a-b", "東京", "京", "한국", "ночь", "01", "1", "no", "one", "mp4", "/", "&"),
    *("tag:sea", "tag:SEA", "tag:new-york", 'tag:"new york"', "-tag:sea", "tag:ete", "tag:été", "tag:nope", "tag:se"),
    *("rating:4", "rating:>=4", "rating:<4", "rating:0", "-rating:0", "rating:<=5", "-rating:>=1", "stars:5"),
    *("is:favorite", "-is:favorite", "is:watched", "is:unwatched", "-is:unwatched", "is:missing", "-is:missing"),
    *("duration:>20m", "duration:21m", "duration:25:00", "duration:<1", "-duration:>20m", "size:>1gb", "size:0b"),
    *("added:<7d", "added:>7d", "added:8d", "added:2024", "added:2024-05", "added:2024-05-01", "added:>2024-05-01"),
    *("added:<=2024-05-01", "added:<2024", "-added:2024", "height:>=1080", "height:720p", "codec:hevc", "codec:h265"),
    *("codec:AAC", "-codec:h264", "folder:trips", "folder:TRIPS/2024", "-folder:home", "folder:home/", "folder:tri"),
    *("tag:sea rating:>=4", "beach tag:sea is:favorite", "m tag:sea -b", "trips rating:>=1 is:watched duration:>1"),
]


@pytest.fixture
def shelf(viewer: Any, make_video: Callable[..., Video]) -> Any:
    """Six videos that differ in all that can be asked for, marked by two people. Gives the viewer."""
    videos = [make_video(name, **facts) for name, facts in FACTS.items()]
    other = get_user_model().objects.create_user("ann")
    for number, video in enumerate(videos):
        Rating.objects.create(viewer=other, video=video, stars=5 - number % 5)
        Favorite.objects.create(viewer=other, video=video)
        View.objects.create(viewer=other, video=video, view_count=1)
    for video, stars in zip(videos, (5, 4, 1), strict=False):
        Rating.objects.create(viewer=viewer, video=video, stars=stars)
        View.objects.create(viewer=viewer, video=video, view_count=stars - 1)
    Favorite.objects.create(viewer=viewer, video=videos[0])
    videos[0].tags.set(Tag.objects.get_or_create_many(["Sea", "Été"]))
    videos[2].tags.set(Tag.objects.get_or_create_many(["sea", "new york"]))
    videos[3].tags.set(Tag.objects.get_or_create_many(["ete"]))
    return viewer


def names(videos: Any) -> list[str]:
    return [video.filename for video in videos]


def check(text: str, viewer: Any) -> set[str]:
    """Fail unless the admin and the pages find what the model does; return that."""
    question = parse(text)
    assert not question.problems
    expected = model.found(list(Video.objects.all()), question, viewer)
    assert sorted(names(search.matching(Video.objects.all(), question, viewer))) == sorted(expected)
    listing = Listing(GalleryQuery(q=text), viewer)
    there = {video.filename for video in Video.objects.all() if bool(video.missing_since) == question.wants_missing}
    assert sorted(names(Video.objects.by_ids(listing[:]))) == sorted(expected & there)
    return expected


@pytest.mark.parametrize("text", QUERIES)
def test_the_admin_and_the_pages_find_what_plain_python_finds(text: str, shelf: Any) -> None:
    assert check(text, shelf) <= FACTS.keys()


def test_the_queries_above_tell_videos_apart(shelf: Any) -> None:
    found = {text: model.found(list(Video.objects.all()), parse(text), shelf) for text in QUERIES}
    assert found["malaga"] == found["alaga"] == {"Trips/Málaga beach 01.mp4"}
    assert found["sea"] == {"Trips/Málaga beach 01.mp4", "home/research.mkv"}
    assert found["zu"] == {"Trips/2024/Zürich.mp4", "gone/Ночь.mp4"}
    assert sum(0 < len(names) < len(FACTS) for names in found.values()) > 80


PIECES = st.sampled_from(
    [
        *("sea", "se", "s", "Málaga", "new york", "york", "_", "-", '"', "tag:", "tag:sea", "rating:>=", "4"),
        *("is:", "watched", " ", "é", "東", "a.b", "(", "reise", "a", "b", "ünder", "x", "+", "c", "\u2019"),
    ]
)
TITLES = st.text(
    st.characters(exclude_categories=["Cs"], exclude_characters="\0\n\ufffe\uffff"), min_size=1, max_size=12
)


@pytest.mark.long("videos/search")
@settings(max_examples=at_full_count(150, 25))
@given(text=st.lists(PIECES, max_size=8).map("".join) | st.text(max_size=30))
def test_any_text_finds_what_plain_python_finds(text: str, shelf: Any) -> None:
    question = parse(text)
    expected = model.found(list(Video.objects.all()), question, shelf)
    assert set(names(search.matching(Video.objects.all(), question, shelf))) == expected


@pytest.mark.long("videos/search")
@settings(max_examples=at_full_count(60, 25))
@given(titles=st.lists(TITLES, min_size=1, max_size=5), cut=st.slices(12))
def test_any_part_of_any_title_finds_it(titles: list[str], cut: slice, viewer: Any) -> None:
    Video.objects.all().delete()
    for number, title in enumerate(titles):
        Video.objects.create(filename=f"{number}.x", title=title, added_date=NOW)
    piece = titles[0][cut.start : cut.stop].replace('"', " ")
    question = parse(f'"{piece}"')
    expected = model.found(list(Video.objects.all()), question, viewer)
    assert set(names(search.matching(Video.objects.all(), question, viewer))) == expected


def test_words_begin_after_new_symbols_and_not_after_vowel_signs(viewer: Any, make_video: Any) -> None:
    make_video("\N{AVOCADO}avocado.mp4")
    make_video("\u0939\u093f\u0928\u094d\u0926\u0940.mp4")
    assert check("av", viewer) == {"\N{AVOCADO}avocado.mp4"}
    assert check("\u0928", viewer) == set()
    assert check("\u0939", viewer) == {"\u0939\u093f\u0928\u094d\u0926\u0940.mp4"}


def test_with_postgresql_words_are_looked_for_in_title_name_and_tags(shelf: Any) -> None:
    for text, expected in (("sea", 2), ("-sea", 4), ("NEW york", 2), ('"york, new"', 1)):
        assert len(lookup.containing(Video.objects.all(), parse(text).words)) == expected, text
