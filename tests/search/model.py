"""The search in plain Python, slow and plain: what a question finds in a list of videos."""

import operator
import unicodedata
from typing import Any

from videos.models import Tag, Video
from videos.search.folding import fold
from videos.search.language import Question, Term

LETTERS = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc", "Me")
COMPARE = {"gte": operator.ge, "gt": operator.gt, "lt": operator.lt, "lte": operator.le}


def found(videos: list[Video], question: Question, viewer: Any) -> set[str]:
    return {
        video.filename
        for video in videos
        if all(holds(video, word.text) != word.negated for word in question.words)
        and all(is_true(video, term, viewer) != term.negated for term in question.terms)
    }


def holds(video: Video, text: str) -> bool:
    lines = [fold(line) for line in (video.filename, video.title, *(tag.name for tag in video.tags.all()))]
    if len(text) < 3 and all(letter.isalnum() and letter < "\u2000" for letter in text):
        return any(part.startswith(text) for line in lines for part in words_of(line))
    return any(text in line for line in lines)


def words_of(line: str) -> list[str]:
    """Return the runs of letters, numbers and signs upon them; what Unicode does not define counts as a letter."""
    of_word = {letter for letter in line if unicodedata.category(letter) in ("Co", "Cn", *LETTERS)}
    return "".join(letter if letter in of_word else " " for letter in line).split(" ")


def is_true(video: Any, term: Term, viewer: Any) -> bool:
    match term.field:
        case "tag":
            exact = any(tag.name.casefold() == str(term.value).casefold() for tag in Tag.objects.all())
            key = str.casefold if exact else fold
            return any(key(tag.name) == key(str(term.value)) for tag in video.tags.all())
        case "codec":
            return term.value in (video.video_codec, video.audio_codec)
        case "folder":
            return fold(video.filename).startswith(str(term.value))
        case "is":
            view = video.views.filter(viewer=viewer).first()
            return {
                "favorite": video.favorites.filter(viewer=viewer).exists(),
                "started": bool(view and view.position_seconds),
                "watched": bool(view and view.is_watched),
                "unwatched": not (view and (view.is_watched or view.position_seconds)),
                "missing": video.missing_since is not None,
            }[str(term.value)]
        case "rating":
            rating = video.ratings.filter(viewer=viewer).first()
            value = rating.stars if rating else 0
        case field:
            value = getattr(video, {"size": "file_size", "added": "added_date"}.get(field, field))
    return value is not None and all(COMPARE[lookup](value, bound) for lookup, bound in term.value)
