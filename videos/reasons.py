"""Why a file could not be read, in the page's language. It is kept in English, as videos/media/ says it."""

from django.utils.translation import gettext, gettext_noop

REASONS = frozenset((
    gettext_noop("not a video in a known format"), gettext_noop("the file is empty"), gettext_noop("nothing but zeros"),
    gettext_noop("cut off: the index (moov) is missing"), gettext_noop("damaged or cut off"),
    gettext_noop("no video in it"), gettext_noop("encrypted"), gettext_noop("still being written"),
    gettext_noop("looks incomplete: still being copied?"), gettext_noop("its beginning is nothing but zeros"),
    gettext_noop("a video codec that is not known"), gettext_noop("none of its pictures can be decoded"),
    gettext_noop("damaged: no size of the picture in it"), gettext_noop("too large a picture"),
    gettext_noop("the decoder crashed on it"), gettext_noop("the decoder answered nonsense"),
    gettext_noop("a playlist, not a video"), gettext_noop("an image, not a video"),
    gettext_noop("a web page, not a video"), gettext_noop("a text file, not a video"),
    gettext_noop("a ZIP archive, not a video"), gettext_noop("a PDF document, not a video"),
    gettext_noop("a program, not a video"),
))  # fmt: skip


def told(reason: str) -> str:
    """Return the reason in the page's language, or as it is where there are no words for it."""
    return gettext(reason) if reason in REASONS else reason
