"""How values read on a page."""

import zlib
from datetime import datetime

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime

from videos.models import MAX_STARS

register = template.Library()
_HUES = 12


@register.filter
def stars(number: int) -> str:
    """Return "★★★☆☆" for 3."""
    return "★" * number + "☆" * (MAX_STARS - number)


@register.filter
def clock(seconds: float) -> str:
    """Return a duration as 1:23:45 or 3:05."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


@register.filter
def ago(moment: datetime) -> str:
    """Return "3 days ago": the largest unit alone."""
    text = str(naturaltime(moment))
    return text.split(",", 1)[0] + " ago" if "," in text else text


@register.filter
def hue(filename: str) -> int:
    """Return one of twelve hues for a cover without a picture, the same for the same file."""
    return zlib.crc32(filename.encode(errors="surrogatepass")) % _HUES
