"""Find the matches of a query in a title, a file name or a tag, so that a page can mark them."""

from collections.abc import Iterator

from videos.core.folding import fold, places_of_letters
from videos.search.query_parser import Question, Words
from videos.search.tokens import pattern, with_gaps


def spans(text: str, question: Question) -> list[tuple[int, int]]:
    """Return the (start, stop) of all matches of the words, sorted, with touching ones joined."""
    folded = fold(text)
    found = [span for words in question.words if not words.negated for span in _matches(text, folded, words)]
    return _joined(sorted(found))


def _matches(text: str, folded: str, words: Words) -> Iterator[tuple[int, int]]:
    """Yield the (start, stop) of the matches of a word in the original text."""
    if words.literal and words.literal in text.lower():
        start = text.lower().find(words.literal)
        while start >= 0:
            yield start, min(start + len(words.literal), len(text))
            start = text.lower().find(words.literal, start + 1)
        return
    found = [match.span() for match in pattern(words.text).finditer(with_gaps(folded))] if words.text else []
    if not found:
        return
    if text.isascii():
        yield from found
        return
    origins = places_of_letters(text)
    ends = [*origins[1:], len(text)]
    for start, stop in found:
        yield origins[start], max(ends[stop - 1], origins[stop - 1] + 1)


def _joined(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in pieces:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined
