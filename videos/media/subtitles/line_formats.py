"""Read line-based formats: MicroDVD, MPL2, TMPlayer, SubViewer 1 and LRC."""

import re
from collections.abc import Iterator
from itertools import groupby

from videos.media.subtitles.cues import Cue, CueText, clock_ms, milliseconds, without_entities
from videos.media.subtitles.overrides import Overrides
from videos.media.subtitles.placement import Placement
from videos.media.subtitles.subrip import follow_frame_code, subrip_text

FRAMES = re.compile(r"^[^\S\n]*([{\[])(\d{1,9})[}\]][^\S\n]*[{\[](\d{0,9})[}\]]([^\n]*)", re.MULTILINE)
_CODE = re.compile(r"(\{[A-Za-z]:[^{}]*\}|\{\\[^{}]*\})")
_FRAMES_A_SECOND = 25.0
_MPL2_UNITS_A_SECOND = 10.0
_RATE = re.compile(r"\s*(\d{1,3}(?:[.,]\d{1,6})?)\s*(?:fps)?\s*", re.IGNORECASE)
_SIGNS_OF_TAGS = {"/": "i", "\\": "b", "_": "u"}


def read_microdvd(text: str, frame_rate: float | None = None) -> Iterator[Cue]:
    """Yield the cues of MicroDVD, "{frame}{frame}text", and of MPL2, "[tenth of a second][tenth of a second]text".

    A first line "{1}{1}23.976" gives the frame rate; without it, that of the film is used, or 25.
    """
    frames_a_second = frame_rate if frame_rate and frame_rate > 1 else _FRAMES_A_SECOND
    for number, line in enumerate(FRAMES.finditer(text)):
        bracket, start, end, words = line.groups()
        if number == 0 and (rate := _RATE.fullmatch(words)) and end and int(end) < 2:
            frames_a_second = float(rate[1].replace(",", ".")) or frames_a_second
            continue
        a_second = frames_a_second if bracket == "{" else _MPL2_UNITS_A_SECOND
        start_ms, end_ms = (round(int(at or 0) * 1000 / a_second) for at in (start, end))
        yield Cue(start_ms, end_ms if end and end_ms > start_ms else None, *_microdvd_text(words))


def _microdvd_text(words: str) -> tuple[str, Placement]:
    cue = CueText()
    overrides = Overrides(cue)
    to_the_end: set[str] = set()
    color_to_the_end = ""
    for line in words.split("|"):
        bare = line.lstrip("/\\_")
        cue.color = color_to_the_end
        cue.tags = to_the_end | {_SIGNS_OF_TAGS[sign] for sign in line[: len(line) - len(bare)]}
        for piece in _CODE.split(bare):
            if piece.startswith("{\\") and piece.endswith("}"):
                overrides.apply(piece)
            elif _CODE.fullmatch(piece):
                follow_frame_code(piece, cue, overrides)
                if piece[1] == "Y":
                    to_the_end |= {"b", "i", "u"} & set(piece[3:].lower())
                elif piece[1] == "C":
                    color_to_the_end = cue.color
            else:
                cue.add(without_entities(piece))
        cue.add("\n")
    return cue.webvtt(), overrides.placement()


TMPLAYER_LINE = re.compile(r"^[^\S\n]*(\d{1,2}):(\d{2}):(\d{2})(?:,\d)?[:=]([^\n]*)", re.MULTILINE)


def read_tmplayer(text: str) -> Iterator[Cue]:
    """Yield the cues of "00:01:02:one|two", and of "00:01:02,1=one", "00:01:02,2=two"."""
    lines = ((milliseconds(found[1], found[2], found[3], None), found[4]) for found in TMPLAYER_LINE.finditer(text))
    for start_ms, group in groupby(lines, key=lambda line: line[0]):
        yield Cue(start_ms, None, *_microdvd_text("|".join(words for _, words in group)))


SUBVIEWER_1_TIME = re.compile(r"^[^\S\n]*\[(\d{1,3}:\d{1,2}:\d{1,2})\][^\S\n]*$", re.MULTILINE)
_SUBVIEWER_1_NOTE = re.compile(r"^[^\S\n]*(?:\[[A-Z][^\]\n]*\]|\*{3,}[^\n]*)[^\S\n]*$", re.MULTILINE)


def read_subviewer_1(text: str) -> Iterator[Cue]:
    """Yield the cues of SubViewer 1: times in brackets on their own lines; a time without text ends the cue before."""
    *found, last = [*SUBVIEWER_1_TIME.finditer(text), None]
    for this, following in zip(found, [*found[1:], last], strict=True):
        if this:
            body = text[this.end() : following.start() if following else len(text)]
            words, placement = subrip_text(_SUBVIEWER_1_NOTE.sub("", body).replace("|", "\n"))
            yield Cue(clock_ms(this[1]), None, words, placement)


LRC_LINE = re.compile(r"^[^\S\n]*((?:\[\d{1,3}:\d{1,2}(?:[.:]\d{1,3})?\][^\S\n]*){1,50})([^\n]*)", re.MULTILINE)
_LRC_TIME = re.compile(r"(\d{1,3}):(\d{1,2})(?:[.:](\d{1,3}))?")
_LRC_OFFSET = re.compile(r"^\[offset:\s*([+-]?\d{1,7})\s*\]", re.IGNORECASE | re.MULTILINE)


def read_lrc(text: str) -> Iterator[Cue]:
    """Yield the lines of a song: "[01:02.50]words", with several times for a repeated line."""
    offset = _LRC_OFFSET.search(text)
    earlier_ms = int(offset[1]) if offset else 0
    for line in LRC_LINE.finditer(text):
        words, placement = subrip_text(line[2])
        for minutes, seconds, fraction in _LRC_TIME.findall(line[1]):
            yield Cue(max(milliseconds(None, minutes, seconds, fraction) - earlier_ms, 0), None, words, placement)
