"""How values read on a page."""

import zlib
from datetime import datetime, timedelta

from django import template
from django.contrib.humanize.templatetags.humanize import naturaltime
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from videos import moments
from videos.cache import Marks
from videos.media.subtitles import match
from videos.models import MAX_STARS, STILL_BEING_WRITTEN, Video
from videos.search.language import Question
from videos.search.marking import spans

register = template.Library()
_HUES = 12
NEW_DAYS = 7
_CHANNELS = {1: "mono", 2: "stereo", 6: "5.1", 7: "6.1", 8: "7.1"}


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
def at(seconds: float) -> str:
    """Return a moment as 1:23:45 or 3:05: the second that it is in, where a duration is rounded."""
    return moments.clock(seconds)


@register.filter
def written(seconds: float) -> str:
    """Return "83.042": seconds for an address or a script, in no language's way."""
    return moments.written(seconds)


@register.filter
def of(values: dict[int, float], key: int) -> float | None:
    """Return the value of a key, or None."""
    return values.get(key)


@register.filter
def is_new(video: Video, marks: Marks | None) -> bool:
    """Return whether a video was added in the last days and its viewer has not viewed it."""
    is_viewed = bool(marks and (marks.view_count or marks.position_seconds))
    return not is_viewed and timezone.now() - video.added_date < timedelta(days=NEW_DAYS)


@register.filter
def marked(text: str, question: Question) -> SafeString:
    """Return the text as HTML, with <mark> around what a question matched in it."""
    pieces, end = [], 0
    for start, stop in spans(text, question):
        pieces.append(format_html("{}<mark>{}</mark>", text[end:start], text[start:stop]))
        end = stop
    return format_html("{}{}", mark_safe("".join(pieces)), text[end:])  # noqa: S308  each piece is escaped


@register.filter
def ago(moment: datetime) -> str:
    """Return "3 days ago": the largest unit alone."""
    text = str(naturaltime(moment))
    return text.split(",", 1)[0] + " ago" if "," in text else text


@register.filter
def hue(filename: str) -> int:
    """Return one of twelve hues for a cover without a picture, the same for the same file."""
    return zlib.crc32(filename.encode(errors="surrogatepass")) % _HUES


@register.filter
def trouble(video: Video) -> str:
    """Return the badge of a video whose content is not known: "Unreadable" or "Being written"; "" for all others."""
    if not video.is_unreadable:
        return ""
    return "Being written" if video.problem == STILL_BEING_WRITTEN else "Unreadable"


@register.filter
def roughly(span: timedelta) -> str:
    """Return "12 seconds", "3 minutes" or "1 hour 20 minutes": as exact as a forecast can be."""
    seconds = round(span.total_seconds())
    if seconds < 60:
        return _counted(seconds, "second")
    hours, minutes = divmod(round(seconds / 60), 60)
    if hours >= 10 or not minutes:
        return _counted(hours, "hour")
    return f"{_counted(hours, 'hour')} {_counted(minutes, 'minute')}" if hours else _counted(minutes, "minute")


def _counted(number: int, unit: str) -> str:
    return f"{number:,} {unit}{'' if number == 1 else 's'}"


@register.filter
def per_second(rate: float) -> str:
    """Return "1,204" or, for the slow, "0.4"."""
    return f"{rate:,.0f}" if rate >= 10 else f"{rate:.1f}"


@register.filter
def bit_rate(bits_per_second: int) -> str:
    """Return "5.2 Mbit/s" or "320 kbit/s"."""
    if bits_per_second >= 1_000_000:
        return f"{bits_per_second / 1_000_000:,.1f} Mbit/s"
    return f"{bits_per_second / 1000:,.0f} kbit/s"


@register.filter
def frame_rate(frames_per_second: float) -> str:
    """Return "25 fps" or "29.97 fps"."""
    return f"{frames_per_second:.2f}".rstrip("0").rstrip(".") + " fps"


@register.filter
def channels(count: int) -> str:
    """Return "stereo" or "5.1"."""
    return _CHANNELS.get(count, f"{count} channels")


@register.filter
def language(code: str) -> str:
    """Return "English" for "eng" or "en"; a code that is not known as it is."""
    # A subtitle file is named with the same codes.
    sidecar = match(f"video.{code}.srt", ["video"])
    return sidecar.label if sidecar and sidecar.language else code


@register.filter
def hours(milliseconds: int) -> str:
    """Return "1,204 h", or for less than ten hours "3.4 h", and for less than one "12 min"."""
    minutes = milliseconds / 60_000
    if minutes < 60:
        return f"{minutes:.0f} min"
    return f"{minutes / 60:.1f} h" if minutes < 600 else f"{minutes / 60:,.0f} h"
