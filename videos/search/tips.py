"""The search tips: each example works as a query."""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Tip:
    """Examples of one kind of query, and what they find."""

    examples: tuple[str, ...]
    finds: Any


WORDS = (
    Tip(("beach sea",), _("All of these words, in the title, file name or tags")),
    Tip(('"new york"',), _("This exact phrase")),
    Tip(("-snow",), _("Without this word; a minus works before any term")),
    Tip(("spiderman", "oneill"), _("Spider-Man and O’Neill: punctuation, accents and case do not matter")),
)
FIELDS = (
    Tip(("tag:sea", 'tag:"new york"'), _("With this tag")),
    Tip(("rating:>=4", "stars:5", "rating:0"), _("Your stars; 0 means not rated")),
    Tip(
        ("is:favorite", "is:watched", "is:unwatched", "is:started"), _("Favorites; watched, not watched or in progress")
    ),
    Tip(("is:missing",), _("The file is missing")),
    Tip(("duration:>20m", "duration:<90s", "duration:>=1:30:00"), _("Longer or shorter, in s, m or h")),
    Tip(
        ("added:<7d", "added:2024", "added:>2024-05-01"),
        _("In the last 7 days, in a year, after a date; ages in h, d, w, m or y"),
    ),
    Tip(("height:>=1080", "height:2160p"), _("Video height")),
    Tip(("size:>1gb", "size:<=500mb"), _("Larger or smaller, in kb, mb, gb or tb")),
    Tip(("codec:hevc", "codec:aac"), _("Video or audio codec")),
    Tip(("folder:trips", 'folder:"trips/new york"'), _("In this folder or its subfolders")),
    Tip(("-tag:sea", "tag:sea rating:>=4 -snow"), _("Without a tag; several conditions at once")),
)
