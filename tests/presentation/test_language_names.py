"""Names of languages: those of CLDR, found by what people write, and told in the page's language."""

import pytest
from django.utils.translation import override

from videos.media.subtitles.name_words import Said, understand
from videos.presentation.formatting import language


@pytest.mark.parametrize(
    ("code", "english", "german"),
    [
        ("eng", "English", "Englisch"),
        ("en", "English", "Englisch"),
        ("ger", "German", "Deutsch"),
        ("deu", "German", "Deutsch"),
        ("pt-BR", "Portuguese (Brazil)", "Portugiesisch (Brasilien)"),
        ("sr-Latn", "Serbian (Latin script)", "Serbisch (Lateinisch)"),
        ("ast", "Asturian", "Asturisch"),
        ("qqq", "qqq", "qqq"),
    ],
)
def test_a_tracks_language_is_named_in_the_pages_language(code, english, german):
    assert language(code) == english
    with override("de"):
        assert language(code) == german


@pytest.mark.parametrize(
    ("word", "code"),
    [
        ("English", "en"), ("Deutsch", "de"), ("deu", "de"), ("ger", "de"), ("Français", "fr"), ("fre", "fr"),
        ("Čeština", "cs"), ("cz", "cs"), ("日本語", "ja"), ("jp", "ja"), ("Farsi", "fa"), ("Bengali", "bn"),
        ("Bangla", "bn"),
        ("Castellano", "es"), ("Bahasa Indonesia", "id"), ("chs", "zh-hans"), ("cht", "zh-hant"), ("pob", "pt-br"),
        ("Türkçe", "tr"), ("Українська", "uk"), ("scr", "hr"), ("mul", "mul"),
    ],
)  # fmt: skip
def test_a_language_is_found_by_its_names_and_its_codes(word, code):
    said = Said()
    assert understand(word, said)
    assert said.languages == [code]


@pytest.mark.parametrize("word", ["new", "man", "vo", "ts", "old", "fang", "crow"])
def test_a_word_that_is_a_rare_languages_code_is_a_word(word):
    assert not understand(word, Said())
