"""What was matched in a title, a file name or a tag, so that a page can mark it."""

import re

from videos.search.folding import fold_with_places
from videos.search.language import Question
from videos.search.words import beginning, is_short


def spans(text: str, question: Question) -> list[tuple[int, int]]:
    """Return the (start, stop) of what the words of a question matched, in order, none touching another."""
    folded, places = fold_with_places(text)
    ends = [*places[1:], len(text)]
    found = []
    for words in question.words:
        if not words.negated:
            pattern = beginning(words.text) if is_short(words.text) else re.compile(re.escape(words.text))
            found += [(match.start(), match.end()) for match in pattern.finditer(folded)]
    return _joined([(places[start], max(ends[stop - 1], places[stop - 1] + 1)) for start, stop in sorted(found)])


def _joined(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in pieces:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined
