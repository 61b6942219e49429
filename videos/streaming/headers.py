"""Response headers about a file: its type, its name for saving, and caching."""

import re
from dataclasses import dataclass
from urllib.parse import quote

from videos.core.video_extensions import CONTENT_TYPES

# Only ASCII, without quotes and backslashes, which programs unescape differently, and without percent signs, which some
# decode (RFC 6266 Appendix D).
_UNSAFE = re.compile(r"[^\w !#$&'()+,.;=@\[\]^`{}~-]", re.ASCII)
# Characters that RFC 8187 allows in an extended value, besides letters and digits.
_ATTRIBUTE_CHARACTERS = "!#$&+-.^_`|~"


# Browsers may cache it, but must revalidate before use.
ASK_AGAIN = "private, no-cache"


@dataclass(frozen=True)
class Label:
    """The headers of a file for any of its ranges. The type is that of the name unless given."""

    name: str
    download: bool = False
    content_type: str = ""
    cache_control: str = ASK_AGAIN

    @property
    def headers(self) -> dict[str, str]:
        return {
            "Cache-Control": self.cache_control,
            "Content-Disposition": content_disposition(self.name, download=self.download),
            "Content-Type": self.content_type or content_type_of(self.name),
        }


def content_type_of(name: str) -> str:
    """Return the type of the name's extension, never one that a browser would execute."""
    extension = name.rpartition(".")[2].lower()
    return CONTENT_TYPES.get(extension, "application/octet-stream")


def content_disposition(name: str, *, download: bool) -> str:
    """Return the Content-Disposition that shows or saves the file under its own name. RFC 6266.

    A non-ASCII name is given twice: complete, and with "_" for what older programs could misread.
    """
    disposition = "attachment" if download else "inline"
    if not name:
        return disposition
    plain = _UNSAFE.sub("_", name)
    if plain == name == name.strip():
        return f'{disposition}; filename="{name}"'
    return f"{disposition}; filename=\"{plain}\"; filename*=utf-8''{quote(name, safe=_ATTRIBUTE_CHARACTERS)}"
