"""Translate the place of a cue on the picture into WebVTT settings."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Placement(NamedTuple):
    """A cue's place: `anchor` is the key of a number pad that lies where the cue does (2 bottom centre, 8 top centre).

    `x` and `y` are the position of that corner or edge of the text in percent; None is at the picture's own edge.
    `vertical` is "rl" or "lr" for vertical lines.
    """

    anchor: int = 2
    x: float | None = None
    y: float | None = None
    vertical: str = ""


PLAIN = Placement()

_BOTTOM, _MIDDLE, _TOP = 0, 1, 2
_LEFT, _CENTER, _RIGHT = 0, 1, 2
# In percent of the picture. Browsers use letters of a twentieth of its height; they are half as wide as high, and twice
# that in East Asian scripts. 16:9 is assumed.
_LINE_HEIGHT = 7.0
_LETTER_WIDTH = 1.6
_SIDE_MARGIN = 5.0
# Cues this near to an edge are placed by the browser like ordinary subtitles, which avoids overlaps and the controls.
_NEAR_BOTTOM, _NEAR_TOP, _NEAR_CENTER = 85.0, 12.0, 3.0
# This many placed cues are checked to find a free place for the next one.
_MAX_NEIGHBORS = 20
_TAGS = re.compile(r"<[^<>]*>")


def anchor_of_legacy(number: int) -> int:
    """Return the anchor of SSA's numbers: 1 to 3 at the bottom, 5 to 7 at the top, 9 to 11 in the middle."""
    return _LEGACY.get(number, PLAIN.anchor)


_LEGACY = {1: 1, 2: 2, 3: 3, 5: 7, 6: 8, 7: 9, 9: 4, 10: 5, 11: 6}


def anchor_at(row: int, column: int) -> int:
    """Return the anchor for row 0 (bottom), 1 or 2 (top) and column 0 (left), 1 or 2 (right)."""
    return row * 3 + column + 1


class _Box(NamedTuple):
    """The area that a placed cue covers, in percent, and its end time."""

    top: float
    bottom: float
    left: float
    right: float
    end_ms: int


def settings(cues: Iterable[tuple[int, int, str, Placement]]) -> Iterator[str]:
    """Yield the WebVTT settings for each (start, end, text, placement), sorted by start."""
    shown: list[_Box] = []
    for start_ms, end_ms, text, placement in cues:
        if placement == PLAIN:
            yield ""
            continue
        shown = [box for box in shown if box.end_ms > start_ms][-_MAX_NEIGHBORS:]
        yield _placed(text, placement, end_ms, shown)


def _placed(text: str, placement: Placement, end_ms: int, shown: list[_Box]) -> str:
    if placement.vertical:
        return _vertical(placement)
    lines = _TAGS.sub("", text).split("\n")
    height = min(_LINE_HEIGHT * len(lines), 100.0)
    width = min(_LETTER_WIDTH * max(map(_letters, lines)) + 2, 100.0)
    across, left = _across(placement, width)
    row = (placement.anchor - 1) // 3
    top = _top(placement, row, height)
    if row == _BOTTOM if placement.y is None else top + height >= _NEAR_BOTTOM:
        return across
    if row == _TOP if placement.y is None else top <= _NEAR_TOP:
        return f"line:0 {across}".rstrip()
    # Browsers do not separate overlapping cues with given positions.
    box = _free(_Box(top, top + height, left, left + width, end_ms), shown)
    shown.append(box)
    return f"line:{round(box.top)}% {across}".rstrip()


def _letters(line: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in line)


def _across(placement: Placement, width: float) -> tuple[str, float]:
    """Return the horizontal settings, and where the text begins. It is moved to fit into the picture."""
    column = (placement.anchor - 1) % 3
    x = placement.x
    if column == _CENTER:
        middle = min(max(50.0 if x is None else x, width / 2), 100 - width / 2)
        is_centered = abs(middle - 50) < _NEAR_CENTER
        return "" if is_centered else f"position:{round(middle)}%", middle - width / 2
    if column == _LEFT:
        left = max(min(_SIDE_MARGIN if x is None else x, 100 - width), 0.0)
        return f"position:{round(left)}% align:left", left
    right = min(max(100 - _SIDE_MARGIN if x is None else x, width), 100.0)
    return f"position:{round(right)}% align:right", right - width


def _top(placement: Placement, row: int, height: float) -> float:
    y = (100.0, 50.0, 0.0)[row] if placement.y is None else placement.y
    top = y - (height, height / 2, 0.0)[row]
    return min(max(top, 0.0), 100 - height)


def _free(box: _Box, shown: list[_Box]) -> _Box:
    """Return the box moved below those that it overlaps, or unmoved if there is no room."""
    wanted = box
    for other in sorted(shown):
        if box.left < other.right and other.left < box.right and box.top < other.bottom and other.top < box.bottom:
            box = box._replace(top=other.bottom, bottom=other.bottom + box.bottom - box.top)
    return box if box.bottom <= 100 else wanted


def _vertical(placement: Placement) -> str:
    """Return the settings of vertical lines, the first one at the right ("rl") or the left ("lr")."""
    row = (placement.anchor - 1) // 3
    line = {_TOP: "line:0", _MIDDLE: "line:50%"}.get(row, "")
    return f"vertical:{placement.vertical} {line}".rstrip()
