"""The files that a missing video may be are offered, the strongest evidence first."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.maintenance.conftest import CONTENT, EARLY
from videos.accounts.household import household
from videos.maintenance.relink import relink
from videos.maintenance.relink_candidates import Evidence, found_again, undecided, where_it_may_be
from videos.models import (
    Details,
    Video,
)

pytestmark = pytest.mark.django_db


def test_missing_videos_are_listed_with_the_files_that_hold_the_same(
    missing: Video, there: Video, make_video: Callable[..., Video]
) -> None:
    make_video("another/Sea.mkv", fingerprint=CONTENT)
    make_video("other size.mp4", fingerprint=CONTENT, file_size=7)
    make_video("gone.mp4", fingerprint="of its own", missing_since=timezone.now())
    make_video("unknown.mp4", fingerprint="", missing_since=timezone.now())
    make_video("also unknown.mp4", fingerprint="")
    (found,) = found_again(9)
    assert found.missing == missing
    assert sorted(video.filename for video in found.candidates) == ["another/Sea.mkv", "new/Sea.mkv"]


def test_of_many_found_again_the_last_gone_are_listed_first(
    make_video: Callable[..., Video], query_count: Callable[[Callable[[], Any]], int]
) -> None:
    costs = []
    for numbers in (range(3), range(3, 30)):
        for number in numbers:
            make_video(f"there {number}.mp4", fingerprint=f"content {number}")
            make_video(f"gone {number:02}.mp4", fingerprint=f"content {number}", missing_since=timezone.now())
        costs.append(query_count(lambda: found_again(100)))
    assert costs[0] == costs[1]
    assert [found.missing.filename for found in found_again(2)] == ["gone 29.mp4", "gone 28.mp4"]
    assert len(found_again(100)) == 30


def test_where_a_missing_video_may_be_is_asked_of_it_alone(
    missing: Video, there: Video, make_video: Callable[..., Video]
) -> None:
    make_video("another.mp4", fingerprint="another")
    make_video("another gone.mp4", fingerprint="another", missing_since=timezone.now())
    found = where_it_may_be(missing)
    assert found is not None
    assert [video.filename for video in found.candidates] == [there.filename]
    assert where_it_may_be(there) is None
    assert where_it_may_be(make_video("gone.mp4", fingerprint="of its own", missing_since=timezone.now())) is None


def never_analyzed(make_video: Callable[..., Video], filename: str, **fields: Any) -> Video:
    title = filename.rpartition("/")[2].rpartition(".")[0]
    return make_video(filename, **{"title": title, "fingerprint": "", "missing_since": timezone.now(), **fields})


def offers() -> list[tuple[str, list[str], str, bool]]:
    return [
        (
            one.missing.filename,
            [video.filename for video in one.candidates],
            *sorted({kind.words for kind in one.evidence}),
            one.is_sure,
        )
        for one in found_again(50)
    ]


def test_of_many_of_one_name_ten_are_offered_and_the_others_counted(make_video: Callable[..., Video]) -> None:
    gone = never_analyzed(make_video, "old/IMG_0001.mp4")
    for number in range(12):
        make_video(f"new {number:02}/IMG_0001.mp4", title="IMG_0001", fingerprint=str(number))
    found = where_it_may_be(gone)
    assert found is not None
    assert [video.filename for video in found.candidates] == [f"new {number:02}/IMG_0001.mp4" for number in range(10)]
    assert found.further == 2
    assert found_again(9) == [found]


def test_a_film_that_went_before_it_was_analyzed_is_offered_by_name_and_size(
    make_video: Callable[..., Video],
) -> None:
    gone = never_analyzed(make_video, "old/Été.mp4")
    there = make_video("new/Été.mp4", title="Été", fingerprint=CONTENT)
    make_video("other/Été.mp4", title="Été", file_size=7)
    make_video("other/Été.mkv", title="Été")
    assert offers() == [("old/Été.mp4", ["new/Été.mp4"], "the same name and size", False)]
    assert one_of(gone, there).filename == "new/Été.mp4"


def test_what_waits_since_an_import_is_offered_each_file_of_its_name(make_video: Callable[..., Video]) -> None:
    waiting = never_analyzed(make_video, "IMG_1.mp4", file_size=None, modified_ns=None)
    make_video("a/IMG_1.mp4", title="IMG_1")
    chosen = make_video("b/IMG_1.mp4", title="IMG_1", file_size=5, fingerprint=CONTENT)
    assert offers() == [("IMG_1.mp4", ["a/IMG_1.mp4", "b/IMG_1.mp4"], "the same name", False)]
    video = one_of(waiting, chosen)
    assert (video.filename, video.file_size, video.analysis_due_at is not None) == ("b/IMG_1.mp4", 5, True)
    assert offers() == []


def test_a_known_content_that_is_another_is_never_offered_for_its_name(missing: Video, there: Video) -> None:
    Video.objects.filter(pk=there.pk).update(filename="new/film.mp4", title="film", fingerprint="another", duration=61)
    assert offers() == []


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("film.avi", "film.mp4"), ("trips/Sea 2009.AVI", "trips/sea 2009.mkv"), ("a.b.c.wmv", "a.b.c.mp4"),
        ("trips/E\u0301te\u0301.avi", "trips/\u00c9t\u00e9.mp4"), ("50%_off.avi", "50%_off.mp4"),
    ],
)  # fmt: skip
def test_a_film_that_was_encoded_anew_beside_its_old_file_is_offered(
    make_video: Callable[..., Video], old: str, new: str
) -> None:
    gone = make_video(old, fingerprint="old", file_size=9000, missing_since=timezone.now())
    there = make_video(new, fingerprint="new", file_size=1000)
    make_video(f"other/{new}", fingerprint="other", file_size=5000)
    make_video("film 2.mp4", fingerprint="second", file_size=1)
    assert offers() == [(old, [new], "the same folder and name, in another format", False)]
    assert undecided([gone.pk, there.pk]) == {gone.pk}
    Details.objects.create(video=there, chapters=[{"start_seconds": 1.0, "title": "One"}], sprite={"columns": 1})
    video = one_of(gone, there)
    assert (video.pk, video.filename, video.fingerprint, video.file_size) == (gone.pk, new, "new", 1000)
    assert video.analysis_due_at is not None
    assert video.details.chapters[0]["title"] == "One"
    assert video.details.sprite is None


def test_an_edited_title_hides_no_file_beside_the_old_one(make_video: Callable[..., Video]) -> None:
    make_video("trips/film.avi", title="Our summer", fingerprint="old", missing_since=timezone.now())
    make_video("trips/film.mp4", title="Another name", fingerprint="new", file_size=7)
    ((_, candidates, _, _),) = offers()
    assert candidates == ["trips/film.mp4"]


@pytest.mark.parametrize(
    ("size", "length", "is_offered"),
    [(1_000_000, 60.0, True), (1_019_000, 60.4, True), (1_030_000, 60.0, False), (1_000_000, 60.7, False)],
)
def test_a_file_of_about_the_same_size_and_length_is_offered(
    make_video: Callable[..., Video], size: int, length: float, is_offered: bool
) -> None:
    make_video("a/old.avi", fingerprint="old", file_size=1_000_000, duration=60.0, missing_since=timezone.now())
    make_video("b/new.mkv", fingerprint="new", file_size=size, duration=length)
    expected = [("a/old.avi", ["b/new.mkv"], "about the same size and length", False)]
    assert offers() == (expected if is_offered else [])


def test_many_clips_of_one_length_crowd_out_neither_the_content_nor_a_cleanups_care(
    make_video: Callable[..., Video], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("videos.maintenance.relink_candidates._MAX_BY_MEASURES", 3)
    for number in range(9):
        make_video(f"cam/{number}.mp4", fingerprint=f"clip {number}", file_size=1_000_000, duration=60.0)
    gone = make_video(
        "cam/gone.mp4", fingerprint="gone", file_size=1_000_000, duration=60.0, missing_since=timezone.now()
    )
    other = make_video("film.avi", fingerprint="old", file_size=5_000, duration=90.0, missing_since=timezone.now())
    make_video("z/film anew.mp4", fingerprint="new", file_size=5_000, duration=90.0)
    assert undecided([gone.pk, other.pk]) == {gone.pk, other.pk}
    make_video("z/renamed.mp4", fingerprint="gone", file_size=1_000_000, duration=60.0)
    found = where_it_may_be(gone)
    assert found is not None
    assert [video.filename for video in found.candidates] == ["z/renamed.mp4"]


def test_clips_that_were_there_long_before_are_not_offered(make_video: Callable[..., Video]) -> None:
    gone = make_video("cam/1.mp4", fingerprint="1", file_size=1_000, duration=60.0, missing_since=timezone.now())
    make_video("cam/2.mp4", fingerprint="2", file_size=1_000, duration=60.0, added_date=EARLY)
    assert where_it_may_be(gone) is None
    assert undecided([gone.pk]) == set()


def test_no_offer_is_found_by_a_look_at_every_video(make_video: Callable[..., Video]) -> None:
    gone = make_video("film.avi", fingerprint="old", file_size=1_000, duration=60.0, missing_since=timezone.now())
    for look in (lambda: where_it_may_be(gone), lambda: found_again(9), lambda: undecided([gone.pk])):
        with CaptureQueriesContext(connection) as queries:
            look()
        for query in queries.captured_queries:
            with connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN QUERY PLAN {query['sql']}")
                plan = [row[3] for row in cursor.fetchall()]
            # What a subquery has found is read through; a table never is, but for the index of what is missing.
            steps = [step for step in plan if re.match(r"SCAN (?!\(|qualify)", step) and "video_missing" not in step]
            assert steps == [], plan


def test_stronger_evidence_stands_first(make_video: Callable[..., Video]) -> None:
    make_video("film.avi", fingerprint="old", file_size=1_000_000, duration=60.0, missing_since=timezone.now())
    make_video("a.mp4", fingerprint="a", file_size=1_000_000, duration=60.0)
    make_video("film.mp4", fingerprint="b", file_size=7, duration=59.0)
    (found,) = found_again(9)
    assert [video.filename for video in found.candidates] == ["film.mp4", "a.mp4"]
    assert list(found.evidence) == [Evidence.PLACE, Evidence.MEASURES]


def test_what_only_its_name_speaks_for_is_no_sure_find(make_video: Callable[..., Video]) -> None:
    never_analyzed(make_video, "a/film.mp4")
    make_video("b/film.mp4", title="film")
    ((_, _, _, is_sure),) = offers()
    assert not is_sure


def one_of(missing: Video, there: Video) -> Video:
    """Make them one, and return the row that is left of the two."""
    relink(household(), missing.pk, there.pk, Path("no pictures here"))
    return Video.objects.get(pk=missing.pk)
