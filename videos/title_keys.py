"""The key by which titles sort as people count: 2 before 10, case and accents ignored."""

import posixpath
import re
import unicodedata

MAX_KEY_LENGTH = 300
_DIGITS = re.compile(r"[0-9]+")


def title_of(filename: str) -> str:
    """Return the title that a file has until somebody gives it another: its name without folder and extension."""
    return posixpath.splitext(posixpath.basename(filename))[0]


def title_key(title: str, filename: str) -> str:
    """Return the key of a video; one without a title sorts by its file's name.

    Keys are compared by code points. In front of each number stands how long it is, so that "9" comes before "10".
    """
    text = title or title_of(filename)
    if not text.isascii():
        text = "".join(letter for letter in unicodedata.normalize("NFKD", text) if not unicodedata.combining(letter))
    return _DIGITS.sub(_number, text.casefold())[:MAX_KEY_LENGTH].strip()


def _number(match: "re.Match[str]") -> str:
    digits = match[0].lstrip("0")
    # After "0" comes a sign for the length: a number stays among the numbers, before the letters.
    return f"0{chr(0x30 + len(digits))}{digits}"
