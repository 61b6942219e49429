"""The cards of a grid, kept as they were made: they take most of the time that a page does."""

from collections.abc import Iterable
from functools import cache
from itertools import chain, zip_longest
from typing import Any

from django import template
from django.template.loader import get_template
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.html import conditional_escape, escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from videos.cache import Marks
from videos.models import Video
from videos.search.marking import spans

register = template.Library()
# Some ten megabytes.
MOST_KEPT = 5_000
# As many covers as a wide window shows in a row are asked for at once, and not when it is known where they stand.
SEEN_FIRST = 6
TAGS_SHOWN = 3
# Where a card says what differs from one list to the next: the list, and what was found in its texts. In no text.
_HOLE = "\0"
_NO_PICTURE = mark_safe('<svg class="icon" aria-hidden="true"><use href="#i-play"/></svg>')
_FIELDS = [field.attname for field in Video._meta.concrete_fields]
_kept: dict[tuple[object, ...], list[str]] = {}


@register.filter
def is_seen_first(counter: int) -> bool:
    """Return whether the picture at a place in a row, counted from 1, is among those that a window shows."""
    return counter <= SEEN_FIRST


@register.simple_tag
def picture(video: Video, address: str, is_seen_first: object = False) -> SafeString:
    """Return the cover on its own average colour, or a sign where there is none: written here, as a page has sixty."""
    if not video.cover_version:
        return _NO_PICTURE
    loading = 'fetchpriority="high"' if is_seen_first else 'loading="lazy"'
    color, source = escape(video.color or "none"), f"{escape(address)}cover.webp?v={video.cover_version}"
    return mark_safe(  # noqa: S308  a colour, an address of ours and a number
        f'<svg class="average" aria-hidden="true"><rect width="100%" height="100%" fill="{color}"/></svg>'
        f'<img class="picture" src="{source}" alt="" width="480" height="270" {loading} decoding="async">'
    )


@cache
def _gallery_url(_prefix: str) -> str:
    return reverse("gallery")


@register.simple_tag(takes_context=True)
def card(context: template.Context, video: Video, marks: Marks | None, place: int) -> SafeString:
    """Return the card of a video, from videos/_card.html, at its place in a page, counted from 0."""
    question, tags = context["query"].question, marks.tags if marks else ()
    found = {text: spans(text, question) for text in (video.display_title, *tags)} if question.words else {}
    # Tags that were found come first; the name of the file where nothing else was.
    tags = tuple(sorted(tags, key=lambda tag: not found[tag])) if found else tags
    has_name = bool(found) and not any(found.values())
    number = context["page"].number
    shown: dict[str, Any] = {
        "is_duplicate": video.has_twin,  # type: ignore[attr-defined]
        "first_of_page": None if place else number,
        "is_seen_first": number == 1 and place < SEEN_FIRST,
        "has_name": has_name,
        "tags": tags,
    }
    row = tuple(map(video.__dict__.get, _FIELDS))
    parts = _parts((get_language(), row, marks, _age(video), *shown.values()), video, marks, shown)
    texts = [video.display_title, *([video.filename] if has_name else []), *tags[:TAGS_SHOWN]]
    if has_name:
        found[video.filename] = spans(video.filename, question)
    filled = [conditional_escape(context["list_suffix"]), *(marked(text, found.get(text, ())) for text in texts)]
    return mark_safe("".join(chain.from_iterable(zip_longest(parts, filled, fillvalue=""))))  # noqa: S308  all escaped


def _parts(key: tuple[object, ...], video: Video, marks: Marks | None, shown: dict[str, Any]) -> list[str]:
    """Return what stands around the holes of a card: the list that it is in, the title, the file's name, the tags."""
    parts = _kept.get(key)
    if parts is None:
        context = {**shown, "video": video, "marks": marks, "hole": _HOLE}
        context["gallery_url"] = _gallery_url(get_script_prefix())
        context |= {"shown_tags": shown["tags"][:TAGS_SHOWN], "more_tags": shown["tags"][TAGS_SHOWN:]}
        parts = get_template("videos/_card.html").render(context).split(_HOLE)
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = parts
    return parts


def marked(text: str, found: Iterable[tuple[int, int]]) -> str:
    """Return the text as HTML, with <mark> around what was found in it, as spans() has it."""
    pieces, end = [], 0
    for start, stop in found:
        pieces.append(f"{escape(text[end:start])}<mark>{escape(text[start:stop])}</mark>")
        end = stop
    return "".join([*pieces, escape(text[end:])])


def _age(video: Video) -> Any:
    """Return what "3 minutes ago" and "new" follow from: they change with the whole days, minutes or seconds."""
    age = timezone.now() - video.added_date
    if age.days > 0:
        return age.days
    return age.days, age.seconds if age.seconds < 60 else age.seconds // 60 * 60
