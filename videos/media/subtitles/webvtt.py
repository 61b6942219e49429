"""Convert subtitles of any format to WebVTT."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from videos.media.subtitles.cues import (
    EXTENSIONS,
    MAX_BYTES,
    MAX_CUES,
    Cue,
    UnreadableSubtitles,
    refuse_more_marks,
    timestamp,
)
from videos.media.subtitles.encodings import decoded
from videos.media.subtitles.line_formats import (
    FRAMES,
    LRC_LINE,
    SUBVIEWER_1_TIME,
    TMPLAYER_LINE,
    read_lrc,
    read_microdvd,
    read_subviewer_1,
    read_tmplayer,
)
from videos.media.subtitles.markup_formats import read_sami
from videos.media.subtitles.placement import settings
from videos.media.subtitles.subrip import SUBRIP_TIMES, SUBVIEWER_TIMES, read_subrip, read_subviewer
from videos.media.subtitles.substation import read_substation
from videos.media.subtitles.ttml import read_ttml
from videos.media.subtitles.webvtt_source import repaired

# A cue without an end lasts until the next one, but at most this long.
_LONGEST_OPEN_MS = 7000


def to_webvtt(content: bytes, extension: str, *, language: str = "", frame_rate: float | None = None) -> str:
    """Return the subtitles as WebVTT. The format is recognized by content first, then by extension.

    WebVTT keeps its styles, settings and notes. Other formats keep times, lines, places, colours, italics, bold and
    underline; drawings and effects are dropped. `language` (such as "ja") is that of the file's name, and helps to
    guess the encoding; `frame_rate` is the film's, for times counted in frames. Raises UnreadableSubtitles.
    """
    kind = extension.lower().removeprefix(".")
    if kind not in EXTENSIONS:
        raise UnreadableSubtitles("subtitles of this kind cannot be read")
    if len(content) > MAX_BYTES:
        raise UnreadableSubtitles(f"it is larger than {MAX_BYTES >> 20} MiB, which no subtitles are")
    text = decoded(content, language).lstrip()
    refuse_more_marks(text, "<{|")
    if re.match(r"WEBVTT(?![^ \t\n])", text):
        return repaired(text)
    read = next((reader for sign, reader in _SIGNS if sign.search(text, 0, _LONGEST_START)), _READERS[kind])
    return _written(read_microdvd(text, frame_rate) if read is read_microdvd else read(text))


def _written(cues: Iterable[Cue]) -> str:
    found = list(islice(cues, MAX_CUES + 1))
    if len(found) > MAX_CUES:
        raise UnreadableSubtitles(f"it holds more than {MAX_CUES:,} subtitles")
    # SubStation files repeat a line for its shadow or glow; one copy is enough.
    once: dict[tuple[int, int, str], Cue] = {}
    for cue, end_ms in _with_ends(sorted(found, key=lambda cue: cue.start_ms)):
        if cue.text and cue.start_ms < end_ms:
            once.setdefault((cue.start_ms, end_ms, _TAGS.sub("", cue.text)), cue)
    if not once:
        raise UnreadableSubtitles("no subtitles were found in it")
    placed = settings((start, end, cue.text, cue.placement) for (start, end, _), cue in once.items())
    blocks = (
        f"{timestamp(start)} --> {f'{timestamp(end)} {place}'.rstrip()}\n{cue.text}\n"
        for ((start, end, _), cue), place in zip(once.items(), placed, strict=True)
    )
    return "\n".join(chain(["WEBVTT\n"], blocks))


_TAGS = re.compile("<[^<>]*>")


def _with_ends(cues: list[Cue]) -> Iterator[tuple[Cue, int]]:
    """Yield each cue with its end: its own, or the start of the next one."""
    next_start = later = None
    ends: list[int] = []
    for cue in reversed(cues):
        if later is not None and later > cue.start_ms:
            next_start = later
        later = cue.start_ms
        longest = cue.start_ms + _LONGEST_OPEN_MS
        until = longest if next_start is None else min(longest, next_start)
        ends.append(until if cue.end_ms is None else cue.end_ms)
    return zip(cues, reversed(ends), strict=True)


_Reader = Callable[[str], Iterator[Cue]]
# How each format begins: extensions are often wrong.
_SIGNS: list[tuple[re.Pattern[str], _Reader]] = [
    (re.compile(r"^[^\S\n]*\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE | re.MULTILINE), read_substation),
    (re.compile(r"<sami\b", re.IGNORECASE), read_sami),
    (re.compile(r"<(?:\w{1,40}:)?tt\s[^<>]{0,2000}tt(?:ml|af1)"), read_ttml),
    (FRAMES, read_microdvd),
    (SUBVIEWER_TIMES, read_subviewer),
    (SUBRIP_TIMES, read_subrip),
    (SUBVIEWER_1_TIME, read_subviewer_1),
    (LRC_LINE, read_lrc),
    (TMPLAYER_LINE, read_tmplayer),
]
# Comments or styles may come first, within this length.
_LONGEST_START = 4096
# The SubRip reader also reads WebVTT files that lost their first line.
_READERS: dict[str, _Reader] = {
    "ass": read_substation,
    "dfxp": read_ttml,
    "lrc": read_lrc,
    "mpl": read_microdvd,
    "mpl2": read_microdvd,
    "sami": read_sami,
    "sbv": read_subviewer,
    "smi": read_sami,
    "srt": read_subrip,
    "ssa": read_substation,
    "sub": read_microdvd,
    "ttml": read_ttml,
    "utf": read_subrip,
    "utf8": read_subrip,
    "vtt": read_subrip,
}
