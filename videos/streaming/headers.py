"""Response headers about a file: its type, its name for saving, and caching."""

import re
from dataclasses import dataclass
from urllib.parse import quote

# The only list of video extensions, with their types. LVS_EXTENSIONS adds others, without a type.
CONTENT_TYPES = {
    "360": "video/mp4", "3g2": "video/3gpp2", "3gp": "video/3gpp", "asf": "video/x-ms-asf", "avi": "video/x-msvideo",
    "dav": "video/x-dav", "divx": "video/x-msvideo", "dv": "video/x-dv", "dvr-ms": "video/x-ms-asf",
    "f4v": "video/mp4", "flv": "video/x-flv", "insv": "video/mp4", "lrv": "video/mp4", "m1v": "video/mpeg",
    "m2t": "video/mp2t", "m2ts": "video/mp2t", "m2v": "video/mpeg", "m4v": "video/mp4", "mk3d": "video/x-matroska",
    "mkv": "video/x-matroska", "mod": "video/mpeg", "mov": "video/quicktime", "mp4": "video/mp4", "mpe": "video/mpeg",
    "mpeg": "video/mpeg", "mpg": "video/mpeg", "mpg4": "video/mp4", "mts": "video/mp2t", "mxf": "application/mxf",
    "ogg": "video/ogg", "ogm": "video/ogg", "ogv": "video/ogg", "qt": "video/quicktime",
    "rm": "application/vnd.rn-realmedia", "rmvb": "application/vnd.rn-realmedia-vbr", "tod": "video/mp2t",
    "tp": "video/mp2t", "trp": "video/mp2t", "ts": "video/mp2t", "vob": "video/mpeg", "webm": "video/webm",
    "wmv": "video/x-ms-wmv", "wtv": "video/x-ms-wtv", "xvid": "video/x-msvideo",
}  # fmt: skip
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
