"""Read SubStation Alpha (SSA and ASS)."""

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from videos.media.subtitles.colors import color_class_of_substation
from videos.media.subtitles.cues import CLOCK, MAX_CUES, Cue, CueText, clock_ms
from videos.media.subtitles.overrides import DEFAULT_PICTURE, Overrides, Style
from videos.media.subtitles.placement import anchor_of_legacy

_LINE = re.compile(
    r"^[^\S\n]*(?:\[([^\]\n]{1,40})\]|(Format|Style|Dialogue):[^\S\n]*([^\n,]*,[^\n]*)"
    r"|(PlayRes[XY]|WrapStyle):[^\S\n]*(\d{1,5}))",
    re.MULTILINE | re.IGNORECASE,
)
_EVENT_COLUMNS = ["layer", "start", "end", "style", "name", "marginl", "marginr", "marginv", "effect", "text"]
_STYLE_COLUMNS = [
    "name", "fontname", "fontsize", "primarycolour", "secondarycolour", "outlinecolour", "backcolour", "bold",
    "italic", "underline", "strikeout", "scalex", "scaley", "spacing", "angle", "borderstyle", "outline", "shadow",
    "alignment", "marginl", "marginr", "marginv", "encoding",
]  # fmt: skip
_LEGACY_STYLE_COLUMNS = [
    "name", "fontname", "fontsize", "primarycolour", "secondarycolour", "tertiarycolour", "backcolour", "bold",
    "italic", "borderstyle", "outline", "shadow", "alignment", "marginl", "marginr", "marginv", "alphalevel",
    "encoding",
]  # fmt: skip
_STYLE_FLAGS = {"bold": "b", "italic": "i", "underline": "u"}
_WRAPS_NOTHING = 2


def read_substation(text: str) -> Iterator[Cue]:
    return _Substation().cues(text)


class _Substation:
    """Reads SubStation; remembers the sections before the events."""

    def __init__(self) -> None:
        self._events = _EVENT_COLUMNS
        self._style_columns = _STYLE_COLUMNS
        self._styles: dict[str, Style] = {}
        self._is_legacy = False
        self._numbers: dict[str, int] = {}

    def cues(self, text: str) -> Iterator[Cue]:
        for line in islice(_LINE.finditer(text), 2 * MAX_CUES):
            section, kind, rest, name, value = line.groups()
            if section:
                self._begin(section.strip().lower())
            elif name:
                self._numbers[name.lower()] = int(value)
            elif kind.lower() == "dialogue":
                if cue := self._cue(dict(zip(self._events, rest.split(",", len(self._events) - 1), strict=False))):
                    yield cue
            elif kind.lower() == "style":
                self._keep_style(dict(zip(self._style_columns, map(str.strip, rest.split(",")), strict=False)))
            else:
                self._keep_columns([column.strip().lower() for column in rest.split(",")])

    def _begin(self, section: str) -> None:
        if section.startswith("v4"):
            self._is_legacy = "+" not in section
            self._style_columns = _LEGACY_STYLE_COLUMNS if self._is_legacy else _STYLE_COLUMNS

    def _keep_columns(self, columns: list[str]) -> None:
        # Only the last column may contain commas.
        if columns[-1] == "text":
            self._events = columns
        elif columns[0] == "name":
            self._style_columns = columns

    def _keep_style(self, style: dict[str, str]) -> None:
        tags = frozenset(tag for name, tag in _STYLE_FLAGS.items() if style.get(name, "0") not in ("0", ""))
        number = _whole(style.get("alignment"))
        anchor = anchor_of_legacy(number) if self._is_legacy else number if 1 <= number <= 9 else 2
        color = color_class_of_substation(style.get("primarycolour", ""))
        self._styles[style["name"]] = Style(tags, color, anchor, self._margins(style))

    def _picture(self) -> tuple[float, float]:
        """Return the resolution for positions; a missing side is assumed as players do."""
        width, height = self._numbers.get("playresx", 0), self._numbers.get("playresy", 0)
        if not (width or height):
            return DEFAULT_PICTURE
        width = width or (1280 if height == 1024 else height * 4 // 3)
        height = height or (1024 if width == 1280 else width * 3 // 4)
        return float(width or 1), float(height or 1)

    def _margins(self, row: Mapping[str, str]) -> tuple[float, float, float]:
        width, height = self._picture()
        left, right, vertical = (_whole(row.get(name)) for name in ("marginl", "marginr", "marginv"))
        return left * 100 / width, right * 100 / width, vertical * 100 / height

    def _cue(self, event: dict[str, str]) -> Cue | None:
        start, end = (re.match(rf"\s*({CLOCK})", event.get(name, "")) for name in ("start", "end"))
        if not (start and end and "text" in event):
            return None
        start_ms, end_ms = max(clock_ms(start[1]), 0), clock_ms(end[1])
        if end_ms <= start_ms:
            return None
        style = self._styles.get(event.get("style", "").strip().removeprefix("*"), self._styles.get("Default", Style()))
        cue = CueText()
        overrides = Overrides(cue, style, self._styles, self._picture())
        self._read_text(event["text"], cue, overrides)
        own, of_style = self._margins(event), style.margins
        left, right, vertical = (mine or given for mine, given in zip(own, of_style, strict=True))
        return Cue(start_ms, end_ms, cue.webvtt(), overrides.placement((left, right, vertical)))

    def _read_text(self, text: str, cue: CueText, overrides: Overrides) -> None:
        line_end = "\n" if self._numbers.get("wrapstyle") == _WRAPS_NOTHING else " "
        first, *others = text.split("{")
        for piece in [f"}}{first}", *others]:
            codes, closed, words = piece.partition("}")
            if closed:
                overrides.apply(codes + closed)
            else:
                words = "{" + piece
            if not overrides.is_drawing:
                cue.add(words.replace(r"\N", "\n").replace(r"\n", line_end).replace(r"\h", "\u00a0"))


def _whole(number: str | None) -> int:
    """Return the integer, or 0."""
    return int(number) if number and re.fullmatch(r"\s*[0-9]{1,5}\s*", number) else 0
