"""A card that is filled in is the card as it would be made now, whatever was kept of it."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from videos.models import Favorite, Rating, Tag, Video, View
from videos.presentation import cards

pytestmark = pytest.mark.django_db
CHANGES: dict[str, Callable[[Video, Any], object]] = {
    "another title": lambda video, viewer: Video.objects.filter(pk=video.pk).update(title="Ebb & flow"),
    "a cover": lambda video, viewer: Video.objects.filter(pk=video.pk).update(cover_version=2, color="#123456"),
    "a file that is gone": lambda video, viewer: Video.objects.filter(pk=video.pk).update(missing_since=timezone.now()),
    "a problem": lambda video, viewer: Video.objects.filter(pk=video.pk).update(problem="It is broken."),
    "another length": lambda video, viewer: Video.objects.filter(pk=video.pk).update(duration=3725),
    "another size": lambda video, viewer: Video.objects.filter(pk=video.pk).update(file_size=5 * 2**30),
    "stars": lambda video, viewer: Rating.objects.create(viewer=viewer, video=video, stars=3),
    "a heart": lambda video, viewer: Favorite.objects.create(viewer=viewer, video=video),
    "views": lambda video, viewer: View.objects.create(viewer=viewer, video=video, view_count=7),
    "a position": lambda video, viewer: View.objects.create(viewer=viewer, video=video, position_seconds=40),
    "a tag": lambda video, viewer: video.tags.add(*Tag.objects.get_or_create_many(["<b>sea"])),
    "the same file twice": lambda video, viewer: Video.objects.update(fingerprint="the same"),
    "a day more": lambda video, viewer: Video.objects.update(added_date=timezone.now() - timedelta(days=2)),
    "a week more": lambda video, viewer: Video.objects.update(added_date=timezone.now() - timedelta(days=9)),
}
PAGES = ("/?missing=0", "/?q=tide", "/?q=-x", "/?missing=1", "/?sort=title", "/favorites/")


@pytest.fixture(autouse=True)
def _none_kept() -> None:
    forget()


def forget() -> None:
    cards._shapes.clear()
    for texts in (cards._added_on, cards._ago, cards._size):
        texts.cache_clear()


@pytest.fixture
def tide(make_video: Any) -> Video:
    # "2 hours ago" for as long as the test runs.
    row = {"duration": 60.0, "added_date": timezone.now() - timedelta(hours=2, minutes=5)}
    make_video("other.mp4", **row)
    return make_video("low tide.mp4", **row)  # type: ignore[no-any-return]


def shown(client: Client, page: str, language: str = "en") -> list[str]:
    """Return the cards of a page, without the tokens that differ from one answer to the next."""
    answer = client.get(page, headers={"Accept-Language": language})
    return re.findall(r'<li class="card.*?\n</li>', answer.content.decode(), re.DOTALL)


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_is_seen_at_once(change: str, tide: Video, viewer: Any, client: Client) -> None:
    before = [shown(client, page) for page in PAGES]
    CHANGES[change](tide, viewer)
    after = [shown(client, page) for page in PAGES]
    forget()
    assert after == [shown(client, page) for page in PAGES]
    assert after != before


def test_a_card_names_the_list_that_it_is_in_and_marks_what_was_searched(tide: Video, client: Client) -> None:
    for query, suffix in (("sort=title", "sort%3Dtitle"), ("sort=size", "sort%3Dsize"), ("sort=title", "sort%3Dtitle")):
        assert f'href="/videos/{tide.pk}/?list={suffix}"' in "".join(shown(client, f"/?{query}"))
    assert "low <mark>tide</mark>" in "".join(shown(client, "/?q=tide"))
    assert "<mark>low</mark> tide" in "".join(shown(client, "/?q=low"))
    assert "<mark>" not in "".join(shown(client, "/"))


def test_what_was_found_is_marked_wherever_it_stands(make_video: Any, client: Client) -> None:
    video = make_video("harbour/IMG_0001.mp4", title="Quay")
    video.tags.add(*Tag.objects.get_or_create_many(["a", "b", "c", "tide & ebb"]))
    in_tag, in_name = ("".join(shown(client, f"/?q={word}")) for word in ("ebb", "harb"))
    assert ">tide &amp; <mark>ebb</mark></a>" in in_tag
    assert "harbour" not in in_tag
    assert "<mark>harb</mark>our/IMG_0001.mp4</p>" in in_name
    assert "IMG_0001" not in "".join(shown(client, "/?q=quay"))


def test_time_passes_on_a_kept_card(make_video: Any, client: Client) -> None:
    make_video("new.mp4", added_date=timezone.now() - timedelta(seconds=61))
    assert ">1\xa0minute ago<" in "".join(shown(client, "/"))
    Video.objects.update(added_date=timezone.now() - timedelta(hours=3, seconds=5))
    assert ">3\xa0hours ago<" in "".join(shown(client, "/"))


def test_a_text_may_look_like_the_name_of_another(make_video: Any, client: Client) -> None:
    make_video("{{ pk }}.mp4", title="\0pk\0 address {{ tags }}").tags.add(
        *Tag.objects.get_or_create_many(["size", "{{ pk }}"])
    )
    (card,) = shown(client, "/")
    assert '<h2 class="card-title" dir="auto">\0pk\0 address {{ tags }}</h2>' in card
    assert ">size</a>" in card
    assert ">{{ pk }}</a>" in card


def test_each_language_and_each_time_zone_has_words_of_its_own(make_video: Any, client: Client) -> None:
    make_video("a.mp4", added_date=datetime(2024, 3, 4, 23, 5, tzinfo=UTC), file_size=1500)
    for language, zone, said in (
        ("en", "UTC", "Added 4 March 2024, 23:05"),
        ("de", "UTC", "Hinzugefügt: 4. März 2024, 23:05"),
        ("en", "Europe/Berlin", "Added 5 March 2024, 00:05"),
        ("en", "UTC", "Added 4 March 2024, 23:05"),
    ):
        with timezone.override(zone):
            (card,) = shown(client, "/", language)
        assert f'title="{said}"' in card
        assert f">{'1,5' if language == 'de' else '1.5'}\xa0KB<" in card


def test_no_more_shapes_are_kept_than_is_said(make_video: Any, client: Client, monkeypatch: Any) -> None:
    monkeypatch.setattr(cards, "MAX_SHAPES", 3)
    for number in range(5):
        make_video(f"{number}.mp4", file_size=number or None, duration=number if number % 2 else None)
        make_video(f"missing {number}.mp4", missing_since=timezone.now() if number % 2 else None)
    assert len(shown(client, "/")) >= 5
    assert 0 < len(cards._shapes) <= 3
