"""A page as a browser reads it: its elements, with their texts, so that a test asks what a person sees."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from videos.cache import VideoCache
from videos.models import Video
from videos.userdata.cached_reads import Marks

_VOID = {"meta", "link", "img", "input", "br", "hr", "source", "track", "wbr"}


@dataclass
class Element:
    tag: str
    attributes: dict[str, str | None]
    text: str = ""
    inside: list["Element"] = field(default_factory=list)

    @property
    def classes(self) -> list[str]:
        return (self.attributes.get("class") or "").split()


class Page(HTMLParser):
    """The elements of a response, in order."""

    def __init__(self, response: Any) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[Element] = []
        self._open: list[Element] = []
        self.feed(response.content.decode())
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, dict(attrs), inside=list(self._open))
        self.elements.append(element)
        if tag not in _VOID:
            self._open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(Element(tag, dict(attrs), inside=list(self._open)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open, f"</{tag}> closes nothing"
        assert self._open[-1].tag == tag, f"</{tag}> closes <{self._open[-1].tag}>"
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for element in self._open:
            element.text += data

    def tags(self, tag: str) -> list[Element]:
        return [element for element in self.elements if element.tag == tag]

    def of_class(self, name: str) -> list[Element]:
        return [element for element in self.elements if name in element.classes]

    def texts(self, class_name: str) -> list[str]:
        return [element.text.strip() for element in self.of_class(class_name)]

    @property
    def titles(self) -> list[str]:
        """The titles of the cards of a grid, exactly as they stand there."""
        return [element.text for element in self.of_class("card-title")]

    @property
    def text(self) -> str:
        return " ".join(element.text for element in self.tags("body"))

    @property
    def addresses(self) -> list[str]:
        return [element.attributes["href"] or "" for element in self.tags("a") if "href" in element.attributes]


def marks(video: Video) -> Marks:
    """Return what the household made of a video."""
    (found,) = VideoCache().get_marks([video.pk]).values()
    return found


def submit(client: Any, video: Video, **fields: str) -> Any:
    """Send the form of the watch page that has this button or field, with all that it carries."""
    address = video.get_absolute_url()
    page = Page(client.get(address))
    for form in page.tags("form"):
        inside = [element for element in page.elements if form in element.inside]
        if {"name": next(iter(fields))}.items() <= {"name": _field_name(inside, next(iter(fields)))}.items():
            hidden = {
                e.attributes["name"]: e.attributes["value"] for e in inside if e.attributes.get("type") == "hidden"
            }
            return client.post(form.attributes["action"], {**hidden, **fields})
    raise AssertionError(f"no form of the page has {fields}")


def _field_name(elements: list[Element], name: str) -> str | None:
    return next((name for element in elements if element.attributes.get("name") == name), None)
