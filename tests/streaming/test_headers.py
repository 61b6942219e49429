"""What an answer says of a file: a type that no browser runs, and the file's own name whatever it holds."""

import re
from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from videos.core.video_extensions import CONTENT_TYPES
from videos.library.extensions import EXTENSIONS
from videos.streaming.headers import Label, content_disposition, content_type_of


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.mp4", "video/mp4"), ("a.M4V", "video/mp4"), ("a.mkv", "video/x-matroska"), ("a.WebM", "video/webm"),
        ("a.mov", "video/quicktime"), ("a.ts", "video/mp2t"), ("a.ogv", "video/ogg"), ("a.avi", "video/x-msvideo"),
        ("a.mp4.html", "application/octet-stream"), ("mp4", "video/mp4"), ("a.svg", "application/octet-stream"),
        ("a", "application/octet-stream"), ("", "application/octet-stream"), ("a.mp4\n", "application/octet-stream"),
    ],
)  # fmt: skip
def test_the_content_type_follows_the_extension_and_is_never_a_page(name, content_type):
    assert content_type_of(name) == content_type


def test_every_file_of_a_library_has_the_type_of_a_video():
    assert CONTENT_TYPES.keys() >= EXTENSIONS
    # MXF and RealMedia are registered as applications.
    others = {"application/mxf", "application/vnd.rn-realmedia", "application/vnd.rn-realmedia-vbr"}
    assert all(kind.startswith("video/") or kind in others for kind in CONTENT_TYPES.values())


def saved_as(header):
    """Return (disposition, the name that a browser saves under, the name for programs that know no filename*)."""
    message = Message()
    message["Content-Disposition"] = header
    plain, _, star = header.partition("; filename*=utf-8''")
    alone = Message()
    alone["Content-Disposition"] = plain
    return message.get_content_disposition(), unquote(star) if star else alone.get_filename(), alone.get_filename()


NAMES = [
    "plain.mp4", 'a "quoted" name.mp4', "back\\slash.mp4", "semi; filename=evil.exe; x.mp4", "Ärger über 東京.mp4",
    "per%20cent.mp4", "100%.mp4", "tab\there.mp4", "new\nline.mp4", "cr\r\nX-Injected: 1.mp4", "line end.mp4\n",
    "\u202egnp.mp4", "bell\x07.mp4", "é" * 120 + ".mp4", "'single'.mp4", "𝄞" * 63 + ".mp4", "a\u200b\u2066b.mp4",
    "C: the drive.mp4", "a*b?.mp4", "<b>.mp4", "~home.mp4", "a\x7fb\x85.mp4", "utf-8''x.mp4", "-rf.mp4", ".mp4",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("download", "disposition"), [(False, "inline"), (True, "attachment")])
def test_the_name_to_save_under_survives_and_adds_no_header(name, download, disposition):
    header = content_disposition(name, download=download)
    assert header.isascii()
    assert header.isprintable()
    found, whole, plain = saved_as(header)
    assert (found, whole) == (disposition, name)
    assert re.fullmatch(r"[^\"\\%/\x00-\x1f]+", plain)
    assert plain.rpartition(".")[2][:3] == "mp4"


def test_a_plain_name_is_given_once_and_one_beyond_ascii_for_old_programs_too():
    assert content_disposition("A film (1999).mp4", download=True) == 'attachment; filename="A film (1999).mp4"'
    odd = "attachment; filename=\"_rger_.mp4\"; filename*=utf-8''%C3%84rger%22.mp4"
    assert content_disposition('Ärger".mp4', download=True) == odd
    assert content_disposition("", download=True) == "attachment"


@hypothesis_settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=80))
def test_any_name_can_be_read_back_from_the_header(name):
    header = content_disposition(name, download=True)
    assert header.isascii()
    assert header.isprintable()
    assert saved_as(header)[1] == name


def test_a_label_takes_the_type_of_its_name_unless_it_has_one():
    assert Label("a.mkv").headers["Content-Type"] == "video/x-matroska"
    assert Label("a.mkv", content_type="image/webp").headers["Content-Type"] == "image/webp"
    assert Label("a.mkv").headers["Cache-Control"] == "private, no-cache"
