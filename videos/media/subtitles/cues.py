"""Cues, which all subtitle formats are read into, and limits on their number and size."""

import html
import re
from collections.abc import Iterable
from typing import NamedTuple

from videos.core.errors import LibraryError
from videos.media.subtitles.placement import PLAIN, Placement

EXTENSIONS = frozenset(
    ["ass", "dfxp", "lrc", "mpl", "mpl2", "sami", "sbv", "smi", "srt", "ssa", "sub", "ttml", "utf", "utf8", "vtt"]
)
MAX_BYTES = 10 << 20
# A film has two thousand cues; a concert with karaoke effects twenty thousand, with ten tags in each.
MAX_CUES = 50_000
MAX_MARKS = 300_000
LONGEST_CUE = 4000

# Tags that WebVTT shares with other formats.
TAGS_KEPT = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u"}


class UnreadableSubtitles(LibraryError):
    """The file cannot be shown as subtitles; str() says why."""


class Cue(NamedTuple):
    """One subtitle. Its text is escaped WebVTT without empty lines. Without an end, the next cue ends it."""

    start_ms: int
    end_ms: int | None
    text: str
    placement: Placement = PLAIN


class CueText:
    """The text of one cue being read: `tags` are the open <i>, <b> and <u>, `color` is a class."""

    def __init__(self, tags: Iterable[str] = (), color: str = "") -> None:
        self.tags = set(tags)
        self.color = color
        self._written: list[str] = []
        self._room = LONGEST_CUE

    def add(self, text: str) -> None:
        """Add text with the open tags; text longer than anybody could read is cut."""
        text = text[: self._room]
        self._room -= len(text)
        bare = text.strip()
        if not bare:
            self._written.append(text)
            return
        before, _, after = text.partition(bare)
        written = html.escape(bare, quote=False)
        for tag in sorted(self.tags):
            written = f"<{tag}>{written}</{tag}>"
        if self.color:
            written = f"<c.{self.color}>{written}</c>"
        self._written.append(before + written + after)

    def switch(self, tag: str, on: bool) -> None:
        (self.tags.add if on else self.tags.discard)(tag)

    def webvtt(self) -> str:
        # An empty line would end the cue.
        lines = "".join(self._written).translate(_NO_CONTROLS).split("\n")
        return "\n".join(line.strip() for line in lines if line.strip())


_NO_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029])

# SAMI often omits the semicolon.
_ENTITY = re.compile(
    r"&(?:(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});|(?:nbsp|amp|lt|gt|quot)(?![A-Za-z0-9;]))"
)
ENCODED_AGAIN = re.compile(r"&(?:amp;){1,8}(?=(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});)")


def without_entities(text: str) -> str:
    """Decode entities such as "&eacute;", also if encoded twice ("&amp;eacute;")."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda entity: html.unescape(entity[0]), ENCODED_AGAIN.sub("&", text))


def refuse_more_marks(text: str, marks: str) -> None:
    if sum(map(text.count, marks)) > MAX_MARKS:
        raise UnreadableSubtitles("it holds more markup than subtitles do")


# A time in any common form: 1:02:03,4 and 02:03.4 and 00:00:01:500 and "00: 00: 01, 500", in any digits. The lengths
# are bounded, as Python refuses to parse numbers of thousands of digits.
_CLOCK_PARTS = r"(-?)(?:(\d{1,6})[ ]?:[ ]?)?(\d{1,3})[ ]?:[ ]?(\d{1,2})(?:[ ]?[.,:][ ]?(\d{1,9}))?(?!\d)"
CLOCK = re.sub(r"\((?!\?)", "(?:", _CLOCK_PARTS)


def clock_ms(clock: str) -> int:
    """Return the milliseconds of a text that CLOCK matches; negative with a minus before it."""
    parts = re.fullmatch(_CLOCK_PARTS, clock)
    if not parts:
        raise ValueError(f"not a time: {clock!r}")
    value = milliseconds(*parts.groups()[1:])
    return -value if parts[1] else value


def milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "").ljust(3, "0")[:3])


def timestamp(time_ms: int) -> str:
    """Return "01:02:03.400"."""
    minutes, seconds_ms = divmod(time_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds_ms // 1000:02}.{seconds_ms % 1000:03}"
