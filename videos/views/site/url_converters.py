"""The URL path converters "id" and "filename"."""

from django.urls import register_converter
from django.urls.converters import IntConverter, PathConverter

from videos.views.forms.validation import MAX_ID


class FilenameConverter(PathConverter):
    """A path in the video folder. File names may contain line breaks, which the path converter refuses."""

    regex = "(?s:.+)"


class IdConverter(IntConverter):
    """The id of a row. Larger numbers do not match: databases and arrays would fail on them."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        if int(value) > MAX_ID:
            raise ValueError(f"{value} is no id")
        return int(value)


register_converter(FilenameConverter, "filename")
register_converter(IdConverter, "id")
