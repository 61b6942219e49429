"""Why a scan or an analysis could not go on: the codes that the database holds, each with its English sentence.

Commands and logs print the sentence; pages translate it (presentation/work_error_messages.py).
"""

import json
from collections.abc import Mapping
from typing import Self

from videos.core.coded_sentences import CodedSentence
from videos.core.errors import LibraryError

Values = Mapping[str, str | int]


class Failure(CodedSentence):
    """Why a scan or an analysis could not go on. The sentence has %(names)s for its values."""

    FOLDER_MISSING = "folder_missing", "The video folder %(folder)s does not exist. Is its disk connected?"
    NOT_A_FOLDER = "not_a_folder", "%(folder)s is not a folder."
    FOLDER_UNREADABLE = "folder_unreadable", "The video folder %(folder)s cannot be read: %(reason)s."
    FOLDER_EMPTY = "folder_empty", "The video folder %(folder)s is empty. Is its disk connected?"
    FOLDER_CHANGED = (
        "folder_changed",
        "The video folder %(folder)s changed while it was being read. Was its disk unplugged?",
    )
    NO_VIDEO_SEEN = (
        "no_video_seen",
        "No video can be seen in %(folder)s, but the library knows %(known)s. Is its disk connected? Nothing was"
        " changed.",
    )
    PICTURES_NOT_SAVED = (
        "pictures_not_saved",
        "Pictures cannot be written to %(folder)s: %(reason)s. The videos are not touched; the worker goes on by itself"
        " when there is room.",
    )
    NO_SCRATCH_ROOM = (
        "no_scratch_room",
        "A scan needs room for a temporary file (%(reason)s). Make room in the folder for temporary files, or set"
        " SQLITE_TMPDIR to another one; the next scan does what this one has not done.",
    )


_BY_CODE = {failure.code: failure for failure in Failure}


class WorkFailed(LibraryError):
    """A failure with a code, made by `because`; its message is the English sentence."""

    failure: Failure | None = None
    values: Values = {}

    @classmethod
    def because(cls, failure: Failure, **values: str | int) -> Self:
        shown = {name: f"{value:,}" if isinstance(value, int) else value for name, value in values.items()}
        error = cls(failure.sentence % shown)
        error.failure, error.values = failure, values
        return error


def stored_failure(error: LibraryError) -> str:
    """Return what is stored of an error: {"code": "folder_missing", "folder": "/videos"} as JSON, or its message."""
    if not isinstance(error, WorkFailed) or error.failure is None:
        return str(error)
    return json.dumps({"code": error.failure.code, **error.values})


def failure_in(stored: str) -> tuple[Failure, Values] | None:
    """Return the failure that is stored and its values, or None where it is a text of another kind."""
    try:
        values = json.loads(stored)
    except ValueError:
        return None
    failure = _BY_CODE.get(str(values.pop("code", ""))) if isinstance(values, dict) else None
    return None if failure is None else (failure, values)
