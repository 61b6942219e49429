"""Read SubRip, and SubViewer, which differs only in its times."""

import re
from collections.abc import Iterator
from itertools import chain, pairwise

from videos.media.subtitles.colors import color_class
from videos.media.subtitles.cues import CLOCK, TAGS_KEPT, Cue, CueText, clock_ms, without_entities
from videos.media.subtitles.overrides import Overrides
from videos.media.subtitles.placement import PLAIN, Placement

_ARROW = r"(?:[-–—=]{1,3}[^\S\n]?(?:-[^\S\n]?)?(?:>|&gt;)|→)"
SUBRIP_TIMES = re.compile(
    rf"^[^\S\n]*(?:\d{{1,7}}[^\S\n]+)?({CLOCK})[^\S\n]*{_ARROW}[^\S\n]*({CLOCK})?([^\n]*)", re.MULTILINE
)
SUBVIEWER_TIMES = re.compile(rf"^[^\S\n]*({CLOCK})[ ]?,[ ]?({CLOCK})([^\S\n]*)$", re.MULTILINE)

# A tag needs a letter right after "<", apart from spaces around the simplest ones: "a < b and c > d" is text.
TAG = re.compile(
    r"<[ ]*(?P<end>/?)[ ]*(?P<name>i|em|b|strong|u|s|strike|font|span|ruby|rt|rp|br)"
    r"(?P<attributes>\s[^<>=\n]{0,60}=[^<>\n]{0,200})?[ ]*/?[ ]*>"
    r"|</?(?:c|v|lang)(?:\.[\w.-]{0,100})?(?:[ \t][^<>\n]{0,200})?>"
    r"|<\d{1,3}:\d\d(?::\d\d)?[.,]\d{1,3}>",
    re.IGNORECASE,
)
_COLOR = re.compile(r"""\bcolor\s*[=:]\s*["']?\s*([#\w(), ]{1,40})""", re.IGNORECASE)
_FRAME_CODE = r"\{[yYcCfFsShHpPoO]:[^{}\n]{0,100}\}"
_MARKUP = re.compile(rf"(<[^<>\n]{{1,300}}>|\{{\\[^{{}}\n]*\}}|{_FRAME_CODE}|\[br\]|(?<!:)\\[Nnh])")


def read_subrip(text: str, times: re.Pattern[str] = SUBRIP_TIMES) -> Iterator[Cue]:
    found: Iterator[re.Match[str] | None] = chain(times.finditer(text), [None])
    picture = (0.0, 0.0)
    has_counters = False
    for number, (this, following) in enumerate(pairwise(found)):
        if this is None:
            return
        if number == 0:
            has_counters = text[: this.start()].rpartition("\n")[0].rpartition("\n")[2].strip().isdecimal()
        body = text[this.end() : following.start() if following else len(text)]
        if following:
            body = _without_counter(body, has_counters)
        start_ms, end_ms = clock_ms(this[1]), clock_ms(this[2]) if this[2] else None
        if end_ms is not None and end_ms <= start_ms:
            end_ms = None
        if max(start_ms, end_ms or 0) < 0 or (end_ms == 0 and start_ms < 0):
            continue
        if "X1:" in this[3] or "x1:" in this[3]:
            picture = picture if picture[0] else _picture(text, times)
        words, placement = subrip_text(body, _rectangle(this[3], picture))
        yield Cue(max(start_ms, 0), end_ms, words, placement)


def read_subviewer(text: str) -> Iterator[Cue]:
    return read_subrip(text, SUBVIEWER_TIMES)


def _without_counter(body: str, has_counters: bool) -> str:
    """Return the lines of a cue without the number of the next cue.

    A last line such as "1984" is text in files without numbers, unless it follows other text and an empty line.
    """
    before, _, counter = body.rstrip("\n").rpartition("\n")
    stands_alone = before.strip() and not before.rpartition("\n")[2].strip()
    return before if counter.strip().isdecimal() and (has_counters or stands_alone) else body


def subrip_text(body: str, placement: Placement = PLAIN) -> tuple[str, Placement]:
    """Return the text as WebVTT, and its place: from its own codes, else as given."""
    cue = CueText()
    overrides = Overrides(cue)
    colors: list[str] = []
    for piece in _MARKUP.split(body):
        if piece.startswith("{\\") and piece.endswith("}"):
            overrides.apply(piece)
        elif piece == "[br]" or (piece[:1] == "\\" and piece[1:] in ("N", "n")):
            cue.add("\n")
        elif piece == "\\h":
            cue.add("\u00a0")
        elif tag := TAG.fullmatch(piece):
            _follow(tag, cue, colors)
        elif re.fullmatch(_FRAME_CODE, piece):
            follow_frame_code(piece, cue, overrides)
        else:
            cue.add(without_entities(piece))
    own = overrides.placement()
    return cue.webvtt(), placement if own == PLAIN else own


def _follow(tag: re.Match[str], cue: CueText, colors: list[str]) -> None:
    name = (tag["name"] or "").lower()
    is_end = bool(tag["end"])
    if name in TAGS_KEPT:
        cue.switch(TAGS_KEPT[name], not is_end)
    elif name == "br":
        cue.add("\n")
    elif name == "rt":
        cue.add(")" if is_end else "(")
    elif name == "font" and is_end:
        cue.color = colors.pop() if colors else ""
    elif name == "font":
        colors.append(cue.color)
        color = _COLOR.search(tag["attributes"] or "")
        cue.color = color_class(color[1]) if color else cue.color


def follow_frame_code(code: str, cue: CueText, overrides: Overrides) -> None:
    """Follow a MicroDVD code: {y:i}, {c:$0000ff}, {P:0}, {o:10,20}."""
    letter, value = code[1], code[3:-1].strip()
    if letter in "yY":
        for flag in {"b", "i", "u"} & set(value.lower()):
            cue.switch(flag, True)
    elif letter in "cC":
        overrides.apply(f"\\c&H{value.lstrip('$#&Hh').rstrip('&')}&}}")
    elif letter in "pP" and value == "0":
        overrides.apply(r"\an8}")
    elif letter in "oO":
        overrides.apply(rf"\pos({value})}}")


_COORDINATE = re.compile(r"([XY][12]):\s?(\d{1,5})", re.IGNORECASE)
_PICTURES = ((720.0, 480.0), (720.0, 576.0), (1280.0, 720.0), (1920.0, 1080.0), (3840.0, 2160.0))


def _picture(text: str, times: re.Pattern[str]) -> tuple[float, float]:
    """Return the picture size for the file's coordinates: that of a DVD, or the next one that contains them all."""
    right = bottom = 0
    for line in times.finditer(text):
        for name, value in _COORDINATE.findall(line[3]):
            if name in "X1X2x1x2":
                right = max(right, int(value))
            else:
                bottom = max(bottom, int(value))
    return next((size for size in _PICTURES if right <= size[0] and bottom <= size[1]), (right or 1.0, bottom or 1.0))


def _rectangle(coordinates: str, picture: tuple[float, float]) -> Placement:
    """Return the center of X1 to X2 and Y1 to Y2, or the corner at X1 and Y1 if only these are given."""
    found = {name.upper(): int(value) for name, value in _COORDINATE.findall(coordinates)}
    if not {"X1", "Y1"} <= found.keys():
        return PLAIN
    x1, y1 = found["X1"], found["Y1"]
    x2, y2 = found.get("X2", x1), found.get("Y2", y1)
    width, height = picture
    if (x1, y1) == (x2, y2) or x2 < x1 or y2 < y1:
        return Placement(1, x1 * 100 / width, y1 * 100 / height)
    return Placement(5, (x1 + x2) * 50 / width, (y1 + y2) * 50 / height)
