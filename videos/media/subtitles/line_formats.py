"""Formats of lines -> cues: SubRip, SubViewer, SubStation, MicroDVD and MPL2."""

import re
from collections.abc import Iterator
from itertools import chain, islice, pairwise

from videos.media.subtitles.cues import MOST_CUES, TAGS_KEPT, Cue, CueText, milliseconds

# The lengths are bounded: Python refuses to make a number of thousands of digits.
_TIME = r"(?:(\d{1,6}):)?(\d{1,3}):(\d{1,3})(?:[.,](\d{1,9}))?"
SUBRIP_TIMES = re.compile(rf"^[^\S\n]*{_TIME}[^\S\n]*-{{1,3}}[^\S\n]?>[^\S\n]*{_TIME}[^\n]*", re.MULTILINE)
SUBVIEWER_TIMES = re.compile(rf"^[^\S\n]*{_TIME},{_TIME}[^\S\n]*$", re.MULTILINE)
_SUBRIP_MARKUP = re.compile(r"(<[^<>\n]{1,200}>|\{\\[^{}\n]*\}|\[br\])")
_TAG = re.compile(r"<\s*(/?)\s*([a-z]+)\b[^<>]*>", re.IGNORECASE)
_TAGS_DROPPED = {"font", "span", "s", "c", "v", "lang", "ruby", "rt"}


def read_subrip(text: str, times: re.Pattern[str] = SUBRIP_TIMES) -> Iterator[Cue]:
    found: Iterator[re.Match[str] | None] = chain(times.finditer(text), [None])
    for this, following in pairwise(found):
        if this is None:
            return
        body = text[this.end() : following.start() if following else len(text)]
        before_counter, _, counter = body.removesuffix("\n").rpartition("\n")
        if following and counter.strip().isdecimal():
            body = before_counter
        yield Cue(milliseconds(*this.groups()[:4]), milliseconds(*this.groups()[4:]), _subrip_text(body))


def read_subviewer(text: str) -> Iterator[Cue]:
    return read_subrip(text, SUBVIEWER_TIMES)


def _subrip_text(body: str) -> str:
    cue = CueText()
    for piece in _SUBRIP_MARKUP.split(body):
        tag = _TAG.fullmatch(piece)
        name = tag[2].lower() if tag else ""
        if name in TAGS_KEPT and tag:
            cue.switch(TAGS_KEPT[name], not tag[1])
        elif piece.startswith("{\\") and piece.endswith("}"):
            _override(piece, cue, {}, frozenset())
        elif name == "br" or piece == "[br]":
            cue.add("\n")
        elif name not in _TAGS_DROPPED:
            cue.add(piece)
    return cue.webvtt()


_SUBSTATION_LINE = re.compile(r"^[^\S\n]*(Format|Style|Dialogue):[^\S\n]*([^\n,]+,[^\n]*)", re.MULTILINE)
_EVENT_COLUMNS = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
_STYLE_FLAGS = {"bold": "b", "italic": "i", "underline": "u"}
_OVERRIDE = re.compile(r"\\(?:([ibup])(\d{0,5})(?=[\\}\s])|r([^\\}]*))")


def read_substation(text: str) -> Iterator[Cue]:
    columns = _EVENT_COLUMNS
    style_columns = ["name", *[""] * 6, "bold", "italic", "underline"]
    styles: dict[str, frozenset[str]] = {}
    for line in islice(_SUBSTATION_LINE.finditer(text), 2 * MOST_CUES):
        kind, rest = line.groups()
        if kind == "Dialogue":
            event = dict(zip(columns, rest.split(",", len(columns) - 1), strict=False))
            start, end = (re.match(rf"\s*{_TIME}", event.get(name, "")) for name in ("start", "end"))
            if start and end and "text" in event:
                written = _substation_text(event["text"], styles, styles.get(_style_name(event), frozenset()))
                yield Cue(milliseconds(*start.groups()), milliseconds(*end.groups()), written)
        elif kind == "Style":
            style = dict(zip(style_columns, rest.split(","), strict=False))
            on = {tag for name, tag in _STYLE_FLAGS.items() if style.get(name, "0").strip() not in ("0", "")}
            styles[style["name"].strip()] = frozenset(on)
        else:
            names = [name.strip().lower() for name in rest.split(",")]
            # Only the last column may hold commas.
            columns = names if names[-1] == "text" else columns
            style_columns = names if names[0] == "name" else style_columns


def _style_name(event: dict[str, str]) -> str:
    return event.get("style", "").strip().removeprefix("*")


def _substation_text(text: str, styles: dict[str, frozenset[str]], style: frozenset[str]) -> str:
    cue = CueText(style)
    is_drawing = False
    first, *others = text.split("{")
    for piece in [f"}}{first}", *others]:
        override, closed, words = piece.partition("}")
        if closed:
            is_drawing = _override(override + closed, cue, styles, style, is_drawing)
        else:
            words = "{" + piece
        if not is_drawing:
            cue.add(words.replace(r"\N", "\n").replace(r"\n", " ").replace(r"\h", "\u00a0"))
    return cue.webvtt()


def _override(
    codes: str, cue: CueText, styles: dict[str, frozenset[str]], style: frozenset[str], is_drawing: bool = False
) -> bool:
    """Switch the cue's tags as "\\i1\\b0}" says; `style` is what "\\r" returns to. Return whether drawing is on."""
    for code in _OVERRIDE.finditer(codes):
        letter, digits, reset_to = code.groups()
        value = int(digits or 0)
        if letter == "p":
            is_drawing = value > 0
        elif letter == "b":  # from 100 on it is a weight
            cue.switch("b", 0 < value < 100 or value >= 600 if digits else "b" in style)
        elif letter:
            cue.switch(letter, value > 0 if digits else letter in style)
        else:
            cue.tags = set(styles.get(reset_to.strip(), style))
    return is_drawing


FRAMES = re.compile(r"^[^\S\n]*([{\[])(\d{1,9})[}\]][^\S\n]*[{\[](\d{1,9})[}\]]([^\n]*)", re.MULTILINE)
_FRAME_CODE = re.compile(r"(\{[A-Za-z]:[^{}]*\})")
_FRAMES_A_SECOND = 25.0
_MPL2_UNITS_A_SECOND = 10.0


def read_microdvd(text: str) -> Iterator[Cue]:
    """Yield the cues of MicroDVD, "{frame}{frame}text", and of MPL2, "[tenth of a second][tenth of a second]text".

    A first line "{1}{1}23.976" says the frames in a second; where it is missing, 25 are taken, as in most such files.
    """
    frames_a_second = _FRAMES_A_SECOND
    for number, line in enumerate(FRAMES.finditer(text)):
        bracket, start, end, words = line.groups()
        if number == 0 and (rate := re.fullmatch(r"\s*(\d{1,3}(?:[.,]\d{1,6})?)\s*", words)) and int(end) < 2:
            frames_a_second = float(rate[1].replace(",", ".")) or _FRAMES_A_SECOND
            continue
        a_second = frames_a_second if bracket == "{" else _MPL2_UNITS_A_SECOND
        yield Cue(round(int(start) * 1000 / a_second), round(int(end) * 1000 / a_second), _microdvd_text(words))


def _microdvd_text(words: str) -> str:
    cue = CueText()
    to_the_end: set[str] = set()
    for line in words.split("|"):
        cue.tags = to_the_end | ({"i"} if line.startswith("/") else set())
        for piece in _FRAME_CODE.split(line.removeprefix("/")):
            if not _FRAME_CODE.fullmatch(piece):
                cue.add(piece)
            elif piece[1] in "yY":
                tags = {"b", "i", "u"} & set(piece[3:].lower())
                cue.tags |= tags
                to_the_end |= tags if piece[1] == "Y" else set()
        cue.add("\n")
    return cue.webvtt()
