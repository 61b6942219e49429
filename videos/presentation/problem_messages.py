"""Why a file was skipped or could not be read, in the page's language. It is kept in English, as it was found."""

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
    gettext_noop("a program, not a video"), gettext_noop("music, not a video"),
    # Of these a detail follows: what the system said.
    gettext_noop("cannot be read"), gettext_noop("the folder cannot be read"), gettext_noop("the database refused it"),
    # Why a scan passed a file or folder over.
    gettext_noop("hidden"), gettext_noop("a system folder"), gettext_noop("excluded by LVS_EXCLUDE"),
    gettext_noop("not a known video extension"), gettext_noop("the name is not UTF-8"),
    gettext_noop("a folder, not a video; the files in it are looked at"), gettext_noop("a FIFO, not a file"),
    gettext_noop("a socket, not a file"), gettext_noop("a device, not a file"), gettext_noop("a link to nothing"),
    gettext_noop("a link that leaves the video folder"), gettext_noop("a link that leads through too many others"),
    gettext_noop("a link to a folder; its files are found where they are"), gettext_noop("other reasons"),
))  # fmt: skip


def told(reason: str) -> str:
    """Return the reason in the page's language, or as it is where there are no words for it."""
    if reason in REASONS:
        return gettext(reason)
    known, colon, detail = reason.partition(": ")
    return f"{gettext(known)}: {detail}" if colon and known in REASONS else reason
