"""Extensions of videos: those that are known, those of LVS_EXTENSIONS, and those that others use, too."""

from pathlib import Path
from typing import Any

import pytest
from watchfiles import Change

from tests.conftest import Shell
from tests.live_server import wait_for
from videos.library.extensions import EXTENSIONS, SHARED_EXTENSIONS, SHARED_MAX_BYTES, has_video_extension
from videos.library.scan import scan
from videos.library.walk import Scope
from videos.library.watcher import Changes
from videos.media.subtitles.cues import EXTENSIONS as SUBTITLE_EXTENSIONS
from videos.models import Subtitle, Video
from videos.streaming.headers import content_type_of

pytestmark = pytest.mark.django_db

NEW = (
    *("rm", "rmvb", "wtv", "m2t", "trp", "mod", "tod", "mk3d", "mpg4", "insv", "lrv", "360", "dav", "dv", "m1v"),
    *("f4v", "ogm", "divx", "xvid", "dvr-ms", "tp"),
)
BINARY = b"\x00\x00\x01\xba\x44\x00\x04\x00"
AMIGA_MUSIC = b"a song".ljust(1080, b"\0") + b"M.K." + bytes(range(200)) * 40


@pytest.mark.parametrize("extension", NEW)
def test_files_of_these_extensions_are_videos_in_any_case_with_a_type(extension: str, library: Path) -> None:
    for name in (f"a.{extension}", f"b.{extension.upper()}"):
        (library / name).write_bytes(BINARY)
        assert content_type_of(name) != "application/octet-stream"
    assert scan(library).added == 2
    assert not content_type_of(f"a.{extension}").startswith("text/")


def test_the_extensions_of_videos_and_of_subtitles_are_not_the_same() -> None:
    assert not (EXTENSIONS & SUBTITLE_EXTENSIONS)
    assert SHARED_EXTENSIONS < EXTENSIONS


def test_an_extension_that_is_added_counts_for_scan_watcher_and_subtitles(library: Path, settings: Any) -> None:
    settings.EXTENSIONS = frozenset(["nsv"])
    (library / "Film.NSV").write_bytes(BINARY)
    (library / "Film.en.srt").write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n")
    changes = Changes(library, library / "generated")
    changes.add({(Change.added, str(library / "Film.NSV"))})
    wait_for(lambda: changes.settled() == Scope(frozenset(["Film.NSV"])), 30)
    assert scan(library).added == 1
    assert Subtitle.objects.get().video.filename == "Film.NSV"
    assert content_type_of("Film.NSV") == "application/octet-stream"


@pytest.mark.parametrize("value", ["nsv", ".nsv", "*.nsv", " NSV ", "xyz,.NsV,"])
def test_extensions_are_given_with_or_without_a_dot_in_any_case(value: str, shell: Shell) -> None:
    shell.environment["LVS_EXTENSIONS"] = value
    (shell.videos / "a.nsv").write_bytes(BINARY)
    assert "1 added" in shell.run("scan_library")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("a/b", "LVS_EXTENSIONS: 'a/b' is not what a file name ends with, like rmvb or .rmvb."),
        ("tar.gz", "LVS_EXTENSIONS: 'tar.gz' is not what a file name ends with, like rmvb or .rmvb."),
        ("mp4 mkv", "LVS_EXTENSIONS: 'mp4 mkv' is not what a file name ends with, like rmvb or .rmvb."),
        (".", "LVS_EXTENSIONS: '.' is not what a file name ends with, like rmvb or .rmvb."),
        ("*", "LVS_EXTENSIONS: '*' is not what a file name ends with, like rmvb or .rmvb."),
        ("x" * 21, "is not what a file name ends with"),
        ("nsv,SRT", "LVS_EXTENSIONS: 'SRT' is the extension of subtitle files."),
        ("idx", "LVS_EXTENSIONS: 'idx' is the extension of subtitle files."),
    ],
)
def test_an_extension_that_makes_no_sense_stops_the_start_with_one_line(value: str, said: str, shell: Shell) -> None:
    shell.environment["LVS_EXTENSIONS"] = value
    printed = shell.run("scan_library", status=1)
    assert said in printed
    assert printed.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("go.mod", b"module example.org/films\n\ngo 1.22\n", "a text file, not a video"),
        ("song.MOD", AMIGA_MUSIC, "music, not a video"),
        ("main.ts", "export const title = 'Ünder';\n".encode(), "a text file, not a video"),
        ("module.mts", b"\xef\xbb\xbfimport x from 'y'\n", "a text file, not a video"),
        ("shape.360", b"PK\x03\x04zip", "a ZIP archive, not a video"),
        ("table.tod", b"<html></html>", "a web page, not a video"),
    ],
)
def test_a_small_file_of_a_shared_extension_that_is_no_video_is_named_and_never_a_card(
    name: str, content: bytes, reason: str, library: Path
) -> None:
    (library / name).write_bytes(content)
    (library / "film.mp4").write_bytes(BINARY)
    for _ in range(2):
        assert list(scan(library).skipped) == [(name, reason)]
    assert list(scan(library, scope=Scope(frozenset([name]))).skipped) == [(name, reason)]
    assert Video.objects.get().filename == "film.mp4"


@pytest.mark.parametrize("extension", sorted(SHARED_EXTENSIONS))
def test_a_file_of_a_shared_extension_that_may_be_a_video_is_scanned(extension: str, library: Path) -> None:
    (library / f"film.{extension}").write_bytes(BINARY)
    (library / f"empty.{extension}").touch()
    with open(library / f"large text.{extension}", "wb") as file:
        file.write(b"text")
        file.truncate(SHARED_MAX_BYTES + 1)
    assert scan(library).added == 3


def test_a_shared_file_that_becomes_a_video_is_added(library: Path) -> None:
    (library / "camera.mod").write_text("notes")
    assert scan(library).added == 0
    (library / "camera.mod").write_bytes(BINARY)
    assert scan(library).added == 1


def test_a_name_without_an_extension_is_no_video(settings: Any) -> None:
    settings.EXTENSIONS = frozenset(["nsv"])
    assert [has_video_extension(name) for name in ("nsv", "mp4", "a.", ".", "", "a.nsv")] == [False] * 5 + [True]
