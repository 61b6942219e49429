"""What was matched in a title, a file name or a tag, so that a page can mark it."""

from videos.search.folding import fold, places_of_letters
from videos.search.language import Question
from videos.search.words import places


def spans(text: str, question: Question) -> list[tuple[int, int]]:
    """Return the (start, stop) of what the words of a question matched, in order, none touching another."""
    folded = fold(text)
    found = [
        (start, start + len(words.text))
        for words in question.words
        if not words.negated
        for start in places(folded, words.text)
    ]
    if found and not text.isascii():
        origins = places_of_letters(text)
        ends = [*origins[1:], len(text)]
        found = [(origins[start], max(ends[stop - 1], origins[stop - 1] + 1)) for start, stop in found]
    return _joined(sorted(found))


def _joined(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, stop in pieces:
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined
