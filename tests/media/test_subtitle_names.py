"""Names of subtitle files as players know them, beside a film and in folders such as Subs/."""

import pytest

from videos.media.subtitles.names import home_of, match

ALONE = {"Sea/film"}
SEVERAL = {
    "Show/Show.S01E01",
    "Show/Show.S01E02",
    "Show/extra",
    "Two/film",
    "Two/film 2",
    "Two/film.part2",
    "Two/film-it",
}


def found(filename: str, stems: set[str]) -> tuple[str, str, str] | None:
    sidecar = match(filename, stems)
    return (sidecar.stem, sidecar.language, sidecar.label) if sidecar else None


@pytest.mark.parametrize(
    ("name", "language", "label"),
    [
        ("film_en.srt", "en", "English"),
        ("film-en.srt", "en", "English"),
        ("film_English.srt", "en", "English"),
        ("film-eng.forced.srt", "en", "English (forced)"),
        ("film_pt-BR.srt", "pt-br", "Portuguese (Brazil)"),
        ("film (English).srt", "en", "English"),
        ("film [en].srt", "en", "English"),
        ("film(en).srt", "en", "English"),
        ("film - English.srt", "en", "English"),
        ("film English.srt", "en", "English"),
        ("film_forced.srt", "", "Subtitles (forced)"),
        ("film_en_2.srt", "en", "English (2)"),
        ("film.en-orig.vtt", "en", "English (original)"),
        ("film.sr-Latn-RS.srt", "sr-latn-rs", "Serbian (Latin script, RS)"),
        ("film.en.cc.srt", "en", "English (SDH)"),
        ("film.en.hi.srt", "en", "English (SDH)"),
        ("film.hi.srt", "hi", "Hindi"),
        ("film.hearing impaired.srt", "", "Subtitles (SDH)"),
        ("film.English subs.srt", "en", "English"),
        ("FILM.EN.SRT", "en", "English"),
        ("Film.srt", "", "Subtitles"),
        ("film.lrc", "", "Subtitles"),
        ("film.sbv", "", "Subtitles"),
    ],
)
def test_names_beside_a_film_are_read_as_people_write_them(name: str, language: str, label: str) -> None:
    assert found(f"Sea/{name}", ALONE) == ("Sea/film", language, label)


@pytest.mark.parametrize(
    "name",
    [
        "film 2.srt", "film-2.srt", "film_2.srt", "film part2.srt", "film.part2.srt", "film 2 English.srt",
        "film no.srt", "film-noir.srt", "film & friends.srt", "filmen.srt", "my film.srt", "film(1998).srt",
    ],
)  # fmt: skip
def test_a_name_that_may_be_another_films_is_not_taken(name: str) -> None:
    assert match(f"Sea/{name}", ALONE) is None


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("film.en.srt", "film"), ("film 2.en.srt", "film 2"), ("film.part2.en.srt", "film.part2"),
        ("film-it.srt", "film-it"), ("film-it.it.srt", "film-it"), ("film_it.srt", "film"), ("film 2_en.srt", "film 2"),
    ],
)  # fmt: skip
def test_films_of_alike_names_keep_their_own(name: str, stem: str) -> None:
    sidecar = match(f"Two/{name}", SEVERAL)
    assert sidecar is not None
    assert sidecar.stem == f"Two/{stem}"


def test_capitals_matter_only_where_two_names_differ_by_nothing_else() -> None:
    both = {"Film", "film"}
    assert found("film.srt", both) == ("film", "", "Subtitles")
    assert found("Film.srt", both) == ("Film", "", "Subtitles")
    assert found("FILM.srt", both) is None


@pytest.mark.parametrize(
    "folder", ["Subs", "subs", "SUBS", "Subtitles", "subtitle", "Sub", "srt", "VobSubs", "Untertitel", "字幕"]
)
def test_folders_of_subtitles_are_known_by_their_names(folder: str) -> None:
    assert found(f"Sea/{folder}/film.en.srt", ALONE) == ("Sea/film", "en", "English")
    assert home_of(f"Sea/{folder}/film.en.srt") == "Sea/"
    assert home_of(f"Sea/{folder}/film/2_English.srt") == "Sea/"
    assert found(f"{folder}/film.en.srt", {"film"}) == ("film", "en", "English")


@pytest.mark.parametrize("folder", ["Other", "Submarines", "Sub Zero", "Subs 2", "English", "film", "srt files"])
def test_other_folders_hold_other_films_subtitles(folder: str) -> None:
    assert match(f"Sea/{folder}/film.en.srt", ALONE) is None
    assert match(f"Sea/{folder}/2_English.srt", ALONE) is None


@pytest.mark.parametrize(
    ("name", "language", "label"),
    [
        ("2_English.srt", "en", "English"),
        ("English.srt", "en", "English"),
        ("en.srt", "en", "English"),
        ("eng.forced.srt", "en", "English (forced)"),
        ("12_Portuguese (Brazilian).srt", "pt-br", "Portuguese (Brazil)"),
        ("3_Chinese (Traditional).srt", "zh-hant", "Chinese (Traditional)"),
        ("4_English [SDH].srt", "en", "English (SDH)"),
        ("SDH.eng.HI.srt", "en", "English (SDH)"),
        ("Forced.srt", "", "Subtitles (forced)"),
        ("Another.Release.2010.1080p.English.srt", "en", "English"),
        ("another release.srt", "", "another release"),
        ("film.srt", "", "Subtitles"),
        ("2.srt", "", "2"),
        ("film/2_English.srt", "en", "English"),
        ("film/film.en.srt", "en", "English"),
        ("FILM/English.srt", "en", "English"),
        ("English/film.srt", "en", "English"),
        ("English/film.forced.srt", "en", "English (forced)"),
        ("German/anything.srt", "de", "German"),
    ],
)
def test_with_one_film_in_the_folder_whatever_lies_in_subs_is_its(name: str, language: str, label: str) -> None:
    assert found(f"Sea/Subs/{name}", ALONE) == ("Sea/film", language, label)


def test_the_language_of_a_folder_is_that_of_its_files() -> None:
    assert found("Sea/English Subs/film.srt", ALONE) == ("Sea/film", "en", "English")
    assert found("Sea/Subs_de/film.forced.srt", ALONE) == ("Sea/film", "de", "German (forced)")
    assert found("Sea/English Subs/film.fr.srt", ALONE) == ("Sea/film", "fr", "French")


@pytest.mark.parametrize(
    ("name", "stem"),
    [
        ("Subs/Show.S01E01.en.srt", "Show.S01E01"),
        ("Subs/Show.S01E02/2_English.srt", "Show.S01E02"),
        ("subs/show.s01e02/2_English.srt", "Show.S01E02"),
        ("Subs/English/Show.S01E01.srt", "Show.S01E01"),
        ("Subs/2_English.srt", None),
        ("Subs/Show.S01E03.en.srt", None),
        ("Subs/Show.S01E03/2_English.srt", None),
        ("Subs/English/2.srt", None),
    ],
)
def test_with_several_films_only_those_of_their_names_are_taken(name: str, stem: str | None) -> None:
    sidecar = match(f"Show/{name}", SEVERAL)
    assert (sidecar.stem if sidecar else None) == (stem and f"Show/{stem}")


def test_a_sample_beside_a_film_does_not_make_two_of_it() -> None:
    assert found("Sea/Subs/English.srt", {"Sea/film", "Sea/film-sample"}) == ("Sea/film", "en", "English")
    assert found("Sea/Subs/English.srt", {"Sea/film", "Sea/Trailer"}) == ("Sea/film", "en", "English")


def test_a_film_in_a_folder_called_subs_has_its_own_beside_it() -> None:
    assert found("Sub/Sub.en.srt", {"Sub/Sub"}) == ("Sub/Sub", "en", "English")
    assert found("Sub/film.en.srt", {"Sub/film", "film"}) == ("Sub/film", "en", "English")


def test_deeper_folders_are_not_looked_into() -> None:
    assert match("Sea/Subs/film/old/2_English.srt", ALONE) is None
    assert match("Sea/Subs/more/old/film.srt", ALONE) is None
