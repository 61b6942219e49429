"""File extensions of videos, and those that other programs use for other files.

The settings import this module, so it reads settings only when it is called.
"""

import re
from collections.abc import Iterable

from django.conf import settings

from videos.core.errors import LibraryError
from videos.core.video_extensions import CONTENT_TYPES
from videos.media.subtitles.cues import EXTENSIONS as SUBTITLE_EXTENSIONS

EXTENSIONS = frozenset(CONTENT_TYPES)
# Also used by TypeScript, Go, Amiga modules, Pascal, game data …: a small file with them may be anything.
SHARED_EXTENSIONS = frozenset(["360", "dav", "dv", "mod", "mts", "rm", "tod", "tp", "trp", "ts"])
# Other files with such an extension are smaller: source text, and music of a few hundred kilobytes.
SHARED_MAX_BYTES = 16 * 1024 * 1024

# Never videos, whatever their size: pictures, sound, texts and subtitles.
OTHER_EXTENSIONS = SUBTITLE_EXTENSIONS | {
    "idx", "sup",
    "arw", "avif", "bmp", "cr2", "cr3", "dng", "gif", "heic", "heif", "jpeg", "jpg", "jxl", "nef", "orf", "png", "psd",
    "raf", "raw", "rw2", "svg", "tif", "tiff", "webp", "xcf",
    "aac", "ac3", "aif", "aiff", "alac", "ape", "dff", "dsf", "dts", "eac3", "flac", "m4a", "m4b", "mid", "mka", "mp3",
    "oga", "opus", "wav", "wma", "wv",
    "azw3", "csv", "db", "epub", "htm", "html", "ini", "json", "log", "md", "mobi", "nfo", "pdf", "txt", "url", "xml",
}  # fmt: skip

_EXTENSION = re.compile(r"[\w!#$%&+@^~-]{1,20}")


class BadExtension(LibraryError, ValueError):
    """Not a valid extension of videos; the message says why."""


def extension_of(name: str) -> str:
    """Return "mp4" for "Film.MP4", "" for a name without a dot."""
    return name.rpartition(".")[2].lower() if "." in name else ""


def has_video_extension(name: str) -> bool:
    extension = extension_of(name)
    return extension in EXTENSIONS or (extension != "" and extension in settings.EXTENSIONS)


def clean_extensions(extensions: Iterable[str]) -> frozenset[str]:
    """Return the extensions in lower case, without a leading dot or star. Raises BadExtension."""
    cleaned = set()
    for given in extensions:
        extension = given.removeprefix("*").removeprefix(".").lower()
        if not _EXTENSION.fullmatch(extension):
            raise BadExtension(f"{given!r} is not what a file name ends with, like rmvb or .rmvb.")
        if extension in SUBTITLE_EXTENSIONS or extension == "idx":
            raise BadExtension(f"{given!r} is the extension of subtitle files.")
        cleaned.add(extension)
    return frozenset(cleaned)
