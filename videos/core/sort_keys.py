"""Natural sort keys: 2 before 10, letters compared without case and accents."""

import posixpath
import re
from functools import lru_cache

from videos.core.folding import SIGNS, fold

MAX_KEY_LENGTH = 300
_DIGITS = re.compile(r"[0-9]+")


def title_of(filename: str) -> str:
    """Return the default title of a file: its name without folder and extension."""
    return posixpath.splitext(posixpath.basename(filename))[0]


def title_key(title: str, filename: str) -> str:
    """Return the sort key of a video; without a title, of its file name.

    Keys are compared by code points. Each number is prefixed with its length, so that "9" comes before "10".
    """
    folded = " ".join(fold(title or title_of(filename)).split())
    # "(500) Days" sorts among the numbers; titles made of signs alone come first.
    text = folded.lstrip(SIGNS + " ") or (folded and f"!{folded}")
    return _DIGITS.sub(_number, text)[:MAX_KEY_LENGTH].strip()


@lru_cache(20_000)
def name_key(name: str) -> str:
    """Return the sort key of the name of a tag or a folder, as for a title."""
    return title_key(name, "")


def _number(match: "re.Match[str]") -> str:
    digits = match[0].lstrip("0")
    # The length is a character after "0", so that numbers stay together before the letters.
    return f"0{chr(0x30 + len(digits))}{digits}"
