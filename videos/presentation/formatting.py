"""Values as text, in the language of the page."""

import zlib
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.contrib.humanize.templatetags.humanize import naturaltime
from django.core.paginator import Page
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.timesince import TIME_STRINGS, timesince
from django.utils.translation import get_language, gettext, gettext_lazy, ngettext, ngettext_lazy, npgettext, pgettext

from videos.core import timecode
from videos.core.clock import is_recent
from videos.media.subtitles.name_words import Said, label_of, language_name, understand
from videos.models import MAX_STARS, STILL_BEING_WRITTEN, Activity, Video
from videos.presentation import problem_messages
from videos.userdata.cached_reads import Marks

_HUES = 12
# Marks a message whose action can be undone; the id of the action follows.
UNDO_TAG = "undo-"
NEW_DAYS = 7
_CHANNELS = {1: gettext_lazy("mono"), 2: gettext_lazy("stereo"), 6: "5.1", 7: "6.1", 8: "7.1"}
_UNITS = {unit: f"{unit} %(num)d" for unit in TIME_STRINGS}
_AGO = {
    "second": ngettext_lazy("%(number)s second ago", "%(number)s seconds ago", "number"),
    "minute": ngettext_lazy("%(number)s minute ago", "%(number)s minutes ago", "number"),
    "hour": ngettext_lazy("%(number)s hour ago", "%(number)s hours ago", "number"),
    "day": ngettext_lazy("%(number)s day ago", "%(number)s days ago", "number"),
    "week": ngettext_lazy("%(number)s week ago", "%(number)s weeks ago", "number"),
    "month": ngettext_lazy("%(number)s month ago", "%(number)s months ago", "number"),
    "year": ngettext_lazy("%(number)s year ago", "%(number)s years ago", "number"),
}


def whole(number: int) -> str:
    """Return "12,345"."""
    return str(number_format(number, force_grouping=True))


def with_places(number: float, places: int) -> str:
    """Return "12,345.6"."""
    return str(number_format(round(number, places), places, force_grouping=True))


def videos(number: int) -> str:
    """Return "12,345 videos"."""
    return ngettext("%(number)s video", "%(number)s videos", number) % {"number": whole(number)}


def views(number: int) -> str:
    """Return "1 view" or "1,204 views"."""
    return ngettext("%(number)s view", "%(number)s views", number) % {"number": whole(number)}


def files(number: int) -> str:
    """Return "1 file" or "1,204 files"."""
    return ngettext("%(number)s file", "%(number)s files", number) % {"number": whole(number)}


def all_bytes(number: int) -> str:
    """Return "1,204,331 bytes"."""
    return ngettext("%(number)s byte", "%(number)s bytes", number) % {"number": whole(number)}


def stars_counted(number: int) -> str:
    """Return "1 star" or "3 stars"."""
    return ngettext("%(number)s star", "%(number)s stars", number) % {"number": whole(number)}


def of_five(number: int) -> str:
    """Return "3 of 5 stars"."""
    return gettext("%(number)s of %(most)s stars") % {"number": number, "most": MAX_STARS}


def and_more(number: int) -> str:
    """Return "and 3 more", after a list of names."""
    return npgettext("not named", "and %(number)s more", "and %(number)s more", number) % {"number": whole(number)}


def which_page(page: Page) -> str:
    """Return "Page 3 of 1,204"."""
    words = {"number": whole(page.number), "pages": whole(page.paginator.num_pages)}
    return gettext("Page %(number)s of %(pages)s") % words


def files_done(activity: Activity) -> str:
    """Return "12 of 340 files", or "12 files" if the total is unknown."""
    if not activity.total:
        return files(activity.done)
    sentence = ngettext("%(done)s of %(total)s file", "%(done)s of %(total)s files", activity.total)
    return sentence % {"done": whole(activity.done), "total": whole(activity.total)}


def marked_reason(problem: str) -> SafeString:
    """Return why a file could not be read, in the page's language; what has no translation is marked as English."""
    translated = problem_messages.translate_problem(problem)
    is_english = translated == problem_messages.in_english(problem)
    return format_html('<span lang="en">{}</span>' if is_english else "<span>{}</span>", translated)


def exactly(moment: datetime) -> str:
    """Return "4 March 2026, 18:05"."""
    return date_format(moment, pgettext("date format of a moment", "j F Y, H:i"))


def iso(moment: datetime) -> str:
    """Return an ISO 8601 date, as the filter date:"c" does, in a tenth of the time."""
    return moment.isoformat()


def added_on(moment: datetime) -> str:
    """Return "Added 4 March 2026, 18:05"."""
    return gettext("Added %(when)s") % {"when": exactly(moment)}


def watched_on(moment: datetime) -> str:
    """Return "Watched 4 March 2026, 18:05"."""
    return gettext("Watched %(when)s") % {"when": exactly(moment)}


def month(day: date) -> str:
    """Return "Mar 2026"."""
    return date_format(day, pgettext("date format of a month, short", "M Y"))


def whole_month(day: date) -> str:
    """Return "March 2026"."""
    return date_format(day, pgettext("date format of a month", "F Y"))


def undoable_action(tags: str) -> str:
    """Return the id of the action that a message offers to undo, "12" for its tag "undo-12", or ""."""
    return tags.removeprefix(UNDO_TAG) if tags.startswith(UNDO_TAG) else ""


def stars(number: int) -> str:
    """Return "★★★☆☆" for 3."""
    return "★" * number + "☆" * (MAX_STARS - number)


def clock(seconds: float) -> str:
    """Return a duration as 1:23:45 or 3:05, rounded to the second."""
    return timecode.clock(round(seconds))


def at(seconds: float | None) -> str:
    """Return a position as 1:23:45 or 3:05, rounded down, while durations are rounded; "" for None."""
    return "" if seconds is None else timecode.clock(seconds)


def stopped_at(seconds: float) -> str:
    """Return "Stopped at 1:23"."""
    return gettext("Stopped at %(moment)s") % {"moment": at(seconds)}


def watched_up_to(seconds: float) -> str:
    """Return "Watched up to 1:23"."""
    return gettext("Watched up to %(moment)s") % {"moment": at(seconds)}


def written(seconds: float) -> str:
    """Return "83.042": seconds for a URL or a script, independent of the language."""
    return timecode.written(seconds)


def of(values: dict[int, float], key: int) -> float | None:
    """Return the value of a key, or None."""
    return values.get(key)


def is_new(video: Video, marks: Marks | None) -> bool:
    """Return whether a video was added in the last NEW_DAYS days and this viewer has not viewed it."""
    is_viewed = bool(marks and (marks.view_count or marks.position_seconds or marks.is_watched))
    return not is_viewed and is_recent(video.added_date, timedelta(days=NEW_DAYS), timezone.now())


def ago(moment: datetime) -> str:
    """Return "3 days ago", in the largest unit only."""
    now = timezone.now()
    seconds = (now - moment).total_seconds()
    if seconds < 0:
        return str(naturaltime(moment))
    if seconds < 1:
        return gettext("now")
    unit, number = ("second", int(seconds)) if seconds < 60 else _largest(moment, now)
    # No line break between the number and its unit.
    return (_AGO[unit] % {"number": number}).replace(f"{number} ", f"{number}\N{NO-BREAK SPACE}", 1)


def _largest(moment: datetime, now: datetime) -> tuple[str, int]:
    """Return ("day", 3): the time since the moment in its largest unit."""
    unit, number = timesince(moment, now, time_strings=_UNITS, depth=1).split()
    return unit, int(number)


def hue(filename: str) -> int:
    """Return one of twelve hues for a video without a cover, always the same for a file."""
    return zlib.crc32(filename.encode(errors="surrogatepass")) % _HUES


def trouble(video: Video) -> str:
    """Return the badge of an unreadable video: "Unreadable", "Being written", "Incomplete", or ""."""
    if not video.is_unreadable:
        return ""
    if video.looks_incomplete:
        return gettext("Incomplete")
    return gettext("Being written") if video.problem == STILL_BEING_WRITTEN else gettext("Unreadable")


def roughly(span: timedelta) -> str:
    """Return "12 seconds", "3 minutes" or "1 hour 20 minutes", for an estimate."""
    seconds = round(span.total_seconds())
    if seconds < 60:
        return ngettext("%(number)s second", "%(number)s seconds", seconds) % {"number": seconds}
    hours, minutes = divmod(round(seconds / 60), 60)
    whole_hours = ngettext("%(number)s hour", "%(number)s hours", hours) % {"number": whole(hours)}
    if hours >= 10 or not minutes:
        return whole_hours
    rest = ngettext("%(number)s minute", "%(number)s minutes", minutes) % {"number": minutes}
    return f"{whole_hours} {rest}" if hours else rest


def per_second(rate: float) -> str:
    """Return "1,204", or "0.4" below 10."""
    return whole(round(rate)) if rate >= 10 else with_places(rate, 1)


def bit_rate(bits_per_second: int) -> str:
    """Return "5.2 Mbit/s" or "320 kbit/s"."""
    if bits_per_second >= 1_000_000:
        return gettext("%(number)s Mbit/s") % {"number": with_places(bits_per_second / 1_000_000, 1)}
    return gettext("%(number)s kbit/s") % {"number": whole(round(bits_per_second / 1000))}


def frame_rate(frames_per_second: float) -> str:
    """Return "25 fps" or "29.97 fps"."""
    exact = Decimal(f"{frames_per_second:.2f}".rstrip("0").rstrip("."))
    return gettext("%(number)s fps") % {"number": number_format(exact)}


def channels(count: int) -> str:
    """Return "stereo" or "5.1"."""
    if count in _CHANNELS:
        return str(_CHANNELS[count])
    return ngettext("%(number)s channel", "%(number)s channels", count) % {"number": whole(count)}


def language(code: str) -> str:
    """Return "English" for "eng" or "en", in the page's language; a code that is not known as it is."""
    locale = (get_language() or "en").partition("-")[0]
    said = Said()
    # A subtitle file is named with the same codes.
    if understand(code, said) and said.languages:
        return label_of(said, locale)
    return language_name(code, locale)


def hours(milliseconds: int) -> str:
    """Return "1,204 h", "3.4 h" below ten hours, "12 min" below an hour, and "48 s" below a minute."""
    minutes = milliseconds / 60_000
    if minutes < 1:
        return gettext("%(number)s s") % {"number": round(milliseconds / 1000)}
    if minutes < 60:
        return gettext("%(number)s min") % {"number": round(minutes)}
    number = with_places(minutes / 60, 1) if minutes < 600 else whole(round(minutes / 60))
    return gettext("%(number)s h") % {"number": number}
