"""No page costs more than ten queries, least of all the first one after a change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from videos.cache import VideoCache
from videos.models import SmartList, Tag, Video

MOST = 10

PAGES = (
    "/", "/?q=film", "/?q=film&page=2", "/?tag=sea&sort=title", "/?none=sea&stars=3&sort=rating", "/facets/",
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
}


# The cache is used outside of transactions only, as on a running server.
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("page", PAGES)
def test_a_page_costs_ten_queries_at_most_right_after_any_change(
    page: str, viewer: Any, make_video: Callable[..., Video], client: Client, query_count: Callable[..., int]
) -> None:
    films = [make_video(f"sub/film {number}.mp4", duration=1000) for number in range(70)]
    cache = VideoCache(viewer)
    for number, film in enumerate(films):
        cache.add_tags(film.filename, ["sea", "beach"])
        cache.update_rating(film.filename, 1 + number % 5)
    address = page.format(tag=Tag.objects.get(name="sea").slug, video=films[3].pk)
    counts = {}
    for number, (change, make) in enumerate(CHANGES.items()):
        client.get(address)
        make(cache, films, number)
        counts[change] = query_count(lambda: client.get(address))
    assert {change: count for change, count in counts.items() if count > MOST} == {}
