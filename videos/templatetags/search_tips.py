"""What the search understands, beside its field on every page."""

from functools import lru_cache
from urllib.parse import urlencode

from django import template
from django.template.loader import get_template
from django.urls import get_script_prefix, reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy

from videos.search.tips import FIELDS, WORDS, Tip

register = template.Library()


@register.simple_tag
def search_tips() -> SafeString:
    """Return the button and the list that it opens."""
    return _rendered(get_language(), get_script_prefix())


@lru_cache
def _rendered(_language: str | None, _prefix: str) -> SafeString:
    # It is the same on every page, for everybody.
    parts = ((gettext_lazy("Words"), WORDS), (gettext_lazy("Filters"), FIELDS))
    shown = [(heading, [(_with_addresses(tip), tip.finds) for tip in tips]) for heading, tips in parts]
    return mark_safe(get_template("videos/_search_tips.html").render({"parts": shown}))  # noqa: S308  escaped there


def _with_addresses(tip: Tip) -> list[tuple[str, str]]:
    """Return (example, the address of the list that it finds)."""
    return [(example, f"{reverse('gallery')}?{urlencode({'q': example})}") for example in tip.examples]
