"""The names of files: what of them is the folder, and how a terminal can show them."""


def folder_of(filename: str) -> str:
    """Return "trips/" for "trips/sea.mp4" and "" for a file in the video folder itself."""
    return filename[: filename.rfind("/") + 1]


def printable(text: str) -> str:
    """Return the text fit for a terminal: control characters, and bytes that are no characters, as escapes."""
    escaped = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
    return escaped.encode(errors="backslashreplace").decode()
