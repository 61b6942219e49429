"""What a URL asks for is what is listed: each filter and sort, alone and in pairs, against a plain model in Python."""

import itertools
import random
from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from videos.core.sort_keys import title_key
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import Favorite, Rating, Tag, Video, View

FILTERS = [
    "", "tag=SEA", "tag=sea&tag=sun", "tag=nobody", "any_tag=sea&any_tag=sun", "no_tag=sea", "rating=3", "favorites=1",
    "watched=yes", "watched=no", "watched=started", "duration=0-300", "duration=-300", "duration=3600-",
    "resolution=sd", "resolution=720", "resolution=1080", "resolution=4k", "codec=hevc", "added=7d", "added=1y",
    "added=2020", "folder=trips", "folder=trips/far/", "missing=1",
]  # fmt: skip
SORTS = ["added", "title", "rating", "views", "viewed", "duration", "size"]
SHORTER = {"sd": (1, 719), "720": (720, 1079), "1080": (1080, 2159), "4k": (2160, 10**9)}


@pytest.fixture
def many(viewer):
    """Sixty videos that differ in everything; some lack each fact and mark."""
    chance, now = random.Random(1), timezone.now()
    tags = [Tag.objects.create(name=name) for name in ("Sea", "sun", "rain")]
    for n in range(60):
        frame = chance.choice([(640, 480), (720, 1280), (1920, 1080), (3840, 2160), (None, None)])
        folder = chance.choice(["", "trips/", "trips/far/", "trips0/"])
        video = Video.objects.create(
            filename=f"{folder}{chance.choice(['é', 'E', 'b'])} {n}.mp4",
            title=chance.choice(["", f"Part {n}"]),
            added_date=chance.choice([now - timedelta(days=chance.randrange(500)), now.replace(year=2020)]),
            duration=chance.choice([None, 0, 299.9, 300, 3600, 5000]),
            file_size=chance.choice([None, 1, 5, n]),
            width=frame[0], height=frame[1],
            video_codec=chance.choice(["h264", "hevc", ""]),
            missing_since=chance.choice([None, None, None, None, now]),
        )  # fmt: skip
        video.tags.set(chance.sample(tags, chance.randrange(4)))
        if chance.random() < 0.6:
            Rating.objects.create(viewer=viewer, video=video, stars=chance.randint(1, 5))
        if chance.random() < 0.6:
            View.objects.create(
                viewer=viewer, video=video, view_count=chance.randrange(3),
                last_viewed=chance.choice([None, now - timedelta(hours=chance.randrange(5))]),
                position_seconds=chance.choice([None, 0, 12.5]), is_watched=chance.random() < 0.5,
            )  # fmt: skip
        if chance.random() < 0.3:
            Favorite.objects.create(viewer=viewer, video=video)
    return viewer


def everything():
    return list(Video.objects.prefetch_related("tags", "ratings", "views", "favorites"))


def the_one(marks):
    return next(iter(marks.all()), None)


def is_in(video, query):
    """Return whether the list holds the video: the filters once more, plainly."""
    asked, tags = QueryDict(query), {tag.folded_name for tag in video.tags.all()}
    stars = max((rating.stars for rating in video.ratings.all()), default=0)
    view = the_one(video.views)
    is_started, is_watched = bool(view and view.position_seconds), bool(view and view.is_watched)
    states = {"started": is_started, "yes": is_watched, "no": not (is_started or is_watched)}
    sides = [side for side in (video.width, video.height) if side]
    wanted = [video.missing_since is not None if "missing" in asked else video.missing_since is None]
    wanted += [tag.lower() in tags for tag in asked.getlist("tag")]
    wanted += [bool(tags & {*asked.getlist("any_tag")})] if "any_tag" in asked else []
    wanted += [tag not in tags for tag in asked.getlist("no_tag")]
    wanted += [stars >= int(asked["rating"])] if "rating" in asked else []
    wanted += [the_one(video.favorites) is not None] if "favorites" in asked else []
    wanted += [states[asked["watched"]]] if "watched" in asked else []
    wanted += [video.video_codec == asked["codec"]] if "codec" in asked else []
    wanted += [video.filename.startswith(asked["folder"].rstrip("/") + "/")] if "folder" in asked else []
    if "duration" in asked:
        low, high = asked["duration"].split("-")
        wanted += [video.duration is not None and float(low or 0) <= video.duration < float(high or "inf")]
    if "resolution" in asked:
        low, high = SHORTER[asked["resolution"]]
        wanted += [bool(sides) and low <= min(sides) <= high]
    if "added" in asked:
        days = {"7d": 7, "1y": 365}.get(asked["added"])
        local = timezone.localtime(video.added_date)
        wanted += [local.year == 2020 if days is None else (timezone.localtime().date() - local.date()).days <= days]
    return all(wanted)


def key_of(video, sort):
    view, rating = the_one(video.views), the_one(video.ratings)
    return {
        "added": video.added_date,
        "title": title_key(video.title, video.filename),
        "duration": -1 if video.duration is None else video.duration,
        "size": -1 if video.file_size is None else video.file_size,
        "rating": rating and rating.stars,
        "views": view and view.view_count,
        "viewed": view and view.last_viewed,
    }[sort]


def in_order(videos, sort, order):
    marked = [video for video in videos if key_of(video, sort) is not None]
    others = [video for video in videos if key_of(video, sort) is None]
    marked.sort(key=lambda video: (key_of(video, sort), video.pk), reverse=order == "desc")
    return marked + sorted(others, key=lambda video: (video.added_date, video.pk), reverse=True)


def listed(query, viewer):
    listing = Listing(GalleryQuery.of(QueryDict(query)), viewer)
    return listing[0:100], len(listing)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_each_filter_in_each_order_is_what_a_plain_model_lists(many, sort, order):
    library = everything()
    for query in FILTERS:
        expected = [video.pk for video in in_order([v for v in library if is_in(v, query)], sort, order)]
        assert listed(f"{query}&sort={sort}&order={order}", many) == (expected, len(expected)), query


def test_filters_in_pairs_narrow_each_other(many):
    library, found = everything(), 0
    for one, other in itertools.combinations([query for query in FILTERS if "missing" not in query], 2):
        if one.split("=")[0] == other.split("=")[0] and "tag" not in one:
            continue  # one value of each counts
        query = f"{one}&{other}"
        ids, count = listed(query, many)
        assert set(ids) == {video.pk for video in library if is_in(video, query)}, query
        found += count
    assert found > 100


@pytest.mark.parametrize(
    "query",
    [
        "watched=maybe", "duration=x", "duration=-", "duration=5-1", "duration=300-300", "duration=1e3-",
        "resolution=8k", "codec=%00", "codec=a+b", "added=0d", "added=7", "added=d", "added=", "added=99999",
        "added=1y1", "folder=/", "folder=..", "folder=a/../b", "any_tag=", "no_tag=%00", "sort=x", "order=up",
    ],
)  # fmt: skip
def test_a_value_that_makes_no_sense_is_left_out(query):
    assert GalleryQuery.of(QueryDict(query)) == GalleryQuery()


EVERYTHING = (
    "q=a&tag=b&any_tag=c&no_tag=d&no_tag=e&rating=4&favorites=1&missing=1&watched=no&duration=0-300&resolution=4k"
    "&codec=av1&added=2024&folder=trips/&sort=random&seed=9"
)


def test_an_address_asks_for_what_it_was_made_from():
    query = GalleryQuery.of(QueryDict(EVERYTHING))
    assert GalleryQuery.of(QueryDict(query.url()[1:])) == query
    assert {name for name, _ in query.filters()} == {*QueryDict(EVERYTHING)} - {"q", "sort", "seed"}


def test_each_chip_takes_one_filter_off_and_together_they_take_all():
    query = GalleryQuery.of(QueryDict(EVERYTHING))
    assert len(query.chips()) == 14
    while chips := query.chips():
        fewer = GalleryQuery.of(QueryDict(chips[0][1][1:]))
        assert len(fewer.chips()) == len(chips) - 1
        query = fewer
    assert not query.is_filtered()
