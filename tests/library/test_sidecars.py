"""Subtitle files are found beside their videos, and follow what happens to either."""

import itertools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.other_user import give_to_nobody, library_for_anybody, run_as_nobody
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.models import Subtitle, Video

pytestmark = pytest.mark.django_db

_seconds = itertools.count(1_600_000_000)


def put(path: Path) -> Path:
    """Write a file of its own content and date."""
    path.parent.mkdir(parents=True, exist_ok=True)
    modified = next(_seconds)
    path.write_text(str(modified))
    os.utime(path, (modified, modified))
    return path


def found() -> dict[str, list[str]]:
    """Return {video: its subtitle files by name}, where it has any."""
    rows = Subtitle.objects.order_by("filename").values_list("video__filename", "filename")
    return {video: [name for _, name in group] for video, group in itertools.groupby(sorted(rows), lambda row: row[0])}


def part(*names: str) -> Scope:
    """Return the scope of these names; folders end in /."""
    folders = frozenset(name for name in names if name.endswith("/"))
    return Scope(frozenset(names) - folders, folders)


@pytest.fixture
def known(library: Path, viewer: Any) -> Callable[..., Path]:
    """Put these files, scan them, and return the video folder."""

    def make(*names: str) -> Path:
        for name in ("always there.mp4", *names):
            put(library / name)
        scan(library)
        return library

    return make


@pytest.mark.parametrize(
    ("video", "beside"),
    [
        ("film.mp4", ["film.en.srt", "film.srt", "film.vtt"]),
        ("film.mp4", ["film.de.ass", "film.pt-BR.forced.srt"]),
        ("FILM.MP4", ["FILM.SRT", "FILM.En.VTT"]),
        ("trips/sea/film.mp4", ["trips/sea/film.srt"]),
        ("a film. with. dots 1.5.mp4", ["a film. with. dots 1.5.en.srt", "a film. with. dots 1.5.srt"]),
        ("caf\u00e9 ünd.mp4", ["caf\u00e9 ünd.fr.srt"]),
        ("new\nline.mp4", ["new\nline.srt"]),
    ],
)
def test_subtitles_are_those_of_the_videos_name(video: str, beside: list[str], known: Callable[..., Path]) -> None:
    known(video, *beside)
    assert found() == {video: sorted(beside)}


def test_language_and_label_are_kept(known: Callable[..., Path]) -> None:
    known("film.mp4", "film.de.srt", "film.srt")
    languages = dict(Subtitle.objects.values_list("filename", "language"))
    assert languages == {"film.de.srt": "de", "film.srt": ""}
    assert Subtitle.objects.get(language="de").label.startswith("German")


@pytest.mark.parametrize(
    "name",
    [
        "other.srt", "film2.srt", "film.txt", "film.srt.bak", ".film.srt", "trips/film.srt", "film.mp4.d/film.srt",
        "fil.srt", "srt", ".srt", ".hidden/film.srt",
    ],
)  # fmt: skip
def test_a_file_of_another_name_kind_or_folder_is_none_of_its(name: str, known: Callable[..., Path]) -> None:
    known("film.mp4", name)
    assert found() == {}


def test_of_dotted_names_the_longest_that_fits_is_meant(known: Callable[..., Path]) -> None:
    known("film.mp4", "film.en.mp4", "film.en.srt", "film.srt", "film.en.en.srt")
    assert found() == {"film.en.mp4": ["film.en.en.srt", "film.en.srt"], "film.mp4": ["film.srt"]}


def test_two_videos_of_one_name_share_the_subtitles(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.mkv", "film.en.srt")
    assert found() == {"film.mp4": ["film.en.srt"], "film.mkv": ["film.en.srt"]}
    (folder / "film.mkv").unlink()
    scan(folder)
    assert found() == {"film.mp4": ["film.en.srt"]}


def test_a_link_to_subtitles_outside_and_a_folder_of_that_name_are_passed_over(known: Callable[..., Path]) -> None:
    folder = known("film.mp4")
    put(folder.parent / "outside.srt")
    (folder / "film.srt").symlink_to("../outside.srt")
    (folder / "film.en.srt").mkdir()
    os.mkfifo(folder / "film.de.srt")
    scan(folder)
    assert "film.srt" not in found().get("film.mp4", [])
    assert "film.en.srt" not in found().get("film.mp4", [])


def test_a_name_that_is_not_utf_8_is_passed_over(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.srt")
    with open(os.path.join(os.fsencode(folder), b"film.\xe9.srt"), "wb"):
        pass
    scan(folder)
    assert found() == {"film.mp4": ["film.srt"]}


# --- folders of subtitles -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("video", "beside"),
    [
        ("film.mp4", ["Subs/English.srt", "Subs/2_French.srt"]),
        ("film.mp4", ["subtitles/film.en.srt", "film.de.srt"]),
        ("trips/film.mp4", ["trips/Subs/film/2_English.srt", "trips/Subs/German/film.ass"]),
        ("trips/film.mp4", ["trips/film.mp4.en.srt", "trips/film_de.srt", "trips/FILM.fr.srt"]),
        ("été/café.mp4", ["été/Subs/cafe\u0301.en.srt"]),
    ],
)
def test_subtitles_in_a_folder_for_them_are_those_of_the_film_beside_it(
    video: str, beside: list[str], known: Callable[..., Path], library: Path
) -> None:
    folder = known(video, *beside, "also here/other.mp4")
    (folder / "always there.mp4").rename(folder / "also here" / "always there.mp4")
    scan(folder)
    assert found() == {video: sorted(beside)}
    assert Video.objects.present().count() == 3


def test_with_several_films_a_folder_of_subtitles_is_of_those_it_names(known: Callable[..., Path]) -> None:
    known("a.mp4", "b.mp4", "Subs/a.en.srt", "Subs/b/2_English.srt", "Subs/3_English.srt", "Subs/c/2_English.srt")
    assert found() == {"a.mp4": ["Subs/a.en.srt"], "b.mp4": ["Subs/b/2_English.srt"]}


def test_a_second_film_takes_away_what_only_one_could_claim_and_gives_it_back(known: Callable[..., Path]) -> None:
    folder = known("trips/film.mp4", "trips/Subs/English.srt")
    assert found() == {"trips/film.mp4": ["trips/Subs/English.srt"]}
    put(folder / "trips" / "second.mp4")
    scan(folder, scope=part("trips/second.mp4"))
    assert found() == {}
    (folder / "trips" / "second.mp4").unlink()
    scan(folder, scope=part("trips/second.mp4"))
    assert found() == {"trips/film.mp4": ["trips/Subs/English.srt"]}


@pytest.mark.parametrize(
    "told",
    [
        ["trips/Subs/film.en.srt"], ["trips/Subs/"], ["trips/film.mp4"], ["trips/"], ["trips/Subs/film/2_French.srt"],
        ["trips/Subs/film/"],
    ],
)  # fmt: skip
def test_what_is_put_into_a_folder_of_subtitles_later_is_found(told: list[str], known: Callable[..., Path]) -> None:
    folder = known("trips/film.mp4", "trips/film.de.srt", "home/film.mp4")
    put(folder / "trips" / "Subs" / "film.en.srt")
    put(folder / "trips" / "Subs" / "film" / "2_French.srt")
    put(folder / "home" / "Subs" / "film.en.srt")
    scan(folder, scope=part(*told))
    beside = ["trips/Subs/film.en.srt", "trips/Subs/film/2_French.srt", "trips/film.de.srt"]
    assert found() == {"trips/film.mp4": beside}
    scan(folder)
    assert found() == {"home/film.mp4": ["home/Subs/film.en.srt"], "trips/film.mp4": beside}


def test_a_new_film_brings_the_subtitles_in_its_folder_for_them(known: Callable[..., Path]) -> None:
    folder = known("other/a.mp4")
    put(folder / "trips" / "Subs" / "film.en.srt")
    put(folder / "trips" / "film.mp4")
    scan(folder, scope=part("trips/film.mp4"))
    assert found() == {"trips/film.mp4": ["trips/Subs/film.en.srt"]}


@pytest.mark.parametrize(
    "told", [["trips/Subs/"], ["trips/Subs/film.en.srt"], ["trips/Subs/film.en.srt", "trips/Subs/"]]
)
def test_a_folder_of_subtitles_that_is_gone_is_forgotten(told: list[str], known: Callable[..., Path]) -> None:
    folder = known("trips/film.mp4", "trips/Subs/film.en.srt", "trips/film.srt")
    (folder / "trips" / "Subs" / "film.en.srt").unlink()
    (folder / "trips" / "Subs").rmdir()
    scan(folder, scope=part(*told))
    assert found() == {"trips/film.mp4": ["trips/film.srt"]}


def test_no_link_leads_to_subtitles_outside_the_library(known: Callable[..., Path]) -> None:
    folder = known("trips/film.mp4", "linked/film.mp4")
    put(folder.parent / "outside" / "film.en.srt")
    (folder / "linked" / "Subs").symlink_to(folder.parent / "outside")
    (folder / "trips" / "Subs").mkdir()
    (folder / "trips" / "Subs" / "film.en.srt").symlink_to(folder.parent / "outside" / "film.en.srt")
    (folder / "trips" / "Subs" / "film").symlink_to(folder.parent / "outside")
    for scope in (None, part("trips/film.mp4", "linked/film.mp4"), part("linked/Subs/", "trips/Subs/film/")):
        scan(folder, scope=scope)
        assert found() == {}


def test_pictures_of_text_are_passed_over_in_a_folder_of_subtitles_too(known: Callable[..., Path]) -> None:
    folder = known("film/film.mp4", "film/Subs/film.sub", "film/Subs/film.idx", "film/Subs/film.srt")
    assert found() == {"film/film.mp4": ["film/Subs/film.srt"]}
    assert list(scan(folder).skipped) == [
        ("film/Subs/film.idx", "subtitles that are pictures (VobSub); only text can be shown")
    ]


def test_a_film_in_a_folder_of_subtitles_is_one_film(known: Callable[..., Path]) -> None:
    folder = known("trips/film.mp4", "trips/Subs/extra.mp4", "trips/Subs/extra.en.srt", "trips/Subs/film.en.srt")
    for scope in (None, part("trips/film.mp4"), part("trips/Subs/extra.en.srt"), part("trips/Subs/")):
        assert not scan(folder, scope=scope).found_changes
        assert found() == {
            "trips/Subs/extra.mp4": ["trips/Subs/extra.en.srt"], "trips/film.mp4": ["trips/Subs/film.en.srt"],
        }  # fmt: skip


def test_two_of_one_language_are_told_apart(known: Callable[..., Path]) -> None:
    folder = known("film/film.mp4", "film/Subs/2_English.srt", "film/Subs/3_English.srt", "film/film.en.sdh.srt")
    labels = dict(Subtitle.objects.values_list("filename", "label"))
    assert labels == {
        "film/Subs/2_English.srt": "English", "film/Subs/3_English.srt": "English (2)",
        "film/film.en.sdh.srt": "English (SDH)",
    }  # fmt: skip
    (folder / "film" / "Subs" / "2_English.srt").unlink()
    scan(folder)
    assert Subtitle.objects.get(filename="film/Subs/3_English.srt").label == "English"


def test_what_an_older_version_said_of_a_name_is_said_anew(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.en.srt")
    before = Subtitle.objects.get()
    Subtitle.objects.update(label="Something else", language="xx")
    scan(folder)
    assert (Subtitle.objects.get().pk, Subtitle.objects.get().label) == (before.pk, "English")


def test_many_films_with_folders_of_subtitles_cost_a_scan_no_more_queries(
    known: Callable[..., Path], query_count: Callable[[Callable[[], Any]], int]
) -> None:
    folder = known("0/film.mp4", "0/Subs/English.srt")
    few = query_count(lambda: scan(folder))
    for number in range(1, 40):
        put(folder / str(number) / "film.mp4")
        put(folder / str(number) / "Subs" / "English.srt")
    scan(folder)
    assert len(found()) == 40
    assert query_count(lambda: scan(folder)) == few


# --- what happens to them -------------------------------------------------------------------------------------------


def test_subtitles_that_come_and_go_are_found_and_forgotten(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.en.srt")
    put(folder / "film.de.srt")
    scan(folder)
    assert found() == {"film.mp4": ["film.de.srt", "film.en.srt"]}
    (folder / "film.en.srt").unlink()
    scan(folder)
    assert found() == {"film.mp4": ["film.de.srt"]}


def test_a_renamed_one_is_another_and_a_rewritten_one_the_same(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.en.srt")
    before = Subtitle.objects.get()
    put(folder / "film.en.srt")
    scan(folder)
    assert Subtitle.objects.get() == before
    (folder / "film.en.srt").rename(folder / "film.fr.srt")
    scan(folder)
    assert Subtitle.objects.get().language == "fr"


def test_subtitles_renamed_with_their_video_stay_beside_it(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.en.srt")
    before = Video.objects.get(filename="film.mp4").pk
    (folder / "trips").mkdir()
    (folder / "film.mp4").rename(folder / "trips" / "sea.mp4")
    scan(folder)
    assert found() == {}
    (folder / "film.en.srt").rename(folder / "trips" / "sea.en.srt")
    scan(folder)
    assert found() == {"trips/sea.mp4": ["trips/sea.en.srt"]}
    assert Subtitle.objects.get().video_id == before


def test_with_the_names_of_two_videos_their_subtitles_change_hands(known: Callable[..., Path]) -> None:
    folder = known("a.mp4", "b.mp4", "a.en.srt")
    was_b = Video.objects.get(filename="b.mp4").pk
    for old, new in (("a.mp4", "on its way"), ("b.mp4", "a.mp4"), ("on its way", "b.mp4")):
        (folder / old).rename(folder / new)
    assert scan(folder).moved == 2
    assert found() == {"a.mp4": ["a.en.srt"]}
    assert Subtitle.objects.get().video_id == was_b


def test_the_subtitles_of_a_missing_video_are_forgotten_and_come_back_with_it(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.srt", "trips/sea.mp4", "trips/sea.srt")
    (folder / "film.mp4").rename(folder.parent / "film.mp4")
    (folder / "trips").rename(folder.parent / "trips")
    scan(folder)
    assert found() == {}
    (folder.parent / "film.mp4").rename(folder / "film.mp4")
    (folder.parent / "trips").rename(folder / "trips")
    scan(folder)
    assert found() == {"film.mp4": ["film.srt"], "trips/sea.mp4": ["trips/sea.srt"]}


def test_a_scan_that_finds_the_same_subtitles_writes_nothing(
    known: Callable[..., Path], query_count: Callable[[Callable[[], Any]], int]
) -> None:
    folder = known("film.mp4", "film.srt")
    before = list(Subtitle.objects.values())
    few = query_count(lambda: scan(folder))
    for number in range(30):
        put(folder / f"{number}.mp4")
        put(folder / f"{number}.en.srt")
    scan(folder)
    assert list(Subtitle.objects.filter(filename="film.srt").values()) == before
    assert query_count(lambda: scan(folder)) == few
    assert Subtitle.objects.count() == 31


def test_more_subtitles_than_a_question_holds_are_found(known: Callable[..., Path]) -> None:
    names = [f"{number}.mp4" for number in range(700)]
    folder = known(*names, *(f"{number}.srt" for number in range(700)))
    assert Subtitle.objects.count() == 700
    for number in range(700):
        (folder / f"{number}.srt").unlink()
    scan(folder)
    assert found() == {}


# --- parts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("told", [["trips/film.en.srt"], ["trips/film.mp4"], ["trips/"], ["trips/other.srt"]])
def test_of_a_part_that_is_told_the_subtitles_in_that_folder_are_found(
    told: list[str], known: Callable[..., Path]
) -> None:
    folder = known("trips/film.mp4", "trips/film.de.srt", "home/film.mp4", "home/film.srt", "film.mp4", "film.srt")
    (folder / "trips" / "film.de.srt").unlink()
    (folder / "home" / "film.srt").unlink()
    put(folder / "trips" / "film.en.srt")
    put(folder / "film.fr.srt")
    scan(folder, scope=part(*told))
    assert found() == {
        "trips/film.mp4": ["trips/film.en.srt"], "home/film.mp4": ["home/film.srt"], "film.mp4": ["film.srt"],
    }  # fmt: skip
    scan(folder)
    assert found() == {"trips/film.mp4": ["trips/film.en.srt"], "film.mp4": ["film.fr.srt", "film.srt"]}


def test_of_a_part_at_the_top_those_in_folders_stay_as_they_are(known: Callable[..., Path]) -> None:
    folder = known("film.mp4", "film.srt", "trips/film.mp4", "trips/film.srt")
    (folder / "film.srt").unlink()
    (folder / "trips" / "film.srt").unlink()
    scan(folder, scope=part("film.srt"))
    assert found() == {"trips/film.mp4": ["trips/film.srt"]}


def test_a_new_video_and_its_subtitles_are_told_together(known: Callable[..., Path]) -> None:
    folder = known("other.mp4", "other.srt")
    for name in ("film.mp4", "film.en.srt", "new/deep/sea.mp4", "new/deep/sea.srt"):
        put(folder / name)
    scan(folder, scope=part("film.mp4", "film.en.srt", "new/"))
    assert found() == {
        "film.mp4": ["film.en.srt"], "new/deep/sea.mp4": ["new/deep/sea.srt"], "other.mp4": ["other.srt"],
    }  # fmt: skip


def test_subtitles_of_a_folder_that_cannot_be_read_are_not_forgotten() -> None:
    with library_for_anybody() as shell:
        for name in ("locked/film.mp4", "locked/film.srt", "film.mp4", "film.srt"):
            put(shell.videos / name)
        shell.run("scan_library")
        for folder in (shell.data, shell.videos):
            give_to_nobody(folder)
        (shell.videos / "film.srt").unlink()
        (shell.videos / "locked").chmod(0o000)
        code = """
from pathlib import Path
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.models import Subtitle
for scope in (Scope(frozenset(["locked/film.srt"]), frozenset(["locked/"])), None):
    scan(Path(os.environ["LVS_VIDEO_DIR"]), scope=scope)
    print(sorted(Subtitle.objects.values_list("filename", flat=True)))
"""
        printed = run_as_nobody(shell, code)
        assert printed.splitlines() == ["['film.srt', 'locked/film.srt']", "['locked/film.srt']"]
