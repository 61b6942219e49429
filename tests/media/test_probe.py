"""The facts of a file are what it really holds; a file that only looks like a video is refused, and says what it is."""

import json
import os
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.claims import boxes, patch
from tests.media.samples import SAMPLES, make_sample, recipe, write
from videos.media.demuxer import UnreadableMedia
from videos.media.probe import Chapter, Facts, Track, clean_text, probe


def facts(path: Path) -> Facts:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return probe(descriptor)
    finally:
        os.close(descriptor)


def refusal(path: Path) -> str:
    with pytest.raises(UnreadableMedia) as refused:
        facts(path)
    return str(refused.value)


@pytest.mark.parametrize(
    ("name", "container", "video_codec", "audio_codec"),
    [
        ("h264.mp4", "mp4", "h264", "aac"),
        ("hevc.mp4", "mp4", "hevc", "aac"),
        ("vp9.webm", "webm", "vp9", "opus"),
        ("av1.mp4", "mp4", "av1", "aac"),
        ("subtitles.mkv", "matroska", "h264", "aac"),
        ("mpeg4.avi", "avi", "mpeg4", "mp3"),
        ("wmv.wmv", "asf", "wmv2", "wmav2"),
        ("silent.mp4", "mp4", "h264", ""),
        ("wrong_extension.avi", "mp4", "h264", "aac"),
        ("h264.ts", "mpegts", "h264", "aac"),
        ("flv.flv", "flv", "flv1", "mp3"),
        ("vp8.ogv", "ogg", "vp8", "opus"),
        ("mpeg2.mpg", "mpeg", "mpeg2video", "mp2"),
        ("motion.mov", "mov", "mjpeg", "pcm_s16le"),
        ("fragments.mp4", "mp4", "h264", "aac"),
    ],
)
def test_container_and_codecs_are_named_shortly(tmp_path, name, container, video_codec, audio_codec):
    found = facts(make_sample(name, tmp_path))
    assert (found.container, found.video_codec, found.audio_codec) == (container, video_codec, audio_codec)


@pytest.mark.parametrize("name", SAMPLES)
def test_size_duration_rate_and_bit_rate_are_those_of_the_file(tmp_path, name):
    path = make_sample(name, tmp_path)
    found, made = facts(path), recipe(name)
    width, height = (made.height, made.width) if name == "portrait.mp4" else (made.width, made.height)
    assert (found.width, found.height) == (width, height)
    assert found.duration_seconds == pytest.approx(made.seconds, abs=0.1)
    assert found.frame_rate == pytest.approx(25, abs=0.2)
    assert found.bit_rate == pytest.approx(path.stat().st_size * 8 / found.duration_seconds, rel=0.01)


@pytest.mark.parametrize("name", SAMPLES)
def test_facts_can_be_written_as_json(tmp_path, name):
    found = asdict(facts(make_sample(name, tmp_path)))
    assert json.loads(json.dumps(found, allow_nan=False))["width"] == found["width"]


def test_tracks_have_language_title_and_codec(tmp_path):
    (audio,) = facts(make_sample("h264.mp4", tmp_path)).audio
    assert (audio.codec, audio.language, audio.channels, audio.is_default) == ("aac", "fra", 2, True)
    found = facts(make_sample("subtitles.mkv", tmp_path))
    assert found.subtitles == (
        Track("subrip", "eng", "Full", 0, False),
        Track("subrip", "deu", "Für Hörgeschädigte", 0, False),
    )
    assert found.chapters == (Chapter(0, 1.5, "Opening"), Chapter(1.5, 4, "Ende – schön"))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_rotation_is_clockwise_and_the_size_is_the_upright_one(tmp_path, rotation, container):
    def turn(_: Any, video: Any) -> None:
        video.set_display_rotation(-rotation)

    found = facts(write(recipe("silent.mp4", name=f"turned.{container}", set_up=turn, seconds=0.4), tmp_path))
    assert found.rotation == rotation
    assert (found.width, found.height) == ((180, 320) if rotation in (90, 270) else (320, 180))


def test_metadata_cannot_feign_a_rotation(tmp_path):
    def lie(container: Any, video: Any) -> None:
        turn = "\n      Display Matrix: rotation of -90.00 degrees\n"
        container.metadata["title"] = video.metadata["title"] = f"{turn}  Stream #0:0{turn}"

    for container in ("mkv", "mp4"):
        found = facts(write(recipe("silent.mp4", name=f"lie.{container}", set_up=lie, seconds=0.4), tmp_path))
        assert found.rotation == 0


@pytest.mark.parametrize("container", ["mkv", "mp4", "ts", "avi"])
def test_pixels_that_are_not_square_are_counted_into_the_width(tmp_path, container):
    def widen(_: Any, video: Any) -> None:
        video.codec_context.sample_aspect_ratio = Fraction(64, 45)

    changes = {"name": f"wide.{container}", "width": 720, "height": 576, "set_up": widen, "seconds": 0.4}
    found = facts(write(recipe("silent.mp4", **changes), tmp_path))
    assert (found.width, found.height) == (1024, 576)


def test_pixels_that_only_the_codec_describes_are_counted_too(tmp_path):
    def widen(_: Any, video: Any) -> None:
        video.codec_context.sample_aspect_ratio = Fraction(4, 3)

    changes = {"name": "hdv.mp4", "width": 1440, "height": 1080, "set_up": widen, "seconds": 0.4}
    path = write(recipe("silent.mp4", **changes), tmp_path)
    content = path.read_bytes()
    assert content.count(b"pasp") == 1
    path.write_bytes(content.replace(b"pasp", b"free"))
    found = facts(path)
    assert (found.width, found.height) == (1920, 1080)


def test_a_recording_without_a_duration_is_measured(tmp_path):
    """As browsers record: Matroska that was written to a pipe."""
    path = write(recipe("vp9.webm", name="live.webm", container_options={"live": "1"}), tmp_path)
    with av.open(str(path)) as container:
        assert container.duration is None
    assert facts(path).duration_seconds == pytest.approx(4, abs=0.1)


@pytest.mark.parametrize("size", [(0, 0), (0xFFFF, 0xFFFF)])
def test_an_absurd_size_in_the_header_neither_fails_nor_spreads(tmp_path, size):
    path = make_sample("motion.mov", tmp_path)
    (at,) = boxes(path, b"jpeg")
    patch(path, at + 24, struct.pack(">HH", *size))
    found = facts(path)
    assert found.height == 180  # the pictures themselves know better
    assert 320 <= found.width <= 4 * 320  # the shape of the pixels follows from the header


def test_hostile_titles_become_short_clean_text(tmp_path):
    def lie(container: Any, video: Any) -> None:
        container.streams.audio[0].metadata.update(title="A\x01B\n\u2028C" + "x" * 100_000, language="e\x07n")

    (track,) = facts(write(recipe("subtitles.mkv", name="a.mkv", set_up=lie, finish=lambda _: None), tmp_path)).audio
    assert track.title.startswith("A B C")
    assert len(track.title) == 200
    assert track.language == ""


def test_a_title_that_is_no_utf_8_is_read_all_the_same(tmp_path):
    path = make_sample("subtitles.mkv", tmp_path)
    path.write_bytes(path.read_bytes().replace(b"Full", b"\xed\xa0\x80\xff").replace(b"Opening", b"\xffpening"))
    found = facts(path)
    assert found.subtitles[0].title.encode()
    assert found.chapters[0].title.endswith("pening")
    json.dumps(asdict(found))


@given(st.text(), st.integers(1, 300))
def test_clean_text_is_always_clean(text, most):
    cleaned = clean_text(text, most)
    assert len(cleaned) <= most
    assert cleaned == clean_text(cleaned, most)
    assert not set(cleaned) & set("\0\n\r\t\x7f\ud800\u2028")
    cleaned.encode()


def test_no_more_than_1000_chapters_and_64_tracks_are_told(tmp_path):
    def many(container: Any, video: Any) -> None:
        base = Fraction(1, 1000)
        titled = {"time_base": base, "metadata": {"title": "x" * 300}}
        container.set_chapters([{"id": n, "start": n, "end": n + 1, **titled} for n in range(1500)])
        for _ in range(80):
            container.add_mux_stream("subrip").time_base = base

    found = facts(write(recipe("silent.mp4", name="many.mkv", set_up=many), tmp_path))
    assert (len(found.chapters), len(found.subtitles)) == (1000, 64)
    assert {len(chapter.title) for chapter in found.chapters} == {200}


def sing(container: Any) -> None:
    """Add a second of sound."""
    stream = container.add_stream("aac", rate=48_000)
    with av.open("sine=duration=1", format="lavfi") as drawn:
        for frame in drawn.decode(audio=0):
            container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


@pytest.mark.parametrize("name", ["song.mp4", "song.mkv", "song.ts"])
def test_a_file_of_sound_has_no_video_in_it(tmp_path, name):
    with av.open(str(tmp_path / name), "w") as container:
        sing(container)
    assert refusal(tmp_path / name) == "no video in it"


def test_a_cover_is_not_the_video(tmp_path):
    """A film with its cover has one video, and it is not the cover; a song with its cover has none."""
    with av.open(str(write(recipe("motion.mov", name="one.mov", seconds=0.04), tmp_path))) as container:
        picture = bytes(next(container.demux(video=0)))

    def add_cover(container: Any, _: Any) -> None:
        container.add_attachment("cover.jpg", "image/jpeg", picture)

    film = write(recipe("ten_bit.mkv", name="film.mkv", width=640, height=480, set_up=add_cover), tmp_path)
    with av.open(str(film)) as container:
        assert len(container.streams.video) == 2
    assert facts(film).width == 640
    song = tmp_path / "song.mkv"
    with av.open(str(song), "w") as container:
        add_cover(container, None)
        sing(container)
    with av.open(str(song)) as container:
        assert len(container.streams.video) == 1
    assert refusal(song) == "no video in it"


IMAGE = b"\x89PNG\r\n\x1a\n" + bytes(100)
DASH = b'<?xml version="1.0"?>\n<MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static"><Period/></MPD>'
DISGUISES = {
    "an HLS playlist, not a video": b"#EXTM3U\n#EXT-X-VERSION:3\n#EXTINF:3,\nnext.ts\n#EXT-X-ENDLIST\n",
    "an ffconcat list, not a video": b"ffconcat version 1.0\nfile next.ts\n",
    "a DASH manifest, not a video": DASH,
    "a playlist, not a video": b"[playlist]\nFile1=next.mp4\n",
    "an SDP description, not a video": b"v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=video 9 RTP/AVP 96\r\n",
    "a text file, not a video": "Nur ein Brief.\nMit größter Hochachtung\n".encode() * 300,
    "a web page, not a video": b"\n<!DOCTYPE html><html><title>404</title></html>",
    "an image, not a video": IMAGE,
    "a ZIP archive, not a video": b"PK\x03\x04" + bytes(100),
    "a PDF document, not a video": b"%PDF-1.7\n%\xe2\xe3" + bytes(100),
    "a program, not a video": b"\x7fELF\x02\x01\x01" + bytes(100),
    "the file is empty": b"",
    "nothing but zeros": bytes(300_000),
    "not a video in a known format": bytes(range(1, 256)) * 500,
    "no video in it": b"ID3\x04\x00" + bytes(1000),
}


@pytest.mark.parametrize("reason", DISGUISES)
@pytest.mark.parametrize("name", ["film.mp4", "film.mkv", "film.ts"])
def test_what_is_no_video_is_refused_for_what_it_is(tmp_path, reason, name):
    path = tmp_path / name
    path.write_bytes(DISGUISES[reason])
    assert refusal(path) == reason


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_playlist_is_recognised_in_any_encoding(tmp_path, encoding):
    path = tmp_path / "film.mp4"
    path.write_bytes("#EXTM3U\nnext.ts\n".encode(encoding))
    assert refusal(path) == "an HLS playlist, not a video"


def test_a_film_without_its_index_says_so(tmp_path):
    path = make_sample("h264.mp4", tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: content.index(b"moov") - 4])
    assert refusal(path) == "cut off: the index (moov) is missing"
    path.write_bytes(content[:100])
    assert refusal(path) == "cut off: the index (moov) is missing"


@pytest.mark.parametrize("name", ["subtitles.mkv", "mpeg4.avi", "wmv.wmv", "vp8.ogv", "flv.flv"])
def test_the_first_bytes_of_a_film_alone_are_damage(tmp_path, name):
    path = make_sample(name, tmp_path)
    path.write_bytes(path.read_bytes()[:60])
    assert refusal(path) in ("damaged or cut off", "no video in it")


ENCRYPTION = {
    "encryption_scheme": "cenc-aes-ctr",
    "encryption_key": "00112233445566778899aabbccddeeff",
    "encryption_kid": "112233445566778899aabbccddeeff00",
}


def test_an_encrypted_mp4_says_so(tmp_path):
    assert refusal(write(recipe("h264.mp4", name="locked.mp4", container_options=ENCRYPTION), tmp_path)) == "encrypted"


def test_an_encrypted_wmv_says_so(tmp_path):
    path = make_sample("wmv.wmv", tmp_path)
    content = path.read_bytes()
    header, objects = struct.unpack_from("<Q", content, 16)[0], struct.unpack_from("<I", content, 24)[0]
    fields = [b"secret", b"DRM\0", b"key\0", b"http://127.0.0.1:9/\0"]
    body = b"".join(struct.pack("<I", len(text)) + text for text in fields)
    encryption = bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e") + struct.pack("<Q", len(body) + 24) + body
    start = content[:16] + struct.pack("<QI", header + len(encryption), objects + 1) + content[28:30]
    path.write_bytes(start + encryption + content[30:])
    assert refusal(path) == "encrypted"


def element(name: str, *contents: bytes) -> bytes:
    """Return an element of Matroska."""
    content = b"".join(contents)
    return bytes.fromhex(name) + bytes([0x80 | len(content)]) + content


def test_an_encrypted_matroska_says_so(tmp_path):
    def name(_: Any, video: Any) -> None:
        video.metadata["title"] = "x" * 60

    path = write(recipe("ten_bit.mkv", name="locked.mkv", set_up=name), tmp_path)
    encryption = element("5035", element("47e1", b"\5"), element("47e2", bytes(16)))
    encoding = element("6240", element("5031", b"\0"), element("5032", b"\1"), element("5033", b"\1"), encryption)
    title = element("536e", b"x" * 60)
    locked = element("6d80", encoding, element("ec", bytes(60 - len(encoding) - 2)))
    content = path.read_bytes()
    assert content.count(title) == 1
    path.write_bytes(content.replace(title, locked))
    assert refusal(path) == "encrypted"


def test_the_place_where_the_descriptor_stands_does_not_matter(tmp_path):
    descriptor = os.open(make_sample("h264.mp4", tmp_path), os.O_RDONLY)
    os.lseek(descriptor, 1000, os.SEEK_SET)
    first = probe(descriptor)
    assert probe(descriptor) == first
    os.close(descriptor)


def test_what_cannot_be_read_at_all_is_refused():
    reading, writing = os.pipe()
    with pytest.raises(UnreadableMedia, match="it cannot be read"):
        probe(reading)
    os.close(reading)
    os.close(writing)


@contextmanager
def listener() -> Iterator[tuple[int, list[str]]]:
    """A server on loopback: its port, and what it was asked."""
    asked: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.2)
        ends = threading.Event()

        def answer() -> None:
            while not ends.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                asked.append("connected")
                connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        try:
            yield server.getsockname()[1], asked
        finally:
            ends.set()
            thread.join()


def see_reading(path: Path) -> None:
    """Set the time of access back, so that the next reading sets it again."""
    os.utime(path, ns=(1, 1))
    path.read_bytes()
    if path.stat().st_atime_ns == 1:
        pytest.skip("this disk keeps no times of access")
    os.utime(path, ns=(1, 1))


LISTS = {
    "hls": "#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXTINF:4,\n{0}\n#EXT-X-ENDLIST\n",
    "concat": "ffconcat version 1.0\nfile '{0}'\nduration 4\n",
    "dash": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
    'mediaPresentationDuration="PT4S"><Period><AdaptationSet mimeType="video/mp4"><Representation id="1" '
    'bandwidth="1"><BaseURL>{0}</BaseURL></Representation></AdaptationSet></Period></MPD>',
    "sdp": "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nc=IN IP4 127.0.0.1\r\na=control:{0}\r\nm=video 9 RTP/AVP 96\r\n",
    "asx": '<asx version="3.0"><entry><ref href="{0}"/></entry></asx>',
}


@pytest.mark.parametrize("kind", LISTS)
def test_no_list_makes_anything_be_opened(tmp_path, kind):
    second = make_sample("h264.ts", tmp_path)
    see_reading(second)
    path = tmp_path / "film.mp4"
    with listener() as (port, asked):
        for target in (f"http://127.0.0.1:{port}/next.ts", f"file:{second}", str(second), second.name):
            path.write_text(LISTS[kind].format(target))
            assert "not a video" in refusal(path)
    assert asked == []
    assert second.stat().st_atime_ns == 1


def test_a_quicktime_file_that_refers_to_another_does_not_have_it_opened(tmp_path):
    """Its data reference is an alias to a path; the samples would be read from there."""
    second = make_sample("h264.mp4", tmp_path)
    path = make_sample("motion.mov", tmp_path)
    content = path.read_bytes()
    at = content.index(b"dref") - 4
    target = str(second).encode()
    record = bytes(150) + struct.pack(">HH", 2, len(target)) + target + bytes(len(target) % 2)
    record += struct.pack(">HH", 0xFFFF, 0)
    alias = struct.pack(">I4sI", 12 + len(record), b"alis", 0) + record
    entries = struct.pack(">I4sII", 16 + len(alias), b"dref", 0, 1) + alias
    old = struct.unpack_from(">I", content, at)[0]
    grown = bytearray(content[:at] + entries + content[at + old :])
    # The boxes around it grow by as much; the samples stand before them.
    for name in (b"moov", b"trak", b"mdia", b"minf", b"dinf"):
        start = grown.index(name) - 4
        size = struct.unpack_from(">I", grown, start)[0]
        struct.pack_into(">I", grown, start, size + len(entries) - old)
    path.write_bytes(grown)
    see_reading(second)
    # This is what the library would do if it were let.
    with av.open(str(path), options={"enable_drefs": "1", "use_absolute_path": "1"}):
        assert second.stat().st_atime_ns != 1
    see_reading(second)
    found = facts(path)
    assert found.video_codec == "mjpeg"
    assert second.stat().st_atime_ns == 1
