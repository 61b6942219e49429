"""Normalizing tag names, and the key under which two names are the same tag."""

import re
import unicodedata

from django.utils.translation import gettext

MAX_LENGTH = 200
_LEADING = re.compile(r"^[#\s]+")


def clean_tag_name(raw: str) -> str:
    """Return the name stripped, NFC, without leading "#"; may be "". Cleaning twice changes nothing."""
    return _LEADING.sub("", unicodedata.normalize("NFC", raw)).rstrip()


def fold_tag_name(name: str) -> str:
    """Return a key that is equal for names that differ only in case ("Straße" and "STRASSE" too)."""
    folded = unicodedata.normalize("NFC", clean_tag_name(name)).casefold()
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", folded).casefold())


def tag_name_problem(raw: object) -> str | None:
    """Return why `raw` cannot name a tag, or None."""
    if not isinstance(raw, str):
        return gettext("a tag must be text")
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in raw.strip()):
        return gettext("a tag cannot contain control characters")
    name = clean_tag_name(raw)
    if not name:
        return gettext("a tag cannot be empty")
    if len(name) > MAX_LENGTH:
        return gettext("a tag can have at most %(most)s characters") % {"most": MAX_LENGTH}
    return None
