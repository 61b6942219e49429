"""The videos that a question finds, as a queryset that goes on being filtered, sorted and paged: the admin's search.

With SQLite it goes from the index of words to the videos; where no index knows the words, each video is asked. The
pages search from memory (videos/catalog/choosing.py), and take from here what an index finds.
"""

from collections.abc import Iterable
from typing import Any, cast

import numpy as np
from django.contrib.auth.models import User
from django.db import connection
from django.db.models import BooleanField, Exists, F, Func, OuterRef, Q, TextField, Value

from videos.models import Favorite, Rating, Tag, Video, View
from videos.querysets import VideoQuerySet
from videos.search.folding import fold
from videos.search.language import Bounds, Question, Term, Words
from videos.search.words import TRIGRAM, is_short
from videos.tag_names import clean_tag_name


def matching(videos: VideoQuerySet, question: Question, viewer: User) -> VideoQuerySet:
    """Return those of the videos that the question finds."""
    index = _driver(question.words) if connection.vendor == "sqlite" else None
    for term in question.terms:
        videos = _with_term(videos, term, viewer, joined=index is None)
    if not question.words:
        return videos
    if connection.vendor != "sqlite":
        return containing(videos, question.words)
    if index:
        table, match, rest = index[0], index[1], _left_over(index[0], question.words)
        # The plus keeps SQLite from asking the index about one video after the other, 50 microseconds each.
        # A join, so that it ends with the page or the count that is asked for; IN would collect them all first.
        joined = videos.extra(  # noqa: S610  the table is one of our own two
            tables=[table], where=[f"videos_video.id = +{table}.rowid", f"{table} MATCH %s"], params=[match]
        )
        return _tested(cast(VideoQuerySet, joined), rest)
    return _tested(videos, question.words)


# --- words, with SQLite ----------------------------------------------------------------------------------------------


def _driver(words: tuple[Words, ...]) -> tuple[str, str] | None:
    """Return the (table, match) that finds what the words do or more, or None where no index knows them."""
    wanted = [word.text for word in words if not word.negated]
    long = [_quoted(text) for text in wanted if len(text) >= 3]
    if long:
        unwanted = [_quoted(word.text) for word in words if word.negated and len(word.text) >= 3]
        return "videos_trigram", " NOT ".join([f"({' AND '.join(long)})", *unwanted])
    short = [f"{_quoted(text)}*" for text in wanted if is_short(text)]
    return ("videos_words", " AND ".join(short)) if short else None


def _left_over(table: str, words: tuple[Words, ...]) -> list[Words]:
    """Return the words that a match in the table says nothing of."""
    if table == "videos_trigram":
        return [word for word in words if len(word.text) < 3]
    return [word for word in words if word.negated or not is_short(word.text)]


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def found_in_index(text: str) -> np.ndarray:
    """Return the ids of the videos, there or not, whose name, title or tags hold a folded word."""
    if len(text) >= TRIGRAM:
        found, parameter = "rowid) FROM videos_trigram WHERE videos_trigram MATCH %s", _quoted(text)
    elif is_short(text):
        found, parameter = "rowid) FROM videos_words WHERE videos_words MATCH %s", f"{_quoted(text)}*"
    else:
        found, parameter = "id) FROM videos_searchtext WHERE instr(text, %s) > 0", text
    with connection.cursor() as cursor:
        # As one text, which is read in a third of the time that a row for each takes.
        cursor.execute(f"SELECT group_concat({found}", [parameter])
        ids = cursor.fetchone()[0] or ""
    return np.fromstring(ids, np.int64, sep=",")


def _function(word: str) -> str:
    return "videos_word_begins" if is_short(word) else "instr"


class _Holds(Func):
    """Whether the text of a video, by its id, holds a word: one look at a row."""

    function, output_field = "instr", BooleanField()
    template = "%(function)s(%(expressions)s) > 0"

    def __init__(self, word: str) -> None:
        text = Func(
            F("pk"),
            template="(SELECT text FROM videos_searchtext WHERE id = %(expressions)s)",
            output_field=TextField(),
        )
        super().__init__(text, Value(word), function=_function(word))


def _tested(videos: VideoQuerySet, words: Iterable[Words]) -> VideoQuerySet:
    """Return those of the videos whose own texts hold the words."""
    for word in words:
        videos = videos.filter(~Q(_Holds(word.text)) if word.negated else Q(_Holds(word.text)))
    return videos


# --- words, with PostgreSQL ------------------------------------------------------------------------------------------


def containing(videos: VideoQuerySet, words: Iterable[Words]) -> VideoQuerySet:
    """Return those of the videos whose title, name or tags contain the words. Accents count here."""
    for word in words:
        tagged = Video.tags.through.objects.filter(tag__name__icontains=word.text).values("video")
        found = Q(title__icontains=word.text) | Q(filename__icontains=word.text) | Q(pk__in=tagged)
        videos = videos.filter(~found if word.negated else found)
    return videos


# --- terms -----------------------------------------------------------------------------------------------------------


def _with_term(videos: VideoQuerySet, term: Term, viewer: User, *, joined: bool) -> VideoQuerySet:
    if term.field in _MARKS or (term.field, term.value) in _STATES:
        return _with_mark(videos, term, viewer, joined)
    condition = _condition(term)
    # Where nothing is known of a file, "not longer than an hour" is true of it.
    return videos.filter(~condition if term.negated else condition)


def _condition(term: Term) -> Q:
    if isinstance(term.value, tuple):
        column = {"size": "file_size", "added": "added_date"}.get(term.field, term.field)
        return Q(**{f"{column}__isnull": False}, **{f"{column}__{lookup}": value for lookup, value in term.value})
    if term.field == "tag":
        return Q(pk__in=Video.tags.through.objects.filter(tag__in=_tag_ids(term.value)).values("video"))
    if term.field == "codec":
        return Q(video_codec__iexact=term.value) | Q(audio_codec__iexact=term.value)
    if term.field == "folder":
        return _in_folder(term.value)
    return Q(missing_since__isnull=False)


def _in_folder(folder: str) -> Q:
    if connection.vendor != "sqlite":
        return Q(filename__istartswith=folder)
    return Q(_StartsWith(folder))


class _StartsWith(_Holds):
    """Whether the text of a video, whose first line is its name, starts so."""

    template = "%(function)s(%(expressions)s) = 1"

    def __init__(self, start: str) -> None:
        super().__init__(start)
        self.extra["function"] = "instr"


def _tag_ids(name: str) -> list[int]:
    """Return the tag of this name, in any case; if there is none, those that it is without accents."""
    exact = list(Tag.objects.with_names([name]).values_list("pk", flat=True))
    if exact:
        return exact
    wanted = fold(clean_tag_name(name))
    return [pk for pk, other in Tag.objects.order_by().values_list("pk", "name") if fold(other) == wanted]


# Field or state: whose marks they are, and what else must be true of one. Unwatched is what has no such mark.
_BEGUN = Q(position_seconds__gt=0)
_MARKS = {"rating": Rating}
_STATES: dict[tuple[str, Any], tuple[type[Any], Q]] = {
    ("is", "favorite"): (Favorite, Q()),
    ("is", "started"): (View, _BEGUN),
    ("is", "watched"): (View, Q(is_watched=True)),
    ("is", "unwatched"): (View, Q(is_watched=True) | _BEGUN),
}


def _with_mark(videos: VideoQuerySet, term: Term, viewer: User, joined: bool) -> VideoQuerySet:
    negated = term.negated
    if term.field == "rating":
        bounds, model = dict(cast(Bounds, term.value)), Rating
        condition = Q(**{f"stars__{lookup}": value for lookup, value in bounds.items()})
        if _holds_for_none(bounds):
            # What nobody rated has 0 stars.
            none = ~Exists(Rating.objects.filter(viewer=viewer, video=OuterRef("pk")))
            some = Exists(Rating.objects.filter(condition, viewer=viewer, video=OuterRef("pk")))
            return videos.filter(~(none | some) if negated else none | some)
    else:
        model, condition = _STATES[term.field, term.value]
        negated = negated != (term.value == "unwatched")
    marks = model.objects.filter(condition, viewer=viewer)
    if negated or not joined:
        marked = Exists(marks.filter(video=OuterRef("pk")))
        return videos.filter(~marked if negated else marked)
    # There is one mark for each viewer and video, and its index knows them without a walk past all videos.
    return videos.filter(pk__in=marks.values("video"))


def _holds_for_none(bounds: dict[str, int]) -> bool:
    compare = {"gte": int.__ge__, "gt": int.__gt__, "lt": int.__lt__, "lte": int.__le__}
    return all(compare[lookup](0, value) for lookup, value in bounds.items())
