"""Find the videos that contain a word: by the full-text index on SQLite, by patterns on PostgreSQL.

All other terms are matched in memory (videos/listing/filters.py).
"""

import json
import re
from collections.abc import Iterable, Sequence

import numpy as np
from django.db import connection
from django.db.models import Q

from videos.db.triggers.full_text import JOINED_LETTERS
from videos.models import Tag, Video, VideoQuerySet
from videos.search.query_parser import Words
from videos.search.tokens import HARD, SOFT, TRIGRAM, is_short, pieces_of

# --- words, with SQLite ----------------------------------------------------------------------------------------------


def found(word: Words) -> np.ndarray:
    """Return the sorted ids of the videos, present or missing, whose name, title or tags contain a word."""
    if not word.text:
        return _holding_literally(word.literal)
    ids = _found(word.text)
    if not word.literal:
        return ids
    literally = _holding_literally(word.literal, ids)
    return literally if len(literally) else ids


def _found(text: str) -> np.ndarray:
    """Return the ids of the videos that contain a normalized text (videos/search/tokens.py)."""
    pieces = pieces_of(text)
    letters = "".join(pieces)
    lookups = [_anywhere(HARD.join(pieces)), _anywhere(letters), _from_start(letters)]
    if len(pieces) == 1:
        # A single letter cannot span a sign.
        lookups = lookups[1 : len(letters) + 1]
    found_by = _each(lookups)
    if len(letters) > JOINED_LETTERS:
        found_by[-1] = _holding(text, found_by[-1])
    ids = _merged(found_by)
    return _merged([ids, _mixed(text, ids)]) if len(pieces) > 1 else ids


_Lookup = tuple[str, str]


def _anywhere(text: str) -> _Lookup:
    """Return the FTS5 query for letters and spaces: anywhere, or at the start of a word if they are too few."""
    if len(text) >= TRIGRAM:
        return "rowid) FROM videos_trigram WHERE videos_trigram MATCH %s", _quoted(text)
    if is_short(text):
        return _at_start(text)
    return "id) FROM videos_searchforms WHERE instr(spaced, %s) > 0", text


def _at_start(letters: str) -> _Lookup:
    """Return the FTS5 query for letters at the start of a word, without signs in between."""
    return "rowid) FROM videos_words WHERE videos_words MATCH %s", f"{_quoted(letters)}*"


def _from_start(letters: str) -> _Lookup:
    """Return the FTS5 query for letters from the start of a word, across signs; long ones are cut."""
    return "rowid) FROM videos_joined WHERE videos_joined MATCH %s", f"{_quoted(letters[:JOINED_LETTERS])}*"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _each(lookups: Sequence[_Lookup]) -> list[np.ndarray]:
    """Return the ids that each lookup finds, in one query.

    Each result is one JSON text, which is read three times as fast as rows.
    """
    columns = ", ".join(f"(SELECT group_concat({select})" for select, _value in lookups)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {columns}", [value for _select, value in lookups])
        return [np.fromstring(ids or "", np.int64, sep=",") for ids in cursor.fetchone()]


def _merged(parts: Sequence[np.ndarray]) -> np.ndarray:
    """Return the sorted ids of all sorted parts, each once. np.unique takes a hundred times as long."""
    some = [part for part in parts if len(part)]
    if len(some) < 2:
        return some[0] if some else np.empty(0, np.int64)
    ids = np.sort(np.concatenate(some), kind="stable")
    return ids[np.concatenate([[True], ids[1:] != ids[:-1]])]


def _mixed(text: str, known: np.ndarray) -> np.ndarray:
    """Return further matches of several words whose gaps differ: "dont look-up" in "Don't Look Up".

    In each such video some word of the query spans a sign, or is one word where the query has a sign; and each starts
    at the start of a word.
    """
    words = text.split(HARD)
    signed = [word.replace(SOFT, "") for word in words if SOFT in word] if len(words) > 1 else []
    seeds = [_from_start(piece) for piece in pieces_of(text) if len(piece) > 1]
    seeds += [lookup for letters in signed for lookup in (_anywhere(letters), _from_start(letters))]
    if not seeds:
        return np.empty(0, np.int64)
    candidates = np.setdiff1d(_merged(_each(list(dict.fromkeys(seeds)))), known, assume_unique=True)
    for word in words:
        if len(candidates) and SOFT not in word and len(word) >= TRIGRAM:
            begun = _merged(_each([_at_start(word), _from_start(word)]))
            candidates = np.intersect1d(candidates, begun, assume_unique=True)
    return _holding(text, candidates)


def _holding(text: str, ids: np.ndarray) -> np.ndarray:
    """Return the videos among these that contain a normalized text, by checking each."""
    if not len(ids):
        return ids
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM videos_searchtext WHERE id IN (SELECT value FROM json_each(%s)) AND videos_holds(text, %s)"
            " ORDER BY id",
            [json.dumps(ids.tolist()), text],
        )
        return np.array([row[0] for row in cursor.fetchall()], np.int64)


def _holding_literally(text: str, ids: np.ndarray | None = None) -> np.ndarray:
    """Return the videos, among these or all, whose name, title or tags contain a text exactly, with its signs."""
    among = "" if ids is None else "id IN (SELECT value FROM json_each(%s)) AND "
    tagged = (
        f"SELECT l.video_id FROM {Video.tags.through._meta.db_table} l JOIN {Tag._meta.db_table} t ON t.id = l.tag_id"  # noqa: S608
        " WHERE instr(lower(t.name), %s)"
    )
    chosen = [] if ids is None else [json.dumps(ids.tolist())]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT id FROM {Video._meta.db_table} WHERE {among}"  # noqa: S608  our own names
            f"(instr(lower(title), %s) OR instr(lower(filename), %s) OR id IN ({tagged})) ORDER BY id",
            [*chosen, text, text, text],
        )
        return np.array([row[0] for row in cursor.fetchall()], np.int64)


# --- words, with PostgreSQL ------------------------------------------------------------------------------------------


def containing(videos: VideoQuerySet, words: Iterable[Words]) -> VideoQuerySet:
    """Return the videos whose title, name or tags contain the words, whatever their signs. Accents count."""
    for word in words:
        lookup, wanted = ("iregex", _as_pattern(word.text)) if word.text else ("icontains", word.literal)
        tagged = Video.tags.through.objects.filter(**{f"tag__name__{lookup}": wanted}).values("video")
        held = Q(**{f"title__{lookup}": wanted}) | Q(**{f"filename__{lookup}": wanted}) | Q(pk__in=tagged)
        videos = videos.filter(~held if word.negated else held)
    return videos


def _as_pattern(text: str) -> str:
    """Return a regular expression for PostgreSQL and Python for a normalized text, with signs anywhere in its words."""
    return r"[\W_]*".join(r"([^\w\s]|_)*".join(map(re.escape, piece)) for piece in pieces_of(text))
