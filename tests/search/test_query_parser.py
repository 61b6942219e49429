"""Any text is a question; what makes no sense in it explains itself, and the rest applies."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from videos.search.highlight import spans
from videos.search.query_parser import MAX_TERMS, Question, Term, Words, parse
from videos.search.tokens import spelled, stands_in

NOW = datetime(2024, 6, 15, 12, tzinfo=UTC)


@given(text=st.text() | st.text(alphabet='abtagising: ->=<"0123456789.,:/'))
def test_no_text_fails_and_each_problem_is_one_sentence(text: str) -> None:
    question = parse(text, NOW)
    assert all(problem.endswith(".") and "\n" not in problem.rpartition("”")[2] for problem in question.problems)
    assert all(words.text.strip(" -") == words.text and (words.text or words.literal) for words in question.words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Sea BEACH", [Words("sea"), Words("beach")]),
        ('"New  York" -snow', [Words("new york"), Words("snow", negated=True)]),
        ('-"a phrase', [Words("a phrase", negated=True)]),
        ("Málaga malaga", [Words("malaga")]),
        ('" - "" -', []),
        ("12:30 http://x", [Words("12-30"), Words("http-x")]),
        ("Leon: (the) O’Brien…", [Words("leon"), Words("the"), Words("o-brien")]),
        ('“New—York” "Tom & Jerry"', [Words("new-york"), Words("tom jerry")]),
        ("tom & jerry - %", [Words("tom"), Words("jerry")]),
        ("% -(", [Words("", literal="%"), Words("", negated=True, literal="(")]),
        (
            "C++ c# 5% +c a+b",
            [Words("c", literal="c++"), Words("c", literal="c#"), Words("5", literal="5%"), Words("c"), Words("a-b")],
        ),
    ],
)
def test_words_and_phrases(text: str, words: list[Words]) -> None:
    assert parse(text, NOW) == Question(tuple(words))


@pytest.mark.parametrize(
    ("text", "field", "value"),
    [
        ('tag:"new york"', "tag", "new york"),
        ("RATING:>=4", "rating", (("gte", 4),)),
        ("stars:4", "rating", (("gte", 4), ("lt", 5))),
        ("duration:>20m", "duration", (("gt", 1200.0),)),
        ("duration:1:30:00", "duration", (("gte", 5400.0), ("lt", 5401.0))),
        ("duration:1:02:03", "duration", (("gte", 3723.0), ("lt", 3724.0))),
        ("duration:2:03", "duration", (("gte", 123.0), ("lt", 124.0))),
        ("size:>1gb", "size", (("gt", 2.0**30),)),
        # But not what is dated in the future, by a clock that was wrong.
        ("added:<7d", "added", (("gt", NOW - timedelta(days=7)), ("lte", NOW + timedelta(minutes=1)))),
        ("height:>=1080p", "height", (("gte", 1080),)),
        ("codec:H265", "codec", "hevc"),
        ("folder:/Trips/", "folder", "trips/"),
        ("folder:“Trips (2024)/Día 1”", "folder", "trips2024/dia1/"),
    ],
)
def test_terms(text: str, field: str, value: object) -> None:
    assert parse(text, NOW).terms == (Term(field, value),)  # type: ignore[arg-type]
    assert parse(f"-{text}", NOW).terms == (Term(field, value, negated=True),)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "term",
    [
        *("rating:x", "rating:6", "is:good", "duration:long", "size:>1ells", "size:²b", "height:x"),
        *(
            "rating:abc",
            "added:2024-13",
            "added:soon",
            "added:<99999999y",
            "added:0000",
            "added:9999",
            "tag:",
            "folder:",
            "codec:",
        ),
    ],
)
def test_a_term_that_makes_no_sense_explains_itself_and_the_rest_applies(term: str) -> None:
    question = parse(f"sea {term}", NOW)
    assert question.words == (Words("sea"),)
    assert question.terms == ()
    (problem,) = question.problems
    assert problem.startswith(f"“{term}” is ignored: ")


def test_too_many_words_are_told() -> None:
    question = parse(" ".join(f"w{n}" for n in range(MAX_TERMS + 1)), NOW)
    assert len(question.words) == MAX_TERMS
    assert question.problems == ("Only the first 20 words are used.",)


@pytest.mark.parametrize(
    ("text", "query", "marked"),
    [
        ("Málaga beach", "malaga", ["Málaga"]),
        ("Ma\u0301laga", "mal", ["Ma\u0301l"]),
        ("Straße", "ss", []),
        ("Straße", "strass", ["Straß"]),
        ("Seasea", "sea", ["Seasea"]),
        ("a b ab", "a", ["a", "a"]),
        ("beach", "-beach", []),
        ("beach", "each beac", ["beach"]),
        ("Don’t … look", '"dont look"', ["Don’t … look"]),
        ("Spider\u2011Man, R.E.M.", "spiderman rem", ["Spider\u2011Man", "R.E.M"]),
        ("Nothing: The.Art", "heart", []),
        ("M*A*S*H", "mas", ["M*A*S"]),
        ("C and C++", "c++", ["C++"]),
        ("ﬁne ½", "fin", ["ﬁn"]),
    ],
)
def test_what_was_matched_is_marked_in_the_original_text(text: str, query: str, marked: list[str]) -> None:
    assert [text[start:stop] for start, stop in spans(text, parse(query))] == marked


@given(text=st.text(max_size=40), query=st.text(max_size=10))
def test_marks_lie_within_the_text_in_order_and_apart(text: str, query: str) -> None:
    places = [place for span in spans(text, parse(query)) for place in span]
    assert places == sorted(set(places))
    assert all(0 <= place <= len(text) for place in places)


def test_a_phrase_that_nearly_fits_many_times_is_given_up_at_once() -> None:
    line = spelled("a-b " * 60 + "c")
    assert not stands_in(line, spelled("a-b " * 60 + "d"))
    assert stands_in(line, spelled("ab " * 60 + "c"))
