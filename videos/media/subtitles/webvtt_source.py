"""Repair WebVTT: browsers drop a cue for a comma in its times."""

import re

from videos.media.subtitles.cues import (
    CLOCK,
    ENCODED_AGAIN,
    MAX_CUES,
    TAGS_KEPT,
    CueText,
    UnreadableSubtitles,
    clock_ms,
    timestamp,
)
from videos.media.subtitles.overrides import Overrides
from videos.media.subtitles.placement import PLAIN, settings
from videos.media.subtitles.subrip import TAG

_STRICT_CLOCK = r"(?:[0-9]{2,6}:)?[0-5][0-9]:[0-5][0-9]\.[0-9]{3}"
_STRICT_TIMES = re.compile(rf"({_STRICT_CLOCK})[ \t]+-->[ \t]+({_STRICT_CLOCK})((?:[ \t].*)?)")
_TIMES = re.compile(rf"[ \t]*({CLOCK})[ \t]*-{{1,3}}[ ]?>[ \t]*({CLOCK})((?:[ \t].*)?)")
_OWN_TAG = re.compile(
    r"</?(?:c|i|b|u|ruby|rt|v|lang)(?:\.[^\s<>]{0,200})?(?:[ \t][^<>\n]{0,500})?>"
    r"|<(?:[0-9]{2,6}:)?[0-5][0-9]:[0-5][0-9]\.[0-9]{3}>"
)
_MARKUP = re.compile(r"(<[^<>\n]{1,600}>|\{\\[^{}\n]*\})")
_SHORTEST_MS = 3000


def repaired(text: str) -> str:
    """Return a WebVTT file with its styles, settings and notes, and cues that a browser shows.

    Times are normalized, codes and tags of other formats are translated or dropped, and text that only looks like a tag
    is escaped. Raises UnreadableSubtitles if there are no cues, or too many.
    """
    written: list[str] = []
    timing: tuple[int, int, str] | None = None
    words: list[str] = []
    count = 0
    for line in [*text.split("\n"), None]:
        found = (_STRICT_TIMES.fullmatch(line) or _TIMES.fullmatch(line)) if line and "-" in line else None
        if timing and (line is None or not line or found):
            written += _cue(timing, words)
            timing, words = None, []
        if found:
            timing = (clock_ms(found[1]), clock_ms(found[2]), found[0])
            count += 1
        elif timing and line:
            words.append(line)
        elif line is not None:
            written.append(_escaped(line))
    if not count:
        raise UnreadableSubtitles("no subtitles were found in it")
    if count > MAX_CUES:
        raise UnreadableSubtitles(f"it holds more than {MAX_CUES:,} subtitles")
    return "\n".join(written)


def _cue(timing: tuple[int, int, str], words: list[str]) -> list[str]:
    start_ms, end_ms, line = timing
    text, place = _payload("\n".join(words), start_ms, end_ms)
    strict = _STRICT_TIMES.fullmatch(line)
    found = strict or _TIMES.fullmatch(line)
    own = found[3].strip() if found else ""
    if not strict or end_ms <= start_ms:
        start_ms = max(start_ms, 0)
        end_ms = end_ms if end_ms > start_ms else start_ms + _SHORTEST_MS
        line = f"{timestamp(start_ms)} --> {timestamp(end_ms)} {own}".rstrip()
    if place and not own:
        line = f"{line} {place}"
    return [line, *filter(None, text.split("\n"))]


def _payload(text: str, start_ms: int, end_ms: int) -> tuple[str, str]:
    """Return a cue's text, and the settings that SubStation codes in it ask for."""
    overrides = Overrides(CueText())
    pieces = []
    for piece in _MARKUP.split(text):
        if _OWN_TAG.fullmatch(piece):
            pieces.append(piece)
        elif piece.startswith("{\\") and piece.endswith("}"):
            overrides.apply(piece)
        elif tag := TAG.fullmatch(piece):
            pieces.append(_foreign_tag(tag))
        else:
            pieces.append(ENCODED_AGAIN.sub("&", piece).replace("<", "&lt;").replace("-->", "--&gt;"))
    written = "".join(pieces)
    placement = overrides.placement()
    place = "" if placement == PLAIN else next(settings([(start_ms, end_ms, written, placement)]))
    return written, place


def _foreign_tag(tag: re.Match[str]) -> str:
    name = (tag["name"] or "").lower()
    if name == "br":
        return "\n"
    return f"<{'/' if tag['end'] else ''}{TAGS_KEPT[name]}>" if name in TAGS_KEPT else ""


def _escaped(line: str) -> str:
    """Return an escaped line outside of cues: a "-->" in it would start a cue."""
    pieces = (piece if _OWN_TAG.fullmatch(piece) else piece.replace("<", "&lt;") for piece in _MARKUP.split(line))
    return "".join(pieces).replace("-->", "--&gt;")
