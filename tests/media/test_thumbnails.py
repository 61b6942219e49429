"""A cover that shows something, upright and in its own shape, and a sheet whose tiles show what their moments show."""

import io
import os
import re
import struct
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.media.samples import RATE, SAMPLES, make_sample, recipe, write
from videos.media.demuxer import UnreadableMedia, open_media, video_stream
from videos.media.keyframes import Keyframes
from videos.media.probe import Facts, facts_of
from videos.media.thumbnails import COVER_WIDTH, MAX_COLUMNS, Pictures, sprite_index, sprite_times, take_pictures


def pictures(path: Path) -> Pictures:
    return pictures_and_facts(path)[0]


def pictures_and_facts(path: Path) -> tuple[Pictures, Facts]:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        with open_media(descriptor) as container:
            facts = facts_of(container, descriptor)
            return take_pictures(container, facts), facts
    finally:
        os.close(descriptor)


@dataclass
class Image:
    width: int
    height: int
    rgb: bytes

    def color(self, x: float, y: float) -> tuple[int, int, int]:
        """Return the colour at a place, in shares of the width and the height."""
        at = (int(y * self.height) * self.width + int(x * self.width)) * 3
        return self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]


def image(webp: bytes) -> Image:
    with av.open(io.BytesIO(webp), format="webp_pipe") as container:
        frame = next(container.decode(video=0)).reformat(format="rgb24")
    plane = frame.planes[0]
    lines = (bytes(plane)[at : at + frame.width * 3] for at in range(0, plane.buffer_size, plane.line_size))
    return Image(frame.width, frame.height, b"".join(lines))


def is_red(color: tuple[int, int, int]) -> bool:
    return color[0] > 180 and color[1] < 90 and color[2] < 90


def brightness(color: str) -> int:
    return sum(bytes.fromhex(color[1:])) // 3


@pytest.mark.parametrize("name", SAMPLES)
def test_each_kind_of_file_gets_a_cover_a_colour_and_a_sprite(tmp_path, name):
    taken, facts = pictures_and_facts(make_sample(name, tmp_path))
    cover = image(taken.cover)
    assert cover.width == COVER_WIDTH
    assert cover.height == pytest.approx(COVER_WIDTH * facts.height / facts.width, abs=1)
    assert re.fullmatch("#[0-9a-f]{6}", taken.color)
    assert taken.sprite is not None
    assert taken.sprite.times == (0,)
    sheet = image(taken.sprite.image)
    assert (sheet.width, sheet.height) == (taken.sprite.tile_width, taken.sprite.tile_height)
    assert len(set(cover.rgb)) > 10  # something is to be seen


# Red, green, blue and white for ten seconds each, and yellow for two.
COLORS = ("red", "lime", "blue", "white", "yellow")
CHANGING = "color=red:size={size}:rate=25" + "".join(
    f",drawbox=color={color}:t=fill:enable='gte(t,{10 * number})'" for number, color in enumerate(COLORS) if number
)
LONG = recipe("silent.mp4", name="long.mp4", picture=CHANGING, seconds=42, width=160, height=90)
NAMED = {"red": (255, 0, 0), "lime": (0, 255, 0), "blue": (0, 0, 255), "white": (255,) * 3, "yellow": (255, 255, 0)}


@pytest.mark.parametrize("container", ["mp4", "mkv", "flv", "ts", "avi", "fragments.mp4", "live.mkv"])
def test_a_tile_shows_the_picture_of_its_moment(tmp_path, container):
    options = {
        "fragments.mp4": {"movflags": "frag_keyframe+empty_moov+default_base_moof"},
        "live.mkv": {"live": "1"},
    }.get(container, {})
    taken = pictures(write(recipe("silent.mp4", **fields(LONG, f"long.{container}", options)), tmp_path))
    sprite = taken.sprite
    assert sprite is not None
    assert (sprite.columns, sprite.times) == (5, (0, 10, 20, 30, 40))
    sheet = image(sprite.image)
    assert (sheet.width, sheet.height) == (5 * sprite.tile_width, sprite.tile_height)
    for number, color in enumerate(COLORS):
        assert sheet.color((number + 0.5) / 5, 0.5) == pytest.approx(NAMED[color], abs=60), color


def fields(recipe: Any, name: str, options: dict[str, str]) -> dict[str, Any]:
    return {**vars(recipe), "name": name, "container_options": options}


def test_a_sheet_has_ten_columns_at_most(tmp_path):
    made = recipe(
        "silent.mp4", name="longer.mp4", picture="color=red:size={size}:rate=25", seconds=112, width=64, height=64
    )
    sprite = pictures(write(made, tmp_path)).sprite
    assert sprite is not None
    assert (sprite.columns, len(sprite.times)) == (10, 12)
    sheet = image(sprite.image)
    assert (sheet.width, sheet.height) == (10 * sprite.tile_width, 2 * sprite.tile_height)
    assert is_red(sheet.color(0.15, 0.75))
    assert sheet.color(0.95, 0.75) == (0, 0, 0)


@pytest.mark.parametrize(
    ("seconds", "count", "step"),
    [(0.08, 1, 0), (10, 1, 0), (10.05, 1, 0), (10.5, 2, 10), (600.02, 60, 10), (1000, 100, 10), (5400, 100, 54)],
)
def test_a_tile_every_ten_seconds_or_a_hundred_evenly_spread(seconds, count, step):
    times = sprite_times(seconds)
    assert len(times) == count
    assert all(time == pytest.approx(number * step) for number, time in enumerate(times))


@pytest.mark.parametrize("rotation", [0, 90, 180, 270])
def test_a_turned_clip_gives_upright_pictures(tmp_path, rotation):
    """The coded picture is red on the side that the rotation turns to the top."""
    side = {0: "0:0:iw:ih/2", 90: "0:0:iw/2:ih", 180: "0:ih/2:iw:ih/2", 270: "iw/2:0:iw/2:ih"}[rotation]

    def turn(_: Any, video: Any) -> None:
        video.set_display_rotation(-rotation)

    drawn = f"color=white:size={{size}}:rate=25,drawbox={side}:color=red:t=fill"
    taken = pictures(write(recipe("silent.mp4", name="turned.mp4", set_up=turn, picture=drawn, seconds=1), tmp_path))
    assert taken.sprite is not None
    for shown in (image(taken.cover), image(taken.sprite.image)):
        assert (shown.width > shown.height) == (rotation in (0, 180))
        for x in (0.1, 0.9):
            assert is_red(shown.color(x, 0.1))
            assert shown.color(x, 0.9) == pytest.approx((255, 255, 255), abs=20)


def test_the_first_corner_stays_the_first_corner(tmp_path):
    """Turned, not mirrored: a mark in the left upper corner of the upright picture."""

    def turn(_: Any, video: Any) -> None:
        video.set_display_rotation(-90)

    # Clockwise by 90 degrees, the left lower corner becomes the left upper one.
    drawn = "color=white:size={size}:rate=25,drawbox=0:ih*3/4:iw/4:ih/4:color=red:t=fill"
    taken = pictures(write(recipe("silent.mp4", name="turned.mp4", set_up=turn, picture=drawn, seconds=1), tmp_path))
    cover = image(taken.cover)
    assert is_red(cover.color(0.1, 0.1))
    assert not any(is_red(cover.color(x, y)) for x, y in ((0.9, 0.1), (0.1, 0.9), (0.9, 0.9)))


def test_a_clip_that_begins_black_has_no_black_cover(tmp_path):
    path = make_sample("black_start.mp4", tmp_path)
    assert brightness(pictures(path).color) > 60


def test_a_clip_of_one_keyframe_that_is_black_shows_a_later_picture(tmp_path):
    made = recipe("black_start.mp4", name="a.mp4", video_options={"preset": "ultrafast", "g": "1000"})
    assert brightness(pictures(write(made, tmp_path)).color) > 60


def test_a_clip_that_is_dark_throughout_shows_the_dark(tmp_path):
    taken = pictures(make_sample("dark.mp4", tmp_path))
    assert brightness(taken.color) < 30
    assert len(set(image(taken.cover).rgb)) > 10


def test_a_clip_that_is_black_throughout_has_a_black_cover(tmp_path):
    taken = pictures(write(recipe("silent.mp4", name="a.mp4", picture="color=black:size={size}:rate=25"), tmp_path))
    assert brightness(taken.color) < 5


def test_the_beginning_is_not_the_cover_of_a_long_clip(tmp_path):
    """A logo of two seconds, then the film."""
    drawn = (
        "testsrc2=size={size}:rate=25,drawbox=color=white:t=fill:enable='lt(t,2)',drawbox=9:9:99:99:color=red:t=fill"
    )
    path = write(recipe("silent.mp4", name="a.mp4", picture=drawn, seconds=25), tmp_path)
    assert len(set(image(pictures(path).cover).rgb)) > 100


@pytest.mark.parametrize(
    ("codec", "pixels", "container"),
    [
        ("libx264", "yuv444p", "mkv"),
        ("libx264", "yuv422p10le", "mkv"),
        ("libx264", "gray", "mkv"),
        ("libx264", "yuvj420p", "mp4"),
        ("libx265", "yuv444p12le", "mkv"),
        ("libvpx-vp9", "yuva420p", "webm"),
        ("png", "rgb24", "mov"),
        ("png", "pal8", "mov"),
        ("png", "rgba64be", "mov"),
        ("ffv1", "yuv420p16le", "mkv"),
        ("rawvideo", "yuyv422", "avi"),
    ],
)
def test_any_format_of_pixels_is_shown_in_its_colours(tmp_path, codec, pixels, container):
    options = {"libx265": {"x265-params": "log-level=none"}}.get(codec, {})
    drawn = "color=red:size={size}:rate=25,drawbox=0:0:iw/2:ih:color=white:t=fill,format=rgb24"
    made = recipe(
        "silent.mp4", name=f"a.{container}", video_codec=codec, pixels=pixels, picture=drawn, video_options=options
    )
    cover = image(pictures(write(recipe("silent.mp4", **{**vars(made), "seconds": 0.4}), tmp_path)).cover)
    assert cover.color(0.25, 0.5) == pytest.approx((255, 255, 255), abs=12)
    if pixels != "gray":
        assert is_red(cover.color(0.75, 0.5))


@pytest.mark.parametrize(
    ("width", "height", "cover", "tile"),
    [
        (16, 16, (480, 480), (180, 180)),
        (2000, 16, (480, 4), (240, 2)),
        (16, 2000, (480, 1200), (2, 180)),
        (322, 182, (480, 272), (240, 136)),
    ],
)
def test_an_absurd_shape_is_shown_within_bounds(tmp_path, width, height, cover, tile):
    taken = pictures(write(recipe("silent.mp4", name="a.mp4", width=width, height=height, seconds=0.2), tmp_path))
    shown = image(taken.cover)
    assert (shown.width, shown.height) == cover
    assert taken.sprite is not None
    assert (taken.sprite.tile_width, taken.sprite.tile_height) == tile


def test_a_change_of_the_resolution_midway_is_no_failure(tmp_path):
    parts = [
        write(recipe("h264.ts", name=f"{width}.ts", audio_codec="", width=width, height=height, seconds=12), tmp_path)
        for width, height in ((320, 180), (640, 480))
    ]
    path = tmp_path / "both.ts"
    path.write_bytes(b"".join(part.read_bytes() for part in parts))
    assert image(pictures(path).cover).width == COVER_WIDTH


@pytest.mark.parametrize("name", ["subtitles.mkv", "h264.ts", "vp9.webm", "mpeg4.avi", "flv.flv", "wmv.wmv", "vp8.ogv"])
def test_a_file_cut_in_the_middle_is_shown_as_far_as_it_goes(tmp_path, name):
    path = make_sample(name, tmp_path)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    started = time.process_time()
    taken = pictures(path)
    assert time.process_time() - started < 5
    assert len(set(image(taken.cover).rgb)) > 10


def test_a_film_in_which_no_keyframe_is_marked_is_shown(tmp_path):
    path = make_sample("silent.mp4", tmp_path)
    content = bytearray(path.read_bytes())
    at = content.index(b"stss")
    count = struct.unpack_from(">I", content, at + 8)[0]
    # One keyframe is left, and it is none.
    struct.pack_into(f">{count}I", content, at + 12, *range(3, 3 + count))
    path.write_bytes(content)
    assert len(set(image(pictures(path).cover).rgb)) > 10


def test_a_film_of_which_nothing_can_be_decoded_says_so(tmp_path):
    path = make_sample("silent.mp4", tmp_path)
    content = bytearray(path.read_bytes())
    start, end = content.index(b"mdat") + 4, content.index(b"moov") - 4
    content[start:end] = bytes(end - start)
    path.write_bytes(content)
    with pytest.raises(UnreadableMedia, match="none of its pictures can be decoded"):
        pictures(path)


def test_a_damaged_keyframe_costs_its_own_moment_alone(tmp_path):
    path = write(LONG, tmp_path)
    with av.open(str(path)) as container:
        spoilt = next(p for p in container.demux(video=0) if p.is_keyframe and p.pts * p.time_base == 20)
        position, size = spoilt.pos, spoilt.size
    with path.open("r+b") as file:
        file.seek(position or 0)
        file.write(bytes(size))
    sprite = pictures(path).sprite
    assert sprite is not None
    sheet = image(sprite.image)
    for number, color in enumerate(COLORS):
        # A neighbour stands in for it.
        names = (color,) if color != "blue" else ("lime", "blue")
        assert any(sheet.color((number + 0.5) / 5, 0.5) == pytest.approx(NAMED[name], abs=60) for name in names), color


def test_every_frame_is_reported(tmp_path):
    steps: list[int] = []
    descriptor = os.open(write(LONG, tmp_path), os.O_RDONLY)
    with open_media(descriptor) as container:
        take_pictures(container, facts_of(container, descriptor), lambda: steps.append(1))
    os.close(descriptor)
    assert len(steps) >= 5


def test_moments_of_the_same_keyframe_cost_one_decoding(tmp_path):
    """A minute with one keyframe: six tiles of one picture, decoded once."""
    options = {"preset": "ultrafast", "g": "9999"}
    made = recipe("silent.mp4", name="a.mp4", seconds=60, width=160, height=90, video_options=options)
    descriptor = os.open(write(made, tmp_path), os.O_RDONLY)
    with open_media(descriptor) as container:
        keyframes = Keyframes(container, video_stream(container), 60, lambda: None)
        packets = list(keyframes.shown_at(sprite_times(60)))
    os.close(descriptor)
    assert len(packets) == 6
    assert packets[0] is not None
    assert all(packet is packets[0] for packet in packets)


CUE = re.compile(
    r"(\d\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d\d+):(\d\d):(\d\d)\.(\d{3})\n(.*)#xywh=(\d+),(\d+),(\d+),(\d+)\n"
)


def seconds_of(parts: tuple[str, ...]) -> float:
    hours, minutes, seconds, milliseconds = map(int, parts)
    return hours * 3600 + minutes * 60 + seconds + milliseconds / 1000


@given(
    st.integers(1, MAX_COLUMNS),
    st.integers(2, 240),
    st.integers(2, 180),
    st.floats(0.001, 10_000_000),
    st.sampled_from(["/pictures/1.webp", "a b.webp", "https://example.org/?a=1&b=2"]),
)
def test_the_index_leads_each_moment_to_its_tile(columns, width, height, duration, url):
    times = sprite_times(duration)
    text = sprite_index(columns, width, height, times, duration, url)
    assert text.startswith("WEBVTT\n\n")
    cues = CUE.findall(text)
    assert len(cues) == len(times) == text.count("-->")
    end = 0.0
    for number, cue in enumerate(cues):
        assert seconds_of(cue[:4]) == pytest.approx(end)
        end = seconds_of(cue[4:8])
        assert end > seconds_of(cue[:4])
        assert cue[8] == url
        assert tuple(map(int, cue[9:])) == (number % columns * width, number // columns * height, width, height)
    assert end == pytest.approx(duration, abs=0.002)


def test_the_index_of_a_film_reads_as_a_player_expects():
    assert sprite_index(2, 240, 136, (0, 10, 20), 3725.5, "s.webp") == (
        "WEBVTT\n\n"
        "00:00:00.000 --> 00:00:10.000\ns.webp#xywh=0,0,240,136\n\n"
        "00:00:10.000 --> 00:00:20.000\ns.webp#xywh=240,0,240,136\n\n"
        "00:00:20.000 --> 01:02:05.500\ns.webp#xywh=0,136,240,136\n"
    )
    assert sprite_index(1, 2, 2, (), None, "s.webp") == "WEBVTT\n"


def test_frames_a_second_are_what_the_samples_promise(tmp_path):
    assert RATE == 25
    assert pictures_and_facts(make_sample("two_frames.mp4", tmp_path))[1].duration_seconds == pytest.approx(0.08)
