"""make_demo makes short clips that are real: FFmpeg opens and decodes them. What is there already is left alone."""

from itertools import islice

import av
import pytest

from tests.conftest import Shell
from videos.library.extensions import has_video_extension
from videos.media.demo import CLIPS, HEIGHT, WIDTH, DemoFailed, make_demo

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    """A library on which nothing but make_demo has been run, and what it printed, as (shell, output)."""
    shell = Shell(tmp_path_factory.mktemp("demo"))
    return shell, shell.run("make_demo")


@pytest.mark.parametrize("clip", CLIPS, ids=lambda clip: clip.name)
def test_each_clip_is_decoded_from_its_first_to_its_last_picture(library, clip):
    shell, _ = library
    with av.open(str(shell.videos / clip.name)) as container:
        assert container.duration / av.time_base == pytest.approx(clip.seconds, abs=0.3)
        (video,), (audio,) = container.streams.video, container.streams.audio
        assert (video.codec_context.width, video.codec_context.height) == (WIDTH, HEIGHT)
        assert video.codec_context.pix_fmt == "yuv420p"
        pictures = [frame.time for frame in container.decode(video)]
        assert len(pictures) == clip.seconds * 25
        assert pictures == sorted(pictures)
        container.seek(0)
        sound = sum(frame.samples for frame in container.decode(audio)) / audio.codec_context.sample_rate
        assert sound == pytest.approx(clip.seconds, abs=0.3)


def test_a_clip_shows_something_that_moves(library):
    shell, _ = library
    with av.open(str(shell.videos / "Test picture.mp4")) as container:
        first, *_, last = (bytes(frame.planes[0]) for frame in islice(container.decode(video=0), 10))
    assert len(set(first)) > 20
    assert first != last


def test_an_mp4_can_start_before_it_is_all_there(library):
    shell, _ = library
    for clip in CLIPS:
        if clip.name.endswith(".mp4"):
            content = (shell.videos / clip.name).read_bytes()
            assert content.index(b"moov") < content.index(b"mdat"), clip.name


def test_the_clips_are_in_the_library_and_a_second_run_leaves_them_alone(library):
    shell, output = library
    assert f"All {len(CLIPS)} are in the library." in output
    assert output.count(": made") == len(CLIPS)
    before = {path: path.stat().st_mtime_ns for path in shell.videos.rglob("*")}
    again = shell.run("make_demo")
    assert again.count(": was there") == len(CLIPS)
    assert f"All {len(CLIPS)} are in the library." in again
    assert {path: path.stat().st_mtime_ns for path in shell.videos.rglob("*")} == before
    assert sorted(path.name for path in shell.videos.rglob("*.*") if path.is_file()) == sorted(
        clip.name.rpartition("/")[2] for clip in CLIPS
    )


def test_a_file_of_that_name_is_not_replaced(tmp_path):
    for clip in CLIPS:
        (tmp_path / clip.name).parent.mkdir(exist_ok=True)
        (tmp_path / clip.name).write_text("mine")
    assert [is_new for _, is_new in make_demo(tmp_path)] == [False] * len(CLIPS)
    assert {(tmp_path / clip.name).read_text() for clip in CLIPS} == {"mine"}


def test_an_interrupted_clip_leaves_nothing_that_looks_like_a_video(tmp_path):
    folder = tmp_path / "Holidays"
    folder.mkdir()
    draft = folder / ".Morning at the sea.part.mp4"
    draft.mkdir()
    (draft / "in the way").touch()
    with pytest.raises(DemoFailed, match="Morning at the sea"):
        list(make_demo(tmp_path))
    assert [path for path in tmp_path.rglob("*") if path.is_file() and has_video_extension(path.name)] == []


def test_a_folder_that_takes_no_files_fails_with_its_name(tmp_path):
    (tmp_path / "Holidays").write_text("a file where a folder should be")
    with pytest.raises(DemoFailed, match="Holidays"):
        list(make_demo(tmp_path))
    assert [path.name for path in tmp_path.rglob("*")] == ["Holidays"]


def test_the_command_says_in_one_line_why_it_could_not(shell):
    (shell.videos / "Holidays").write_text("a file where a folder should be")
    output = shell.run("make_demo", status=1)
    assert "Morning at the sea.mp4 could not be made" in output
    assert "Traceback" not in output
