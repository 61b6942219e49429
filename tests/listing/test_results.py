"""Screenfuls of a list, a video's place in it, and what each filter would leave."""

import gc
import itertools
import random
from collections import Counter

import pytest
from django.http import QueryDict
from django.utils import timezone

from tests.listing.test_query import FILTERS, many
from tests.search import model
from videos.listing import results
from videos.listing.facets import facets
from videos.listing.index import preload
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing, ListingAround
from videos.listing.sort_orders import SHUFFLE_MULTIPLIER, SHUFFLE_PRIME
from videos.models import Video
from videos.search.query_parser import parse

__all__ = ["many"]

SORTS = ["added", "title", "rating", "views", "viewed", "duration", "size", "random&seed=11"]


def query_of(text):
    return GalleryQuery.of(QueryDict(text))


@pytest.mark.parametrize("sort", SORTS)
def test_the_screenfuls_of_a_list_make_up_the_list(sort, many):
    listing = Listing(query_of(f"sort={sort}"), many)
    whole = listing[:]
    assert sorted(whole) == sorted(Video.objects.present().values_list("pk", flat=True))
    assert [pk for start in range(0, len(listing), 7) for pk in listing[start : start + 7]] == whole
    assert [listing.place(pk) for pk in whole] == list(range(len(whole)))
    assert listing[len(whole) : len(whole) + 5] == []


def shuffled(ids, seed):
    """Return the ids in the random order of a seed: a square of a line, modulo a prime."""
    slope = (seed + 1) * SHUFFLE_MULTIPLIER % SHUFFLE_PRIME or SHUFFLE_MULTIPLIER
    return sorted(ids, key=lambda pk: (pow(pk * slope + seed, 2, SHUFFLE_PRIME), pk))


def test_a_random_order_is_the_same_for_a_seed_and_another_for_another(many):
    seeds = [1, 2, SHUFFLE_PRIME - 1, 1_234_567]
    present = list(Video.objects.present().values_list("pk", flat=True))
    orders = [tuple(Listing(query_of(f"sort=random&seed={seed}"), many)[:]) for seed in seeds]
    assert orders == [tuple(shuffled(present, seed)) for seed in seeds]
    assert len(set(orders)) == len(seeds)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("sort", SORTS)
def test_a_few_videos_stand_in_the_order_that_they_have_among_all(sort, order, many, monkeypatch):
    # Many have the same date, size or length.
    Video.objects.filter(pk__in=list(Video.objects.values_list("pk", flat=True))[::2]).update(
        added_date=timezone.now(), file_size=5, duration=None
    )
    query, listings = query_of(f"sort={sort}&order={order}&rating=2"), []
    for share in (0, 1.1):
        monkeypatch.setattr(results, "_FEW", share)
        listings.append(Listing(query, many)[:])
    assert listings[0] == listings[1]
    assert len(listings[0]) > 10


@pytest.mark.parametrize("seed", [1, 2, 12345, SHUFFLE_PRIME - 1])
def test_neighbours_are_torn_apart_by_the_random_order(seed, viewer, make_video):
    ids = [make_video(f"{number}").pk for number in range(100)]
    order = Listing(query_of(f"sort=random&seed={seed}"), viewer)[:]
    assert sorted(order) == ids
    steps = [after - before for before, after in itertools.pairwise(order)]
    # Shuffled numbers repeat a step a few times; an arithmetic series repeats one nearly always.
    assert max(Counter(steps).values()) < 20


@pytest.mark.parametrize("sort", SORTS)
def test_a_video_that_the_filters_leave_out_has_its_place_all_the_same(sort, many):
    chance = random.Random(3)
    query, everything = query_of(f"sort={sort}&rating=3"), Listing(query_of(f"sort={sort}"), many)[:]
    inside = set(Listing(query, many))
    for pk in chance.sample(everything, 20):
        around = ListingAround(query, many, pk)
        expected = [each for each in everything if each in inside or each == pk]
        assert around[:] == expected
        assert around.place(pk) == expected.index(pk)


@pytest.mark.parametrize("query", [*FILTERS, "tag=sea&rating=2&watched=no", "q=part", "q=mp4&favorites=1"])
def test_each_count_is_the_length_of_the_list_that_it_leads_to(query, many):
    asked = query_of(query)
    for group, found in facets(asked, many).items():
        for value, _label, count in found:
            if group in ("tags", "any_tags", "no_tags"):
                wanted = query_of(asked.url(**{group: [*{*getattr(asked, group), value}]})[1:])
            else:
                wanted = query_of(asked.url(**{group: {"rating": int, "favorites": bool}.get(group, str)(value)})[1:])
            assert count == len(Listing(wanted, many)), (group, value)


@pytest.mark.parametrize(
    "typed",
    [
        "part", "pa", "p", "PART 1", '"part 1"', "-part", "sea -part", "é", "E", "mp4", "4", ".m", "far/",
        "tag:SEA", "-tag:sea",
        "is:favorite", "is:watched", "is:unwatched", "-is:unwatched", "is:missing", "-is:missing",
        "rating:0", "rating:<3",
        "rating:>=4", "-rating:>=4", "duration:>4m", "-duration:>4m", "duration:5:00", "size:<1kb", "added:<100d",
        "added:2020", "-added:2020", "codec:h265", "-codec:hevc", "folder:trips", "folder:TRIPS/far", "height:>=1080",
        "-height:720p", "zzz", "part rating:>=2 -tag:sun",
    ],
)  # fmt: skip
def test_what_is_typed_finds_what_the_database_finds(typed, many):
    question = parse(typed)
    videos = Video.objects.missing() if question.wants_missing else Video.objects.present()
    names = model.found(list(videos), question, many)
    expected = set(videos.filter(filename__in=names).values_list("pk", flat=True))
    assert set(Listing(GalleryQuery(q=typed), many)) == expected


@pytest.mark.parametrize("sort", SORTS)
def test_a_list_is_the_same_however_little_of_it_is_asked_for_at_a_time(sort, many, monkeypatch):
    query = query_of(f"sort={sort}&rating=1")
    whole = Listing(query, many)[:]
    monkeypatch.setattr(results, "_FIRST_STEP", 1)
    monkeypatch.setattr(results, "_FEW", 0)
    for size in (1, 7, len(whole)):
        listing = Listing(query, many)
        assert listing[size - 1] == whole[size - 1]
        assert [pk for start in range(0, len(whole), size) for pk in listing[start : start + size]] == whole
        assert len(listing) == len(whole)


def test_what_was_read_at_the_start_is_not_looked_through_for_garbage(many):
    preload()
    try:
        assert gc.get_freeze_count() > 10_000
    finally:
        gc.unfreeze()
