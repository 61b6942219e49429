"""No page costs more than ten queries, least of all the first one after a change."""

from collections.abc import Callable, Collection
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from tests.counts import IS_LONG
from videos.cache import VideoCache
from videos.models import MissingBatch, SmartList, Tag, Video
from videos.userdata.bulk import set_favorite
from videos.views.gallery.bulk import UNDO_COOKIE

MOST = 10

PAGES = (
    "/", "/?q=film", "/?q=film&page=2", "/?tag=sea&sort=title", "/?no_tag=sea&rating=3&sort=rating", "/facets/",
    "/favorites/", "/popular/", "/best-of/", "/history/", "/tags/", "/tags/{tag}/", "/tags/{tag}/facets/", "/folders/",
    "/folders/sub/", "/random/", "/stats/", "/library/", "/lists/", "/videos/{video}/", "/videos/{video}/?list=",
    "/videos/{video}/?list=sort%3Dtitle", "/videos/{video}/?list=tag%3Dsea", "/videos/{video}/related",
    "/videos/{video}/related?list=sort%3Dtitle",
)  # fmt: skip

CHANGES: dict[str, Callable[[VideoCache, list[Video], int], object]] = {
    "nothing": lambda cache, films, n: None,
    "stars": lambda cache, films, n: cache.update_rating(films[n % 30].filename, 1 + n % 5),
    "a heart": lambda cache, films, n: cache.set_favorite(films[0].filename, bool(n % 2)),
    "a new tag": lambda cache, films, n: cache.add_tags(films[0].filename, [f"tag {n}"]),
    "a view": lambda cache, films, n: cache.update_view(films[n % 30].filename),
    "a place": lambda cache, films, n: cache.save_position(films[n % 30].filename, 50 + n, 1000),
    "a title": lambda cache, films, n: cache.update_title(films[n % 30].filename, f"Film {1000 - n}"),
    "a new video": lambda cache, films, n: Video.objects.create(filename=f"new {n}.mp4", file_size=1, modified_ns=1),
    "a video that is gone": lambda cache, films, n: Video.objects.filter(filename__startswith="new").delete(),
    "a renamed tag": lambda cache, films, n: Tag.objects.filter(name__startswith="b").update(name=f"b{n}"),
    "a list": lambda cache, films, n: SmartList.objects.create(viewer=cache.viewer, name=f"list {n}", query="q=film"),
    "all of that": lambda cache, films, n: [
        change(cache, films, n + 1000) for name, change in CHANGES.items() if name != "all of that"
    ],
}


# What a page finds beside the videos: each costs something of its own.
STATES = ("at home", "with duplicates", "with a way back", "with missing files", "with a login")


def bring_about(state: str, films: list[Video], viewer: Any, client: Client, settings: Any) -> None:
    if state == "with duplicates":
        Video.objects.filter(pk__in=[film.pk for film in films[:4]]).update(fingerprint="twins")
    elif state == "with a way back":
        set_favorite(viewer, [films[5].pk], True)
        client.cookies[UNDO_COOKIE] = "1"
    elif state == "with missing files":
        gone = MissingBatch.objects.create(folder="sub/", noticed_at=timezone.now())
        missing = Video.objects.filter(pk__in=[film.pk for film in films[:4]])
        missing.update(missing_since=timezone.now(), missing_batch=gone, fingerprint="twins")
    elif state == "with a login":
        settings.REQUIRE_LOGIN = True
        client.force_login(viewer)


def some_changes(state: str) -> Collection[str]:
    """Return the changes after which a page is asked for; in `make test` all of them only at home."""
    return CHANGES if IS_LONG or state == "at home" else ("nothing", "stars", "all of that")


# The cache is used outside of transactions only, as on a running server.
@pytest.mark.slow
@pytest.mark.long("templates", "videos")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", STATES)
def test_a_page_costs_ten_queries_at_most_right_after_any_change(
    state: str, viewer: Any, make_video: Callable[..., Video], client: Client, query_count: Any, settings: Any
) -> None:
    films = [make_video(f"sub/film {number}.mp4", duration=1000) for number in range(70)]
    cache = VideoCache(viewer)
    for number, film in enumerate(films):
        cache.add_tags(film.filename, ["sea", "beach"])
        cache.update_rating(film.filename, 1 + number % 5)
    bring_about(state, films, viewer, client, settings)
    counts = {}
    for page in PAGES:
        address = page.format(tag=Tag.objects.get(name="sea").slug, video=films[3].pk)
        client.get(address)
        for change in some_changes(state):
            CHANGES[change](cache, films, len(counts))
            counts[page, change] = query_count(lambda address=address: client.get(address))
    assert {where: count for where, count in counts.items() if count > MOST} == {}
