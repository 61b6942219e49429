"""The gallery: the library as a grid, filtered and sorted as the URL says."""

import secrets
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import urlencode

from django.conf import settings
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.views.decorators.http import require_safe

from videos.cache import VideoCache
from videos.library.relink import duplicate_ids
from videos.models import MAX_STARS, MIN_STARS, Video
from videos.querysets import SHUFFLE_PRIME, SORTS, Chained, VideoQuerySet
from videos.snapshots.emergency import shell_command
from videos.snapshots.json_files import printable
from videos.tag_names import clean_tag_name
from videos.views.library import what_is_gone
from videos.views.work import Awaited, Beginning, all_work

PAGE_ROWS = 60
MAX_WORDS, MAX_TAGS = 8, 8
SORT_LABELS = {
    "added": "Added", "title": "Title", "rating": "Stars", "views": "Views", "viewed": "Last viewed",
    "duration": "Duration", "size": "Size", "random": "Random",
}  # fmt: skip
USUAL_ORDER = {"title": "asc"}


@dataclass(frozen=True)
class GalleryQuery:
    """What the URL asks for. A value that makes no sense is left out: a mistyped link still shows the library."""

    q: str = ""
    tags: tuple[str, ...] = ()
    rating: int = 0
    favorites: bool = False
    missing: bool = False
    sort: str = "added"
    order: str = "desc"
    seed: int = 0

    @classmethod
    def of(cls, parameters: QueryDict) -> "GalleryQuery":
        sort = parameters.get("sort", "")
        sort = sort if sort in SORTS else "added"
        order = parameters.get("order", "")
        tags = (clean_tag_name(tag.replace("\0", "")) for tag in parameters.getlist("tag")[:MAX_TAGS])
        return cls(
            q=" ".join(parameters.get("q", "").replace("\0", "")[:200].split()[:MAX_WORDS]),
            tags=tuple(dict.fromkeys(tag for tag in tags if tag)),
            rating=_number(parameters.get("rating"), MIN_STARS, MAX_STARS) or 0,
            favorites=parameters.get("favorites") == "1",
            missing=parameters.get("missing") == "1",
            sort=sort,
            order=order if order in ("asc", "desc") else USUAL_ORDER.get(sort, "desc"),
            # A new order for each who asks anew; the links to further pages keep theirs.
            seed=(_number(parameters.get("seed"), 1, SHUFFLE_PRIME) or _new_seed()) if sort == "random" else 0,
        )

    def videos(self, viewer: Any) -> "VideoQuerySet | Chained":
        descending = self.order == "desc"
        return self.filtered(viewer).in_order(self.sort, viewer, descending=descending, seed=self.seed)

    def filtered(self, viewer: Any) -> VideoQuerySet:
        """Return the videos of the list, in no order yet."""
        videos = Video.objects.missing() if self.missing else Video.objects.present()
        if self.q:
            videos = videos.matching(self.q)
        if self.rating:
            videos = videos.rated_at_least(viewer, self.rating)
        if self.favorites:
            videos = videos.favorites_of(viewer)
        return videos.tagged(*self.tags)

    def url(self, **changes: Any) -> str:
        """Return the address of the same list with some values changed, from its first page on."""
        values = {**self.__dict__, **changes}
        asked = [(name, _text(values[name])) for name in ("q", "rating", "favorites", "missing") if values[name]]
        asked += [("tag", tag) for tag in values["tags"]]
        asked += [("sort", values["sort"])] if values["sort"] != "added" else []
        asked += [("order", values["order"])] if values["order"] != USUAL_ORDER.get(values["sort"], "desc") else []
        asked += [("seed", str(values["seed"]))] if values["seed"] else []
        return f"?{urlencode(asked)}"

    def suffix(self) -> str:
        """Return "?list=…" for the addresses of videos, so that their pages know the list that one came from."""
        return f"?{urlencode({'list': self.url()[1:]})}"

    def sorts(self) -> list[tuple[str, str]]:
        """Return (order's label, address of the same list in that order) for the menu."""
        return [
            (label, self.url(sort=sort, order=USUAL_ORDER.get(sort, "desc"), seed=0))
            for sort, label in SORT_LABELS.items()
        ]

    def is_filtered(self) -> bool:
        return bool(self.q or self.tags or self.rating or self.favorites or self.missing)

    def is_only_missing(self) -> bool:
        return self.missing and not (self.q or self.tags or self.rating or self.favorites)

    def is_only_favorites(self) -> bool:
        return self.favorites and not (self.q or self.tags or self.rating or self.missing)

    def chips(self) -> list[tuple[str, str]]:
        """Return (what is filtered, address without that filter)."""
        chips = [(f"“{self.q}”", self.url(q=""))] if self.q else []
        chips += [(f"#{tag}", self.url(tags=[other for other in self.tags if other != tag])) for tag in self.tags]
        if self.rating:
            chips.append(("★" * self.rating + (" or more" if self.rating < MAX_STARS else ""), self.url(rating=0)))
        if self.favorites:
            chips.append(("Favorites", self.url(favorites=False)))
        if self.missing:
            chips.append(("Missing", self.url(missing=False)))
        return chips


def _here(query: GalleryQuery) -> str:
    """Return which entry of the navigation this list is, if any."""
    entries = {
        GalleryQuery(): "home",
        GalleryQuery(favorites=True): "favorites",
        GalleryQuery(rating=4, sort="rating"): "best",
        GalleryQuery(sort="viewed"): "viewed",
    }
    return entries.get(query, "")


def _new_seed() -> int:
    return 1 + secrets.randbelow(SHUFFLE_PRIME)


def _text(value: Any) -> str:
    return "1" if value is True else str(value)


def _number(text: str | None, lowest: int, highest: int) -> int | None:
    if text and text.isascii() and text.isdigit() and len(text) < 12 and lowest <= int(text) <= highest:
        return int(text)
    return None


class GalleryPaginator(Paginator):
    """Knows the length of the list beforehand: it is kept until something changes."""

    def __init__(self, videos: "VideoQuerySet | Chained", length: int) -> None:
        super().__init__(cast(VideoQuerySet, videos), PAGE_ROWS)
        self.length = length

    @property
    def count(self) -> int:
        return self.length


@require_safe
def gallery(request: HttpRequest) -> HttpResponse:
    """Return one page of the grid."""
    query, viewer = GalleryQuery.of(request.GET), request.viewer  # type: ignore[attr-defined]
    cache = VideoCache(viewer)
    videos = query.videos(viewer)
    # In any order a list is as long.
    unordered = query.url(sort="added", order="desc", seed=0)
    length, gone = cache.get_kept(unordered, lambda: (videos.count(), what_is_gone()))
    page = GalleryPaginator(videos, length).get_page(request.GET.get("page"))
    rows = list(page.object_list)
    marks = cache.get_marks([video.pk for video in rows])
    work = all_work()
    is_empty = not length and not gone.missing and not query.is_filtered()
    page_url = query.url() + ("&" if query.url() != "?" else "")
    context = {
        "query": query,
        "page": page,
        "cards": [(video, marks.get(video.pk)) for video in rows],
        "here": _here(query),
        "duplicates": duplicate_ids(rows),
        "gone": gone,
        "beginning": Beginning.now(work["scan"]) if is_empty else None,
        "awaited": Awaited.of(work, rows),
        "serve_command": shell_command("serve", "FOLDER"),
        "demo_command": shell_command("make_demo"),
        "video_dir": printable(str(settings.VIDEO_DIR)),
        "sorts": query.sorts(),
        "sort_label": SORT_LABELS[query.sort],
        "reversed_url": query.url(order="asc" if query.order == "desc" else "desc"),
        "list_suffix": query.suffix(),
        "page_url": page_url,
        # In a random order the address alone would show another page.
        "own_url": f"{page_url}page={page.number}",
    }
    return render(request, "videos/gallery.html", context)
