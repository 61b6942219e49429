"""Numbers that a file claims are held against its packets and its size, in every container."""

import itertools
import os
import random
import struct
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.counts import at_full_count
from tests.media import claims
from tests.media.claims import CLOCK_WRAP
from tests.media.samples import make_sample, recipe, write
from tests.media.test_probe import facts
from tests.media.test_thumbnails import image, pictures_and_facts
from videos.media.durations import MAX_FRAME_RATE
from videos.media.thumbnails import sprite_times

SECONDS, RATE = 12, 25


def film(folder: Path, container: str, **changes: Any) -> Path:
    """Write twelve seconds in a container, and return the path."""
    codecs = {
        "avi": ("mpeg4", "libmp3lame"), "flv": ("flv", "libmp3lame"), "wmv": ("wmv2", "wmav2"),
        "mpg": ("mpeg2video", "mp2"), "ogv": ("libvpx", "libopus"), "rm": ("rv20", "ac3"),
        "wtv": ("mpeg2video", "mp2"), "mxf": ("mpeg2video", "pcm_s16le"), "mov": ("mjpeg", "pcm_s16le"),
    }.get(container, ("libx264", "aac"))  # fmt: skip
    options = {
        "libx264": {"preset": "ultrafast", "g": "25", "x264-params": "scenecut=0"},
        "libvpx": {"deadline": "realtime", "cpu-used": "8", "g": "25"},
    }.get(codecs[0], {"g": "25"})
    size = {"width": 352, "height": 288} if container == "rm" else {"width": 160, "height": 96}
    pixels = "yuvj420p" if container == "mov" else "yuv420p"
    made = {
        "video_codec": codecs[0],
        "audio_codec": codecs[1],
        "video_options": options,
        "pixels": pixels,
        "seconds": SECONDS,
        **size,
    }
    return write(recipe("silent.mp4", name=f"film.{container}", **(made | changes)), folder)


def lasts_and_runs_as_made(path: Path, seconds: float = SECONDS) -> bool:
    found = facts(path)
    assert found.duration_seconds == pytest.approx(seconds, abs=0.6)
    assert found.frame_rate == pytest.approx(RATE, rel=0.05)
    assert found.bit_rate == pytest.approx(path.stat().st_size * 8 / seconds, rel=0.06)
    return True


@pytest.mark.parametrize("container", ["rm", "wtv", "mxf", "nut", "mpg4", "f4v", "m2t", "trp", "tp", "vob", "mk3d"])
def test_what_is_said_rightly_is_believed_in_containers_that_are_seldom_met(tmp_path, container):
    muxer = {"mpg4": "mp4", "f4v": "f4v", "m2t": "mpegts", "trp": "mpegts", "tp": "mpegts", "mk3d": "matroska"}
    codecs = {"vob": {"video_codec": "mpeg2video", "audio_codec": "ac3", "video_options": {"g": "25"}}}
    path = film(tmp_path, container, format=muxer.get(container), **codecs.get(container, {}))
    assert lasts_and_runs_as_made(path)
    taken, found = pictures_and_facts(path)
    assert taken.sprite is not None
    assert taken.sprite.times == (0, 10)
    assert image(taken.cover).width == 480
    assert len(found.audio) == 1


@pytest.mark.parametrize("codec", ["mpeg1video", "libx264"])
def test_a_bare_stream_of_pictures_lasts_as_many_pictures_as_it_has(tmp_path, codec):
    changes = {"mpeg1video": ("m1v", "mpeg1video"), "libx264": ("h264", "h264")}[codec]
    path = film(tmp_path, changes[0], video_codec=codec, audio_codec="", format=changes[1], video_options={"g": "25"})
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("container", ["rm", "wtv", "mxf", "nut", "mpg", "ts", "ogv", "wmv", "avi", "flv", "mkv"])
def test_a_film_that_begins_black_has_another_cover_in_any_container(tmp_path, container):
    picture = "testsrc2=size={size}:rate=25,drawbox=color=black:t=fill:enable='lt(t,3)'"
    taken, _ = pictures_and_facts(film(tmp_path, container, picture=picture, seconds=6))
    assert max(bytes.fromhex(taken.color[1:])) > 60


Lie = Callable[[Path], object]
HEADERS = ((b"mvhd",), (b"tkhd",), (b"mdhd",), (b"mvhd", b"tkhd", b"mdhd"))


def without_edits(lie: Lie) -> Lie:
    def both(path: Path) -> None:
        lie(path)
        path.write_bytes(path.read_bytes().replace(b"edts", b"free"))

    return both


MP4_LIES: dict[str, Lie] = {
    **{
        f"{units:#x} units in {'+'.join(map(bytes.decode, names))}": lambda path, units=units, names=names: (
            claims.claim_mp4_duration(path, units, names)
        )
        for units in (0, 1, 90_000_000, 0x7FFFFFFF, 0xFFFFFFFF)
        for names in HEADERS
    },
    **{
        f"{units} units a second in {'+'.join(map(bytes.decode, names))}": lambda path, units=units, names=names: (
            claims.claim_mp4_timescale(path, units, names)
        )
        for units in (0, 1, 1_000_000, 0xFFFFFFFF)
        for names in ((b"mvhd",), (b"mdhd",), (b"mvhd", b"mdhd"))
    },
    **{
        f"an edit of {units} from {start}": lambda path, units=units, start=start: claims.claim_mp4_edit(
            path, units, start
        )
        for units, start in ((0, 0), (1, 0), (0x7FFFFFFF, 0), (12_000, -1), (0x7FFFFFFF, -1))
    },
    **{
        f"pictures that last {units:#x}": lambda path, units=units: claims.claim_mp4_sample_duration(path, units)
        for units in (0, 1, 0x7FFFFFFF, 0xFFFFFFFF, 5_120_000)
    },
}


@pytest.mark.parametrize("name", MP4_LIES)
def test_mp4_that_claims_what_cannot_be_lasts_as_its_packets_do(tmp_path, name):
    path = film(tmp_path, "mp4")
    MP4_LIES[name](path)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("name", [name for name in MP4_LIES if " units in " in name])
def test_mp4_without_an_edit_list_is_held_against_its_packets_too(tmp_path, name):
    path = film(tmp_path, "mp4")
    without_edits(MP4_LIES[name])(path)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("units", [0, 1, 0xFFFFFFFF])
def test_a_silent_mp4_with_a_clock_that_cannot_be_lasts_as_its_codec_says(tmp_path, units):
    path = film(tmp_path, "mp4", audio_codec="")
    claims.claim_mp4_timescale(path, units)
    assert lasts_and_runs_as_made(path)


def test_a_silent_film_of_one_picture_in_twenty_seconds_lasts_as_its_clock_says(tmp_path):
    """No film has so few pictures, but there is no other clock that says anything else."""
    path = tmp_path / "lapse.mp4"
    with av.open(str(path), "w") as container:
        video = container.add_stream("mjpeg", rate=Fraction(1, 20))
        video.width, video.height, video.pix_fmt = 640, 480, "yuvj420p"
        for number in range(12):
            picture = np.random.default_rng(number).integers(0, 255, (480, 640, 3), np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture)))
        container.mux(video.encode(None))
    assert facts(path).duration_seconds == pytest.approx(240, abs=20)


def test_an_edit_list_that_shows_a_part_is_believed(tmp_path):
    path = film(tmp_path, "mp4")
    claims.claim_mp4_edit(path, 5000)
    assert facts(path).duration_seconds == pytest.approx(5, abs=0.1)


@pytest.mark.parametrize("units", [0, 1, 0xFFFFFFFF])
def test_fragments_with_a_clock_that_cannot_be_claim_no_years(tmp_path, units):
    path = film(tmp_path, "mp4", container_options={"movflags": "frag_keyframe+empty_moov"})
    assert lasts_and_runs_as_made(path)
    claims.claim_mp4_timescale(path, units, (b"mdhd",))
    found = facts(path)
    assert found.duration_seconds is None or found.duration_seconds < 60
    assert found.frame_rate is None or 1 <= found.frame_rate <= 120


def test_fragments_that_claim_three_times_their_length_last_as_their_packets_do(tmp_path):
    path = film(tmp_path, "mp4", container_options={"movflags": "frag_keyframe+empty_moov"})
    with av.open(str(path)) as container:
        units_of_a_second = container.streams.video[0].time_base.denominator
    claims.claim_mp4_duration(path, 3 * SECONDS * units_of_a_second, (b"mdhd",))
    with av.open(str(path)) as container:
        assert container.duration == 3 * SECONDS * av.time_base
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("milliseconds", [0.0, 1.0, 3.6e6, 3.15e10, 1e300, -5000.0, float("inf"), float("nan")])
@pytest.mark.parametrize("has_index", [True, False])
def test_matroska_that_claims_what_cannot_be_lasts_as_its_packets_do(tmp_path, milliseconds, has_index):
    path = film(tmp_path, "mkv")
    claims.claim_matroska_duration(path, milliseconds)
    if not has_index:
        content = path.read_bytes()
        at = content.rindex(b"\x1c\x53\xbb\x6b")
        path.write_bytes(content[:at])
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("milliseconds", [0.0, 3.6e6, float("nan")])
@pytest.mark.parametrize("has_index", [True, False])
def test_pictures_that_come_in_another_order_than_they_are_shown_in_last_no_longer(tmp_path, milliseconds, has_index):
    options = {"preset": "veryfast", "g": "50", "bf": "3", "x264-params": "scenecut=0:b-adapt=0"}
    path = film(tmp_path, "mkv", video_options=options)
    claims.claim_matroska_duration(path, milliseconds)
    if not has_index:
        content = path.read_bytes()
        path.write_bytes(content[: content.rindex(b"\x1c\x53\xbb\x6b")])
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("nanoseconds", [1, 11_111, 1_000_000, 2**31])
def test_matroska_with_a_frame_rate_that_is_not_its_own_has_that_of_its_packets(tmp_path, nanoseconds):
    path = film(tmp_path, "mkv")
    claims.claim_matroska_frame_time(path, nanoseconds)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize(
    ("rate", "scale"), [(0, 0), (1, 0), (0, 1), (90_000, 1), (1000, 1), (2**32 - 1, 1), (1, 2**32 - 1)]
)
def test_avi_with_a_clock_that_cannot_be_lasts_as_its_sound_does(tmp_path, rate, scale):
    path = film(tmp_path, "avi")
    claims.claim_avi_rate(path, rate, scale)
    found = facts(path)
    assert found.duration_seconds == pytest.approx(SECONDS, abs=0.6)
    assert found.frame_rate is None or found.frame_rate == pytest.approx(RATE, rel=0.05)


@pytest.mark.parametrize("frames", [0, 1, 1_000_000, 2**31 - 1, 2**32 - 1])
def test_avi_that_claims_another_count_of_pictures_lasts_as_its_index_does(tmp_path, frames):
    path = film(tmp_path, "avi")
    claims.claim_avi_frames(path, frames)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("seconds", [0.0, 1.0, 3600.0, -3.0, 1e18, float("nan"), float("inf")])
def test_flv_that_claims_what_cannot_be_lasts_until_its_last_tag(tmp_path, seconds):
    path = film(tmp_path, "flv")
    claims.claim_flv_number(path, b"duration", seconds)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("rate", [0.0, 1000.0, 90_000.0, -3.0, float("nan")])
def test_flv_with_a_frame_rate_that_is_not_its_own_has_that_of_its_packets(tmp_path, rate):
    path = film(tmp_path, "flv")
    claims.claim_flv_number(path, b"framerate", rate)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("units", [0, 10**7, 36_000 * 10**7, 2**63, 2**64 - 1])
def test_wmv_that_claims_what_cannot_be_lasts_as_its_packets_do(tmp_path, units):
    path = film(tmp_path, "wmv")
    claims.claim_asf_duration(path, units)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("milliseconds", [0, 1000, 3_600_000, 2**32 - 1])
def test_realmedia_that_claims_what_cannot_be_lasts_as_its_packets_do(tmp_path, milliseconds):
    path = film(tmp_path, "rm")
    claims.claim_rm_duration(path, milliseconds)
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("granule", [0, 1, 2**40, 2**62, -1, -5])
def test_ogg_whose_last_page_claims_another_time_lasts_as_its_packets_do(tmp_path, granule):
    path = film(tmp_path, "ogv")
    claims.claim_ogg_end(path, granule)
    found = facts(path)
    assert found.duration_seconds == pytest.approx(SECONDS, abs=1.5)
    assert found.frame_rate == pytest.approx(RATE, rel=0.05)


STREAMS = {"ts": claims.set_back_ts_clock, "mpg": claims.set_back_ps_clock}
JOINED_SECONDS = 2 * SECONDS


@pytest.mark.parametrize("container", STREAMS)
@pytest.mark.parametrize("start", [3600 * 90_000, 20 * 3600 * 90_000, CLOCK_WRAP - 6 * 90_000, CLOCK_WRAP - 2 * 90_000])
def test_a_clock_that_does_not_begin_at_nought_or_wraps_changes_nothing(tmp_path, container, start):
    path = film(tmp_path, container)
    path.write_bytes(STREAMS[container](path.read_bytes(), start))
    assert lasts_and_runs_as_made(path)


@pytest.mark.parametrize("container", STREAMS)
@pytest.mark.parametrize("jump", [0, 60, 3600, 20 * 3600, -60, -3600, -20 * 3600])
def test_recordings_that_were_joined_last_as_long_as_both(tmp_path, container, jump):
    """The clock of the second goes on elsewhere, or begins anew."""
    path = film(tmp_path, container)
    content, later = path.read_bytes(), STREAMS[container](path.read_bytes(), abs(jump) * 90_000)
    path.write_bytes(content + later if jump >= 0 else later + content)
    assert lasts_and_runs_as_made(path, JOINED_SECONDS)


@pytest.mark.parametrize("container", STREAMS)
def test_tiles_of_joined_recordings_show_what_is_at_their_place(tmp_path, container):
    red, blue = (
        film(tmp_path, container, picture=f"color={color}:size={{size}}:rate=25").read_bytes()
        for color in ("red", "blue")
    )
    path = tmp_path / f"joined.{container}"
    path.write_bytes(STREAMS[container](red, 7200 * 90_000) + blue)
    taken, found = pictures_and_facts(path)
    assert found.duration_seconds == pytest.approx(JOINED_SECONDS, abs=1)
    assert taken.sprite is not None
    assert taken.sprite.times == (0, 10, 20)
    sheet = image(taken.sprite.image)
    first, _, last = (sheet.color((tile + 0.5) / 3, 0.5) for tile in range(3))
    assert first[0] > 180 > 90 > first[2]
    assert last[2] > 180 > 90 > last[0]


@pytest.mark.parametrize("container", ["mp4", "mkv", "flv", "avi", "wmv"])
def test_a_film_that_claims_an_hour_has_tiles_for_what_there_is(tmp_path, container):
    path = film(tmp_path, container)
    {
        "mp4": lambda: claims.claim_mp4_duration(path, 3_600_000, (b"mvhd", b"tkhd")),
        "mkv": lambda: claims.claim_matroska_duration(path, 3.6e6),
        "flv": lambda: claims.claim_flv_number(path, b"duration", 3600),
        "avi": lambda: claims.claim_avi_frames(path, 90_000),
        "wmv": lambda: claims.claim_asf_duration(path, 36_000_000_000),
    }[container]()
    taken, _ = pictures_and_facts(path)
    assert taken.sprite is not None
    assert taken.sprite.times == sprite_times(SECONDS)


@pytest.mark.parametrize(("width", "height"), [(4000, 100), (16, 9000), (0, 0)])
def test_a_size_that_only_the_container_claims_is_that_of_the_pictures(tmp_path, width, height):
    path = film(tmp_path, "mp4")
    content = path.read_bytes()
    entry = content.index(b"avc1", content.index(b"stsd")) + 4
    claims.patch(path, entry + 24, struct.pack(">HH", width, height))
    found = facts(path)
    assert (found.width, found.height) == (160, 96)


@pytest.mark.parametrize(
    "matrix",
    [
        [0] * 9,
        [0x7FFFFFFF] * 9,
        [-0x80000000, 1, 0, 1, -0x80000000, 0, 0, 0, 0],
        [0x8000, 0x8000, 0, -0x8000, 0x8000, 0, 0, 0, 1],
    ],
)
def test_a_rotation_that_is_none_is_a_multiple_of_90(tmp_path, matrix):
    path = film(tmp_path, "mp4")
    (start, *_) = claims.boxes(path, b"tkhd")
    claims.patch(path, start + 40, struct.pack(">9i", *matrix))
    assert facts(path).rotation in (0, 90, 180, 270)
    assert len(pictures_and_facts(path)[0].cover) > 0


def chapters(*spans: tuple[int, int]) -> Callable[[Any, Any], None]:
    def add(container: Any, _: Any) -> None:
        base = Fraction(1, 1000)
        container.set_chapters(
            [
                {"id": number, "start": start, "end": end, "time_base": base, "metadata": {"title": f"{number}\0x"}}
                for number, (start, end) in enumerate(spans, 1)
            ]
        )

    return add


def test_chapters_end_with_the_film_and_do_not_overlap(tmp_path):
    spans = ((0, 9000), (2000, 3000), (2000, 12_000), (8000, 8000), (10_000, 900_000), (20_000, 30_000))
    path = film(tmp_path, "mkv", set_up=chapters(*spans))
    found = [(each.start_seconds, each.end_seconds) for each in facts(path).chapters]
    end = facts(path).duration_seconds
    assert found == [(0, 2), (2, 3), (8, 10), (10, end)]


@pytest.mark.long("videos/media")
def test_a_hundred_thousand_chapters_are_a_thousand(tmp_path):
    # Writing them takes FFmpeg a time that grows with the square of their number.
    spans = [
        (number % SECONDS * 1000 + number // SECONDS % 1000, 10**9) for number in range(at_full_count(100_000, 13_000))
    ]
    path = film(tmp_path, "mkv", set_up=chapters(*spans))
    found = facts(path).chapters
    assert len(found) == 1000
    assert all(one.end_seconds <= two.start_seconds for one, two in itertools.pairwise(found))


@pytest.mark.parametrize("language", ["und", "e n", "?", "x", "12", "no such language at all", "\0\0", "a" * 500])
def test_a_language_that_is_none_is_left_out(tmp_path, language):
    def name(container: Any, _: Any) -> None:
        container.streams.audio[0].metadata["language"] = language.replace("\0", "\x01")

    assert facts(film(tmp_path, "mkv", set_up=name)).audio[0].language == ""


@pytest.mark.long("videos/media")
@pytest.mark.parametrize(
    "name", ["h264.mp4", "subtitles.mkv", "mpeg4.avi", "flv.flv", "wmv.wmv", "h264.ts", "mpeg2.mpg", "vp8.ogv"]
)
def test_whatever_numbers_stand_in_a_header_facts_are_such_as_can_be(tmp_path, name):
    """Words of the first kilobytes are replaced by the numbers that programs trip over."""
    path, chance = make_sample(name, tmp_path), random.Random(name)
    content = path.read_bytes()
    moov = max(content.find(b"moov"), 0)
    for _ in range(at_full_count(60, 10)):
        spoilt = bytearray(content)
        for _ in range(4):
            at = moov + chance.randrange(8, min(len(content) - moov, 2000) - 8)
            number = chance.choice((0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 90_000))
            spoilt[at : at + 4] = number.to_bytes(4, chance.choice(("big", "little")))
        path.write_bytes(spoilt)
        assert _is_possible(path)


def _is_possible(path: Path) -> bool:
    from videos.media.demuxer import UnreadableMedia

    try:
        found = facts(path)
    except UnreadableMedia:
        return True
    seconds, rate = found.duration_seconds, found.frame_rate
    assert seconds is None or 0 < seconds < 100_000
    assert rate is None or 0 < rate <= MAX_FRAME_RATE
    assert found.bit_rate is None or found.bit_rate == pytest.approx(
        os.stat(path).st_size * 8 / (seconds or 1), rel=0.01
    )
    assert all(chapter.end_seconds <= (seconds or 10**7) for chapter in found.chapters)
    return True
