"""The cards of a grid. They take most of the time of a page, so each fills in a prepared shape of the template."""

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta, tzinfo
from functools import lru_cache
from html import escape
from operator import itemgetter
from typing import Any, NamedTuple
from urllib.parse import quote

from django import template
from django.template.defaultfilters import filesizeformat
from django.template.loader import get_template
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from videos.models import Video
from videos.presentation import formatting as read
from videos.presentation import problem_messages
from videos.search.highlight import spans
from videos.userdata.cached_reads import Marks

# A library has some hundreds of shapes in each language.
MAX_SHAPES = 2_000
# Cached texts of each kind that takes long to format: some megabytes.
MAX_CACHED = 10_000
# The covers in the first row of a wide window are loaded at once, and not only after the layout.
SEEN_FIRST = 6
TAGS_SHOWN = 3
# Encloses the name of a text in a shape. It occurs in no template.
_HOLE = "\0"
_NO_PICTURE = mark_safe('<svg class="icon" aria-hidden="true"><use href="#i-play"/></svg>')


class Shape(NamedTuple):
    """A card with open texts: pieces of HTML, every second one the name of a text, and a getter of these texts."""

    pieces: list[str]
    chosen: Callable[[dict[str, str]], tuple[str, ...]]

    def filled(self, texts: dict[str, str]) -> str:
        """Return the card with these texts filled in, which are HTML."""
        pieces = self.pieces.copy()
        pieces[1::2] = self.chosen(texts)
        return "".join(pieces)


_shapes: dict[tuple[object, ...], Shape] = {}


def is_seen_first(counter: int) -> bool:
    """Return whether the cover at this place in a row, counted from 1, is loaded at once."""
    return counter <= SEEN_FIRST


def picture(video: Video, address: str, is_seen_first: object = False) -> SafeString:
    """Return the cover on its average color, or an icon if there is none. Not a template, since a page has sixty."""
    if not video.cover_version:
        return _NO_PICTURE
    loading = 'fetchpriority="high"' if is_seen_first else 'loading="lazy"'
    color, source = escape(video.color or "none"), f"{escape(address)}cover.webp?v={video.cover_version}"
    return mark_safe(  # noqa: S308  a color, our own address and a number
        f'<svg class="average" aria-hidden="true"><rect width="100%" height="100%" fill="{color}"/></svg>'
        f'<img class="picture" src="{source}" alt="" width="480" height="270" {loading} decoding="async">'
    )


def card(context: template.Context, video: Video, marks: Marks | None, place: int) -> SafeString:
    """Return the card of a video, from videos/_card.html; `place` on the page counts from 0."""
    marks, number, language, prefix = marks or Marks(), context["page"].number, get_language(), get_script_prefix()
    question = context["query"].question
    found = {text: spans(text, question) for text in (video.display_title, *marks.tags)} if question.words else {}
    # Tags that match the search come first. The file name is shown if nothing else matches.
    tags = sorted(marks.tags, key=lambda tag: not found[tag]) if found else marks.tags
    shown, more = tags[:TAGS_SHOWN], tags[TAGS_SHOWN:]
    texts = _texts(video, marks, language, prefix, is_seen_first=number == 1 and place < SEEN_FIRST)
    texts["list_suffix"] = escape(context["list_suffix"])
    texts["marked_title"] = marked(video.display_title, found.get(video.display_title, ()))
    if not place:
        texts["first_of_page"] = str(number)
    if found and not any(found.values()):
        texts["name"] = marked(video.filename, spans(video.filename, question))
    for at, tag in enumerate(shown):
        texts[f"tag_url_{at}"], texts[f"tag_{at}"] = _tag_url(prefix, tag), marked(tag, found.get(tag, ()))
    if more:
        texts |= {"more_tags": escape(", ".join(more)), "how_many_more": str(len(more))}
    flags = {
        "is_missing": video.missing_since is not None,
        "is_duplicate": video.has_twin and video.missing_since is None,
        "is_watched": marks.is_watched,
        "is_new": read.is_new(video, marks),
        "is_favorite": marks.is_favorite,
        "stars": marks.stars,
        "tags": len(shown),
    }
    return mark_safe(_shape(language, flags, texts).filled(texts))  # noqa: S308  all escaped


def _texts(video: Video, marks: Marks, language: str | None, prefix: str, *, is_seen_first: bool) -> dict[str, str]:
    """Return the texts of a card, as HTML, by their names in the template."""
    before, after = _watch_url(prefix)
    address, added = f"{before}{video.pk}{after}", timezone.localtime(video.added_date)
    texts = {
        "pk": str(video.pk),
        "address": address,
        "hue": str(read.hue(video.filename)),
        "picture": picture(video, address, is_seen_first),
        "title": escape(video.display_title),
        "added_iso": read.iso(added),
        "added_on": _added_on(language, added.tzinfo, added),
        "added_ago": _ago(language, added, _age(added)),
    }
    if video.is_unreadable:
        texts |= {
            "trouble": escape(read.trouble(video)),
            "reason": escape(problem_messages.translate_problem(video.problem)),
        }
    if video.duration is not None:
        texts["duration"] = read.clock(video.duration)
    if marks.position_seconds and video.duration:
        texts |= {
            "length": read.written(video.duration),
            "position": read.written(marks.position_seconds),
            "watched_up_to": escape(read.watched_up_to(marks.position_seconds)),
        }
    if marks.view_count:
        texts["views"] = escape(read.views(marks.view_count))
    if video.file_size is not None:
        texts["size"] = _size(language, video.file_size)
    return texts


def _shape(language: str | None, flags: dict[str, Any], texts: Iterable[str]) -> Shape:
    """Return the shape of the cards that have these flags and texts in the language."""
    key = (language, *flags.values(), *texts)
    shape = _shapes.get(key)
    if shape is None:
        holes = {name: f"{_HOLE}{name}{_HOLE}" for name in texts}
        tags = [(holes[f"tag_url_{at}"], holes[f"tag_{at}"]) for at in range(flags["tags"])]
        rendered = get_template("videos/_card.html").render({
            **holes, **flags, "tags": tags,
            # As in the response to a press of the button.
            "video": {"pk": holes["pk"]}, "marks": {"is_favorite": flags["is_favorite"]},
        })  # fmt: skip
        pieces = rendered.split(_HOLE)
        shape = Shape(pieces, itemgetter(*pieces[1::2]))
        if len(_shapes) >= MAX_SHAPES:
            _shapes.clear()
        _shapes[key] = shape
    return shape


@lru_cache(MAX_CACHED)
def _added_on(_language: str | None, _zone: tzinfo | None, moment: datetime) -> str:
    return escape(read.added_on(moment))


@lru_cache(MAX_CACHED)
def _ago(_language: str | None, moment: datetime, _age: timedelta) -> str:
    return escape(read.ago(moment))


@lru_cache(MAX_CACHED)
def _size(_language: str | None, size_bytes: int) -> str:
    return escape(filesizeformat(size_bytes))


def _age(moment: datetime) -> timedelta:
    """Return the time since a moment, rounded to what `ago` shows, so that it can be cached."""
    age = timezone.now() - moment
    if age.days > 0:
        return timedelta(age.days)
    return timedelta(age.days, age.seconds if age.seconds < 60 else age.seconds // 60 * 60)


@lru_cache
def _watch_url(_prefix: str) -> tuple[str, str]:
    """Return the parts of a watch page's address before and after the id."""
    before, _, after = reverse("watch", args=[0]).rpartition("0")
    return before, after


@lru_cache(MAX_CACHED)
def _tag_url(_prefix: str, tag: str) -> str:
    return f"{reverse('gallery')}?tag={quote(tag, safe='')}"


def marked(text: str, found: Iterable[tuple[int, int]]) -> str:
    """Return the text as HTML, with <mark> around the spans (start, end) that match the search."""
    pieces, end = [], 0
    for start, stop in found:
        pieces.append(f"{escape(text[end:start])}<mark>{escape(text[start:stop])}</mark>")
        end = stop
    return "".join([*pieces, escape(text[end:])])
