"""The kinds of parts that addresses have: "id" and "filename"."""

from django.urls import register_converter
from django.urls.converters import IntConverter, PathConverter

from videos.views.forms.validation import MAX_ID


class FilenameConverter(PathConverter):
    """A path under the video folder. A file's name may hold even a line break, which the path converter refuses."""

    regex = "(?s:.+)"


class IdConverter(IntConverter):
    """The id of a row. What no row can have leads nowhere: databases and arrays fail on it, each in its own way."""

    regex = "[0-9]{1,19}"

    def to_python(self, value: str) -> int:
        if int(value) > MAX_ID:
            raise ValueError(f"{value} is no id")
        return int(value)


register_converter(FilenameConverter, "filename")
register_converter(IdConverter, "id")
