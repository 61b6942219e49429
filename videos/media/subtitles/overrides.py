r"""SubStation's override codes, such as {\an8\i1}, which other formats use, too."""

import re
from collections.abc import Mapping
from typing import NamedTuple

from videos.media.subtitles.colors import color_class_of_substation
from videos.media.subtitles.cues import CueText
from videos.media.subtitles.placement import PLAIN, Placement, anchor_of_legacy

# The default resolution for positions: 384 by 288.
DEFAULT_PICTURE = (384.0, 288.0)
_FARTHEST_PLAIN_MARGIN = 15.0

_NUMBER = r"\s*(-?\d{1,6}(?:\.\d{0,9})?)\s*"
_CODE = re.compile(
    rf"""\\(?:
        (?P<anchor>an?)(?P<key>\d{{1,2}})
        | (?:pos|move)\({_NUMBER},{_NUMBER}[,)]
        | (?P<flag>[ibup])(?P<digits>\d{{0,5}})(?=[\\}}\s)])
        | 1?c(?P<color>&[hH]?[0-9a-fA-F]{{1,8}}&?)?(?=[\\}}\s)])
        | r(?P<style>[^\\}}]*)
    )""",
    re.VERBOSE,
)


class Style(NamedTuple):
    """The look of one style; margins (left, right, vertical) in percent of the picture."""

    tags: frozenset[str] = frozenset()
    color: str = ""
    anchor: int = PLAIN.anchor
    margins: tuple[float, float, float] = (0.0, 0.0, 0.0)


_PLAIN_STYLE = Style()


class Overrides:
    """Follows the codes of one line: they change the text's tags and its place."""

    def __init__(
        self,
        cue: CueText,
        style: Style = _PLAIN_STYLE,
        styles: Mapping[str, Style] | None = None,
        picture: tuple[float, float] = DEFAULT_PICTURE,
    ) -> None:
        self.is_drawing = False
        self._cue, self._style, self._styles, self._picture = cue, style, styles or {}, picture
        self._anchor = 0
        self._point: tuple[float, float] | None = None
        cue.tags, cue.color = set(style.tags), style.color

    def apply(self, codes: str) -> None:
        r"""Follow codes as "\i1\b0}". Of several anchors or positions the first one counts, as in players."""
        for code in _CODE.finditer(codes):
            if code["anchor"]:
                self._anchor = self._anchor or _anchor(code["anchor"], int(code["key"]))
            elif code[3]:
                self._point = self._point or (float(code[3]), float(code[4]))
            elif code["flag"]:
                self._switch(code["flag"], code["digits"])
            elif code["style"] is not None:
                style = self._styles.get(code["style"].strip(), self._style)
                self._cue.tags, self._cue.color = set(style.tags), style.color
            else:
                color = code["color"]
                self._cue.color = color_class_of_substation(color) if color else self._style.color

    def _switch(self, flag: str, digits: str) -> None:
        value = int(digits or 0)
        if flag == "p":
            self.is_drawing = value > 0
        elif not digits:
            self._cue.switch(flag, flag in self._style.tags)
        elif flag == "b":  # from 100 on it is a font weight
            self._cue.switch("b", 0 < value < 100 or value >= 600)
        else:
            self._cue.switch(flag, value > 0)

    def placement(self, margins: tuple[float, float, float] | None = None) -> Placement:
        """Return the place of the line; `margins` are its own, if it has any."""
        anchor = self._anchor or self._style.anchor
        if self._point:
            (x, y), (width, height) = self._point, self._picture
            return Placement(anchor, x * 100 / width, y * 100 / height)
        left, right, vertical = margins or self._style.margins
        row, column = divmod(anchor - 1, 3)
        is_plain = abs(left - right) < _FARTHEST_PLAIN_MARGIN if column == 1 else (left, 0.0, right)[column] <= 0
        x_percent = None if is_plain else (left, 50 + (left - right) / 2, 100 - right)[column]
        y_percent = (100 - vertical, None, vertical)[row] if vertical > _FARTHEST_PLAIN_MARGIN else None
        return Placement(anchor, x_percent, y_percent)


def _anchor(code: str, key: int) -> int:
    if code == "a":
        return anchor_of_legacy(key)
    return key if 1 <= key <= 9 else 0
