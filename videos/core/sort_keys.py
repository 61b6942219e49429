"""The key by which titles sort as people count: 2 before 10, by the first letter, case and accents ignored."""

import posixpath
import re
from functools import lru_cache

from videos.core.folding import SIGNS, fold

MAX_KEY_LENGTH = 300
_DIGITS = re.compile(r"[0-9]+")


def title_of(filename: str) -> str:
    """Return the title that a file has until somebody gives it another: its name without folder and extension."""
    return posixpath.splitext(posixpath.basename(filename))[0]


def title_key(title: str, filename: str) -> str:
    """Return the key of a video; one without a title sorts by its file's name.

    Keys are compared by code points. In front of each number stands how long it is, so that "9" comes before "10".
    """
    folded = " ".join(fold(title or title_of(filename)).split())
    # "(500) Days" stands among the numbers, and what is made of signs alone before all others.
    text = folded.lstrip(SIGNS + " ") or (folded and f"!{folded}")
    return _DIGITS.sub(_number, text)[:MAX_KEY_LENGTH].strip()


@lru_cache(20_000)
def name_key(name: str) -> str:
    """Return the key by which the name of a tag or a folder sorts: as a title does."""
    return title_key(name, "")


def _number(match: "re.Match[str]") -> str:
    digits = match[0].lstrip("0")
    # After "0" comes a sign for the length: a number stays among the numbers, before the letters.
    return f"0{chr(0x30 + len(digits))}{digits}"
