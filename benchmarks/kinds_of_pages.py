"""The addresses of every kind of page of a synthetic library: all filters, all orders, first and late pages."""

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import quote, urlencode

from django.http import QueryDict

from benchmarks import synthetic
from videos.accounts.household import household
from videos.db.transactions import write_transaction
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.models import SmartList, Tag, Video, View

SORTS = ["added", "title", "rating", "views", "viewed", "duration", "size", "random"]
# Without a seed, two pages of a random order would belong to different lists.
ORDERS = [f"sort={sort}&order={order}" for sort in SORTS for order in ("asc", "desc")]
ORDERS = [order + ("&seed=5" if "random" in order else "") for order in ORDERS]
_TAGS = [quote(name) for name in synthetic.tag_names()[:2]]
FILTERS = [
    "tag={0}", "tag={0}&tag={1}", "any_tag={0}&any_tag={1}", "no_tag={0}", "rating=4", "favorites=1", "watched=yes",
    "watched=no", "watched=started", "duration=300-1200", "resolution=1080", "codec=hevc", "added=1y", "folder={2}",
]  # fmt: skip
FILTERS = [text.format(*_TAGS, quote(synthetic.folder(0))) for text in FILTERS]
# Two values of the same parameter would not be combined.
PAIRS = [
    f"{one}&{other}"
    for one, other in itertools.combinations(FILTERS, 2)
    if one.partition("=")[0] != other.partition("=")[0]
]
LATE = 1000
# Each pair of filters is combined with every fourth order.
_TURNS = 4
_PAIRS_WITH_LATE_PAGES = 12
_SAVED_LISTS = 20
_FACETS_SECONDS, _KEPT_FACETS_SECONDS = 0.300, 0.020
# As htmx requests a part of a page.
_AS_HTMX = {"HX-Request": "true"}


@dataclass(frozen=True)
class Kind:
    """Addresses that are measured together. Without bar_seconds the bar for pages applies."""

    name: str
    addresses: list[str]
    headers: dict[str, str] = field(default_factory=dict)
    bar_seconds: float | None = None


def gallery() -> list[Kind]:
    """Return `/` by all orders and filters, and by all pairs of filters with alternating orders."""
    alone = [f"/?{query}&{order}&page={page}" for order in ORDERS for query in ("", *FILTERS) for page in (1, LATE)]
    pairs = [
        f"/?{pair}&{order}"
        for number, pair in enumerate(PAIRS)
        for place, order in enumerate(ORDERS)
        if (number + place) % _TURNS == 0
    ]
    some = random.Random(4).sample(PAIRS, _PAIRS_WITH_LATE_PAGES)
    late = [f"/?{pair}&{order}&page={LATE}" for pair in some for order in ORDERS]
    return [
        Kind("/ by each order and filter", alone),
        Kind("/ by pairs of filters", pairs),
        Kind(f"/ by pairs, page {LATE:,}", late),
    ]


def others() -> list[Kind]:
    """Return every other page. Saves some lists, which the navigation and their own pages show."""
    with write_transaction():
        for number, query in enumerate(PAIRS[:_SAVED_LISTS]):
            SmartList.objects.keep(household(), f"List {number}", query)
    return [*_fixed_lists(), *_tables(), *_watch_pages(), *_facets(), *_small()]


def _fixed_lists() -> list[Kind]:
    tags = list(Tag.objects.order_by("pk")[:: synthetic.TAGS // len(ORDERS)])
    filters = ["", FILTERS[0], "duration=300-1200"]
    by_tag = [
        f"{tag.get_absolute_url()}?{query}&{order}&page={page}"
        for tag, order in zip(tags, ORDERS, strict=False)
        for query in ("", "watched=no")
        for page in (1, LATE)
    ]
    return [
        Kind("/favorites/", _arranged("/favorites/", filters, ORDERS)),
        # It has one order only: any other redirects to the gallery.
        Kind("/popular/", _arranged("/popular/", ["", *FILTERS], [""])),
        Kind("/best-of/", _arranged("/best-of/", filters, ORDERS)),
        Kind("/tags/<tag>/", by_tag),
    ]


def _arranged(path: str, filters: list[str], orders: list[str]) -> list[str]:
    return [f"{path}?{query}&{order}&page={page}" for query in filters for order in orders for page in (1, LATE)]


def _tables() -> list[Kind]:
    chance, viewer = random.Random(7), household()
    sorts = itertools.product(("name", "videos", "hours", "size"), ("asc", "desc"))
    tags = [f"/tags/?sort={sort}&order={order}" for sort, order in sorts]
    one_tag = [f"{tag.get_absolute_url()}edit/" for tag in Tag.objects.order_by("pk")[:20]]
    deep = range(synthetic.FOLDERS_PER_DEEP_ONE - 1, synthetic.FOLDERS, synthetic.FOLDERS_PER_DEEP_ONE)
    flat = [synthetic.folder(number) for number in range(0, 20, 2)]
    last = View.objects.watched_by(viewer).count() // 60 + 1
    days = [1, 2, LATE, last, *(chance.randint(1, last) for _ in range(26))]
    return [
        Kind("/tags/", [*tags, *(f"/tags/?q={part}" for part in ("beach", "1", "z%C3%BCrich", "no+such+tag"))] * 2),
        Kind("/tags/<tag>/edit/", one_tag),
        Kind("/folders/", ["/folders/", "/folders/?folders=2"] * 10),
        Kind("/folders/<folder>/", [f"/folders/{quote(name)}/?page={page}" for name in flat for page in (1, LATE)]),
        Kind("/folders/<deep folder>/", [address for number in deep for address in _down_to(synthetic.folder(number))]),
        Kind("/history/", [f"/history/?page={page}" for page in days]),
        Kind("/stats/", ["/stats/"] * 20),
        Kind("/lists/", ["/lists/"] * 20 + [f"/lists/{pk}/edit/" for pk in _saved()]),
        Kind("/library/", ["/library/", "/library/progress"] * 10),
    ]


def _down_to(folder: str) -> Iterator[str]:
    """Yield the address of each folder on the path, and a late page of the last."""
    parts = folder.split("/")
    for place in range(len(parts)):
        yield f"/folders/{quote('/'.join(parts[: place + 1]))}/"
    yield f"/folders/{quote(folder)}/?page={LATE}"


def _saved() -> list[int]:
    return list(SmartList.objects.of(household()).values_list("pk", flat=True))


def _watch_pages() -> list[Kind]:
    ids = list(Video.objects.order_by("pk").values_list("pk", flat=True)[:: synthetic.VIDEOS // 40])
    # The filters alternate, including none.
    filters = itertools.cycle(["", *FILTERS])
    asked = [query for order in ORDERS for query in (order, f"{next(filters)}&{order}", f"{next(filters)}&{order}")]
    in_lists = [address for query in asked for address in _places(query)]
    related = [address.replace("/?", "/related?") for address in in_lists]
    return [
        Kind("/videos/<id>/", [f"/videos/{pk}/" for pk in ids]),
        Kind("/videos/<id>/?list=", in_lists),
        Kind("/videos/<id>/related", [f"/videos/{pk}/related" for pk in ids], _AS_HTMX),
        Kind("/videos/<id>/related?list=", related, _AS_HTMX),
    ]


def _places(query: str) -> list[str]:
    """Return the watch pages of the first, the middle and the last video of a list."""
    listing = Listing(GalleryQuery.of(QueryDict(query)), household())
    places = sorted({0, len(listing) // 2, len(listing) - 1}) if len(listing) else []
    return [f"/videos/{listing[place]}/?{urlencode({'list': query})}" for place in places]


def _facets() -> list[Kind]:
    paths = ["/favorites/", "/popular/", "/best-of/", *(tag.get_absolute_url() for tag in Tag.objects.all()[:5])]
    addresses = [f"/facets/?{query}" for query in ("", *FILTERS, *PAIRS[::2])]
    addresses += [f"{path}facets/?{query}" for path in paths for query in ("", "watched=no", "duration=300-1200")]
    return [
        Kind("/facets/", addresses, _AS_HTMX, _FACETS_SECONDS),
        Kind("/facets/, kept", addresses, _AS_HTMX, _KEPT_FACETS_SECONDS),
    ]


def _small() -> list[Kind]:
    """Return the redirects, and the suggestions of tags."""
    names, typed = synthetic.filenames()[:: synthetic.VIDEOS // 10], ["b", "be", "beach", "1", "snow 1", "z", "no such"]
    led = ["/search/?q=beach", *(f"/watch/{quote(name)}" for name in names)]
    led += [f"/tag/{quote(name)}" for name in synthetic.tag_names()[:10]]
    suggested = [f"/videos/{number + 1}/tags/suggestions?add={quote(text)}" for number, text in enumerate(typed)]
    suggested += [f"/bulk/tags?tags={quote(text)}" for text in typed]
    return [
        Kind("/random/", [f"/random/?{query}" for query in ("", *FILTERS) for _ in range(2)]),
        Kind("old addresses", led),
        Kind("suggested tags", suggested * 2, _AS_HTMX),
    ]
