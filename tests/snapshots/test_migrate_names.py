"""Which video a name in the files means."""

import unicodedata

import pytest

from tests.snapshots.four_files import all_rows, bad_keys, import_from, write_files
from videos.models import Rating, Video
from videos.snapshots.migrate import Tally

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


def test_names_are_matched_with_regard_to_case(viewer, make_video, tmp_path):
    make_video("A.mp4")
    import_from(write_files(tmp_path, ratings={"a.mp4": 5}), viewer)
    assert stars_by_filename() == {"a.mp4": 5}


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
