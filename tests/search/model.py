"""The search in plain Python, slow and plain: what a question finds in a list of videos."""

import operator
import unicodedata
from typing import Any

from videos.core.folding import fold
from videos.models import Tag, Video
from videos.search.query_parser import Question, Term, Words

LETTERS = ("Lu", "Ll", "Lt", "Lm", "Lo", "Nd", "Nl", "No", "Mn", "Mc", "Me", "Co", "Cn")
COMPARE = {"gte": operator.ge, "gt": operator.gt, "lt": operator.lt, "lte": operator.le}

# A text as letters, each with the gap before it: "" within a word, "-" after signs, " " after something with a space.
Letters = list[tuple[str, str]]


def found(videos: list[Video], question: Question, viewer: Any) -> set[str]:
    return {
        video.filename
        for video in videos
        if all(holds(video, word, videos) != word.negated for word in question.words)
        and all(is_true(video, term, viewer) != term.negated for term in question.terms)
    }


def holds(video: Video, word: Words, videos: list[Video]) -> bool:
    literally = [each for each in videos if word.literal and any(word.literal in text.lower() for text in texts(each))]
    if not word.text or literally:
        return video in literally and (not word.text or spelled_in(video, word.text))
    return spelled_in(video, word.text)


def texts(video: Video) -> list[str]:
    return [video.filename, video.title, *(tag.name for tag in video.tags.all())]


def spelled_in(video: Video, text: str) -> bool:
    name, dot, extension = video.filename.rpartition(".")
    apart = f"{name} {extension}" if name else f"{dot}{extension}"
    lines = [apart.replace("/", " "), video.title, *(tag.name for tag in video.tags.all())]
    wanted = letters_of(text)
    return any(stands_at(letters_of(line), place, wanted) for line in lines for place in range(len(line) * 4))


def letters_of(text: str) -> Letters:
    """Return the letters of a text, each with the gap before it."""
    found, gap = [], "-"
    for letter in fold(text):
        if letter == " ":
            gap = " "
        elif unicodedata.category(letter) in LETTERS:
            found.append((letter, gap))
            gap = ""
        else:
            gap = gap or "-"
    return found


def stands_at(line: Letters, place: int, wanted: Letters) -> bool:
    here = line[place : place + len(wanted)]
    if [letter for letter, _gap in here] != [letter for letter, _gap in wanted]:
        return False
    gaps = [(gap, asked) for (_, gap), (_, asked) in list(zip(here, wanted, strict=True))[1:]]
    letters = "".join(letter for letter, _gap in wanted)
    is_short = len(letters) < 3 and all(letter.isalnum() and letter < "\u2000" for letter in letters)
    # As one word, or with a gap at each gap: anywhere.
    together = all(not gap for gap, _asked in gaps)
    apart = all(bool(gap) == bool(asked) for gap, asked in gaps)
    if (together and not is_short) or (apart and any(asked for _gap, asked in gaps)):
        return True
    if not here[0][1]:
        return False
    # From the start of a word on signs are passed over: in all as one word, or between words that are apart.
    return all(gap != " " for gap, _asked in gaps) or words_are_apart(gaps)


def words_are_apart(gaps: list[tuple[str, str]]) -> bool:
    """Return whether there is a gap where a space is asked for, and in each word at all of its signs, or at none."""
    words: list[list[tuple[str, str]]] = [[]]
    for gap, asked in gaps:
        if asked == " ":
            if not gap:
                return False
            words.append([])
        else:
            words[-1].append((gap, asked))
    return all(
        all(gap != " " for gap, _asked in word) or all(bool(gap) if asked else gap != " " for gap, asked in word)
        for word in words
    )


def is_true(video: Any, term: Term, viewer: Any) -> bool:
    match term.field:
        case "tag":
            names, wanted = [tag.name for tag in Tag.objects.all()], str(term.value)
            keys = (str.casefold, fold, lambda name: "".join(letter for letter, _gap in letters_of(name)))
            key = next((key for key in keys if any(key(name) == key(wanted) for name in names)), None)
            return key is not None and any(key(tag.name) == key(wanted) for tag in video.tags.all())
        case "codec":
            return term.value in (video.video_codec, video.audio_codec)
        case "folder":
            folders = video.filename.split("/")[:-1]
            return "".join(f"{fold(name)}/" for name in folders).startswith(str(term.value))
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
