"""Read TTML, DFXP and EBU-TT."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from videos.media.subtitles.colors import color_class
from videos.media.subtitles.cues import Cue, CueText, milliseconds
from videos.media.subtitles.markup_formats import Element, elements
from videos.media.subtitles.placement import PLAIN, Placement, anchor_at

# Attributes that children inherit.
_INHERITED = (
    "fontstyle", "fontweight", "textdecoration", "color", "displayalign", "textalign", "origin", "extent",
    "writingmode", "region",
)  # fmt: skip
_ROWS = {"before": 2, "center": 1, "after": 0}
_COLUMNS = {"left": 0, "start": 0, "center": 1, "right": 2, "end": 2}
_VERTICAL = {"tbrl": "rl", "tb": "rl", "tblr": "lr"}


class _Scope(NamedTuple):
    """What an open element passes to its children: styles, begin, and end if it has one."""

    styles: dict[str, str]
    begin_ms: int
    end_ms: int | None


def read_ttml(text: str) -> Iterator[Cue]:
    return _Ttml().cues(text)


class _Ttml:
    """Reads TTML; holds the open elements and the cues of the current paragraph."""

    def __init__(self) -> None:
        self._frames_a_second = 30.0
        self._ticks_a_second = 1.0
        self._root_size = (0.0, 0.0)
        self._cells = (32.0, 15.0)
        self._styles: dict[str, dict[str, str]] = {}
        self._regions: dict[str, dict[str, str]] = {}
        self._open_region: dict[str, str] | None = None
        self._scopes = [_Scope({}, 0, None)]
        # The open paragraph and its spans with times of their own: their texts, and the scopes they opened.
        self._texts: list[tuple[CueText, int]] = []

    def cues(self, text: str) -> Iterator[Cue]:
        for element in elements(text):
            if element.is_end:
                yield from self._close(element.name)
            else:
                self._open(element)
            if self._texts:
                self._texts[-1][0].add(element.text)

    def _open(self, element: Element) -> None:
        if element.name == "br" and self._texts:
            self._texts[-1][0].add("\n")
        elif element.name == "tt":
            self._read_rates(element.attributes())
        elif element.name == "style":
            self._keep_style(element)
        elif element.name == "region":
            given = element.attributes()
            styles = self._resolved(given, {})
            self._regions[given.get("id", "")] = styles
            self._open_region = None if element.is_empty else styles
        elif element.name in ("body", "div", "p", "span") and not element.is_empty:
            self._enter(element)

    def _read_rates(self, given: dict[str, str]) -> None:
        frame_rate = _positive(given.get("framerate", ""))
        self._frames_a_second = frame_rate or 30.0
        if multiplier := re.fullmatch(r"(\d{1,6})[ :](\d{1,6})", given.get("frameratemultiplier", "")):
            self._frames_a_second *= (int(multiplier[1]) or 1) / (int(multiplier[2]) or 1)
        self._ticks_a_second = _positive(given.get("tickrate", "")) or frame_rate or 1.0
        if cells := re.fullmatch(r"(\d{1,4}) (\d{1,4})", given.get("cellresolution", "")):
            self._cells = (float(cells[1]) or 32.0, float(cells[2]) or 15.0)
        if size := re.fullmatch(r"(\d{1,5})px (\d{1,5})px", given.get("extent", "")):
            self._root_size = (float(size[1]), float(size[2]))

    def _keep_style(self, element: Element) -> None:
        given = element.attributes()
        if self._open_region is not None:
            self._open_region.update(self._resolved(given, {}))
        else:
            self._styles[given.get("id", "")] = self._resolved(given, {})

    def _resolved(self, given: dict[str, str], outer: dict[str, str]) -> dict[str, str]:
        """Return the styles inside an element: inherited, referenced, and its own."""
        styles = dict(outer)
        for name in given.get("style", "").split():
            styles |= self._styles.get(name, {})
        return styles | {name: given[name] for name in _INHERITED if name in given}

    def _enter(self, element: Element) -> None:
        given = element.attributes()
        outer = self._scopes[-1]
        styles = self._resolved(given, outer.styles)
        start_ms = self.milliseconds(given.get("begin", ""))
        length_ms = self.milliseconds(given.get("dur", ""))
        end_ms = self.milliseconds(given.get("end", ""))
        begin = outer.begin_ms + (start_ms or 0)
        end = outer.end_ms
        if length_ms is not None:
            end = begin + length_ms
        elif end_ms is not None:
            end = outer.begin_ms + end_ms
        elif start_ms is not None and end is not None and end <= begin:
            end = None
        self._scopes.append(_Scope(styles, begin, end))
        if element.name == "p" or (element.name == "span" and self._texts and start_ms is not None):
            if element.name == "p":
                self._texts.clear()
            self._texts.append((CueText(_tags(styles), _color(styles)), len(self._scopes)))
        elif element.name == "span" and self._texts:
            self._texts[-1][0].tags, self._texts[-1][0].color = _tags(styles), _color(styles)

    def _close(self, name: str) -> Iterator[Cue]:
        if name == "region":
            self._open_region = None
        elif name in ("body", "div", "p", "span") and len(self._scopes) > 1:
            if self._texts and self._texts[-1][1] == len(self._scopes):
                scope = self._scopes[-1]
                text = self._texts.pop()[0].webvtt()
                is_timed = scope.end_ms is not None or scope.begin_ms > 0
                if text and is_timed and (scope.end_ms is None or scope.end_ms > scope.begin_ms):
                    yield Cue(scope.begin_ms, scope.end_ms, text, self._placement(scope.styles))
            self._scopes.pop()
            if self._texts:
                styles = self._scopes[-1].styles
                self._texts[-1][0].tags, self._texts[-1][0].color = _tags(styles), _color(styles)

    def _placement(self, styles: dict[str, str]) -> Placement:
        region = self._regions.get(styles.get("region", ""), {}) | styles
        vertical = _VERTICAL.get(region.get("writingmode", ""), "")
        align = region.get("displayalign", "")
        origin = self._lengths(region.get("origin", ""))
        column = _COLUMNS.get(region.get("textalign", ""), 1)
        if not (origin or align in _ROWS or vertical):
            return Placement(anchor_at(0, column)) if column != 1 else PLAIN
        row = _ROWS.get(align, 2 if origin else 0)
        (x, y), (width, height) = origin or (0.0, 0.0), self._lengths(region.get("extent", "")) or (100.0, 100.0)
        width, height = min(width, 100 - x), min(height, 100 - y)
        if not origin:
            return Placement(anchor_at(row, column), vertical=vertical)
        at_row, at_column = (1.0, 0.5, 0.0)[row], (0.0, 0.5, 1.0)[column]
        return Placement(anchor_at(row, column), x + width * at_column, y + height * at_row, vertical)

    def _lengths(self, pair: str) -> tuple[float, float] | None:
        """Return "10% 80%", "128px 576px" or "4c 12c" in percent of the picture."""
        found = re.findall(r"(-?\d{1,5}(?:\.\d{1,9})?)(%|px|c)", pair)
        if len(found) != 2:
            return None
        percents = []
        for (number, unit), size, cells in zip(found, self._root_size, self._cells, strict=True):
            if unit == "px" and not size:
                return None
            percents.append(float(number) * {"%": 1.0, "px": 100 / (size or 1), "c": 100 / cells}[unit])
        return percents[0], percents[1]

    def milliseconds(self, expression: str) -> int | None:
        """Return the milliseconds of "1:02:03.4", "1:02:03:12" (frames), "3.5s", "250ms", "75f" or "900t"."""
        expression = expression.strip()
        clock = re.fullmatch(r"(\d{1,6}):(\d{1,3}):(\d{1,3})(?:[.,](\d{1,9})|:(\d{1,6})(?:\.\d{1,6})?)?", expression)
        if clock:
            frames = int(clock[5] or 0)
            return milliseconds(*clock.groups()[:4]) + round(frames * 1000 / self._frames_a_second)
        offset = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|f|t)", expression)
        if not offset:
            return None
        units = {"h": 3.6e6, "m": 6e4, "s": 1e3, "ms": 1.0}
        units |= {"f": 1e3 / self._frames_a_second, "t": 1e3 / self._ticks_a_second}
        return round(float(offset[1]) * units[offset[2]])


def _tags(styles: dict[str, str]) -> set[str]:
    flags = (("fontstyle", ("italic", "oblique"), "i"), ("fontweight", ("bold",), "b"))
    tags = {tag for name, values, tag in flags if styles.get(name) in values}
    return tags | ({"u"} if "underline" in styles.get("textdecoration", "").split() else set())


def _color(styles: dict[str, str]) -> str:
    return color_class(styles.get("color", ""))


def _positive(number: str) -> float:
    return float(number) if re.fullmatch(r"\d{1,12}(?:\.\d{1,6})?", number) else 0.0
