"""File names: the folder part, and a form that is safe to print."""


def folder_of(filename: str) -> str:
    """Return "trips/" for "trips/sea.mp4" and "" for a file in the video folder itself."""
    return filename[: filename.rfind("/") + 1]


def printable(text: str) -> str:
    """Return the text with control characters and undecodable bytes escaped, for a terminal."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return escaped.encode(errors="backslashreplace").decode()
