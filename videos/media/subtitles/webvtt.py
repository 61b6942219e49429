"""Subtitles of any format -> WebVTT."""

import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice

from videos.media.subtitles.cues import EXTENSIONS, MOST_BYTES, MOST_CUES, Cue, UnreadableSubtitles, refuse_more_marks
from videos.media.subtitles.encodings import decoded
from videos.media.subtitles.line_formats import (
    FRAMES,
    SUBRIP_TIMES,
    SUBVIEWER_TIMES,
    read_microdvd,
    read_subrip,
    read_substation,
    read_subviewer,
)
from videos.media.subtitles.markup_formats import read_sami, read_ttml


def to_webvtt(content: bytes, extension: str) -> str:
    """Return the subtitles as WebVTT, whatever their encoding; the format is known by the content before the extension.

    WebVTT keeps its styles, settings and notes. Of the others stay the times, the lines, italics, bold and underline;
    positions, colours and drawings go. Raises UnreadableSubtitles.
    """
    kind = extension.lower().removeprefix(".")
    if kind not in EXTENSIONS:
        raise UnreadableSubtitles("subtitles of this kind cannot be read")
    if len(content) > MOST_BYTES:
        raise UnreadableSubtitles(f"it is larger than {MOST_BYTES >> 20} MiB, which no subtitles are")
    text = decoded(content).lstrip()
    if re.match(r"WEBVTT(?![^ \t\n])", text):
        return _webvtt_passed_on(text)
    refuse_more_marks(text, "<{|")
    read = next((reader for sign, reader in _SIGNS if sign.search(text, 0, _LONGEST_START)), _READERS[kind])
    return _written(read(text))


def _written(cues: Iterable[Cue]) -> str:
    found = list(islice(cues, MOST_CUES + 1))
    if len(found) > MOST_CUES:
        raise UnreadableSubtitles(f"it holds more than {MOST_CUES:,} subtitles")
    shown = [cue for cue in found if cue.text and cue.start_ms < cue.end_ms]
    if not shown:
        raise UnreadableSubtitles("no subtitles were found in it")
    # SubStation draws a shadow or a glow as the same words at the same time; as text they are wanted once.
    once = dict.fromkeys(sorted(shown, key=lambda cue: cue.start_ms))
    blocks = (f"{_timestamp(cue.start_ms)} --> {_timestamp(cue.end_ms)}\n{cue.text}\n" for cue in once)
    return "\n".join(chain(["WEBVTT\n"], blocks))


def _timestamp(time_ms: int) -> str:
    minutes, seconds_ms = divmod(time_ms, 60_000)
    return f"{minutes // 60:02}:{minutes % 60:02}:{seconds_ms // 1000:02}.{seconds_ms % 1000:03}"


_MARKUP_OF_NO_CUE = re.compile(r"<(?!/?(?:c|i|b|u|v|ruby|rt|lang)[\s.>]|[0-9])")
_TIMES_WITH_COMMAS = re.compile(
    r"^([ \t]*(?:\d{1,6}:)?\d\d:\d\d),(\d{3}[ \t]+-->[ \t]+(?:\d{1,6}:)?\d\d:\d\d),(\d{3})", re.MULTILINE
)


def _webvtt_passed_on(text: str) -> str:
    if "-->" not in text:
        raise UnreadableSubtitles("no subtitles were found in it")
    # Browsers drop every cue whose time is written with SubRip's comma.
    text = _TIMES_WITH_COMMAS.sub(r"\1.\2.\3", text)
    return _MARKUP_OF_NO_CUE.sub("&lt;", text)


_Reader = Callable[[str], Iterator[Cue]]
# What each format begins with: a name is often wrong.
_SIGNS: list[tuple[re.Pattern[str], _Reader]] = [
    (re.compile(r"^[^\S\n]*\[(?:Script Info|V4\+? Styles|Events)\]", re.IGNORECASE | re.MULTILINE), read_substation),
    (re.compile(r"<sami\b", re.IGNORECASE), read_sami),
    (re.compile(r"<(?:\w{1,40}:)?tt\s[^<>]{0,2000}ttml"), read_ttml),
    (FRAMES, read_microdvd),
    (SUBVIEWER_TIMES, read_subviewer),
    (SUBRIP_TIMES, read_subrip),
]
# A comment or a list of styles may come first, but not more than this.
_LONGEST_START = 4096
# A SubRip reader takes a WebVTT file without its first line, too.
_READERS: dict[str, _Reader] = {
    "ass": read_substation,
    "dfxp": read_ttml,
    "sami": read_sami,
    "smi": read_sami,
    "srt": read_subrip,
    "ssa": read_substation,
    "sub": read_microdvd,
    "ttml": read_ttml,
    "vtt": read_subrip,
}
