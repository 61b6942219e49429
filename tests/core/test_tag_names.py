"""The one form of a tag's name, for any text that somebody may type."""

import unicodedata

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from videos.core.tag_names import MAX_LENGTH, clean_tag_name, fold_tag_name, tag_name_problem

# Any code point, lone surrogates too: JSON files hold them. Marks and "#" come often, for they are what is cleaned.
wild_text = st.text(
    st.characters() | st.characters(categories=["Cs", "Mn", "Zs"]) | st.sampled_from("#\u0301\u0345 \tßİ")
)


@given(wild_text)
@example("# #\u0301sea")
@example(" #\u2003# ")
def test_cleaning_twice_changes_nothing(raw: str) -> None:
    assert clean_tag_name(clean_tag_name(raw)) == clean_tag_name(raw)


@given(wild_text)
def test_a_clean_name_is_stripped_nfc_and_without_leading_hashes(raw: str) -> None:
    name = clean_tag_name(raw)
    assert name == name.strip()
    assert not name.startswith("#")
    assert unicodedata.is_normalized("NFC", name)


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        ("sea", "sea"),
        ("#sea", "sea"),
        ("  ## sea  ", "sea"),
        ("#\t#sea", "sea"),
        ("sea#", "sea#"),
        ("C# code", "C# code"),
        ("cafe\u0301", "caf\u00e9"),
        ("Sea", "Sea"),
        ("#", ""),
        ("", ""),
    ],
)
def test_a_name_is_cleaned(raw: str, name: str) -> None:
    assert clean_tag_name(raw) == name


@given(wild_text)
def test_the_key_is_equal_for_case_variants(raw: str) -> None:
    # Upper-casing the dotless i gives I, which is another letter's capital: no folding can undo that.
    raw = raw.replace("ı", "i")
    assert {fold_tag_name(variant) for variant in (raw.upper(), raw.lower(), raw.casefold(), raw.title())} == {
        fold_tag_name(raw)
    }


@given(wild_text)
def test_the_key_is_equal_for_unicode_forms_and_for_the_clean_name(raw: str) -> None:
    forms = [unicodedata.normalize(form, raw) for form in ("NFC", "NFD")]
    assert {fold_tag_name(form) for form in (*forms, f" #{raw} ", clean_tag_name(raw))} == {fold_tag_name(raw)}


@given(wild_text)
def test_a_key_is_its_own_key(raw: str) -> None:
    assert fold_tag_name(fold_tag_name(raw)) == fold_tag_name(raw)


@given(st.text(max_size=MAX_LENGTH) | st.text("ΐﬃİ\u1f80\ufb2c", max_size=MAX_LENGTH))
def test_the_key_of_a_good_name_fits_its_column(raw: str) -> None:
    if tag_name_problem(raw) is None:
        assert 0 < len(fold_tag_name(raw)) <= 3 * MAX_LENGTH


@given(wild_text)
def test_a_name_without_a_problem_can_be_kept_and_shown(raw: str) -> None:
    if tag_name_problem(raw) is None:
        name = clean_tag_name(raw)
        assert 0 < len(name) <= MAX_LENGTH
        assert name.encode().decode() == name
        assert "\0" not in name
        assert "\n" not in name


@pytest.mark.parametrize(
    "raw", ["", "  ", "#", "# #", "a\0b", "a\nb", "a\x1bb", "\ud800", "x" * 201, None, 5, ["a"], {}, True]
)
def test_what_names_no_tag_is_told(raw: object) -> None:
    assert tag_name_problem(raw)


@pytest.mark.parametrize("raw", ["sea", "#sea", " sea\n", "x" * 200, "#" + "x" * 200, "👩‍👩‍👧", "日本"])
def test_what_names_a_tag_is_no_problem(raw: str) -> None:
    assert tag_name_problem(raw) is None
