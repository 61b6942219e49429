"""The words for filters and orders, in the language of the page."""

from typing import Any

from django.utils.text import format_lazy
from django.utils.translation import gettext, gettext_lazy, pgettext_lazy

from videos.models import MAX_STARS

SORT_LABELS = {
    "added": pgettext_lazy("order", "Added"), "title": gettext_lazy("Title"), "rating": gettext_lazy("Stars"),
    "views": gettext_lazy("Views"), "viewed": gettext_lazy("Last viewed"), "duration": gettext_lazy("Duration"),
    "size": gettext_lazy("Size"), "random": gettext_lazy("Random"),
}  # fmt: skip
# The order at the end of a list's description: "#sea, by stars".
SORTED_BY = {
    "added": gettext_lazy("by date added"), "title": gettext_lazy("by title"), "rating": gettext_lazy("by stars"),
    "views": gettext_lazy("by views"), "viewed": gettext_lazy("by last viewed"),
    "duration": gettext_lazy("by duration"), "size": gettext_lazy("by size"), "random": gettext_lazy("in random order"),
}  # fmt: skip
WATCHED = {"yes": gettext_lazy("Watched"), "started": gettext_lazy("In progress"), "no": gettext_lazy("Unwatched")}
# Keyed by the range of seconds as the URL has it. Any other range may be typed into the URL.
DURATIONS = {
    "0-300": gettext_lazy("Up to 5 min"), "300-1200": gettext_lazy("5 to 20 min"),
    "1200-3600": gettext_lazy("20 to 60 min"), "3600-": gettext_lazy("Over an hour"),
}  # fmt: skip
RESOLUTION_LABELS = {"sd": "SD", "720": "720p", "1080": "1080p", "4k": "4K"}
ADDED = {"7d": gettext_lazy("Last 7 days"), "30d": gettext_lazy("Last 30 days"), "1y": gettext_lazy("Last year")}
_CODEC_LABELS = {"h264": "H.264", "h263": "H.263", "mpeg4": "MPEG-4", "mpeg2video": "MPEG-2", "mpeg1video": "MPEG-1"}


def codec_label(name: str) -> str:
    """Return "H.264" for "h264"."""
    return _CODEC_LABELS.get(name, name.upper())


def or_more(stars: int) -> Any:
    """Return "★★★ or more", translated when it is shown."""
    shown = "★" * stars
    return format_lazy(gettext_lazy("{stars} or more"), stars=shown) if stars < MAX_STARS else shown


def filter_labels(values: dict[str, Any]) -> list[tuple[str, str, Any]]:
    """Return (label, name, value without it) of each filter that is on; `values` as in GalleryQuery."""
    labels: list[tuple[str, str, Any]] = (
        [(gettext("“%(words)s”") % {"words": values["q"]}, "q", "")] if values["q"] else []
    )
    for name, sign in (
        ("tags", "#%(tag)s"),
        ("any_tags", gettext("or #%(tag)s")),
        ("no_tags", gettext("not #%(tag)s")),
    ):
        tags = values[name]
        labels += [(sign % {"tag": tag}, name, [other for other in tags if other != tag]) for tag in tags]
    duration, added = values["duration"], values["added"]
    single = {
        "rating": or_more(values["rating"]),
        "favorites": gettext("Favorites"),
        "watched": WATCHED.get(values["watched"], ""),
        "duration": DURATIONS.get(duration) or gettext("%(range)s seconds") % {"range": duration},
        "resolution": RESOLUTION_LABELS.get(values["resolution"], ""),
        "codec": codec_label(values["codec"]),
        "added": ADDED.get(added) or gettext("Added %(window)s") % {"window": added},
        "folder": values["folder"].rstrip("/"),
        "missing": gettext("Missing"),
    }
    return labels + [(str(label), name, type(values[name])()) for name, label in single.items() if values[name]]
