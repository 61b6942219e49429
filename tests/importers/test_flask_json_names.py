"""Which video a name in the files means."""

import unicodedata

import pytest

from tests.backup.four_files import all_rows, bad_keys, import_from, write_files
from videos.backup.snapshot import Snapshot
from videos.importers.flask_json import import_snapshot
from videos.importers.import_report import Tally
from videos.models import Rating, Video

COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Zoë été.mp4") for form in ("NFC", "NFD"))


def stars_by_filename():
    return dict(Rating.objects.values_list("video__filename", "stars"))


def test_a_name_that_is_not_in_the_library_becomes_a_video_that_waits_for_its_file(viewer, tmp_path):
    report = import_from(write_files(tmp_path, ratings={"trips/lost one.v2.mp4": 5}), viewer)
    video = Video.objects.get()
    assert (video.filename, video.title) == ("trips/lost one.v2.mp4", "lost one.v2")
    assert video.missing_since is not None
    assert video.file_size is None
    assert (video.ratings.get().stars, report.tallies["videos"]) == (5, Tally(added=1))


def test_a_video_that_waits_is_made_once_for_all_four_files(viewer, tmp_path):
    write_files(tmp_path, ratings={"a.mp4": 5}, views={"a.mp4": 2}, tags={"a.mp4": ["x"]}, favorites=["a.mp4"])
    import_from(tmp_path, viewer)
    video = Video.objects.get()
    assert video.ratings.exists()
    assert video.views.exists()
    assert video.favorites.exists()
    assert video.tags.exists()


def test_an_import_marks_no_present_video_missing(viewer, make_video, tmp_path):
    make_video("a.mp4")
    import_from(write_files(tmp_path, ratings={"a.mp4": 5}), viewer)
    assert Video.objects.get().missing_since is None


@pytest.mark.parametrize(("on_disk", "in_file"), [(COMPOSED, DECOMPOSED), (DECOMPOSED, COMPOSED)])
def test_a_name_composed_otherwise_means_the_video_on_the_disk(viewer, make_video, tmp_path, on_disk, in_file):
    make_video(f"été/{on_disk}")
    import_from(write_files(tmp_path, ratings={f"été/{in_file}": 5}), viewer)
    assert stars_by_filename() == {f"été/{on_disk}": 5}


def test_the_exact_name_wins_over_one_composed_otherwise(viewer, make_video, tmp_path):
    make_video(COMPOSED)
    make_video(DECOMPOSED)
    import_from(write_files(tmp_path, ratings={COMPOSED: 5, DECOMPOSED: 1}), viewer)
    assert stars_by_filename() == {COMPOSED: 5, DECOMPOSED: 1}


def test_a_bare_name_means_the_only_file_of_that_name_in_a_subfolder(viewer, make_video, tmp_path):
    make_video(f"2019/summer/{DECOMPOSED}")
    make_video("2019/other.mp4")
    import_from(write_files(tmp_path, ratings={COMPOSED: 5}), viewer)
    assert stars_by_filename() == {f"2019/summer/{DECOMPOSED}": 5}


def test_a_bare_name_means_the_file_at_the_top_before_one_in_a_subfolder(viewer, make_video, tmp_path):
    make_video("a.mp4")
    make_video("2019/a.mp4")
    import_from(write_files(tmp_path, ratings={"a.mp4": 5}), viewer)
    assert stars_by_filename() == {"a.mp4": 5}


def test_a_name_with_a_folder_never_means_a_file_in_another(viewer, make_video, tmp_path):
    make_video("2019/a.mp4")
    import_from(write_files(tmp_path, ratings={"2020/a.mp4": 5}), viewer)
    assert stars_by_filename() == {"2020/a.mp4": 5}
    assert Video.objects.get(filename="2020/a.mp4").missing_since is not None


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("a.mp4", "A.mp4"),
        ("A.MP4", "trips/a.mp4"),
        ("./a.mp4", "a.mp4"),
        ("trips//a.mp4", "trips/a.mp4"),
        ("trips\\2019\\a.mp4", "trips/2019/a.mp4"),
        ("C:\\Videos\\a.mp4", "a.mp4"),
        ("C:\\Videos\\trips\\a.mp4", "trips/a.mp4"),
        ("D:/old/Videos/trips/a.mp4", "trips/a.mp4"),
        ("\\\\nas\\share\\a.mp4", "a.mp4"),
        ("\\\\?\\C:\\Videos\\a.mp4", "a.mp4"),
        ("C:\\fakepath\\a.mp4", "trips/a.mp4"),
        ("/home/me/old app/videos/trips/a.mp4", "trips/a.mp4"),
        ("file:///home/me/videos/My%20film.mp4", "My film.mp4"),
        ("http://localhost:5000/video/My%20film.mp4?t=3", "My film.mp4"),
        ("static/videos/a.mp4", "a.mp4"),
        ("My%20film%20%C3%A9t%C3%A9.mp4", "My film été.mp4"),
        ("My%2520film.mp4", "My film.mp4"),
        ("caf%E9.mp4", "café.mp4"),
        ("caf%u00e9.mp4", "café.mp4"),
        ("My+film.mp4", "My film.mp4"),
        ("My_film_ete.mp4", "My film été.mp4"),
        ("Strae_nach_Suden.mp4", "Straße nach Süden.mp4"),
        ("Love_on_ice.mp4", "Løve on ice.mp4"),
        ("trips_My_film.mp4", "trips/My film.mp4"),
        ("Tom__Jerrys.mp4", "Tom & Jerry's.mp4"),
        ("Tom &amp; Jerry&#39;s.mp4", "Tom & Jerry's.mp4"),
        ("Tom_&_Jerrys.mp4", "Tom & Jerry's.mp4"),
        ("my film.MP4 ", "My Film.mp4"),
        ("trips./a.mp4.", "trips/a.mp4"),
        ("Part 1_ the _best_.mp4", 'Part 1: the "best".mp4'),
        ("What?.mp4", "What\uf025.mp4"),
        ("Don\u2019t.mp4", "Don't.mp4"),
        ("\uff41.mp4", "a.mp4"),
        ("été.mp4".encode().decode("cp1252"), "été.mp4"),
        ("été À.mp4".encode().decode("latin-1"), "été À.mp4"),
        ("Привет.mp4".encode().decode("cp437"), "Привет.mp4"),
        ("日本.mp4".encode().decode("latin-1"), "日本.mp4"),
        ("ü.mp4".encode().decode("cp1252").encode().decode("cp1252"), "ü.mp4"),
        (DECOMPOSED.encode().decode("latin-1"), COMPOSED),
        (COMPOSED, DECOMPOSED.encode().decode("latin-1")),
    ],
)
def test_a_name_that_another_system_wrote_means_the_one_video_that_it_fits(
    viewer, make_video, tmp_path, written, on_disk
):
    for name in (on_disk, "other.mp4", "trips/other.mp4"):
        make_video(name)
    report = import_from(write_files(tmp_path, ratings={written: 5}), viewer)
    assert (stars_by_filename(), report.bad) == ({on_disk: 5}, [])
    assert Video.objects.count() == 3


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("a.mp4", ["A.mp4", "a.MP4"]),
        ("My_film.mp4", ["My film.mp4", "M\u00fd film.mp4"]),
        ("/old/a.mp4", ["2019/a.mp4", "2020/a.mp4"]),
        ("What_.mp4", ["What?.mp4", "What*.mp4"]),
    ],
)
def test_where_several_videos_fit_they_are_named_and_none_is_guessed(viewer, make_video, tmp_path, written, on_disk):
    for name in on_disk:
        make_video(name)
    report = import_from(write_files(tmp_path, ratings={written: 5}), viewer)
    assert (stars_by_filename(), bad_keys(report)) == ({}, [("ratings.json", written)])
    assert all(name in report.bad[0].reason for name in on_disk)


@pytest.mark.parametrize(
    "written", ["a.mp4", "My_film.mp4", "été.mp4".encode().decode("cp1252"), "100%25.mp4", "a\\b.mp4"]
)
def test_the_exact_name_always_wins(viewer, make_video, tmp_path, written):
    for name in (written, "A.mp4", "My film.mp4", "été.mp4", "100%.mp4", "a/b.mp4"):
        make_video(name)
    import_from(write_files(tmp_path, ratings={written: 5}), viewer)
    assert stars_by_filename() == {written: 5}


@pytest.mark.parametrize(
    ("written", "on_disk"),
    [
        ("01.mp4", "東京 01.mp4"),
        ("日本.mp4", "東京.mp4"),
        ("film 12.mp4", "film 1.2.mp4"),
        ("a+.mp4", "a-.mp4"),
        ("a.mp4", "a.mkv"),
        ("film.mp4", "film 2.mp4"),
    ],
)
def test_a_name_that_only_resembles_another_is_a_video_of_its_own(viewer, make_video, tmp_path, written, on_disk):
    make_video(on_disk)
    import_from(write_files(tmp_path, ratings={written: 5}), viewer)
    assert stars_by_filename() == {written: 5}


def test_of_two_names_the_one_in_the_stricter_form_has_the_video(viewer, make_video, tmp_path):
    make_video("My film.mp4")
    import_from(write_files(tmp_path, ratings={"my film.mp4": 5, "My_film.mp4": 1}), viewer)
    assert stars_by_filename() == {"My film.mp4": 5, "My_film.mp4": 1}


def test_absolute_paths_that_no_video_fits_wait_under_their_names_below_the_old_folder(viewer, tmp_path):
    import_from(write_files(tmp_path, ratings={"/old/app/a.mp4": 1, "/old/app/trips/b.mp4": 2, "./c.mp4": 3}), viewer)
    assert stars_by_filename() == {"a.mp4": 1, "trips/b.mp4": 2, "c.mp4": 3}


def test_paths_of_windows_wait_as_paths_where_another_application_wrote_them(viewer):
    names = {"/old/app/a.mp4": 1, "C:\\old\\app\\c.mp4": 3, "trips\\d.mp4": 4}
    import_snapshot(Snapshot(ratings=names, is_foreign=True), viewer)
    assert stars_by_filename() == {"a.mp4": 1, "c.mp4": 3, "trips/d.mp4": 4}


def test_paths_below_the_video_folder_are_told_by_it(library, viewer, tmp_path):
    import_from(write_files(tmp_path / "from", ratings={f"{library}/trips/b.mp4": 2}), viewer)
    assert stars_by_filename() == {"trips/b.mp4": 2}


def test_two_unicode_forms_of_a_name_that_is_not_there_wait_as_one_video_where_another_application_wrote_them(viewer):
    marks = {"ratings": {COMPOSED: 5}, "tags": {DECOMPOSED: ["sea"]}}
    report = import_snapshot(Snapshot(**marks, is_foreign=True), viewer)
    video = Video.objects.get()
    assert (video.filename, video.ratings.get().stars, video.tags.get().name) == (COMPOSED, 5, "sea")
    assert report.bad == []


def test_several_candidates_are_reported_in_each_file_and_never_guessed(viewer, make_video, tmp_path):
    make_video("2019/a.mp4")
    make_video("2020/a.mp4")
    write_files(
        tmp_path, ratings={"a.mp4": 5, "b.mp4": 1}, views={"a.mp4": 1}, tags={"a.mp4": ["x"]}, favorites=["a.mp4"]
    )
    report = import_from(tmp_path, viewer)
    assert stars_by_filename() == {"b.mp4": 1}
    assert bad_keys(report) == [(f"{kind}.json", "a.mp4") for kind in ("ratings", "views", "favorites", "tags")]
    assert all("2019/a.mp4, 2020/a.mp4" in entry.reason for entry in report.bad)
    assert not Video.objects.filter(filename="a.mp4").exists()


def test_a_third_way_to_compose_a_name_does_not_choose_between_two(viewer, make_video, tmp_path):
    for name in (f"é{DECOMPOSED}", f"e\u0301{COMPOSED}"):
        make_video(name)
    report = import_from(write_files(tmp_path, ratings={f"é{COMPOSED}": 5}), viewer)
    assert (stars_by_filename(), bad_keys(report)) == ({}, [("ratings.json", f"é{COMPOSED}")])


def test_a_bare_name_does_not_mean_a_video_that_the_snapshot_names_itself(viewer, make_video, tmp_path):
    make_video("2019/a.mp4")
    write_files(tmp_path, ratings={"a.mp4": 1, "2019/a.mp4": 5}, tags={"a.mp4": ["private"], "2019/a.mp4": ["family"]})
    report = import_from(tmp_path, viewer)
    assert report.bad == []
    assert stars_by_filename() == {"2019/a.mp4": 5, "a.mp4": 1}
    assert [tag.name for tag in Video.objects.get(filename="2019/a.mp4").tags.all()] == ["family"]
    before = all_rows()
    import_from(tmp_path, viewer)
    assert all_rows() == before


def test_of_two_spellings_of_one_video_the_first_gives_the_stars_and_the_other_is_named(viewer, make_video, tmp_path):
    third = unicodedata.normalize("NFD", "Zoë") + " été.mp4"
    make_video(third)
    report = import_from(write_files(tmp_path, ratings={COMPOSED: 5, DECOMPOSED: 1}), viewer)
    assert stars_by_filename() == {third: 5}
    assert bad_keys(report) == [("ratings.json", DECOMPOSED)]


def test_candidates_with_control_characters_are_reported_in_one_line(viewer, make_video, tmp_path):
    make_video("x\n/a.mp4")
    make_video("y\x1b[31m/a.mp4")
    report = import_from(write_files(tmp_path, ratings={"a.mp4": 5}), viewer)
    assert [str(entry).isprintable() for entry in report.bad] == [True]
