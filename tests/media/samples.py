"""Small real video files of many kinds, made by PyAV on the spot, and once only in a run of the tests."""

import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from heapq import merge
from operator import attrgetter
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av

from tests.shared import made_once

# One of the encoders talks much.
os.environ.setdefault("SVT_LOG", "1")

RATE = 25
MOVING = "testsrc2=size={size}:rate=25"
BLACK = "color=black:size={size}:rate=25"
DARK = "testsrc2=size={size}:rate=25,lutyuv=y=16+val/12:u=128:v=128"
# Nothing to see for three seconds, then a picture; a keyframe each second.
BLACK_START = "testsrc2=size={size}:rate=25,drawbox=color=black:t=fill:enable='lt(t,3)'"

X264 = {"preset": "ultrafast", "g": "25", "x264-params": "scenecut=0"}


@dataclass(frozen=True)
class Recipe:
    """A file: FFmpeg's picture source, the codecs ("" for silence), and what the container shall say."""

    name: str
    video_codec: str = "libx264"
    audio_codec: str = "aac"
    picture: str = MOVING
    seconds: float = 4
    width: int = 320
    height: int = 180
    pixels: str = "yuv420p"
    video_options: dict[str, str] = field(default_factory=lambda: dict(X264))
    container_options: dict[str, str] = field(default_factory=dict)
    format: str | None = None
    set_up: Callable[[Any, Any], None] = lambda container, video: None
    finish: Callable[[Any], None] = lambda container: None


def _turn_phone(container: Any, video: Any) -> None:
    # PyAV counts against the clock: the player shall turn the picture by 90 degrees with it.
    video.set_display_rotation(-90)


def _add_chapters(container: Any, video: Any) -> None:
    container.metadata["title"] = "A film"
    base = Fraction(1, 1000)
    container.set_chapters(
        [
            {"id": 1, "start": 0, "end": 1500, "time_base": base, "metadata": {"title": "Opening"}},
            {"id": 2, "start": 1500, "end": 4000, "time_base": base, "metadata": {"title": "Ende – schön"}},
        ]
    )
    for language, title in (("eng", "Full"), ("deu", "Für Hörgeschädigte")):
        track = container.add_mux_stream("subrip")
        track.metadata.update(language=language, title=title)
        track.time_base = base


def _write_subtitles(container: Any) -> None:
    for track in container.streams.subtitles:
        packet = av.Packet(b"Hello")
        packet.pts = packet.dts = 500
        packet.duration, packet.time_base, packet.stream = 1000, Fraction(1, 1000), track
        container.mux(packet)


def _name_languages(container: Any, video: Any) -> None:
    for stream in container.streams.audio:
        stream.metadata.update(language="fra", title="Commentaire")


RECIPES = (
    Recipe("h264.mp4", set_up=_name_languages),
    Recipe("hevc.mp4", "libx265", video_options={"preset": "ultrafast", "x265-params": "keyint=25:log-level=none"}),
    Recipe("vp9.webm", "libvpx-vp9", "libopus", video_options={"deadline": "realtime", "cpu-used": "8", "g": "25"}),
    Recipe("av1.mp4", "libsvtav1", video_options={"preset": "12", "g": "25"}, seconds=2),
    Recipe("subtitles.mkv", set_up=_add_chapters, finish=_write_subtitles),
    Recipe("mpeg4.avi", "mpeg4", "libmp3lame", video_options={"g": "25"}),
    Recipe("wmv.wmv", "wmv2", "wmav2", video_options={"g": "25"}),
    Recipe("portrait.mp4", set_up=_turn_phone),
    Recipe("silent.mp4", audio_codec=""),
    Recipe("two_frames.mp4", audio_codec="", seconds=2 / RATE),
    Recipe("wrong_extension.avi", format="mp4"),
    Recipe("black_start.mp4", audio_codec="", picture=BLACK_START, seconds=6),
    Recipe("dark.mp4", audio_codec="", picture=DARK),
    Recipe("h264.ts"),
    Recipe("flv.flv", "flv", "libmp3lame", video_options={"g": "25"}),
    Recipe("vp8.ogv", "libvpx", "libopus", video_options={"deadline": "realtime", "cpu-used": "8", "g": "25"}),
    Recipe("ten_bit.mkv", audio_codec="", pixels="yuv420p10le"),
    Recipe("mpeg2.mpg", "mpeg2video", "mp2", video_options={"g": "12"}),
    Recipe("motion.mov", "mjpeg", "pcm_s16le", pixels="yuvj420p", video_options={}),
    Recipe("fragments.mp4", container_options={"movflags": "frag_keyframe+empty_moov+default_base_moof"}),
)
SAMPLES = tuple(recipe.name for recipe in RECIPES)


def make_sample(name: str, folder: Path) -> Path:
    """Write the sample of this name into a folder and return its path."""
    return write(recipe(name), folder)


def recipe(sample: str, /, **changes: Any) -> Recipe:
    """Return the recipe of a sample, changed where asked."""
    return replace(next(each for each in RECIPES if each.name == sample), **changes)


def write(recipe: Recipe, folder: Path) -> Path:
    """Write the file of a recipe into a folder and return its path."""
    path = folder / recipe.name
    path.write_bytes(_encoded_once(recipe))
    return path


# A recipe cannot be hashed, for its options are dictionaries, but it can be compared.
_encoded_before: list[tuple[Recipe, bytes]] = []


def _encoded_once(recipe: Recipe) -> bytes:
    for made, content in _encoded_before:
        if made == recipe:
            return content
    if recipe in RECIPES:
        content = made_once(f"sample-{recipe.name}", lambda path: _encode_to(path, recipe)).read_bytes()
    else:
        content = _encoded(recipe)
    _encoded_before.append((recipe, content))
    return content


def _encode_to(path: Path, recipe: Recipe) -> None:
    path.write_bytes(_encoded(recipe))


def _encoded(recipe: Recipe) -> bytes:
    with TemporaryDirectory() as folder:
        path = Path(folder) / recipe.name
        before = os.sched_getscheduler(0), os.sched_getparam(0)
        try:
            _encode(recipe, path)
        finally:
            # SVT-AV1 makes the thread that calls it a real-time one where root does, with all that it starts later:
            # the rest of the machine would then stand still.
            os.sched_setscheduler(0, *before)
        return path.read_bytes()


def _encode(recipe: Recipe, path: Path) -> None:
    with av.open(str(path), "w", format=recipe.format, options=recipe.container_options) as container:
        video: Any = container.add_stream(recipe.video_codec, rate=RATE, options=recipe.video_options)
        video.width, video.height, video.pix_fmt = recipe.width, recipe.height, recipe.pixels
        audio: Any = container.add_stream(recipe.audio_codec, rate=48_000) if recipe.audio_codec else None
        if audio is not None:
            audio.bit_rate = 64_000
        recipe.set_up(container, video)
        size = f"{recipe.width}x{recipe.height}"
        picture = f"{recipe.picture.format(size=size)},format={recipe.pixels}"
        sources = [_drawn(picture, recipe.seconds)]
        if audio is not None:
            sources.append(
                _drawn("sine=frequency=440:sample_rate=48000,aformat=channel_layouts=stereo", recipe.seconds)
            )
        for frame in merge(*sources, key=attrgetter("time")):
            container.mux((video if isinstance(frame, av.VideoFrame) else audio).encode(frame))
        recipe.finish(container)
        for stream in (video, audio) if audio is not None else (video,):
            container.mux(stream.encode(None))


def _drawn(source: str, seconds: float) -> Iterator[Any]:
    with av.open(source, format="lavfi") as drawn:
        for frame in drawn.decode(drawn.streams[0]):
            if frame.time >= seconds - 0.001:
                return
            if isinstance(frame, av.VideoFrame):
                # Each is drawn as a keyframe, and the encoder would keep it one.
                frame.pict_type = 0
            yield frame
