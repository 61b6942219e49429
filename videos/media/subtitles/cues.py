"""What all formats of subtitles are read into, and how much of it there may be."""

import html
from collections.abc import Iterable
from typing import NamedTuple

EXTENSIONS = frozenset(["ass", "dfxp", "sami", "smi", "srt", "ssa", "sub", "ttml", "vtt"])
MOST_BYTES = 10 << 20
# A film has two thousand cues; a concert with karaoke effects twenty thousand, with ten marks in each.
MOST_CUES = 50_000
MOST_MARKS = 300_000
LONGEST_CUE = 4000

# Tags of other formats that WebVTT has, too.
TAGS_KEPT = {"i": "i", "em": "i", "b": "b", "strong": "b", "u": "u"}


class UnreadableSubtitles(Exception):
    """The file cannot be shown as subtitles; str() says why."""


class Cue(NamedTuple):
    """One subtitle: its text is WebVTT already, escaped and without empty lines."""

    start_ms: int
    end_ms: int
    text: str


class CueText:
    """The text of one cue while it is read: `tags` are those of <i>, <b> and <u> that are on."""

    def __init__(self, tags: Iterable[str] = ()) -> None:
        self.tags = set(tags)
        self._written: list[str] = []
        self._room = LONGEST_CUE

    def add(self, text: str) -> None:
        """Add text with the tags that are on; past what anybody could read it is cut."""
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
        self._written.append(before + written + after)

    def switch(self, tag: str, on: bool) -> None:
        (self.tags.add if on else self.tags.discard)(tag)

    def webvtt(self) -> str:
        # An empty line would end the cue.
        lines = "".join(self._written).translate(_NO_CONTROLS).split("\n")
        return "\n".join(line.strip() for line in lines if line.strip())


_NO_CONTROLS = dict.fromkeys([*range(9), *range(11, 32), *range(127, 160), 0x2028, 0x2029])


def refuse_more_marks(text: str, marks: str) -> None:
    if sum(map(text.count, marks)) > MOST_MARKS:
        raise UnreadableSubtitles("it holds more markup than subtitles do")


def milliseconds(hours: str | None, minutes: str, seconds: str, fraction: str | None) -> int:
    whole = (int(hours or 0) * 60 + int(minutes)) * 60 + int(seconds)
    return whole * 1000 + int((fraction or "").ljust(3, "0")[:3])
