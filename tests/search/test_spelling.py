"""A title is found by any of its words, however its signs are spelled, and by nothing that is not in it."""

import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from tests.counts import at_full_count
from videos.db.triggers import full_text
from videos.listing.query import GalleryQuery
from videos.listing.results import Listing
from videos.listing.search import matching
from videos.models import Tag, Video
from videos.search.highlight import spans
from videos.search.query_parser import parse

pytestmark = pytest.mark.django_db
SIGNS = "'’ʼ`´′-‐‑–—−.·•*&+/:;,!?…()[]_“”«»#@%＇－．＆：・"
LETTERS = "abcxyzäßøłıİΩж3"


def found_by_both(text: str, viewer: Any) -> set[str]:
    """Return the names that the pages find, having seen that the admin finds the same."""
    listing = Listing(GalleryQuery(q=text, sort="title", order="asc"), viewer)
    names = {video.filename for video in Video.objects.by_ids(listing[:])}
    asked = matching(Video.objects.all(), parse(text), viewer)
    assert set(asked.values_list("filename", flat=True)) == names
    return names


@pytest.mark.parametrize(
    ("title", "queries"),
    [
        (
            "Don't Look Up",
            ["don’t", "dont", "don t", "donʼt", "DON´T", '"don’t look"', '"dont look up"', "don", "look-up"],
        ),
        ("O’Brien", ["obrien", "o'brien", "o brien", "O-Brien", "brien", "obri"]),
        ("Spider-Man", ["spiderman", "spider man", "spider–man", "spider‑man", '"spider man"', "man", "spiderm"]),
        ("Spider Man", ["spider-man", "spider_man", '"spider-man"']),
        ("Spiderman", ["spider-man", "spider–man", "spiderman", "piderma"]),
        ("R.E.M. live", ["rem", "r.e.m.", "r.e.m", "REM live", '"rem live"', '"r.e.m. live"', "re", "em"]),
        ("M*A*S*H", ["mash", "m*a*s*h", "M A S H", "m.a.s.h", "mas", "ma"]),
        ("WALL·E", ["walle", "wall-e", "wall e", "wall.e", '"wall e"', "WALL·E"]),
        ("Big.Move", ['"big move"', "big_move", "bigmove", "big move", "Big-Move"]),
        ("Léon: The Professional", ["Leon: The Professional", "leon:", '"leon the professional"', "leon the"]),
        ("3:10 to Yuma", ["3:10 to yuma", "310", "3.10", '"3:10 to"', "3 10"]),
        ("9/11", ["9/11", "911", "9-11", "9 11"]),
        ("Face/Off", ["face/off", "faceoff", "face off", '"face off"']),
        ("24/7", ["24/7", "247", "24 7"]),
        ("24: Redemption", ["24: redemption", "24:", '"24 redemption"']),
        ("Mission: Impossible", ["mission: impossible", "mission:impossible", '"mission impossible"']),
        ("C++ by example", ["c++", "C++", "c", "ｃ＋＋", "c++ example"]),
        ("Tom & Jerry", ["tom & jerry", '"tom & jerry"', '"tom jerry"', "tom&jerry"]),
        ("U.S. Marshals", ["us marshals", "u.s.", "U.S. Marshals", '"us marshals"']),
        ("Straße nach Łódź", ["strasse", "lodz", "STRASSE NACH LODZ", '"straße nach"']),
        ("スター・ウォーズ", ["スターウォーズ", "スター ウォーズ", "ウォーズ"]),
        ("सत्यमेव ३", ["सत्यमेव", "3"]),
        ("“Quoted” (and more)…", ["quoted", '"quoted and more"', "“quoted”"]),
        ("Tom\u00a0Jones", ["tom jones", '"tom jones"']),
    ],
)
def test_a_title_is_found_in_any_spelling(title: str, queries: list[str], viewer: Any, make_video: Any) -> None:
    make_video("1.mp4", title=title)
    make_video("2.mp4", title="Quite another")
    for query in queries:
        assert not parse(query).problems
        assert found_by_both(query, viewer) == {"1.mp4"}, query
        assert spans(title, parse(query)), query


@pytest.mark.parametrize(
    ("title", "query"),
    [
        ("The.Art.of.War", "heart"),
        ("He art", "heart"),
        ("The Matrix", "them"),
        ("Red Ocean", "re-do"),
        ("New Jersey, York", '"new york"'),
        ("Cats", "c++"),
        ("Spider-Man", "-spiderman"),
        ("Don't Look Up", "-“don’t look”"),
        ("Don't Look Up", '"look dont"'),
    ],
)
def test_what_is_not_there_is_not_found(title: str, query: str, viewer: Any, make_video: Any) -> None:
    make_video("1.mp4", title=title)
    make_video("2.mp4", title="C++")
    assert "1.mp4" not in found_by_both(query, viewer)


def test_no_word_goes_on_from_a_folder_to_a_name_or_from_a_name_to_its_extension(viewer: Any, make_video: Any) -> None:
    make_video("sea/rat.mp4")
    assert found_by_both("searat", viewer) == found_by_both("ratmp4", viewer) == set()
    assert found_by_both("sea/rat", viewer) == found_by_both("rat.mp4", viewer) == {"sea/rat.mp4"}


def test_a_name_that_is_pasted_finds_its_file(viewer: Any, make_video: Any) -> None:
    make_video("Films/Big.Move.2019.1080p-GRP.mkv", title="Another title")
    make_video("Films/Big.Move.2020.1080p-GRP.mkv")
    for query in ("Big.Move.2019.1080p-GRP.mkv", "Films/Big.Move.2019.1080p-GRP.mkv", "big_move_2019_1080p_grp.mkv"):
        assert found_by_both(query, viewer) == {"Films/Big.Move.2019.1080p-GRP.mkv"}, query


def test_tags_and_folders_are_the_same_in_any_spelling(viewer: Any, make_video: Any) -> None:
    make_video("Spider-Man (2002)/a.mp4").tags.set(Tag.objects.get_or_create_many(["O'Neil"]))
    make_video("other/b.mp4").tags.set(Tag.objects.get_or_create_many(["oneill"]))
    for query in (
        "tag:oneil",
        "tag:o’neil",
        'tag:"o neil"',
        "oneil -oneill",
        'folder:"spiderman 2002"',
        "folder:Spider-Man-2002",
    ):
        assert found_by_both(query, viewer) == {"Spider-Man (2002)/a.mp4"}, query


def test_signs_alone_are_looked_for_as_they_are(viewer: Any, make_video: Any) -> None:
    make_video("1.mp4", title="100% 🎬")
    make_video("2.mp4", title="A (good) film")
    for query, expected in {
        "%": {"1.mp4"},
        "🎬": {"1.mp4"},
        "(": {"2.mp4"},
        "???": set[str](),
        "% (": set[str](),
    }.items():
        assert found_by_both(query, viewer) == expected, query
    assert found_by_both("film %", viewer) == {"2.mp4"}
    assert found_by_both('"', viewer) == found_by_both("-", viewer) == {"1.mp4", "2.mp4"}


# --- any title --------------------------------------------------------------------------------------------------------

WORD = st.lists(st.text(LETTERS, min_size=1, max_size=4), min_size=1, max_size=4)
HOW = st.sampled_from(["dropped", "space", *SIGNS])


def spelled(pieces: list[str], signs: list[str]) -> str:
    return "".join(piece + sign for piece, sign in zip(pieces, [*signs, ""], strict=True))


@st.composite
def titles(draw: Any) -> tuple[str, list[list[str]]]:
    """Draw a title, and its words as the pieces between their signs."""
    words = draw(st.lists(WORD, min_size=1, max_size=3))
    edge = st.sampled_from(["", *SIGNS])
    shown = [
        draw(edge) + spelled(word, [draw(st.sampled_from(SIGNS)) for _ in word[1:]]) + draw(edge) for word in words
    ]
    return " ".join(shown), words


@pytest.mark.long("videos/search")
@settings(max_examples=at_full_count(150, 25))
@given(
    title=titles(),
    data=st.data(),
    form=st.sampled_from(["NFC", "NFD"]),
    case=st.sampled_from([str, str.upper, str.lower]),
)
def test_a_title_is_found_by_each_of_its_words_in_any_spelling_of_its_signs(
    title: tuple[str, list[list[str]]], data: Any, form: str, case: Callable[[str], str], viewer: Any
) -> None:
    text, words = title
    Video.objects.all().delete()
    Video.objects.create(filename="folder/1.x", title=unicodedata.normalize(form, text), added_date=timezone.now())
    Video.objects.create(filename="folder/2.x", title="Other", added_date=timezone.now())
    word = data.draw(st.sampled_from(words))
    how = [data.draw(HOW) for _ in word[1:]]
    typed = spelled(word, [{"dropped": "", "space": " "}.get(each, each) for each in how])
    in_other_case = case(typed)
    # What Python turns into other letters (the dotted I of Turkish, in small letters) is another spelling of the word.
    assume("ı" not in typed or case is not str.upper)
    typed = in_other_case[: data.draw(st.integers(1, len(in_other_case)))]
    for query in (typed, f'"{typed}'):
        assume(parse(query).words)
        assert "folder/1.x" in found_by_both(query.removeprefix("-"), viewer), (text, query)


@pytest.mark.long("videos/search")
@settings(max_examples=at_full_count(100, 25))
@given(title=titles(), data=st.data())
def test_a_title_is_found_by_all_of_its_words_in_quotation_marks_each_sign_in_its_own_way(
    title: tuple[str, list[list[str]]], data: Any, viewer: Any
) -> None:
    text, words = title
    Video.objects.all().delete()
    Video.objects.create(filename="folder/1.x", title=text, added_date=timezone.now())
    typed = " ".join(
        spelled(word, [{"dropped": "", "space": " "}.get(sign, sign) for sign in (data.draw(HOW) for _ in word[1:])])
        for word in words
    )
    query = '"' + typed.translate(str.maketrans(dict.fromkeys('"“”', "'"))) + '"'
    assert "folder/1.x" in found_by_both(query, viewer), (text, query)
    assert spans(text, parse(query)), (text, query)
    assert "folder/1.x" in found_by_both(text.replace('"', "").lstrip("-"), viewer) or "-" in text


def test_the_index_of_an_older_release_is_made_anew(viewer: Any, make_video: Any) -> None:

    make_video("1.mp4", title="Don't")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE videos_joined")
        cursor.execute("UPDATE videos_searchtext SET text = '1.mp4' || char(10) || 'don''t'")
    assert full_text.problem(connection)
    full_text.install(connection)
    assert found_by_both("dont", viewer) == {"1.mp4"}
