"""Formats of markup -> cues: SAMI and TTML."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from videos.media.subtitles.cues import LONGEST_CUE, TAGS_KEPT, Cue, CueText, milliseconds, refuse_more_marks

_MARKUP = re.compile(r"<([^<>]*)>([^<]*)")
_ELEMENT_NAME = re.compile(r"/?(?:\w{1,40}:)?(\w{1,40})")
_SPACES = re.compile(r"\s+")
# It begins only where a word begins: from the middle of a long word it would be looked for again and again.
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>]+))""")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31});?")


class _Element(NamedTuple):
    """A tag and the text behind it: <tts:p begin='1s'>Hi is ("p", " begin='1s'", False, False, "Hi")."""

    name: str
    attributes_text: str
    is_end: bool
    is_empty: bool
    text: str

    def attributes(self) -> dict[str, str]:
        """Return {name in lower case without its namespace: value}."""
        found = _ATTRIBUTE.finditer(self.attributes_text)
        return {a[1].rpartition(":")[2].lower(): html.unescape((a[2] or a[3] or a[4] or "")[:100]) for a in found}


def _elements(text: str) -> Iterator[_Element]:
    refuse_more_marks(text, "<&")
    for markup in _MARKUP.finditer(text):
        inside, behind = markup.groups()
        name = _ELEMENT_NAME.match(inside)
        if not name and not behind:
            continue
        words = _ENTITY.sub(lambda entity: html.unescape(entity[0]), _SPACES.sub(" ", behind[: 4 * LONGEST_CUE]))
        rest = inside[name.end() :] if name else ""
        yield _Element(name[1].lower() if name else "", rest, inside[:1] == "/", inside[-1:] == "/", words)


_LAST_SAMI_CUE_MS = 5000


def read_sami(text: str) -> Iterator[Cue]:
    """Yield the cues of SAMI; of several languages, its classes, the one that says most."""
    by_class: dict[str, list[tuple[int, CueText]]] = {}
    start, cue = -1, CueText()
    for element in _elements(text):
        if element.name == "sync":
            time = re.match(r"\d{1,9}", element.attributes().get("start", ""))
            start = int(time[0]) if time else -1
            cue = CueText()
            by_class.setdefault("", []).append((start, cue))
        elif element.name == "p" and not element.is_end:
            cue = CueText()
            by_class.setdefault(element.attributes().get("class", "").lower(), []).append((start, cue))
        elif element.name == "br":
            cue.add("\n")
        elif element.name in TAGS_KEPT:
            cue.switch(TAGS_KEPT[element.name], not element.is_end)
        cue.add(element.text)
    written = [[(start, cue.webvtt()) for start, cue in cues if start >= 0] for cues in by_class.values()]
    most = max(written, key=lambda cues: sum(bool(words) for _, words in cues), default=[])
    ends = [*(start for start, _ in most[1:]), most[-1][0] + _LAST_SAMI_CUE_MS if most else 0]
    return (Cue(start, end, words) for (start, words), end in zip(most, ends, strict=False))


class _Ttml:
    """A reader of TTML: what is open, and the cue of the paragraph that is being read."""

    def __init__(self) -> None:
        self._frames_a_second = 30.0
        self._ticks_a_second = 1.0
        self._styles: dict[str, frozenset[str]] = {}
        self._offsets_ms = [0]
        self._outer_tags: list[set[str]] = []
        self._times: tuple[int, int] | None = None
        self._cue = CueText()

    def cues(self, text: str) -> Iterator[Cue]:
        for element in _elements(text):
            if element.is_end and element.name == "p" and self._times:
                yield Cue(*self._times, self._cue.webvtt())
                self._times = None
            elif element.is_end:
                self._close(element.name)
            else:
                self._open(element)
            self._cue.add(element.text)

    def _open(self, element: _Element) -> None:
        if element.name == "br":
            self._cue.add("\n")
        elif element.name == "tt":
            given = element.attributes()
            self._frames_a_second = _positive(given.get("framerate", ""), 30.0)
            self._ticks_a_second = _positive(given.get("tickrate", ""), 1.0)
        elif element.name == "style":
            given = element.attributes()
            self._styles[given.get("id", "")] = frozenset(self._tags(given, set()))
        elif element.name in ("body", "div") and not element.is_empty:
            begin = self.milliseconds(element.attributes().get("begin", "")) or 0
            self._offsets_ms.append(self._offsets_ms[-1] + begin)
        elif element.name == "p":
            self._begin(element)
        elif element.name == "span" and not element.is_empty:
            self._outer_tags.append(self._cue.tags)
            self._cue.tags = self._tags(element.attributes(), self._cue.tags)

    def _close(self, name: str) -> None:
        if name == "span" and self._outer_tags:
            self._cue.tags = self._outer_tags.pop()
        elif name in ("body", "div") and len(self._offsets_ms) > 1:
            self._offsets_ms.pop()

    def _begin(self, paragraph: _Element) -> None:
        given = paragraph.attributes()
        start = self.milliseconds(given.get("begin", "")) or 0
        length = self.milliseconds(given.get("dur", ""))
        end = start + length if length is not None else self.milliseconds(given.get("end", ""))
        outer = self._offsets_ms[-1]
        self._times = None if end is None or paragraph.is_empty else (outer + start, outer + end)
        self._cue = CueText(self._tags(given, set()))
        self._outer_tags.clear()

    def _tags(self, given: dict[str, str], outer: set[str]) -> set[str]:
        """Return the tags that are on inside an element, by its named styles and its own attributes."""
        on = outer.union(*(self._styles.get(name, frozenset()) for name in given.get("style", "").split()))
        for attribute, value, tag in (
            ("fontstyle", "italic", "i"),
            ("fontweight", "bold", "b"),
            ("textdecoration", "underline", "u"),
        ):
            if attribute in given:
                (on.add if given[attribute] == value else on.discard)(tag)
        return on

    def milliseconds(self, expression: str) -> int | None:
        """Return a time as "1:02:03.4", "1:02:03:12" (frames), "3.5s", "250ms", "75f" or "900t" says it."""
        clock = re.fullmatch(r"(\d{1,6}):(\d{1,3}):(\d{1,3})(?:\.(\d{1,9})|:(\d{1,6})(?:\.\d{1,6})?)?", expression)
        if clock:
            frames = int(clock[5] or 0)
            return milliseconds(*clock.groups()[:4]) + round(frames * 1000 / self._frames_a_second)
        offset = re.fullmatch(r"(\d{1,15}(?:\.\d{1,9})?)(h|ms|m|s|f|t)", expression)
        if not offset:
            return None
        units = {"h": 3.6e6, "m": 6e4, "s": 1e3, "ms": 1.0}
        units |= {"f": 1e3 / self._frames_a_second, "t": 1e3 / self._ticks_a_second}
        return round(float(offset[1]) * units[offset[2]])


def _positive(number: str, otherwise: float) -> float:
    return (float(number) if re.fullmatch(r"\d{1,12}", number) else 0) or otherwise


def read_ttml(text: str) -> Iterator[Cue]:
    return _Ttml().cues(text)
