"""Read markup formats tag by tag, and SAMI files."""

import html
import re
from collections.abc import Iterator
from typing import NamedTuple

from videos.media.subtitles.colors import color_class
from videos.media.subtitles.cues import LONGEST_CUE, TAGS_KEPT, Cue, CueText, refuse_more_marks, without_entities

# "I <3 you" and "3 < 5" are text: a tag has a letter or one of these signs after "<".
_MARKUP = re.compile(r"<((?:[/?!A-Za-z][^<>]*)?)>([^<]*(?:<(?![/?!A-Za-z>])[^<]*)*)")
_ELEMENT_NAME = re.compile(r"/?(?:\w{1,40}:)?(\w{1,40})")
_SPACES = re.compile(r"\s+")
# Matching starts only at the start of a word: retrying in the middle of a long word would take quadratic time.
_ATTRIBUTE = re.compile(r"""(?<![\w:.-])([\w:.-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'=<>]+))""")


class Element(NamedTuple):
    """A tag and the text after it: <tts:p begin='1s'>Hi is ("p", " begin='1s'", False, False, "Hi")."""

    name: str
    attributes_text: str
    is_end: bool
    is_empty: bool
    text: str

    def attributes(self) -> dict[str, str]:
        """Return {name in lower case without its namespace: value}."""
        found = _ATTRIBUTE.finditer(self.attributes_text)
        return {a[1].rpartition(":")[2].lower(): html.unescape((a[2] or a[3] or a[4] or "")[:100]) for a in found}


def elements(text: str) -> Iterator[Element]:
    refuse_more_marks(text, "<&")
    for markup in _MARKUP.finditer(_without_sections(text)):
        inside, behind = markup.groups()
        name = _ELEMENT_NAME.match(inside)
        if not name and not behind:
            continue
        words = without_entities(_SPACES.sub(" ", behind[: 4 * LONGEST_CUE]))
        rest = inside[name.end() :] if name else ""
        yield Element(name[1].lower() if name else "", rest, inside[:1] == "/", inside[-1:] == "/", words)


def _without_sections(text: str) -> str:
    """Return the markup without comments, and with CDATA sections as text."""
    for opening, closing, kept in (("<!--", "-->", False), ("<![CDATA[", "]]>", True)):
        if opening in text:
            first, *others = text.split(opening)
            parts = (part.partition(closing) for part in others)
            text = first + "".join((html.escape(inside) if kept else "") + behind for inside, _, behind in parts)
    return text


_LAST_SAMI_CUE_MS = 5000


def read_sami(text: str) -> Iterator[Cue]:
    """Yield the cues of SAMI: of its classes (languages), those of the one with the most text."""
    by_class: dict[str, list[tuple[int, CueText]]] = {}
    start, cue = -1, CueText()
    colors: list[str] = []
    for element in elements(text):
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
        elif element.name == "font" and element.is_end:
            cue.color = colors.pop() if colors else ""
        elif element.name == "font":
            colors.append(cue.color)
            cue.color = color_class(element.attributes().get("color", ""))
        cue.add(element.text)
    written = [[(start, cue.webvtt()) for start, cue in cues if start >= 0] for cues in by_class.values()]
    most = max(written, key=lambda cues: sum(bool(words) for _, words in cues), default=[])
    ends = [*(start for start, _ in most[1:]), most[-1][0] + _LAST_SAMI_CUE_MS if most else 0]
    return (Cue(start, end, words) for (start, words), end in zip(most, ends, strict=False))
