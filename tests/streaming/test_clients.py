"""The programs that people have get the very bytes, wherever they begin, and show the very pictures."""

import json
import subprocess
from pathlib import Path

import pytest

from tests.conftest import migrated_shell
from tests.live_server import running
from tests.programs import program
from tests.streaming.coded_film import write_coded_film
from tests.streaming.conftest import add_videos

pytestmark = pytest.mark.slow

PLACES = [0, 3.2, 29.96, 41.5, 58]


@pytest.fixture(scope="module")
def film(tmp_path_factory):
    """Give (path, address) of a film of a minute."""
    shell = migrated_shell(tmp_path_factory.mktemp("clients"))
    path = shell.videos / "coded.mp4"
    write_coded_film(path)
    (number,) = add_videos(shell, path.name)
    with running(shell, "--no-worker") as server:
        yield path, f"{server.address}/videos/{number}/stream"
    assert "Traceback" not in server.log


def run(command, *arguments: object, folder: Path | None = None) -> str:
    done = subprocess.run(
        [command, *map(str, arguments)], cwd=folder, capture_output=True, text=True, errors="replace", timeout=120,
        check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, f"{command}: {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def begin(path: Path, copy: Path, size_bytes: int) -> Path:
    """Leave a download that was broken off after so many bytes."""
    copy.write_bytes(path.read_bytes()[:size_bytes])
    return copy


@pytest.mark.parametrize("had_bytes", [0, 1, 5_000_001])
def test_curl_goes_on_where_it_was(film, tmp_path, had_bytes):
    path, address = film
    copy = begin(path, tmp_path / "copy", had_bytes)
    run(program("curl", package="curl"), "-sS", "--fail", "-C", "-", "-o", copy, address)
    assert copy.read_bytes() == path.read_bytes()


def test_curl_joins_the_parts_that_it_asks_for_and_saves_under_the_files_own_name(film, tmp_path):
    path, address = film
    curl = program("curl", package="curl")
    for number, part in enumerate(("0-999999", "1000000-9999999", "10000000-")):
        run(curl, "-sS", "--fail", "-r", part, "-o", tmp_path / str(number), address)
    assert b"".join((tmp_path / str(number)).read_bytes() for number in range(3)) == path.read_bytes()
    several = run(curl, "-sS", "--fail", "-I", "-r", "0-9,500-509", address)
    assert "multipart/byteranges" in several
    run(curl, "-sS", "--fail", "-OJ", f"{address}?download", folder=tmp_path)
    assert (tmp_path / "coded.mp4").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("had_bytes", [0, 7_777_777])
def test_wget_goes_on_where_it_was(film, tmp_path, had_bytes):
    path, address = film
    copy = begin(path, tmp_path / "copy", had_bytes)
    wget = program("wget", package="wget")
    run(wget, "-q", "-c", "-O", copy, address)
    assert copy.read_bytes() == path.read_bytes()
    run(wget, "-q", "-c", "-O", copy, address)
    assert copy.read_bytes() == path.read_bytes(), "what is complete stays as it is"


def test_aria2_fetches_it_over_eight_connections(film, tmp_path):
    path, address = film
    run(
        program("aria2c", package="aria2"), "--no-conf", "-x8", "-s8", "-k1M", "--file-allocation=none", "-q",
        "-d", tmp_path, "-o", "copy", address,
    )  # fmt: skip
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()


@pytest.mark.parametrize("seconds", PLACES)
def test_ffmpeg_decodes_the_same_pictures_and_sound_from_wherever_it_begins(film, seconds):
    ffmpeg = program("ffmpeg", package="ffmpeg")
    path, address = film

    def decoded(source: object) -> str:
        wanted = ("-v", "error", "-ss", seconds, "-i", source, "-t", "1")
        return run(ffmpeg, *wanted, "-f", "framemd5", "-")

    found = decoded(address)
    assert found.count("\n") > 60
    assert found == decoded(path)


def test_ffmpeg_reads_all_of_it_without_a_complaint(film):
    ffmpeg = program("ffmpeg", package="ffmpeg")
    copied = [run(ffmpeg, "-v", "error", "-i", source, "-c", "copy", "-f", "md5", "-") for source in film]
    assert copied[0] == copied[1]


def test_ffprobe_finds_the_same_facts(film):
    ffprobe = program("ffprobe", package="ffmpeg")
    shown = ("-v", "error", "-show_format", "-show_streams", "-show_chapters", "-of", "json")
    facts = [json.loads(run(ffprobe, *shown, source)) for source in film]
    for each in facts:
        del each["format"]["filename"]
    assert facts[0] == facts[1]
    assert float(facts[0]["format"]["duration"]) == pytest.approx(60, abs=0.2)


MPV = ["--no-config", "--really-quiet", "--ao=null", "--no-audio", "--hwdec=no", "--ytdl=no"]


@pytest.mark.parametrize("seconds", PLACES)
def test_mpv_shows_the_same_pictures_from_wherever_it_begins(film, tmp_path, seconds):
    mpv = program("mpv", package="mpv")
    shown = []
    for number, source in enumerate(film):
        folder = tmp_path / str(number)
        wanted = [
            "--vo=image",
            "--vo-image-format=png",
            f"--vo-image-outdir={folder}",
            f"--start={seconds}",
            "--frames=3",
        ]
        run(mpv, *MPV, *wanted, source)
        shown.append([picture.read_bytes() for picture in sorted(folder.iterdir())])
    assert len(shown[0]) == 3
    assert shown[0] == shown[1]


def test_mpv_reads_the_very_bytes(film, tmp_path):
    path, address = film
    run(program("mpv", package="mpv"), *MPV, f"--stream-dump={tmp_path / 'copy'}", address)
    assert (tmp_path / "copy").read_bytes() == path.read_bytes()
