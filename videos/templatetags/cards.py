"""The cards of a grid, kept as they were made: they take most of the time that a page does."""

from typing import Any

from django import template
from django.template.loader import get_template
from django.utils import timezone
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from videos.cache import Marks
from videos.models import Video
from videos.search.language import Question
from videos.search.marking import spans

register = template.Library()
# Some ten megabytes.
MOST_KEPT = 5_000
# As many covers as a wide window shows in a row are asked for at once, and not when it is known where they stand.
SEEN_FIRST = 6
# Where a card names the list that it is in, which is the only thing that differs from one list to the next.
_LIST = "\0"
_FIELDS = [field.attname for field in Video._meta.concrete_fields]
_kept: dict[tuple[object, ...], str] = {}


@register.filter
def is_seen_first(counter: int) -> bool:
    """Return whether the picture at a place in a row, counted from 1, is among those that a window shows."""
    return counter <= SEEN_FIRST


@register.simple_tag(takes_context=True)
def card(context: template.Context, video: Video, marks: Marks | None, place: int) -> SafeString:
    """Return the card of a video, from videos/_card.html, at its place in a page, counted from 0."""
    query, is_duplicate = context["query"], video.has_twin  # type: ignore[attr-defined]
    words = query.q if query.question.words else ""
    row = tuple(map(video.__dict__.get, _FIELDS))
    number = context["page"].number
    first_of_page = None if place else number
    first_seen = number == 1 and place < SEEN_FIRST
    key = (get_language(), row, marks, _age(video), is_duplicate, words, first_of_page, first_seen)
    text = _kept.get(key)
    if text is None:
        tags = marks.tags if marks else ()
        shown: dict[str, Any] = {"video": video, "marks": marks, "is_duplicate": is_duplicate, "tags": tags}
        shown |= {"first_of_page": first_of_page, "is_seen_first": first_seen, "list_suffix": _LIST}
        found = _found(video, tags, query.question) if words else {}
        text = get_template("videos/_card.html").render({**shown, **found})
        if len(_kept) >= MOST_KEPT:
            _kept.clear()
        _kept[key] = text
    return mark_safe(text.replace(_LIST, conditional_escape(context["list_suffix"])))  # noqa: S308  made by a template


def _found(video: Video, tags: tuple[str, ...], question: Question) -> dict[str, Any]:
    """Return what a card shows of a search: matched tags first, and the file's name where only that was matched."""
    tags = tuple(sorted(tags, key=lambda tag: not spans(tag, question)))
    is_seen = spans(video.display_title, question) or any(spans(tag, question) for tag in tags)
    return {"question": question, "tags": tags, "name": "" if is_seen else video.filename}


def _age(video: Video) -> Any:
    """Return what "3 minutes ago" and "new" follow from: they change with the whole days, minutes or seconds."""
    age = timezone.now() - video.added_date
    if age.days > 0:
        return age.days
    return age.days, age.seconds if age.seconds < 60 else age.seconds // 60 * 60
